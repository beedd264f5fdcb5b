#!/usr/bin/env bash
# Dumps TrailBlaze's database: every night, and by hand before a change with BACKUP_DIR=.../backups/manual.
set -euo pipefail
umask 077

DB_NAME="${DB_NAME:-trailblaze}"
BACKUP_DIR="${BACKUP_DIR:-/opt/trailblaze/backups}"
KEEP_DAYS="${KEEP_DAYS:-30}"
made="$BACKUP_DIR/$DB_NAME-$(date -u +%Y%m%d_%H%M%S).backup"

# Until it was read to its end it has another name, so that nobody takes a part for a backup.
pg_dump --format=custom --no-password --dbname="$DB_NAME" --file="$made.part"
pg_restore --file=/dev/null "$made.part"
mv -- "$made.part" "$made"

find "$BACKUP_DIR" -maxdepth 1 -name "*.backup" -type f -mtime "+$KEEP_DAYS" -delete
