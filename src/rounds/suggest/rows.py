"""Which rows a profile suggests: such as hold today, tight, and plain enough for a person to edit."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rounds.columns import columns_of
from rounds.fixtures.data_profile import ColumnProfile, Profile
from rounds.measures import Between, Cell, LengthBetween, OneOf, Rule
from rounds.suggest.column_names import is_at_most, is_before, is_key, is_private, may_lie_ahead, moment_rank
from rounds.suggest.figures import above, below, said, share_above, two_digits_below
from rounds.suggest.times import freshness, volume
from rounds.text import printable

MOST_COLUMNS_IN_A_ROW = 30
_LONGEST_VALUE, _LONGEST_TEXT = 40, 2_000
_FEWEST_KEYS = 100
_VARIABLE = "${"  # in an inventory it begins one, so that no row can have it
_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True)
class Suggestion:
    """One row: the end of its id, its check's word and parameters, and what was seen. `rule` is to be confirmed."""

    name: str
    check: str
    parameters: dict[str, Any]
    seen: str
    rule: Rule | None = None


def suggestions(profile: Profile) -> list[Suggestion]:
    """The rows, in the order in which a person asks: are there any, are they new, are they whole, are they right."""
    profile = replace(profile, columns=tuple(each for each in profile.columns if _VARIABLE not in each.name))
    found = _found(profile) if profile.rows else list(_schema(profile))
    return [each for each in found if _VARIABLE not in str(each.parameters)]


def _found(profile: Profile) -> list[Suggestion]:
    found = [*_rows(profile), *_times(profile), *_schema(profile), *_nulls(profile), *_unique(profile)]
    valued = list(_values(profile))
    taken = {each.parameters["column"] for each in valued}
    rest = [each for each in profile.columns if each.name not in taken and each.filled]
    return [*found, *_references(profile), *valued, *_ranges(profile, rest), *_conditions(profile), *_lengths(rest)]


def notes(profile: Profile) -> list[str]:
    """What a person should know, and no row says."""
    told = []
    if not profile.rows:
        told.append("There are no rows, so there is nothing that could be said of them: look again when there are.")
    if len(profile.columns) > MOST_COLUMNS_IN_A_ROW:
        told.append(f"It has {len(profile.columns)} columns: print a snapshot of them with --schema.")
    odd = [name for name in profile.relation.columns if _VARIABLE in name]
    if odd:
        told.append(f"No row can name {', '.join(odd)}: an inventory takes ${{…}} for a variable.")
    empty = [each.name for each in profile.columns if profile.rows and not each.filled]
    if empty:
        told.append(f"Without any value: {', '.join(empty)}. Does anything still write them?")
    ahead = [each.name for each in profile.columns if each.in_future and not may_lie_ahead(each.name)]
    if ahead:
        told.append(f"In the future in some rows: {', '.join(ahead)}. Is that meant?")
    if profile.rows and profile.dataset.time and freshness(profile) is None:
        told.append(f"The newest {profile.dataset.time} is older than the usual gap: is this still written?")
    return [printable(" ".join(each.split())) for each in told]


def pairs(columns: Sequence[ColumnProfile]) -> list[str]:
    """Conditions between two columns that their names suggest, and that are not trivial."""
    return [
        f"{_in_sql(one.name)} <= {_in_sql(other.name)}"
        for one in columns
        for other in columns
        if one.name != other.name and one.known.category == other.known.category and _may_differ(one, other)
    ]


def _may_differ(one: ColumnProfile, other: ColumnProfile) -> bool:
    if not (one.filled and other.filled):
        return False
    if one.is_moment or other.is_moment:
        is_alike = one.is_moment and other.is_moment and one.known.has_zone == other.known.has_zone
        return is_alike and is_before(one.name, other.name)
    if one.known.category != "number" or one.highest is None or other.lowest is None:
        return False
    return is_at_most(one.name, other.name) and not one.highest <= other.lowest


def _in_sql(name: str) -> str:
    return name if _PLAIN_NAME.fullmatch(name) else '"' + name.replace('"', '""') + '"'


def _rows(profile: Profile) -> Iterator[Suggestion]:
    if profile.dataset.sample is None:
        kept = 0.5 if profile.dataset.window else 0.9
        least = max(two_digits_below(profile.rows * kept), 1)
        yield Suggestion("rows", "data-rows", {"rows": least}, f"today {said(profile.rows)}")


def _times(profile: Profile) -> Iterator[Suggestion]:
    fresh, usual = freshness(profile), volume(profile)
    if fresh:
        yield Suggestion("fresh", "data-fresh", {"column": profile.dataset.time, "age": fresh[0]}, fresh[1])
    if usual:
        yield Suggestion("volume", "data-volume", usual[0], usual[1])
    for each in profile.columns:
        says_past = moment_rank(each.name) is not None or each.name == profile.dataset.time
        if each.is_moment and each.in_future == 0 and says_past and not may_lie_ahead(each.name):
            seen = "no row is ahead of the clock"
            yield Suggestion(f"{each.name}-not-ahead", "data-no-future", {"column": each.name}, seen)


