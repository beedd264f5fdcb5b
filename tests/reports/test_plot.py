import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from rounds.outcome import Outcome
from rounds.record import Band, Observation, Record
from rounds.reports import html, results
from rounds.reports.plot import plot
from rounds.reports.results import read_results, results_schema
from rounds.round import Round

BAND = Band(lowest=80.0, highest=120.0, usual=100.0, earlier=[90.0, 110.0, 100.0, 95.0])


def seen(value: Any = 40, band: Band | None = BAND, unit: str = "") -> Observation:
    return Observation("rows", value, unit, {"direction": "within"}, "80 to 120", Outcome.CRITICAL, "", band)


def numbers(name: str, markup: str) -> list[float]:
    return [float(each) for each in re.findall(rf' {name}="([-\d.]+)"', markup)]


def test_the_figure_of_now_stands_below_the_band_where_it_is_less_and_above_where_it_is_more() -> None:
    low, high = plot(seen(40)), plot(seen(200))
    for drawn in (low, high):
        assert drawn.count("<svg") == 1
        assert len(drawn.split('points="')[1].split('"')[0].split()) == 4
    assert numbers("cy", low)[0] > numbers("y", low)[0] + numbers("height", low)[0]
    assert numbers("cy", high)[0] < numbers("y", high)[0]


def test_it_is_told_in_words_as_well() -> None:
    words = "40 % now; usual is 100 %, from 80 % to 120 %; 4 earlier figures from 90 % to 110 %"
    assert f"<title>{words}</title>" in plot(seen(unit="%"))
    assert f'aria-label="{words}"' in plot(seen(unit="%"))
    assert 'role="img"' in plot(seen())


@pytest.mark.parametrize("value", ["within", None, math.nan, math.inf])
def test_what_is_no_figure_is_not_drawn(value: Any) -> None:
    assert plot(seen(value)) == ""


def test_without_a_band_nothing_is_drawn() -> None:
    assert plot(seen(band=None)) == ""


@pytest.mark.parametrize("earlier", [[], [5.0], [5.0] * 60, [1e300, -1e300], [1e-300]])
def test_any_history_can_be_drawn(earlier: list[float]) -> None:
    drawn = plot(seen(5.0, Band(lowest=5.0, highest=5.0, usual=5.0, earlier=earlier)))
    assert "nan" not in drawn
    assert "inf" not in drawn
    for name in ("y", "cy", "height"):
        assert all(0 <= each <= 44 for each in numbers(name, drawn))


def test_a_band_goes_into_the_page_and_through_results_json(
    record: Callable[..., Record], a_round: Callable[..., Round], page: Callable[[Path], Any], tmp_path: Path
) -> None:
    told = a_round(record("data-quality.rows", Outcome.CRITICAL, seen()), record("a.b", Outcome.OK, seen(band=None)))
    html.write(told, tmp_path / "report.html")
    shown = page(tmp_path / "report.html")
    assert "<svg" in shown.cells("bigshot.data-quality.rows")["observed"]
    assert "<svg" not in shown.cells("bigshot.a.b")["observed"]
    results.write(told, tmp_path / "results.json")
    again = read_results(tmp_path / "results.json")
    assert {each.id: each.observations[0].band for each in again.records} == {
        "bigshot.data-quality.rows": BAND, "bigshot.a.b": None,
    }  # fmt: skip


@pytest.mark.parametrize("broken", [{"lowest": "x"}, {"earlier": [1.0, "x"]}, {"more": 1.0}])
def test_the_schema_knows_bands(
    broken: Any, record: Callable[..., Record], a_round: Callable[..., Round], tmp_path: Path
) -> None:
    import json  # noqa: PLC0415 - only here

    results.write(a_round(record("a.b", Outcome.CRITICAL, seen())), tmp_path / "results.json")
    said = json.loads((tmp_path / "results.json").read_bytes())
    schema = jsonschema.Draft202012Validator(results_schema())
    schema.validate(said)
    said["records"][0]["observations"][0]["band"].update(broken)
    with pytest.raises(jsonschema.ValidationError):
        schema.validate(said)
