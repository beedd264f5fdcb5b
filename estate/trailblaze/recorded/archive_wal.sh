#!/usr/bin/env bash
# What PostgreSQL calls for each segment of its log: archive_command = '.../archive_wal.sh "%p" "%f"'.
set -euo pipefail

segment="$1"
archived="$(dirname -- "$0")/../wal/$2"

# After a crash the server may offer a segment again; another one of its name must never be overwritten.
if [ -e "$archived" ]; then
    cmp --silent -- "$segment" "$archived"
    exit 0
fi
cp -- "$segment" "$archived.part"
mv -- "$archived.part" "$archived"
