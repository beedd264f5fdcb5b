"""Copies of backups and of files are where they should be, and equal."""

from typing import Annotated

from pydantic import Field

from rounds.checks.answers import observe_age
from rounds.expectation import Expectation
from rounds.fixtures.copies import MovedOffsite, OffsiteCopy
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most, exactly
from rounds.quantities import Duration
from rounds.targets import Backups


class NewestOffsite(Expectation):
    """How old the newest copy may be, by its name. `uploaded_within` is how long an upload may take.

    What was finished later than that and is not there yet may be on its way: the one before it is asked for.
    """

    backups: Backups
    offsite: Annotated[Backups, Field(description="where the copies are, in another building or bucket")]
    age: Limit = at_most(90_000, unit="s")
    uploaded_within: Duration = 3600.0


def test_offsite_copy(expected: NewestOffsite, offsite_copy: OffsiteCopy, observe: Observer) -> None:
    """The newest backup also lies off-site, with the same size and the same content.

    Remedy: copy it now by hand and watch the answer; then see why the planned copy failed: keys that ran out, a full
    bucket, a script that goes on after an error. Of two that differ, test which can be restored before one is removed.
    """
    newest, offsite = offsite_copy.newest, offsite_copy.offsite
    name = "copy of the newest backup"
    if newest is None:
        observe.critical(name, f"there is no backup in {offsite_copy.folder}", "nothing to compare")
    elif newest.state == "missing" and newest.name in offsite_copy.waiting:
        observe.unknown(name, f"{newest.name} may still be on its way to {offsite}, and there is no older one")
    else:
        why = f"{newest.name} in {offsite}"
        observe(name, newest.state, exactly("equal"), note=f"{why}: {newest.note}" if newest.note else why)
    _observe_newest(expected.age, offsite_copy, observe)
    observe("copies", offsite_copy.copies)
    if offsite_copy.waiting:
        observe("too young to be asked for", len(offsite_copy.waiting), note=", ".join(offsite_copy.waiting[:5]))


class MovedAway(Expectation):
    """Backups that are removed here once they lie off-site: `records` are checksum files that stay.

    Such a file has lines as sha256sum or md5sum write them, for one backup or for all. How long copies are `kept`
    there is how far back they are asked for; `moved_within` is how long one may still lie here.
    """

    backups: Annotated[Backups, Field(description="where they are made, and the checksum files stay")]
    offsite: Backups
    records: Annotated[str, Field(description="names of the checksum files: a glob")] = "*.sha256"
    kept: Duration = 2_592_000.0
    moved_within: Duration = 3600.0
    age: Limit = at_most(90_000, unit="s")
    removed: Annotated[Limit, Field(description="how many checksums of removed backups there must be")] = at_least(1)


def test_moved_offsite(expected: MovedAway, moved_offsite: MovedOffsite, observe: Observer) -> None:
    """What was removed here lies off-site with the checksum it had, and nothing is left over.

    Remedy: upload what is left, then remove it. A removed one that is missing off-site is gone for good if nobody has
    another copy: make a new backup now. Let the script stop at its first error (`set -euo pipefail`), write
    `sha256sum FILE > FILE.sha256` before the upload, and remove the file only after the copy was compared.
    """
    left, removed = moved_offsite.left, moved_offsite.removed
    observe("left over", len(left), at_most(0), note=", ".join(left[:5]))
    why = f"checksums ({expected.records}) in {moved_offsite.folder}"
    observe("removed ones that are known", len(removed), expected.removed, note=why)
    for state in ("missing", "of another content"):
        met = [each.name for each in removed if each.state == state]
        observe(f"removed, and {state} off-site", len(met), at_most(0), note=", ".join(met[:5]))
    _observe_newest(expected.age, moved_offsite, observe)


def _observe_newest(age: Limit, seen: OffsiteCopy | MovedOffsite, observe: Observer) -> None:
    name = "age of the newest copy"
    if seen.newest_copy_epoch_seconds is None:
        observe.critical(name, f"there is no copy in {seen.offsite}", "unknown")
    else:
        observe_age(observe, name, seen.looked_at_epoch_seconds - seen.newest_copy_epoch_seconds, age, seen.newest_copy)
