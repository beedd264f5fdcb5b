import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from rounds.outcome import Outcome
from rounds.record import Observation, Record
from rounds.reports import results
from rounds.reports.results import read_results, results_schema
from rounds.round import Round


def test_a_round_read_back_is_the_round_that_was_written(told: Round, tmp_path: Path) -> None:
    results.write(told, tmp_path / "results.json")
    again = read_results(tmp_path / "results.json")
    assert again.head() == told.head()
    assert again.records == told.worst_first


def test_it_is_what_its_schema_says(told: Round, tmp_path: Path) -> None:
    results.write(told, tmp_path / "results.json")
    jsonschema.Draft202012Validator.check_schema(results_schema())
    jsonschema.Draft202012Validator(results_schema()).validate(json.loads((tmp_path / "results.json").read_bytes()))


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(lambda said: said["round"].pop("outcome"), id="no outcome of the round"),
        pytest.param(lambda said: said["round"]["counts"].pop("waived"), id="an outcome without a count"),
        pytest.param(lambda said: said["records"][0].update(outcome="fine"), id="a word that is no outcome"),
        pytest.param(lambda said: said["records"][0].update(message="x"), id="a field that nobody knows"),
        pytest.param(lambda said: said["records"][0]["observations"][0].pop("unit"), id="a figure without a unit"),
        pytest.param(lambda said: said.update(format=2), id="another format"),
    ],
)
def test_its_schema_refuses(broken: Callable[[Any], object], told: Round, tmp_path: Path) -> None:
    results.write(told, tmp_path / "results.json")
    said = json.loads((tmp_path / "results.json").read_bytes())
    broken(said)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(results_schema()).validate(said)


def test_figures_that_json_does_not_know_are_told_as_words(
    record: Callable[..., Record], a_round: Callable[..., Round], tmp_path: Path
) -> None:
    seen = Observation("ratio", float("nan"), "", None, "", Outcome.UNKNOWN)
    endless = Observation("rate", float("inf"), "1/s", None, "", Outcome.CRITICAL)
    results.write(a_round(record("a.b", Outcome.UNKNOWN, seen, endless)), tmp_path / "results.json")
    said = (tmp_path / "results.json").read_text(encoding="utf-8")
    assert "NaN" not in said
    assert "Infinity" not in said
    assert [each.value for each in read_results(tmp_path / "results.json").records[0].observations] == ["nan", "inf"]


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"format": 1, "round": {}, "records": []}', "\xff"])
def test_what_is_no_results_json_is_refused_with_its_name(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match=r"x\.json is not the results\.json of a round"):
        read_results(tmp_path / "x.json")


def test_a_later_format_is_not_guessed_at(told: Round, tmp_path: Path) -> None:
    results.write(told, tmp_path / "results.json")
    said = json.loads((tmp_path / "results.json").read_bytes()) | {"format": 2}
    (tmp_path / "results.json").write_text(json.dumps(said), encoding="utf-8")
    with pytest.raises(ValueError, match="its format is 2"):
        read_results(tmp_path / "results.json")
