"""Expected noise: records that somebody knows of and answers for until a day; afterwards they count again."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from pydantic import field_validator

from rounds.fixtures.logs import Counted, Tally
from rounds.judge import Observer
from rounds.pattern import Pattern
from rounds.waivers.waiver import Waiver

Key = TypeVar("Key")


class ExpectedNoise(Waiver):
    """Records that fit a pattern and are known: why, by whom, and until when."""

    matching: Pattern
    until: datetime

    @field_validator("until", mode="after")
    @classmethod
    def _from_a_day_on(cls, until: datetime) -> datetime:
        return until.replace(tzinfo=UTC) if until.tzinfo is None else until.astimezone(UTC)

    @field_validator("matching")
    @classmethod
    def _says_something(cls, matching: str) -> str:
        if any(re.search(matching, text) for text in ("", "~0aZ")):
            raise ValueError(f"{matching!r} fits whatever is recorded: name words of the expected record")
        return matching


def counting_again(expected: Sequence[ExpectedNoise]) -> set[str]:
    """The patterns whose time is over, unless it was prolonged by another one."""
    holding = {each.matching for each in expected if each.holds(datetime.now(UTC))}
    return {each.matching for each in expected} - holding


def observe_noise(expected: Sequence[ExpectedNoise], noise: Mapping[str, int], observe: Observer) -> None:
    """Show how many records were left out and why, and which count again."""
    over = counting_again(expected)
    for name, wanted in (("expected records left out", False), ("records no longer expected", True)):
        each = [item for item in expected if (item.matching in over) == wanted]
        said = [
            f"{noise.get(item.matching, 0)} until {item.until:%Y-%m-%d}: {item.reason} ({item.owner})" for item in each
        ]
        if each:
            observe(name, sum(noise.get(item.matching, 0) for item in each), note="; ".join(said))


def with_expired(plain: Counted, noise: Mapping[str, Counted], expected: Sequence[ExpectedNoise]) -> Counted:
    """What counts: what nobody expects, and what was expected until a day that is over."""
    over = [noise[pattern] for pattern in counting_again(expected) if pattern in noise]
    return Counted(
        _sum([plain.kinds, *(each.kinds for each in over)]),
        _sum([plain.matches, *(each.matches for each in over)]),
        _sum([plain.values, *(each.values for each in over)]),
    )


def records_in(counted: Counted) -> int:
    tallies = [*counted.kinds.values(), *counted.matches.values()]
    return sum(tally.count for tally in tallies)


def _sum(parts: Sequence[Mapping[Key, Tally]]) -> dict[Key, Tally]:
    total: dict[Key, Tally] = {}
    for part in parts:
        for key, tally in part.items():
            total[key] = total.get(key, Tally()) + tally
    return total
