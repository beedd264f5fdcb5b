from collections.abc import Callable
from pathlib import Path

import pytest

from rounds.outcome import Outcome
from rounds.record import Record
from rounds.reports.terminal import lines
from rounds.round import Round


def test_with_everything_ok_there_is_one_line(record: Callable[..., Record], a_round: Callable[..., Round]) -> None:
    good = a_round(record("a.b", Outcome.OK, summary="fine"), record("a.c", Outcome.OK, summary="fine"))
    assert lines(good, colour=False, width=80, report=None) == ["Round daily is ok: 2 ok, in 3.25 s"]


def test_what_is_wrong_stands_worst_first_with_what_to_do(
    record: Callable[..., Record], a_round: Callable[..., Round]
) -> None:
    told = a_round(
        record("a.warning", Outcome.WARNING, summary="used is 85 %"),
        record(
            "a.critical", Outcome.CRITICAL, summary="used is 95 %", remedy="delete what is old\nand " + "more " * 30
        ),
        record("a.unknown", Outcome.UNKNOWN, summary="no answer within 5 s", since=""),
        record("a.waived", Outcome.WAIVED, summary="known"),
        record("a.fine", Outcome.OK, summary="fine"),
        problems=["junit.xml could not be written: no space left on device"],
    )
    assert lines(told, colour=False, width=60, report=Path("/r/report.html")) == [
        "UNKNOWN  junit.xml could not be written: no space left on device",
        "CRITICAL bigshot.a.critical: used is 95 % (since 2026-11-20 03:00 UTC)",
        "         -> delete what is old and more more more more more",
        *["            more more more more more more more more more"] * 2,
        "            more more more more more more more",
        "UNKNOWN  bigshot.a.unknown: no answer within 5 s",
        "WARNING  bigshot.a.warning: used is 85 % (since 2026-11-20 03:00 UTC)",
        "         -> look at it",
        "Round daily is critical: 1 critical, 1 unknown, 1 warning, 1 waived, 1 ok, in 3.25 s",
        "Report: /r/report.html",
    ]


def test_colour_is_never_the_only_carrier(told: Round) -> None:
    plain, coloured = lines(told, colour=False, width=80), lines(told, colour=True, width=80)
    for code in ("1;31", "1;33", "1;35", "0"):
        coloured = [line.replace(f"\x1b[{code}m", "") for line in coloured]
    assert plain == coloured


@pytest.mark.parametrize("width", [0, 20, 80, 200])
def test_control_characters_of_a_target_never_reach_the_terminal(told: Round, width: int) -> None:
    for line in lines(told, colour=False, width=width):
        assert line.isprintable()


def test_nothing_judged_is_said_so(a_round: Callable[..., Round]) -> None:
    assert lines(a_round(), colour=False, width=80) == ["Round daily is unknown: nothing was judged, in 3.25 s"]


def test_a_remedy_is_told_once_for_rows_that_follow_each_other(
    record: Callable[..., Record], a_round: Callable[..., Round]
) -> None:
    dead = [record(f"a.r{n}", Outcome.CRITICAL, summary="is missing", remedy="start it") for n in range(3)]
    full = record("b.disk", Outcome.CRITICAL, summary="is full", remedy="empty it")
    warns = record("b.site", Outcome.WARNING, summary="is missing", remedy="start it")
    said = [line.partition(" (since")[0] for line in lines(a_round(*dead, full, warns), colour=False, width=80)]
    assert said[:-1] == [
        "CRITICAL bigshot.a.r0: is missing",
        "CRITICAL bigshot.a.r1: is missing",
        "CRITICAL bigshot.a.r2: is missing",
        "         -> start it",
        "CRITICAL bigshot.b.disk: is full",
        "         -> empty it",
        "WARNING  bigshot.b.site: is missing",
        "         -> start it",
    ]
