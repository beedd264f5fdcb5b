"""Copies of single files are there: taken before a change, equal to their source, and readable."""

from typing import Annotated, Literal

from pydantic import Field

from rounds.checks.answers import observe_age
from rounds.expectation import Expectation
from rounds.fixtures.file_copies import CopyBeside, DatedCopies, MonthlyCopies
from rounds.judge import Earlier, Observer
from rounds.limits import Limit, at_least, at_most, exactly
from rounds.targets import Backups, Folder

# Rounds know a change only by its age, as exactly as they last; and a file is often saved twice in a few minutes.
_ONE_CHANGE_SECONDS = 900.0
Format = Annotated[Literal["yaml", "json", "toml"] | None, Field(description="what a copy must parse as")]


class CopyOfFile(Expectation):
    """How long ago the copy of a file was made, which must still be equal to it."""

    folder: Folder
    file: Annotated[str, Field(description="the file's name below the folder")]
    copied_to: Annotated[str, Field(description="the copy's name below the folder")]
    parses: Format = None
    age: Limit = at_most(3600, unit="s")


def test_file_copy(expected: CopyOfFile, copy_beside: CopyBeside, observe: Observer) -> None:
    """A copy of the file as it is now was made just before the change.

    Remedy: make it now, with `cp FILE COPY` and without -p, which would keep the old date. If the copy differs and a
    change was already begun, do not write over it: it may be the last good state. Keep it under a dated name.
    """
    copy = copy_beside.copy
    if copy is None:
        observe.critical("copy", f"there is no {expected.copied_to} in {expected.folder.path}", "missing")
        return
    observe("copy", "equal" if copy.is_equal else "another content", exactly("equal"), note=copy.name)
    age = copy_beside.looked_at_epoch_seconds - copy.written_epoch_seconds
    observe_age(observe, "age of the copy", age, expected.age, copy.name)
    if copy.failure:
        observe.critical("content", f"{copy.name}: {copy.failure}", "not readable")


class CopiesByDate(Expectation):
    """A copy of a file that was taken after its last change but one and before its last change."""

    folder: Folder
    file: Annotated[str, Field(description="the file's name below the folder")]
    copies: Annotated[Backups, Field(description="the copies and the dates in their names")]
    parses: Format = None


def test_dated_copies(expected: CopiesByDate, dated_copies: DatedCopies, earlier: Earlier, observe: Observer) -> None:
    """Before the file was changed, a copy of it was put away under its date.

    Remedy: get the state before the change back from version control or a backup of the machine, and keep it as
    FILE.YYYYMMDD. From now on let the copy be the first step of each change.
    """
    now, changed = dated_copies.looked_at_epoch_seconds, dated_copies.changed_epoch_seconds
    observe("time since the last change", now - changed, unit="s", note=expected.file)
    observe("copies", len(dated_copies.copies), at_least(1), note=dated_copies.folder)
    before = _change_before(earlier, now, changed)
    fitting = [each for each in dated_copies.copies if before <= each.written_epoch_seconds <= changed]
    unchanged = [each for each in dated_copies.copies if each.is_equal] if not before else []
    name = "copy from before the last change"
    if not fitting and not unchanged:
        newest = f"the newest copy is {dated_copies.copies[0].name}" if dated_copies.copies else "there is no copy"
        observe.critical(name, f"{expected.file} was changed since, or not copied before: {newest}", "missing")
        return
    copy = (fitting or unchanged)[0]
    observe(name, "there", exactly("there"), note=copy.name)
    if copy.failure or not copy.size_bytes:
        observe.critical("content", f"{copy.name}: {copy.failure or 'it is empty'}", "not readable")


def _change_before(earlier: Earlier, now: float, changed: float) -> float:
    """When the file was changed before its last change, as far as rounds have seen it; 0 where none has."""
    moments = [now - each.age_seconds - each.value for each in earlier.all("time since the last change")]
    return max((each for each in moments if each < changed - _ONE_CHANGE_SECONDS), default=0.0)


class CopiesByMonth(Expectation):
    """How many files the folders of this month and the last must hold that are copies of what is in a folder."""

    folder: Annotated[Folder, Field(description="where the files are copied from")]
    archive: Annotated[Folder, Field(description="where a folder for each month is")]
    files: Annotated[str, Field(description="glob below a month's folder; ** goes through folders")] = "**/*"
    named: Annotated[str, Field(description="how the folder of a month is named, as strftime's")] = "%Y%m"
    copies: Limit = at_least(1)


def test_monthly_copies(expected: CopiesByMonth, monthly_copies: MonthlyCopies, observe: Observer) -> None:
    """Important files were copied to the archive of this month or the last, and each copy is what its source is.

    Remedy: copy them now and compare (`sha256sum`). A copy that differs although its source was not changed since is
    damaged or was cut short: copy it anew. A source that is gone needs its copy all the more: look that it opens.
    """
    seen = monthly_copies
    if not seen.folders:
        observe.critical(
            "folder of the month", f"{expected.archive.path} has none of this month or the last", "missing"
        )
        return
    where = f"in {' and '.join(seen.folders)}"
    observe(
        "copies", len(seen.equal) + len(seen.kept), expected.copies, note=f"{len(seen.equal)} equal to a source {where}"
    )
    observe("copies that differ", len(seen.unlike), at_most(0), note=", ".join(seen.unlike[:5]))
    observe("empty copies", len(seen.empty), at_most(0), note=", ".join(seen.empty[:5]))
