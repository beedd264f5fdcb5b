"""Caches in folders are complete, cleared, and renewed when they should be."""

from typing import Annotated

from pydantic import Field

from rounds.checks.answers import CLOCKS_DIFFER_SECONDS
from rounds.checks.cached import OfCache, is_writable, names_in, names_of, observe_unreadable
from rounds.fixtures.file_cache import CacheEntry, CacheFolder
from rounds.fixtures.files import glob_pattern
from rounds.fixtures.run_reports import CacheReports, Told
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most
from rounds.quantities import shown
from rounds.targets import RunReport


class CacheEntries(OfCache):
    """How many entries there must be: of each kind, or of those together that fit `files`.

    All must be newer than the begin of `run`; those that `rejected` names must be gone; `counted` tells their number.
    """

    files: Annotated[str | None, Field(description="glob: only the entries that fit it")] = None
    entries: Limit = at_least(1)
    run: Annotated[RunReport | None, Field(description="tells when a run began that renewed the entries")] = None
    rejected: Annotated[RunReport | None, Field(description="names the entries that a validation found bad")] = None
    counted: Annotated[RunReport | None, Field(description="tells how many entries there should be")] = None
    difference: Limit = at_most(0)
    orphans: Annotated[Limit, Field(description="files that are of no kind")] = at_most(warning=0)


def test_cache_entries(
    expected: CacheEntries, cache_folder: CacheFolder, cache_reports: CacheReports, observe: Observer
) -> None:
    """The cache holds the entries that it should, and none that it should not.

    Remedy: run the program that fills the cache with a forced refresh and read its log: which source failed, and was
    the folder writable for its account? An entry that a validation rejected: remove that one file, then refresh.
    """
    if not is_writable(cache_folder, observe):
        return
    chosen = [entry for kind in expected.chosen for entry in cache_folder.of(kind)]
    if expected.files is not None:
        chosen = [entry for entry in chosen if glob_pattern(expected.files).fullmatch(entry.name)]
        observe("entries", len(chosen), expected.entries, note=expected.files)
    else:
        for kind in expected.chosen:
            observe(f"{kind} entries", len(cache_folder.of(kind)), expected.entries)
    observe_unreadable(chosen, observe)
    if cache_reports.run:
        _observe_renewed(chosen, cache_reports.run, cache_folder, observe)
    if cache_reports.rejected:
        _observe_rejected(chosen, cache_reports.rejected, expected, observe)
    if counted := cache_reports.counted:
        there = None if counted.count is None else abs(len(chosen) - counted.count)
        note = f"{len(chosen)} entries; {counted.path} tells {shown(counted.count)}"
        observe("difference from the count", there, expected.difference, note=note)
    orphans = cache_folder.orphans
    observe("files of no kind", len(orphans), expected.orphans, note=", ".join(orphans[:5]))


def _observe_renewed(entries: list[CacheEntry], run: Told, cache: CacheFolder, observe: Observer) -> None:
    began, name = run.began_epoch_seconds, "entries from before the run"
    if began is None:
        observe.unknown(name, f"{run.path} does not say when the run began")
    elif began > cache.looked_at_epoch_seconds + CLOCKS_DIFFER_SECONDS:
        observe.critical(name, f"{run.path} says that the run began in the future", "unknown")
    else:
        old = [entry.name for entry in entries if (entry.made_epoch_seconds or 0) < began]
        observe(name, len(old), at_most(0), note=", ".join(old[:5]))


def _observe_rejected(entries: list[CacheEntry], told: Told, expected: CacheEntries, observe: Observer) -> None:
    """What was made after the validation is another entry under the same name."""
    names, when = names_in(told, expected.cache), told.began_epoch_seconds or told.written_epoch_seconds
    kept = [entry.name for entry in entries if names & names_of(entry.name) and (entry.made_epoch_seconds or 0) <= when]
    observe("rejected entries still there", len(kept), at_most(0), note=", ".join(kept[:5]) or f"of {len(names)}")


class CacheCleared(OfCache):
    """What must be gone after a clear: every file that fits `files` (of `kinds`, where they are named).

    With `run` only what is older than the clear; `spared` kinds must still have entries.
    """

    files: str = "**/*"
    run: Annotated[RunReport | None, Field(description="tells when the cache was cleared; left out: just now")] = None
    left: Limit = at_most(0)
    spared: Annotated[tuple[str, ...], Field(description="kinds that must still have entries")] = ()


def test_cache_cleared(
    expected: CacheCleared, cache_folder: CacheFolder, last_run: Told | None, observe: Observer
) -> None:
    """The cleared entries are gone, dot-files too, and the folder is still there.

    Remedy: stop the program that uses the cache first. Clear with `find CACHE -mindepth 1 -name PATTERN -delete`, which
    takes dot-files too and does not depend on the current folder. A folder that is gone: make it anew with its owner
    and mode before the program starts.
    """
    if not is_writable(cache_folder, observe):
        return
    began = float("inf") if last_run is None else last_run.began_epoch_seconds
    if began is None:
        observe.unknown("entries left", "the report does not say when the cache was cleared")
        return
    pattern = glob_pattern(expected.files)
    entries = [entry for kind in expected.chosen for entry in cache_folder.of(kind)]
    old = [entry.name for entry in entries if (entry.made_epoch_seconds or 0) < began]
    left = [name for name in (*old, *(() if expected.kinds else cache_folder.orphans)) if pattern.fullmatch(name)]
    observe("entries left", len(left), expected.left, note=", ".join(left[:5]))
    for kind in expected.spared:
        observe(f"{kind} entries", len(cache_folder.of(kind)), at_least(1))
