import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rounds.limits import at_least, at_most, exactly
from rounds.outcome import Outcome
from rounds.quantities import read, shown


@pytest.mark.parametrize(
    ("written", "unit", "figure"),
    [
        ("26h", "s", 93600), ("500ms", "s", 0.5), ("1d12h", "s", 129600), ("5m", "s", 300), ("30 s", "s", 30), (0, "s", 0),
        ("10 MB", "B", 10e6), ("1GiB", "B", 2**30), ("512kB", "B", 512e3), ("85%", "%", 85), ("99.9 %", "%", 99.9),
        ("5/min", "1/s", 5 / 60), ("100/s", "1/s", 100), (1000, "", 1000), ("1.5", "", 1.5), (1000, "domains", 1000),
    ],
)  # fmt: skip
def test_figures_are_read_as_people_write_them(written, unit, figure):
    assert read(written, unit) == pytest.approx(figure)


@pytest.mark.parametrize(
    ("written", "unit", "words"),
    [
        ("10 MB", "s", "'10 MB' is a size; a duration such as 26h or 500ms is due here"),
        (90, "%", "90 is a plain number; a percentage such as 85% is due here"),
        ("26h", "B", "'26h' is a duration; a size such as 10 MB is due here"),
        ("soon", "s", "'soon' cannot be read; a duration"),
        (True, "", "True cannot be read"), (None, "s", "None cannot be read"), (math.inf, "", "inf cannot be read"),
        ("-5s", "s", "'-5s': a duration cannot be negative"), ("-1 MB", "B", "'-1 MB': a size cannot be negative"),
        ("-5%", "%", "'-5%': a percentage cannot be negative"), ("nan", "", "'nan' cannot be read"), ([1], "", "[1] cannot be read"),
    ],
)  # fmt: skip
def test_a_figure_in_the_wrong_unit_is_refused_in_plain_words(written, unit, words):
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the words are compared below
        read(written, unit)
    assert str(refused.value).startswith(words)


@pytest.mark.parametrize(
    ("figure", "unit", "words"),
    [
        (93600, "s", "26 h"), (0.25, "s", "250 ms"), (0, "s", "0 s"), (90, "s", "90 s"), (864000, "s", "10 d"), (0, "B", "0 B"),
        (24.6e9, "B", "24.6 GB"), (91.04, "%", "91.0 %"), (3, "", "3"), (None, "s", "nothing"), (True, "", "yes"),
        (math.nan, "%", "nan"), ("text", "", "text"), (-7200, "s", "-2 h"), (0.5, "1/s", "30 /min"),
        (120 * 3600, "s", "5 d"), (3 * 86400, "s", "3 d"), (71 * 3600, "s", "71 h"), (3.24e-05, "%", "nearly 0 %"), (-1e-7, "", "nearly 0"),
    ],
)  # fmt: skip
def test_figures_are_shown_as_people_say_them(figure, unit, words):
    assert shown(figure, unit) == words


@given(st.one_of(st.none(), st.text(), st.just(math.nan)))
def test_what_is_no_number_is_unknown_and_never_ok(value):
    assert at_most(10).verdict(value) is Outcome.UNKNOWN
    assert at_least(10).verdict(value) is Outcome.UNKNOWN


@given(st.floats(allow_nan=False), st.floats(allow_nan=False, allow_infinity=False))
def test_a_limit_holds_at_the_bound_and_not_beyond(value, bound):
    assert (at_most(bound).verdict(value) is Outcome.OK) == (value <= bound)
    assert (at_least(bound).verdict(value) is Outcome.OK) == (value >= bound)


def test_warning_lies_before_critical():
    limit = at_most(unit="%").written({"warning": "80%", "critical": "90%"})
    assert [limit.verdict(value) for value in (80, 81, 90, 91)] == [
        Outcome.OK,
        Outcome.WARNING,
        Outcome.WARNING,
        Outcome.CRITICAL,
    ]
    assert str(limit) == "at most 90 % (warning at 80 %)"


def test_exactly_is_critical_for_anything_else():
    wanted = exactly("healthy", "ok")
    assert wanted.verdict("ok") is Outcome.OK
    assert wanted.verdict(None) is Outcome.CRITICAL
    assert str(wanted) == "healthy or ok"
