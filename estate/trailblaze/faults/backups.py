"""Backups that are not there, not whole or not what they seem, and what could not be restored from them."""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ... import dumps
from ...damage import (
    Victim,
    changed,
    copied_under_a_new_name,
    cut_by_1_kb,
    newest_missing,
    set_aside,
    without_rows_of_a_table,
)
from ...fault import fault
from ...part import wait_until
from ..backups import nightly, records
from ..estate import TrailBlaze

RESTORED = "it is the newest backup, which is restored"
READ = "it is the newest backup, which is read"
FEW_DAYS = 10
ORPHANS = (
    "SET session_replication_role = replica; "
    "INSERT INTO events (name, location, date_start, date_end, source, updated_at) "
    "SELECT 'Lost ride ' || n, 'Camp', current_date, current_date, 'rides_archive', now() FROM generate_series(1, 25) n"
)
DEFINED = """SELECT format('ALTER TABLE events ADD CONSTRAINT %I %s', conname, pg_get_constraintdef(oid)), conname
    FROM pg_constraint WHERE conrelid = 'events'::regclass AND contype IN ('p', 'f', 'c') ORDER BY contype DESC"""


@fault("last night's dump was never made", "trailblaze.backup.daily-full")
def night_without_dump(estate: TrailBlaze) -> Iterator[None]:
    with newest_missing(Victim(nightly(estate.home)[-1], "custom")):
        yield


@fault(
    "no dump was made for ten days",
    "trailblaze.backup.weekly-fresh",
    may_redden={"trailblaze.backup.daily-full": "what is older than a week is older than a day"},
)
def dumps_stopped(estate: TrailBlaze) -> Iterator[None]:
    with set_aside(*nightly(estate.home)[-FEW_DAYS:]):
        yield


@fault("a schema change begins with only last night's dump", "trailblaze.backup.before-major-change")
def change_without_dump(estate: TrailBlaze) -> Iterator[None]:
    with set_aside(*(estate.home / "backups" / "manual").iterdir()):
        yield


@fault(
    "the newest dump lost its last kilobyte",
    "trailblaze.backup.dump-readable",
    may_redden={"trailblaze.recovery.full-restore": RESTORED, "trailblaze.recovery.single-table": RESTORED},
)
def dump_cut(estate: TrailBlaze) -> Iterator[None]:
    with cut_by_1_kb(nightly(estate.home)[-1]):
        yield


@fault(
    "last night an empty database was dumped",
    "trailblaze.backup.size-plausible",
    may_redden={
        "trailblaze.backup.dump-readable": READ,
        "trailblaze.recovery.full-restore": RESTORED,
        "trailblaze.recovery.single-table": RESTORED,
    },
)
def empty_database_dumped(estate: TrailBlaze) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        with dumps.scratch(estate.database, copy=False) as empty:
            stack.enter_context(
                changed(
                    nightly(estate.home)[-1],
                    lambda path: dumps.dump(estate.database, path, form="custom", of=empty),
                )
            )
        estate.database.await_followed()
        yield


@fault("an old dump was put back under the date of last week", "trailblaze.backup.naming")
def old_dump_under_new_date(estate: TrailBlaze) -> Iterator[None]:
    *older, renamed = nightly(estate.home)[:-6]
    with copied_under_a_new_name(Victim(renamed, "custom", tuple(older))):
        yield


@fault("the dump holds nothing of what the scrapers did", "trailblaze.recovery.full-restore")
def dump_without_runs(estate: TrailBlaze) -> Iterator[None]:
    newest = nightly(estate.home)[-1]
    with without_rows_of_a_table(Victim(newest, "custom", database=estate.database, table="scraper_runs")):
        yield


@fault("the events were put back with pg_restore -t alone, and dumped since", "trailblaze.recovery.single-table")
def events_without_keys(estate: TrailBlaze) -> Iterator[None]:
    """What -t leaves: every row, and neither key nor index nor constraint."""
    query = estate.database.query
    defined = query(DEFINED)
    indexes = query("SELECT indexdef, indexname FROM pg_indexes WHERE tablename = 'events' AND indexname !~ 'pkey$'")
    for _, name in indexes:
        query(f"DROP INDEX {name}")
    for _, name in defined:
        query(f"ALTER TABLE events DROP CONSTRAINT {name}")
    with changed(nightly(estate.home)[-1], lambda path: dumps.dump(estate.database, path, form="custom")):
        estate.database.await_followed()
        yield
    for definition, _ in [*defined, *indexes]:
        query(definition)


@fault("no recovery was tried for six weeks", "trailblaze.recovery.dr-test-monthly")
def recovery_not_tried(estate: TrailBlaze) -> Iterator[None]:
    with changed(records(estate.home), _without_last_line):
        yield


def _without_last_line(path: Path) -> None:
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))


@fault("the backup script goes on after a dump that failed", "trailblaze.backup.script-fails-loudly")
def script_carries_on(estate: TrailBlaze) -> Iterator[None]:
    script = estate.home / "scripts" / "backup.sh"
    with changed(script, lambda path: path.write_text(path.read_text().replace("set -euo pipefail\n", ""))):
        yield


@fault("archive_command returns 1", "trailblaze.backup.wal-hourly")
def archive_refuses(estate: TrailBlaze) -> Iterator[None]:
    with _archive_command(estate, "exit 1"):
        estate.database.query("SELECT pg_logical_emit_message(false, 'estate', 'something to archive')")
        estate.database.query("SELECT pg_switch_wal()")
        failed = "SELECT failed_count >= 3 FROM pg_stat_archiver"  # then the archiver rests for a minute
        wait_until(lambda: bool(estate.database.query(failed)[0][0]), "archiving should fail", pause=0.1)
        yield
    estate.database.query("SELECT pg_stat_reset_shared('archiver')")
    estate.database.await_archived()


@contextmanager
def _archive_command(estate: TrailBlaze, command: str) -> Iterator[None]:
    query = estate.database.query
    query(f"ALTER SYSTEM SET archive_command = '{command}'")
    query("SELECT pg_reload_conf()")
    try:
        yield
    finally:
        query("ALTER SYSTEM RESET archive_command")
        query("SELECT pg_reload_conf()")
        estate.database.await_archived()


@fault("the last base backup is gone: dumps are left, and logs that fit none", "trailblaze.backup.wal-hourly")
def base_backup_gone(estate: TrailBlaze) -> Iterator[None]:
    with set_aside(*(estate.home / "base").iterdir()):
        yield


@fault("events of a source that is not known came in past the checks", "trailblaze.integrity.constraints-valid")
def orphans_not_validated(estate: TrailBlaze) -> Iterator[None]:
    query = estate.database.query
    (definition, name), *_ = [each for each in query(DEFINED) if "FOREIGN KEY" in each[0]]
    query(f"ALTER TABLE events DROP CONSTRAINT {name}")
    query(ORPHANS)
    query(f"{definition} NOT VALID")
    yield
    query("DELETE FROM events WHERE source = 'rides_archive'")
    query(f"ALTER TABLE events VALIDATE CONSTRAINT {name}")
