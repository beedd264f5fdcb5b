"""Figures of a random table: the measure that the scan is asked, and how a person would ask for it by hand."""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from statistics import stdev
from typing import Any

from rounds.measures import (  # isort: skip
    Aggregate, Between, Broken, Distinct, Holding, LengthBetween, Matching, Measure, Newest, NotInFuture, Nulls,
    OneOf, Orphans, Percentile, Reading, Repeated, Rows, Rule, Scope, Statistic,
)  # fmt: skip
from tests.data_naive.tables import PARENT, Condition, Naive

FAILED, WITHIN = "failed", "within"
GROUPS = ("grp", "hour")
Columns = dict[str, str]
Conditions = list[Condition]


@dataclass(frozen=True)
class Figure:
    """`refused` are the scopes in which it cannot be asked for, `refused_by_sqlite` those in which only PostgreSQL can.

    `until_now` says that in a window rows of the future do not count.
    """

    name: str
    measure: Callable[[Columns, Scope], Measure]
    naive: Callable[[Naive, Conditions], Any]
    refused: tuple[str, ...] = ()
    refused_by_sqlite: tuple[str, ...] = ()
    told: Callable[[Reading], Any] = lambda reading: reading.value
    until_now: bool = False


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _rule(name: str, rule: Callable[[Columns], Rule], broken: str, asked: str = "{flt} IS NOT NULL") -> Figure:
    """A rule that `broken` rows break, among those that are `asked`; `;` parts PostgreSQL's words from SQLite's."""

    def naive(by_hand: Naive, conditions: Conditions) -> Any:
        words = broken.split(" ; ")[0 if by_hand.is_postgres else -1].replace("{now}", str(by_hand.now))
        words = words.replace("{made_seconds}", by_hand.made_seconds)
        examined = by_hand.one("count(*)", [*conditions, (asked, ())])
        return by_hand.one("count(*)", [*conditions, (asked, ()), (words, ())]) if examined else None

    return Figure(name, lambda columns, scope: Broken(rule(columns), scope=scope), naive)


def _statistic(name: str, what: str) -> Figure:
    return Figure(
        name,
        lambda columns, scope: Statistic(name, columns["flt"], scope=scope),
        lambda by_hand, conditions: _plain(by_hand.one(what, conditions)),
    )


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def _nulls(by_hand: Naive, conditions: Conditions) -> Any:
    rows = by_hand.one("count(*)", conditions)
    return by_hand.one("count(*)", [*conditions, ("{txt} IS NULL", ())]) if rows else None


def _stddev(by_hand: Naive, conditions: Conditions) -> Any:
    if by_hand.is_postgres:
        return by_hand.one("stddev_samp({flt})", conditions)
    values = [value for (value,) in by_hand.rows("{flt}", conditions) if value is not None]
    return stdev(values) if len(values) > 1 else None


def _extra(*names: str) -> Callable[[Naive, Conditions], Any]:
    def naive(by_hand: Naive, conditions: Conditions) -> Any:
        keys = by_hand.rows(", ".join(f"{{{name}}}" for name in names), conditions)
        counted = Counter(key for key in keys if None not in key)
        return sum(times - 1 for times in counted.values()) if counted else None

    return naive


def _orphans(by_hand: Naive, conditions: Conditions) -> Any:
    lost = ("{ref} NOT IN (SELECT id FROM {parent})", ())
    examined = by_hand.one("count({ref})", conditions)
    return by_hand.one("count(*)", [*conditions, lost]) if examined else None


def _aggregate(name: str, what: str, refused: tuple[str, ...] = ("where",)) -> Figure:
    def measure(columns: Columns, scope: Scope) -> Measure:
        return Aggregate(what.format(**{key: quoted(column) for key, column in columns.items()}), scope=scope)

    return Figure(name, measure, lambda by_hand, conditions: _plain(by_hand.one(what, conditions)), refused)


def _least(column: str, share: float) -> Callable[[Naive, Conditions], Any]:
    def naive(by_hand: Naive, conditions: Conditions) -> Any:
        found = [_plain(value) for (value,) in by_hand.rows(f"{{{column}}}", conditions) if value is not None]
        found.sort(key=lambda value: (math.isnan(value), value))
        return found[max(math.ceil(Fraction(str(share)) * len(found)) - 1, 0)] if found else None

    return naive


