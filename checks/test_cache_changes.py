"""Caches in folders follow their sources."""

from typing import Annotated

from pydantic import Field

from rounds.checks.answers import CLOCKS_DIFFER_SECONDS
from rounds.checks.cached import OfCache, is_writable
from rounds.fixtures.file_cache import CacheEntry, CacheFolder
from rounds.fixtures.files import glob_pattern
from rounds.fixtures.run_reports import Told
from rounds.fixtures.stamps import at, moment
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most
from rounds.targets import RunReport


class CacheInvalidated(OfCache):
    """Where it is kept when each source changed: `changes` names the sources, with a time at `changed` or a `hash`.

    Entries belong to a source by what they say (where their kind has a path of it), else by a name that fits `files`.
    """

    changes: RunReport
    changed: Annotated[str, Field(description="dotted path of the time, in what is told of a source")] = "last_modified"
    hash: Annotated[str, Field(description="dotted path of the content's hash, in the same")] = "hash"
    files: Annotated[str, Field(description="glob of a source's entries; {source} is its name")] = "**/*{source}*"
    stale: Limit = at_most(0)


def test_cache_invalidated(
    expected: CacheInvalidated, cache_folder: CacheFolder, source_changes: Told, observe: Observer
) -> None:
    """When a source has changed, what was cached of it before is used no more.

    Remedy: remove the stale entries of that source, refresh it, and compare what comes out with the source by eye once:
    a changed form can be read wrongly without an error. Then see why the change did not remove them by itself.
    """
    if not is_writable(cache_folder, observe):
        return
    sources, now = source_changes.names, cache_folder.looked_at_epoch_seconds
    observe("sources", len(sources), at_least(1), note=source_changes.path)
    untold, stale, with_entries = [], [], 0
    for source, details in sources.items():
        when, content = moment(at(details, expected.changed)), at(details, expected.hash)
        if (when is None or when > now + CLOCKS_DIFFER_SECONDS) and not content:
            untold.append(source)
            continue
        entries = [entry for entry in cache_folder.entries if _is_of(source, entry, expected)]
        with_entries += bool(entries)
        stale += [entry.name for entry in entries if _is_stale(entry, when, content)]
    if untold:
        why = f"{source_changes.path} has neither a past time nor a hash of {', '.join(untold[:5])}"
        observe.unknown("sources without a known change", why, len(untold))
    if sources and not with_entries:
        observe.unknown("sources with entries", "no entry is of any of these sources", 0)
    observe("entries from before a change", len(stale), expected.stale, note=", ".join(stale[:5]))


def _is_of(source: str, entry: CacheEntry, expected: CacheInvalidated) -> bool:
    if entry.kind not in expected.chosen:
        return False
    if expected.cache.kinds[entry.kind].source:
        return entry.source == source
    return bool(glob_pattern(expected.files.replace("{source}", source)).fullmatch(entry.name))


def _is_stale(entry: CacheEntry, changed: float | None, content: object) -> bool:
    """Whether an entry was made of what its source is no more; one hash for both says that it was not."""
    if content and entry.hash is not None:
        return entry.hash != content
    return entry.made_epoch_seconds is None or changed is None or entry.made_epoch_seconds < changed