def _schema(profile: Profile) -> Iterator[Suggestion]:
    if 0 < len(profile.relation.columns) <= MOST_COLUMNS_IN_A_ROW:
        columns = {
            name: each.type if each.nullable is None else {"type": each.type, "nullable": each.nullable}
            for name, each in profile.relation.columns.items()
            if _VARIABLE not in name
        }
        yield Suggestion("schema", "data-schema", {"columns": columns}, f"{len(columns)} columns")


def _nulls(profile: Profile) -> Iterator[Suggestion]:
    whole = [each.name for each in profile.columns if each.filled == profile.rows]
    if whole:
        seen = f"none is NULL in {said(profile.rows)} rows"
        yield Suggestion("whole", "data-nulls", {"columns": whole, "nulls": "0%"}, seen)
    for each in profile.columns:
        share = 100 * (profile.rows - each.filled) / profile.rows
        if 0 < share <= 90:
            parameters = {"columns": [each.name], "nulls": share_above(share)}
            yield Suggestion(f"{each.name}-nulls", "data-nulls", parameters, f"today {share:.3g} %")


def _unique(profile: Profile) -> Iterator[Suggestion]:
    if profile.dataset.sample is not None:
        return
    for columns, why in profile.unique.items():
        yield Suggestion(f"{'-'.join(columns)}-unique", "data-unique", {"columns": list(columns)}, why)
    for each in profile.columns:
        is_number = each.known.category == "number"
        if each.distinct == each.filled >= _FEWEST_KEYS and (not is_number or is_key(each.name)):
            seen = f"all {said(each.filled)} values differ, and no constraint says so"
            yield Suggestion(f"{each.name}-unique", "data-unique", {"columns": [each.name]}, seen)


def _references(profile: Profile) -> Iterator[Suggestion]:
    for each in profile.references:
        refer_to = f"{each.table}({', '.join(each.referred)})"
        try:
            known = columns_of(refer_to)
        except ValueError:
            continue
        if (known.table, known.names) == (each.table, each.referred):
            parameters = {"columns": list(each.columns), "refer_to": refer_to}
            name = f"{'-'.join(each.columns)}-refers"
            yield Suggestion(name, "data-references", parameters, f"every one is there; suggested by {each.said}")


def _values(profile: Profile) -> Iterator[Suggestion]:
    for each in profile.columns:
        values = [_plain(value) for value in each.values]
        is_number = each.known.category == "number"
        enough = 50 * len(values) if is_number else max(50, 10 * len(values))
        if not values or each.filled < enough or (is_number and len(values) > 8):
            continue
        if each.known.category in ("text", "number") and all(_may_be_shown(value) for value in values):
            seen = f"{len(values)} different in {said(each.filled)} rows"
            rule = OneOf(each.name, tuple(values))
            yield Suggestion(f"{each.name}-values", "data-values", {"column": each.name, "values": values}, seen, rule)


def _plain(value: Cell) -> Cell:
    return int(value) if isinstance(value, float) and value == int(value) else value


def _may_be_shown(value: Cell) -> bool:
    """Words that classify, and no text that may be about somebody."""
    if not isinstance(value, str):
        return isinstance(value, int | float)
    is_short = len(value) <= _LONGEST_VALUE and value.isprintable()
    return is_short and not re.search(r"@|://|\d{6}", value)


def _ranges(profile: Profile, columns: Sequence[ColumnProfile]) -> Iterator[Suggestion]:
    keys = {name for names in profile.unique for name in names}
    keys |= {name for each in profile.references for name in each.columns}
    for each in columns:
        low, high = each.lowest, each.highest
        if low is None or high is None or each.is_moment or not (math.isfinite(low) and math.isfinite(high)):
            continue
        if low == high or each.name in keys or is_key(each.name) or is_private(each.name):
            continue
        lowest, highest = 0 if low >= 0 else below(low), above(high)
        parameters = {"column": each.name, "lowest": lowest, "highest": highest}
        rule = Between(each.name, lowest, highest)
        seen = f"today from {said(low)} to {said(high)}"
        yield Suggestion(f"{each.name}-range", "data-range", parameters, seen, rule)


def _lengths(columns: Sequence[ColumnProfile]) -> Iterator[Suggestion]:
    for each in columns:
        least, most = each.shortest, each.longest
        if least is None or most is None or is_private(each.name) or each.is_moment or not 0 < most <= _LONGEST_TEXT:
            continue
        longest = most if least == most else math.ceil(above(most))
        bounds = {"shortest": most if least == most else 1} if least else {}
        parameters = {"column": each.name} | bounds | {"longest": longest}
        rule = LengthBetween(each.name, bounds.get("shortest"), longest)
        seen = f"today {said(most)} characters" if least == most else f"today {least} to {said(most)} characters"
        yield Suggestion(f"{each.name}-length", "data-length", parameters, seen, rule)


def _conditions(profile: Profile) -> Iterator[Suggestion]:
    """Without what follows from two of them."""
    held = [(one, other) for one, _, other in (text.partition(" <= ") for text in profile.conditions)]
    for one, other in held:
        if not any((one, between) in held and (between, other) in held for _, between in held):
            seen = "in every row that has both"
            yield Suggestion(f"{one}-at-most-{other}", "data-condition", {"holds": f"{one} <= {other}"}, seen)
