"""Scripts as files, and what is said of them."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from rounds.checks import test_scripts as checks
from rounds.fixtures import rehearsals, scripts
from rounds.judge import Observer
from rounds.probe import PROBES
from rounds.targets import Host

assert scripts
assert rehearsals

GOOD = """\
#!/usr/bin/env bash
# Made by the platform team.
set -euo pipefail
: "${DB_NAME:=shop}" "${BACKUP_DIR:=/srv/backups}"
stamp=$(date +%Y%m%d_%H%M%S)
target="$BACKUP_DIR/$DB_NAME-$stamp.backup"
work=$(mktemp -d)
tidy() { rm -rf "$work"; }
trap tidy EXIT
pg_dump --format custom --file "$work/dump" --dbname "$DB_NAME"
mv "$work/dump" "$target"
find "$BACKUP_DIR" -name '*.backup' -mtime +30 -delete
"""


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str | bytes], str]:
    def written(text: str | bytes) -> str:
        path = tmp_path / "backup.sh"
        path.write_bytes(text if isinstance(text, bytes) else dedent(text).encode())
        return str(path)

    return written


@pytest.fixture
def judge(script: Callable[[str | bytes], str], row: Callable[..., Any]) -> Callable[..., Observer]:
    """Look at a script for real, and judge it."""

    def judged(text: str | bytes, host: Host | None = None, **given: Any) -> Observer:
        path, observer = script(text), Observer()
        host = host or Host(name="app")
        expected = row(checks.ScriptSafety, host=host, scripts=[path], **given)
        seen = PROBES["script_texts"].look(host, expected.scripts, expected.saves, expected.superusers)
        tried = PROBES["rehearsals"].look(
            host, expected.scripts, expected.rehearse, expected.harmless, expected.samples, expected.timeout
        )
        checks.test_script_safety(expected, seen, tried, observer)
        return observer

    return judged