def _beyond(by_hand: Naive, conditions: Conditions) -> Any:
    value = _least("num", 0.9)(by_hand, conditions)
    return WITHIN if value is not None and -1 <= value <= 2 else value


def _within(reading: Reading) -> Any:
    """Where the value itself is told, as for groups, it is compared as well."""
    value = reading.value
    return WITHIN if value == WITHIN or (isinstance(value, int | float) and -1 <= value <= 2) else value


def _newest(by_hand: Naive, conditions: Conditions) -> Any:
    past = (f"{by_hand.made_seconds} <= {by_hand.now + 300}", ())
    newest = by_hand.one(f"max({by_hand.made_seconds})", [*conditions, past])
    return None if newest is None else round((by_hand.now - float(newest)) / 600)


def _age(reading: Reading) -> Any:
    return None if reading.value is None else round(float(reading.value) / 600)


_HELD = "({num} <= {other} OR {txt} = 'a')"

FIGURES = (
    Figure("rows", lambda _, scope: Rows(scope=scope), lambda by_hand, where: by_hand.one("count(*)", where),
           until_now=True),
    Figure("nulls", lambda columns, scope: Nulls(columns["txt"], scope=scope), _nulls),
    _rule("between", lambda columns: Between(columns["flt"], -1.5, 2), "NOT ({flt} >= -1.5 AND {flt} <= 2)"),
    _rule("at least", lambda columns: Between(columns["flt"], 0), "{flt} < 0 OR {flt} = 'NaN' ; {flt} < 0"),
    _rule("at most", lambda columns: Between(columns["flt"], None, 0), "{flt} > 0"),
    _rule("one of", lambda columns: OneOf(columns["txt"], ("a", 'we"ird', "'")), """{txt} NOT IN ('a', 'we"ird', \'\'\'\')""",
          "{txt} IS NOT NULL"),
    _rule("one number of", lambda columns: OneOf(columns["other"], (0, 1, None)), "{other} NOT IN (0, 1)",
          "{other} IS NOT NULL"),
    _rule("length", lambda columns: LengthBetween(columns["txt"], 1, 2), "length({txt}) NOT BETWEEN 1 AND 2",
          "{txt} IS NOT NULL"),
    _rule("matching", lambda columns: Matching(columns["txt"], "a"), "{txt} !~ 'a' ; instr({txt}, 'a') = 0",
          "{txt} IS NOT NULL"),
    _rule("future", lambda columns: NotInFuture(columns["made"]), "{made_seconds} > {now} + 300", "{made} IS NOT NULL"),
    _rule("holding", lambda columns: Holding(_HELD.format(**{key: quoted(name) for key, name in columns.items()})),
          f"NOT {_HELD}", f"{_HELD} IS NOT NULL"),
    _statistic("mean", "avg({flt})"), _statistic("min", "min({flt})"), _statistic("max", "max({flt})"),
    _statistic("sum", "sum({flt})"),
    Figure("stddev", lambda columns, scope: Statistic("stddev", columns["flt"], scope=scope), _stddev),
    Figure("percentile", lambda columns, scope: Percentile(0.5, columns["flt"], scope=scope), _least("flt", 0.5),
           refused_by_sqlite=GROUPS),
    Figure("bounded percentile", lambda columns, scope: Percentile(0.9, columns["num"], (-1.0,), (2.0,), scope=scope),
           _beyond, refused_by_sqlite=GROUPS, told=_within),
    _aggregate("spread", "max({num}) - min({other})"),
    _aggregate("ratio", "sum(1 / {other})"),  # by zero, where a row says so
    Figure("distinct", lambda columns, scope: Distinct(columns["txt"], scope=scope),
           lambda by_hand, where: by_hand.one("count(DISTINCT {txt})", where), until_now=True),
    Figure("repeated", lambda columns, scope: Repeated((columns["txt"],), scope=scope), _extra("txt"), GROUPS),
    Figure("repeated two", lambda columns, scope: Repeated((columns["grp"], columns["other"]), scope=scope),
           _extra("grp", "other"), GROUPS),
    Figure("orphans", lambda columns, scope: Orphans((columns["ref"],), PARENT, ("id",), scope=scope), _orphans, GROUPS),
    Figure("newest", lambda columns, scope: Newest(columns["made"], scope=scope), _newest, told=_age),
)  # fmt: skip
