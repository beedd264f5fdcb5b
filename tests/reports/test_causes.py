"""A cause is told once, before what is unknown for reasons of its own and after what is critical."""

from collections.abc import Callable

import pytest

from rounds.causes import causes_of
from rounds.outcome import Outcome
from rounds.record import Cause, Record
from rounds.reports.page import summary
from rounds.reports.terminal import lines, table
from rounds.round import Durations, Round

REFUSED: Cause = {"target": "bigshot/database", "words": "connection refused"}


def behind(record: Callable[..., Record], count: int, **given: object) -> list[Record]:
    return [record(f"db.r{n:02}", Outcome.UNKNOWN, summary="refused", cause=REFUSED, **given) for n in range(count)]


def test_each_cause_is_one_line_with_its_rows(record: Callable[..., Record], a_round: Callable[..., Round]) -> None:
    told = a_round(
        *behind(record, 14),
        record("a.critical", Outcome.CRITICAL, summary="used is 95 %", remedy=""),
        record("a.unknown", Outcome.UNKNOWN, summary="hidden", since=""),
        record("a.warning", Outcome.WARNING, summary="used is 85 %", remedy=""),
        record("a.late", Outcome.OK, summary="ok at attempt 2 of 2; …", attempts=[{}]),
    )
    named = "bigshot.db.r00, bigshot.db.r01, bigshot.db.r02, bigshot.db.r03"
    assert [line.partition(" (since")[0] for line in lines(told, colour=False, width=80)] == [
        "CRITICAL bigshot.a.critical: used is 95 %",
        f"UNKNOWN  bigshot/database cannot be reached: connection refused: 14 rows unknown: {named} and 10 more",
        "UNKNOWN  bigshot.a.unknown: hidden",
        "WARNING  bigshot.a.warning: used is 85 %",
        "OK       bigshot.a.late: ok at attempt 2 of 2; …",
        "Round daily is critical: 1 critical, 15 unknown, 1 warning, 1 ok, in 3.25 s",
    ]


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, "1 row unknown: bigshot.db.r00"),
        (5, "5 rows unknown: bigshot.db.r00, bigshot.db.r01, bigshot.db.r02, bigshot.db.r03, bigshot.db.r04"),
    ],
)
def test_few_rows_are_all_named(
    count: int, said: str, record: Callable[..., Record], a_round: Callable[..., Round]
) -> None:
    (cause,) = causes_of(a_round(*behind(record, count)))
    assert cause.rows == said


def test_a_cause_is_told_in_the_words_that_most_looks_had_for_it(
    record: Callable[..., Record], a_round: Callable[..., Round]
) -> None:
    other = record("a.b", Outcome.UNKNOWN, cause={"target": "bigshot/database", "words": "timed out"})
    waived = record("a.c", Outcome.WAIVED, cause=REFUSED)
    (cause,) = causes_of(a_round(other, waived, *behind(record, 2)))
    assert cause.reason == "bigshot/database cannot be reached: connection refused"
    assert len(cause.records) == 3


def test_a_cause_is_as_old_as_most_of_its_rows_say(
    record: Callable[..., Record], a_round: Callable[..., Round]
) -> None:
    """One of them may have been unknown for weeks for a reason of its own."""
    broken_before = record("a.b", Outcome.UNKNOWN, cause=REFUSED, since="2026-10-19T00:00:00.000Z")
    told = a_round(broken_before, *behind(record, 2, since="2026-11-19T12:00:00.000Z"))
    (cause,) = causes_of(told)
    assert cause.since == "2026-11-19T12:00:00.000Z"
    (two,) = causes_of(a_round(broken_before, *behind(record, 1, since="2026-11-19T12:00:00.000Z")))
    assert two.since == "2026-11-19T12:00:00.000Z"
    assert "bigshot.db.r01 (since 2026-11-19 12:00 UTC)</li>" in summary(told)


def test_hostile_words_of_a_target_stay_one_printable_line(
    record: Callable[..., Record], a_round: Callable[..., Round]
) -> None:
    cause: Cause = {"target": "bigshot/x", "words": "\x1b[31mred\nCRITICAL all is lost\x00" + "x" * 1000}
    said = lines(a_round(record("a.b", Outcome.UNKNOWN, cause=cause)), colour=False, width=80)
    assert len(said) == 2
    assert said[0].isprintable()
    assert "1 row unknown: bigshot.a.b" in said[0]


def test_durations_are_a_table() -> None:
    took = Durations(
        system="bigshot", rows=20, looks=7, slowest_look={"probe": "dump", "target": "bigshot/database", "seconds": 2.5},
        looking_seconds=8.25, judging_seconds=0.031,
    )  # fmt: skip
    nothing = Durations(system="a", rows=1, looks=0, slowest_look=None, looking_seconds=0, judging_seconds=0.0)
    nowhere = nothing | {"slowest_look": {"probe": "listed", "target": "", "seconds": 0.5}}
    assert table([nowhere])[-1].endswith("500 ms listed")
    assert table([nothing, took]) == [
        "SYSTEM   ROWS  LOOKS  LOOKING  JUDGING  SLOWEST LOOK",
        "a           1      0      0 s      0 s  none",
        "bigshot    20      7   8.25 s    31 ms  2.5 s dump at bigshot/database",
    ]


def test_rows_that_are_unknown_in_the_same_words_are_one_line(
    record: Callable[..., Record], a_round: Callable[..., Round]
) -> None:
    told = a_round(
        *(record(f"data.cut{n}", Outcome.UNKNOWN, summary="orders.csv cannot be read") for n in range(7)),
        *(record(f"data.few{n}", Outcome.UNKNOWN, summary="items.csv cannot be read") for n in range(2)),
        *(record(f"data.one{n}", Outcome.UNKNOWN, summary="x", target=f"{n}") for n in range(3)),
        *(record(f"data.bad{n}", Outcome.CRITICAL, summary="there are no rows", remedy="") for n in range(3)),
    )
    said = [line.partition(" (since")[0] for line in lines(told, colour=False, width=80)][:-1]
    named = ", ".join(f"bigshot.data.cut{n}" for n in range(4))
    assert f"UNKNOWN  orders.csv cannot be read: 7 rows unknown: {named} and 3 more" in said
    assert "UNKNOWN  bigshot.data.few1: items.csv cannot be read" in said
    assert "UNKNOWN  bigshot.data.one2: x" in said
    assert len(said) == 1 + 2 + 3 + 3
