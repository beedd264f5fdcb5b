"""Backups that were not made, not uploaded or not whole, and scripts that would not have said so."""

import contextlib
import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ... import dumps
from ...damage import Victim, added, broken_statement, changed, cut_before_packing, newest_missing, set_aside
from ...fault import fault
from ..backups import BUCKET, DUMP, LATEST, ago, exercise, incident
from ..estate import Renec

LAST_GOOD = "the newest good backup in S3 is the one of the night before"
NO_COPY = "the dump here has no whole copy in S3"
NEWEST = "it is the newest backup in S3, which recovery would take"


@contextmanager
def without_newest_dump_in_s3(estate: Renec) -> Iterator[None]:
    with estate.bucket.without(BUCKET, estate.backups.newest_key):
        yield


@fault(
    "last night's upload was begun and never completed",
    "renec.backup.completed",
    may_redden={"renec.backup.db-offsite": NO_COPY, "renec.recovery.rpo": LAST_GOOD},
)
def upload_aborted(estate: Renec) -> Iterator[None]:
    data = estate.backups.dumps[-1].read_bytes()
    with without_newest_dump_in_s3(estate):
        estate.bucket.put_in_parts(BUCKET, estate.backups.newest_key, data, finish=False)
        yield
        estate.bucket.abort(BUCKET)


@fault("last night no dump was made", "renec.backup.db-fresh", "renec.backup.completed", "renec.recovery.rpo")
def night_without_dump(estate: Renec) -> Iterator[None]:
    newest = estate.backups.dumps[-1]
    with without_newest_dump_in_s3(estate), newest_missing(Victim(newest, "packed")):
        yield


@fault(
    "the dump lost its last kilobyte before it was packed, after a good one was uploaded",
    "renec.backup.db-complete",
    may_redden={"renec.backup.db-offsite": "what lies here is no longer what was uploaded"},
)
def dump_cut(estate: Renec) -> Iterator[None]:
    with cut_before_packing(Victim(estate.backups.dumps[-1], "packed")):
        yield


@fault("a dump was made two hours ago, and its upload failed", "renec.backup.db-offsite")
def dump_not_uploaded(estate: Renec) -> Iterator[None]:
    moment = dt.datetime.now(dt.UTC) - dt.timedelta(hours=2)
    newest = estate.backups.dumps[-1]
    with added(newest.with_name(moment.strftime(DUMP))) as path:
        dumps.stamp(dumps.copied(newest, path), moment)
        yield


@fault("last night the harvest was not archived", "renec.backup.artifacts-fresh")
def night_without_archive(estate: Renec) -> Iterator[None]:
    newest = estate.backups.archive_keys[-1]
    record = estate.backups.folder / f"{newest.rpartition('/')[2]}.sha256"
    with estate.bucket.without(BUCKET, newest), set_aside(record):
        yield


@fault("a hidden file of the harvest is in no archive: cp artifacts/* skips it", "renec.backup.artifacts-complete")
def hidden_file_left_out(estate: Renec) -> Iterator[None]:
    with added(estate.backups.artifacts / ".harvest-state.json") as path:
        path.write_text('{"last_page": 214}\n')
        dumps.stamp(path, ago(35))
        yield


@fault(
    "three nights ago S3 denied the upload, and the archive was removed all the same",
    "renec.backup.artifacts-uploaded-before-cleanup",
)
def removed_without_upload(estate: Renec) -> Iterator[None]:
    with estate.bucket.without(BUCKET, estate.backups.archive_keys[-4]):
        yield


@fault("set -euo pipefail was taken out of the script that dumps", "renec.backup.script-fails-loudly")
def script_goes_on(estate: Renec) -> Iterator[None]:
    script = estate.backups.scripts[0]
    with changed(script, lambda path: path.write_text(path.read_text().replace("set -euo pipefail\n", ""))):
        yield


@fault(
    "the newest dump in S3 was damaged on its way",
    "renec.recovery.rpo",
    may_redden={
        "renec.backup.db-offsite": NO_COPY,
        "renec.recovery.latest-object": NEWEST,
        "renec.recovery.restore": NEWEST,
    },
)
def object_damaged(estate: Renec) -> Iterator[None]:
    data = bytearray(estate.backups.dumps[-1].read_bytes())
    data[len(data) // 2] ^= 0x04
    with estate.bucket.holding(BUCKET, estate.backups.newest_key, bytes(data)):
        yield


@fault("latest.sql.gz is not in S3: no script wrote it", "renec.recovery.latest-object")
def latest_missing(estate: Renec) -> Iterator[None]:
    with estate.bucket.without(BUCKET, LATEST):
        yield


@fault("a statement of the newest dump is not SQL any more", "renec.recovery.restore")
def dump_not_sql(estate: Renec) -> Iterator[None]:
    newest = estate.backups.dumps[-1]
    with contextlib.ExitStack() as stack:
        stack.enter_context(broken_statement(Victim(newest, "packed")))
        for key in (estate.backups.newest_key, LATEST):
            stack.enter_context(estate.bucket.holding(BUCKET, key, newest.read_bytes()))
        yield


@fault("the last recovery that was tried is two months ago", "renec.backup.procedures-tested")
def recovery_not_tried(estate: Renec) -> Iterator[None]:
    with changed(estate.backups.exercises, lambda path: path.write_text(exercise(60, 5100))):
        yield


@fault("the last recovery took six hours", "renec.recovery.rto")
def recovery_slow(estate: Renec) -> Iterator[None]:
    with changed(estate.backups.exercises, lambda path: add(path, exercise(1, 6 * 3600))):
        yield


@fault("an incident was closed nine days ago, and nobody wrote about it", "renec.recovery.post-mortem")
def incident_not_written_up(estate: Renec) -> Iterator[None]:
    with changed(estate.backups.incidents, lambda path: add(path, incident("INC-2060", 9))):
        yield


def add(path: Path, line: str) -> None:
    path.write_text(f"{path.read_text()}{line}")
