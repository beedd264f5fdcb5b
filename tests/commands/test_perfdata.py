"""The figures of monitoring plugins are read as the guidelines write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rounds.fixtures.perfdata import UNITS, Range, parted, read_perfdata, read_range

SIMPLE = st.characters(codec="utf-8", categories=["L", "N", "P", "S"], exclude_characters="'=|")
LABELS = st.text(SIMPLE, min_size=1).filter(lambda label: not label[0].isspace())
QUOTED = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"], exclude_characters="|"), min_size=1
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=32) | st.integers(-(10**12), 10**12)
RANGES = st.one_of(
    st.just(""),
    NUMBERS.map(str),
    NUMBERS.map(lambda start: f"{start}:"),
    NUMBERS.map(lambda end: f"~:{end}"),
    st.tuples(NUMBERS, NUMBERS).map(lambda both: f"@{min(both)}:{max(both)}"),
)
UOMS = st.sampled_from([*UNITS, "rpm", "req/s"])


def written(label: str) -> str:
    return "'" + label.replace("'", "''") + "'"


@given(st.lists(st.tuples(LABELS | QUOTED.map(written), NUMBERS | st.just("U"), UOMS, RANGES, RANGES), max_size=6))
def test_whatever_is_well_formed_is_read_whole(items: list[tuple[str, float | str, str, str, str]]) -> None:
    text = " ".join(f"{label}={value}{unit};{warning};{critical};0;" for label, value, unit, warning, critical in items)
    figures, unread = read_perfdata(text)
    assert not unread
    assert len(figures) == len(items)
    for figure, (label, value, unit, warning, critical) in zip(figures, items, strict=True):
        assert figure.label == (label[1:-1].replace("''", "'") if label.startswith("'") else label)
        assert figure.unit == UNITS.get(unit, (unit, 1))[0]
        assert figure.value == (None if value == "U" else pytest.approx(float(value) * UNITS.get(unit, ("", 1.0))[1]))
        assert (figure.warning is None, figure.critical is None) == (warning == "", critical == "")


@given(st.text())
def test_nothing_that_a_plugin_prints_breaks_the_reading(text: str) -> None:
    lines, figures, unread = parted(text)
    assert all(line.strip() for line in lines)
    assert len(figures) + len(unread) <= len(text)


@given(st.text(st.characters(exclude_characters="'", codec="utf-8")))
def test_rubbish_does_not_hide_the_figure_after_it(rubbish: str) -> None:
    assert "size" in [figure.label for figure in read_perfdata(f"{rubbish} size=3B;;;;")[0]]


@pytest.mark.parametrize(
    ("text", "range_", "words"),
    [
        ("10", Range(0, 10), "outside 0 to 10"),
        ("10:", Range(10, None), "below 10"),
        ("~:10", Range(None, 10), "above 10"),
        ("10:20", Range(10, 20), "outside 10 to 20"),
        ("@10:20", Range(10, 20, inside=True), "within 10 to 20"),
        ("@10", Range(0, 10, inside=True), "within 0 to 10"),
        ("~:", Range(None, None), "never"),
        ("-5:-1", Range(-5, -1), "outside -5 to -1"),
        ("243497277849", Range(0, 243497277849), "outside 0 to 243497277849"),
    ],
)
def test_ranges_are_read_and_said_in_words(text: str, range_: Range, words: str) -> None:
    assert read_range(text) == range_
    assert str(read_range(text)) == words


@pytest.mark.parametrize("text", ["", ":", "@", "a", "1:2:3", "1..2", "10 20"])
def test_what_is_no_range_is_none(text: str) -> None:
    assert read_range(text) is None


def test_text_and_figures_are_parted_by_the_first_bar_and_by_the_first_one_of_all_further_lines() -> None:
    output = (
        "DISK OK - free space: / 3326 MB (56%); | /=2643MB;5948;5958;0;5968\n"
        "/ 15272 MB (77%);\n/home 69357 MB (27%); | /boot=68MB;88;93;0;98\n'/var log'=818MB;970;975;0;980\n"
    )
    lines, figures, unread = parted(output)
    assert lines == ("DISK OK - free space: / 3326 MB (56%);", "/ 15272 MB (77%);", "/home 69357 MB (27%);")
    assert [figure.label for figure in figures] == ["/", "/boot", "/var log"]
    assert (figures[2].value, figures[2].unit, figures[2].most) == (818e6, "B", 980e6)
    assert not unread


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("a=1.5KB", 1500, "B"), ("a=1.5KiB", 1536, "B"), ("a=3ms", 0.003, "s"), ("a=7c", 7, ""), ("a=5%", 5, "%"),
        ("a=-.5", -0.5, ""), ("a=+2e3", 2000, ""), ("a=U", None, ""), ("a=12rpm", 12, "rpm"), ("'a=b'=1", 1, ""),
    ],
)  # fmt: skip
def test_figures_are_told_in_base_units(text: str, value: float | None, unit: str) -> None:
    ((figure,), unread) = read_perfdata(text)
    assert (figure.value, figure.unit, unread) == (value if value is None else pytest.approx(value), unit, ())


@pytest.mark.parametrize("text", ["a", "a=", "=1", "a=b", "a=1,5", "'a=1", "a=1.2.3", "a=nan"])
def test_what_is_no_figure_is_told_and_not_guessed(text: str) -> None:
    figures, unread = read_perfdata(text)
    assert not figures
    assert unread
