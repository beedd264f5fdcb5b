#!/usr/bin/env bash
# Packs what the spiders harvested, copies it to S3, and keeps only its checksum here.
set -euo pipefail
umask 077

ARTIFACTS="${ARTIFACTS:-/srv/renec/artifacts}"
S3_BUCKET="${S3_BUCKET:-renec-backups}"
BACKUP_DIR="${BACKUP_DIR:-/backups}"
name="artifacts_backup_$(date -u +%Y%m%d_%H%M%S).tar.gz"
made="$BACKUP_DIR/$name"

# The folder itself, not artifacts/*: that would leave hidden files out. An empty folder is no harvest.
ls -A "$ARTIFACTS" | grep . > /dev/null
tar --create --gzip --file="$made" --directory="$ARTIFACTS" .
(cd "$BACKUP_DIR" && sha256sum "$name" > "$name.sha256")

aws s3 cp --only-show-errors "$made" "s3://$S3_BUCKET/artifacts/"

# The only copy here goes when the one over there was read back.
aws s3 cp --only-show-errors "s3://$S3_BUCKET/artifacts/$name" - | cmp - "$made"
rm -- "$made"
