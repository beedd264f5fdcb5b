"""Backups are made, and what is told of them is true."""

from rounds.checks.answers import is_answered, observe_age
from rounds.checks.backup_sets import OfBackups, is_missing, observe_share, passed_over
from rounds.expectation import Expectation
from rounds.fixtures.answers import Answer, said
from rounds.fixtures.backups import Archives
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most, exactly
from rounds.targets import Backups, Endpoint


class BackupFresh(OfBackups):
    """How old the newest finished backup may be, by the date in its name, and how far from it its last change is.

    `share` is how large it must be beside the median of the seven before it, where there are three or more.
    """

    age: Limit = at_most(90000, unit="s")
    difference: Limit = at_most(7200, unit="s")
    share: Limit = at_least(0, unit="%")


def test_backup_fresh(expected: BackupFresh, archives_anywhere: Archives, observe: Observer) -> None:
    """A backup was made lately.

    Remedy: make one now and watch it; then look why the planned one failed: its log, the timer (`systemctl
    list-timers`, `crontab -l`), room on the volume, the database's password. If only name and modification time
    disagree, find out who copied or touched the file before it is trusted.
    """
    name = "age of the newest backup"
    newest = archives_anywhere.newest
    if is_missing(name, archives_anywhere, observe) or newest is None:
        return
    left_out = passed_over(archives_anywhere)
    age = archives_anywhere.looked_at_epoch_seconds - newest.recorded_epoch_seconds
    observe_age(observe, name, age, expected.age, "; ".join(filter(None, (newest.name, left_out))))
    difference = abs(newest.modified_epoch_seconds - newest.recorded_epoch_seconds)
    observe("between its name and its modification", difference, expected.difference, note=newest.name)
    observe("size of the newest backup", newest.size_bytes, unit="B")
    before = archives_anywhere.all[1:8]
    if "share" in expected.model_fields_set and len(before) >= 3:
        observe_share(newest, before, expected.share, observe)
    observe("backups", archives_anywhere.count)


class BackupStatus(Expectation):
    """What an endpoint says of the last backup: it succeeded, lately, and is the one in the backup folder.

    `status` and `finished` are dotted paths in the JSON.
    """

    endpoint: Endpoint
    backups: Backups
    path: str
    status: str
    successful: tuple[str, ...] = ("success",)
    finished: str
    age: Limit = at_most(90000, unit="s")
    difference: Limit = at_most(3600, unit="s")
    within: Limit = at_most(5, unit="s")


def test_backup_status(expected: BackupStatus, answer: Answer, archives: Archives, observe: Observer) -> None:
    """What is told of the last backup is good, and true of the newest archive.

    Remedy: trust the folder, not the endpoint: test the newest archive first, make a backup if it is old, then find
    out why the backup program and the endpoint's record of it went apart.
    """
    if not is_answered(expected.within, answer, observe) or answer.status != 200:
        return
    observe("status", said(answer.field(expected.status)), exactly(*expected.successful))
    age = answer.age_seconds(expected.finished)
    if age is None:
        observe.critical(
            "age of the last backup", f"no time is told: {said(answer.field(expected.finished))}", "unknown"
        )
        return
    observe_age(observe, "age of the last backup", age, expected.age)
    newest = archives.newest
    if newest is None:
        observe.critical("between what is told and the newest archive", f"there is no backup in {archives.folder}")
        return
    finished = answer.looked_at_epoch_seconds - age
    known = (newest.recorded_epoch_seconds, newest.modified_epoch_seconds)
    difference = min(abs(finished - moment) for moment in known)
    observe("between what is told and the newest archive", difference, expected.difference, note=newest.name)
