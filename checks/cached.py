"""What the checks of caches share: which entries a row is about, and what is said of them alike."""

from pydantic import model_validator

from rounds.expectation import Expectation
from rounds.fixtures.file_cache import CacheEntry, CacheFolder
from rounds.fixtures.run_reports import Told
from rounds.judge import Observer
from rounds.limits import at_most, exactly
from rounds.targets import FileCache


class OfCache(Expectation):
    """Which kinds of a cache's entries a row is about: all when left out."""

    cache: FileCache
    kinds: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _kinds_are_known(self) -> "OfCache":
        if strangers := [kind for kind in self.kinds if kind not in self.cache.kinds]:
            raise ValueError(f"the cache has no kind {strangers[0]!r}, it has {', '.join(self.cache.kinds)}")
        return self

    @property
    def chosen(self) -> tuple[str, ...]:
        return self.kinds or tuple(self.cache.kinds)


def is_writable(cache: CacheFolder, observe: Observer) -> bool:
    """Judge that the folder is there and its owner can write; whether there is anything to judge further."""
    if cache.missing:
        observe.critical("cache", cache.missing, "missing")
        return False
    observe("cache is writable", not cache.unwritable, exactly(True), note=cache.unwritable)
    return True


def observe_unreadable(entries: list[CacheEntry], observe: Observer) -> None:
    broken = [f"{entry.name}: {entry.failure}" for entry in entries if entry.failure]
    observe("unreadable entries", len(broken), at_most(0), note="; ".join(broken[:5]))


def names_of(name: str) -> set[str]:
    """How a report may call an entry: by its path below the cache, its name, or that without suffix."""
    base = name.rpartition("/")[2]
    return {name, base, base.rpartition(".")[0] or base}


def names_in(told: Told, cache: FileCache) -> set[str]:
    return {name.removeprefix(cache.path.rstrip("/") + "/").removeprefix("./") for name in told.names}
