"""Caches in folders hold entries that may be used: of every kind, whole, dated, and young enough."""

from typing import Annotated

from pydantic import Field

from rounds.checks.answers import CLOCKS_DIFFER_SECONDS
from rounds.checks.cached import OfCache, names_in, names_of, observe_unreadable
from rounds.fixtures.file_cache import CacheFolder
from rounds.fixtures.run_reports import Told
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most
from rounds.targets import RunReport


class CacheTtl(OfCache):
    """How old the oldest entry may be, in percent of its kind's time to live, and how many must be within it.

    With `served` only what that run used is judged, by the age it had then.
    """

    age: Limit = at_most(100, unit="%")
    fresh: Limit = at_least(90, unit="%")
    entries: Annotated[Limit, Field(description="how many entries there must be of each kind")] = at_least(1)
    served: Annotated[RunReport | None, Field(description="names what the last run used")] = None


def test_cache_ttl(expected: CacheTtl, cache_folder: CacheFolder, served_names: Told | None, observe: Observer) -> None:
    """No cached entry in use is older than its kind may be, and each says when it was made.

    Remedy: run the program that fills the cache with a forced refresh, and see why it did not renew these entries: a
    source that fails, or a time to live that is not applied. An entry without a time or from the future never expires:
    remove it. Find out who writes such times; a clock or a zone may be wrong.
    """
    if cache_folder.missing:
        observe.critical("cache", cache_folder.missing, "missing")
        return
    now = cache_folder.looked_at_epoch_seconds
    ages: dict[str, dict[str, float]] = {kind: {} for kind in expected.chosen}
    chosen = [entry for kind in expected.chosen for entry in cache_folder.of(kind)]
    for entry in chosen:
        if entry.made_epoch_seconds is not None and entry.made_epoch_seconds <= now + CLOCKS_DIFFER_SECONDS:
            ages[entry.kind][entry.name] = now - entry.made_epoch_seconds
    for kind in expected.chosen:
        observe(f"{kind} entries", len(cache_folder.of(kind)), expected.entries)
        used = _as_served(ages[kind], served_names, expected, now) if served_names else ages[kind]
        _observe_oldest(kind, used, expected, observe)
    observe_unreadable(chosen, observe)
    undated = [entry.name for entry in chosen if entry.made_epoch_seconds is None and not entry.failure]
    observe("entries without a time", len(undated), at_most(0), note=", ".join(undated[:5]))
    ahead = [entry.name for entry in chosen if (entry.made_epoch_seconds or 0) > now + CLOCKS_DIFFER_SECONDS]
    observe("entries from the future", len(ahead), at_most(0), note=", ".join(ahead[:5]))
    if chosen:
        fresh = [age for kind in ages for age in ages[kind].values() if age <= expected.cache.kinds[kind].ttl]
        share, note = 100 * len(fresh) / len(chosen), f"{len(fresh)} of {len(chosen)}"
        observe("share within its time to live", share, None if served_names else expected.fresh, unit="%", note=note)


def _as_served(ages: dict[str, float], served: Told, expected: CacheTtl, now: float) -> dict[str, float]:
    """The ages that entries had when a run used them; what was made anew since is not what it used."""
    since = now - (served.began_epoch_seconds or served.written_epoch_seconds)
    names = names_in(served, expected.cache)
    return {name: age - since for name, age in ages.items() if age >= since and names & names_of(name)}


def _observe_oldest(kind: str, ages: dict[str, float], expected: CacheTtl, observe: Observer) -> None:
    if not ages:
        return
    ttl = expected.cache.kinds[kind].ttl
    bounds = (expected.age.warning, expected.age.critical)
    limit = Limit("at most", "s", *(None if bound is None else bound * ttl / 100 for bound in bounds))
    oldest = max(ages, key=lambda name: ages[name])
    observe(f"age of the oldest {kind} entry", ages[oldest], limit, note=oldest)
