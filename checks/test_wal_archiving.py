"""A PostgreSQL server saves its transaction log, segment by segment, to where a restore will look for it."""

from typing import Annotated

from pydantic import Field, model_validator

from rounds.checks.answers import observe_age
from rounds.expectation import Expectation
from rounds.fixtures.backups import Archives
from rounds.fixtures.wal_archiving import Archiver, WalState
from rounds.judge import Earlier, Observer
from rounds.limits import Limit, at_least, at_most, exactly
from rounds.quantities import Duration, shown
from rounds.targets import Backups, Bucket, Host, Postgres

_AGE = "since the newest segment was archived"
_FAILED = "failed attempts counted"


class WalArchiving(Expectation):
    """How old the newest archived segment may be, how many may wait, and that the archive holds what it must.

    `archive` is the folder with the segments: here, on a `host`, or the prefix in a `bucket`; segments may be packed. A
    quiet server with archive_timeout set has nothing to archive: its newest segment may be older. `base_age` is how old
    the newest of `base_backups` may be.
    """

    database: Postgres
    archive: Annotated[str, Field(description="folder, or prefix in the bucket")]
    host: Annotated[Host | None, Field(description="where the folder is, if not where Rounds runs")] = None
    bucket: Bucket | None = None
    age: Limit = at_most(3600, unit="s")
    failures: Annotated[Limit, Field(description="failed attempts since the round before")] = at_most(warning=0)
    waiting: Annotated[Limit, Field(description="segments that are complete and not archived")] = at_most(
        warning=5, critical=30
    )
    segments: Annotated[Limit, Field(description="how many there must be in the archive")] = at_least(1)
    gaps: Limit = at_most(0)
    gaps_within: Annotated[Duration, Field(description="older gaps are told, not judged")] = 2678400
    cut: Annotated[Limit, Field(description="segments of a wrong size")] = at_most(0)
    base_backups: Annotated[Backups | None, Field(description="what the log is rolled forward from; no dump is")] = None
    base_age: Limit = at_most(691_200, unit="s")

    @model_validator(mode="after")
    def _is_in_one_place(self) -> "WalArchiving":
        if self.host is not None and self.bucket is not None:
            raise ValueError("an archive lies on a host or in a bucket, not both")
        return self


def test_wal_archiving(expected: WalArchiving, wal_archiving: WalState, earlier: Earlier, observe: Observer) -> None:
    """The transaction log is archived, and the archive has no gap.

    Remedy: the server's log tells how archive_command failed: a full volume, missing rights, a host that does not
    answer. Until it works pg_wal grows, and the server stops when its disk is full. After a gap or a lost segment take
    a new base backup at once: nothing behind the gap can be restored from an older one.
    """
    archiver = wal_archiving.archiver
    observe("archive_mode", archiver.mode, exactly("on", "always"))
    if archiver.mode == "off":
        return
    if archiver.is_standby and archiver.mode != "always":
        observe.critical("archiving", "this is a standby, which archives only with archive_mode = always", "none")
    elif not archiver.has_command:
        observe.critical("archiving", "neither archive_command nor archive_library is set", "none")
    _judge_archiver(expected, archiver, earlier, observe)
    _judge_archive(expected, wal_archiving, observe)
    if wal_archiving.bases is not None:
        _judge_bases(expected, wal_archiving.bases, observe)


def _judge_archiver(expected: WalArchiving, seen: Archiver, earlier: Earlier, observe: Observer) -> None:
    failed, archived = seen.last_failed_seconds, seen.last_archived_seconds
    if archived is None:
        since = seen.statistics_seconds or 0.0
        say = observe.unknown if expected.age.verdict(since).badness == 0 else observe.critical
        say(_AGE, f"nothing was archived since the statistics began, {shown(since, 's')} ago", "never")
    else:
        _judge_age(expected, seen, archived, observe)
    if failed is not None and (archived is None or failed < archived):
        observe.critical("last attempt", f"it failed {shown(failed, 's')} ago, with {seen.last_failed}", "failed")
    before = earlier.newest(_FAILED)
    observe(_FAILED, seen.failed_count)
    if before is not None:
        grown = seen.failed_count - before.value
        observe("failed attempts since", grown if grown >= 0 else seen.failed_count, expected.failures)
    if seen.waiting is not None or seen.segments_between is not None:
        note = "" if seen.waiting is not None else "by their names: GRANT pg_monitor to see the files"
        waiting = seen.segments_between if seen.waiting is None else seen.waiting
        observe("segments waiting", waiting, expected.waiting, note=note)
    else:
        observe.unknown("segments waiting", "our role may not see them: GRANT pg_monitor TO it")


def _judge_age(expected: WalArchiving, seen: Archiver, age: float, observe: Observer) -> None:
    """A server that writes nothing has nothing to archive, if archive_timeout would have it archive what it writes."""
    timeout = seen.archive_timeout_seconds
    note = f"{seen.last_archived}, archive_timeout is {shown(timeout, 's')}"
    has_timeout = timeout > 0 and expected.age.verdict(timeout).badness == 0
    waiting = seen.segments_between if seen.waiting is None else seen.waiting
    if has_timeout and waiting == 0:
        late = "" if expected.age.verdict(age).badness == 0 else ": nothing was written since"
        observe(_AGE, age, unit="s", note=note + late)
    else:
        why = "" if has_timeout else ": a quiet server archives a segment only when it is full"
        observe(_AGE, age, expected.age, note=note + why)


def _judge_archive(expected: WalArchiving, seen: WalState, observe: Observer) -> None:
    name, archive = "newest segment in the archive", seen.archive
    if archive is None:
        observe.unknown(name, seen.hindrance)
        return
    observe("segments in the archive", archive.segments, expected.segments)
    if archive.newest_fault:
        observe.critical(name, archive.newest_fault, "not whole")
    elif seen.archiver.last_archived is not None:
        unread = f" (not read: {archive.newest_unread})" if archive.newest_unread else ""
        observe(name, "there", exactly("there"), note=f"{seen.archiver.last_archived}{unread}")
    older = f"{archive.older_missing} older ones" if archive.older_missing else ""
    missing = "; ".join(filter(None, [", ".join(archive.missing[:3]), older]))
    observe("gaps in the archive", len(archive.missing), expected.gaps, note=missing)
    observe("cut segments", len(archive.cut), expected.cut, note=", ".join(archive.cut[:3]))


def _judge_bases(expected: WalArchiving, bases: Archives | str, observe: Observer) -> None:
    name = "age of the newest base backup"
    if isinstance(bases, str):
        observe.unknown(name, bases)
    elif bases.newest is None:
        why = f"there is none in {bases.folder}, and a dump cannot be rolled forward: run pg_basebackup now"
        observe.critical(name, why, "missing")
    else:
        age = bases.looked_at_epoch_seconds - bases.newest.recorded_epoch_seconds
        observe_age(observe, name, age, expected.base_age, bases.newest.name)
