#!/usr/bin/env bash
# Dumps RENEC's database and copies the dump to S3: every night, and by hand before a change.
set -euo pipefail
umask 077

# The password stands in ~/.pgpass: in the URL, everybody on the machine could read it while pg_dump runs.
DATABASE_URL="${DATABASE_URL:-postgresql://renec@database/renec}"
S3_BUCKET="${S3_BUCKET:-renec-backups}"
BACKUP_DIR="${BACKUP_DIR:-/backups}"
KEEP_DAYS="${KEEP_DAYS:-30}"
text="$BACKUP_DIR/renec_backup_$(date -u +%Y%m%d_%H%M%S).sql"

# In two steps: what pg_dump has written is looked at before it is packed, since gzip packs half a dump as gladly.
pg_dump --no-password --dbname="$DATABASE_URL" --file="$text"
tail -c 1024 "$text" | grep "^-- PostgreSQL database dump complete" > /dev/null
gzip "$text"

aws s3 cp --only-show-errors "$text.gz" "s3://$S3_BUCKET/backups/"
aws s3 cp --only-show-errors "$text.gz" "s3://$S3_BUCKET/backups/latest.sql.gz"

find "$BACKUP_DIR" -maxdepth 1 -name "renec_backup_*.sql.gz" -type f -mtime "+$KEEP_DAYS" -delete
