import math
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from rounds.outcome import Outcome
from rounds.record import Observation, Record
from rounds.reports import metrics
from rounds.round import Round

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def _samples(told: Round, folder: Path) -> Samples:
    metrics.write(told, folder / "metrics.prom")
    samples: Samples = {}
    for family in text_string_to_metric_families((folder / "metrics.prom").read_text(encoding="utf-8")):
        assert family.type == "gauge"
        assert family.documentation
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in samples, "a series said twice voids the file"
            assert sample.timestamp is None
            samples[key] = sample.value
    return samples


def _value(samples: Samples, name: str, **labels: str) -> float | None:
    return samples.get((name, frozenset((labels | {"batch": "daily"}).items())))


def test_promtool_accepts_it(told: Round, tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None and os.environ.get("CI") != "true":
        pytest.skip("promtool is not here (Debian: apt-get install prometheus)")
    assert promtool, "a CI server needs promtool, else nobody tries this"
    metrics.write(told, tmp_path / "metrics.prom")
    said = (tmp_path / "metrics.prom").read_bytes()
    ran = subprocess.run([promtool, "check", "metrics"], input=said, capture_output=True, check=False, timeout=30)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"", b"")


def test_it_ends_with_a_line_end_and_says_help_and_type_once(told: Round, tmp_path: Path) -> None:
    metrics.write(told, tmp_path / "metrics.prom")
    said = (tmp_path / "metrics.prom").read_text(encoding="utf-8")
    assert said.endswith("\n")
    heads = [line.split()[1:3] for line in said.splitlines() if line.startswith("#")]
    assert len(heads) == len({tuple(head) for head in heads})


@pytest.mark.parametrize(
    ("name", "severity", "number"),
    [
        ("resources.memory-usage", "critical", 0),
        ("resources.disk", "warning", 1),
        ("backup.dump", "critical", 2),
        ("security.logins", "critical", 3),
        ("replication.lag", "critical", 4),
        ("certificates.expiry", "critical", 5),
    ],
)
def test_an_outcome_is_a_number(name: str, severity: str, number: int, told: Round, tmp_path: Path) -> None:
    labels = {
        "id": f"bigshot.{name}",
        "system": "bigshot",
        "area": name.split(".", maxsplit=1)[0],
        "severity": severity,
    }
    samples = _samples(told, tmp_path)
    assert _value(samples, "rounds_expectation_outcome", **labels) == number
    assert _value(samples, "rounds_expectation_since_timestamp_seconds", id=f"bigshot.{name}") == 1795143600


def test_figures_are_in_base_units_and_words_are_left_out(told: Round, tmp_path: Path) -> None:
    samples = _samples(told, tmp_path)
    figures = {key: value for key, value in samples.items() if key[0] == "rounds_observation_value"}
    assert len(figures) == 4
    assert _value(samples, "rounds_observation_value", id="bigshot.backup.dump", observation="size", unit="B") == 18000
    assert _value(samples, "rounds_observation_value", id="bigshot.backup.dump", observation="verified", unit="") == 1


def test_the_last_success_is_only_told_of_a_good_round(
    told: Round, record: Callable[..., Record], a_round: Callable[..., Round], tmp_path: Path
) -> None:
    good = a_round(record("a.b", Outcome.OK), record("a.c", Outcome.WARNING), record("a.d", Outcome.WAIVED))
    assert _value(_samples(good, tmp_path), "rounds_round_last_success_timestamp_seconds") == 1795316403.25
    for bad in (told, a_round(), a_round(record("a.b", Outcome.OK), problems=["x"])):
        samples = _samples(bad, tmp_path)
        assert _value(samples, "rounds_round_last_success_timestamp_seconds") is None
        assert _value(samples, "rounds_round_finished_timestamp_seconds") == 1795316403.25


def test_a_figure_said_twice_is_told_once_and_the_worse_one(
    record: Callable[..., Record], a_round: Callable[..., Round], tmp_path: Path
) -> None:
    fine = Observation("age", 1.0, "s", None, "", Outcome.OK, "dump-1")
    bad = Observation("age", 9.0, "s", None, "", Outcome.CRITICAL, "dump-2")
    samples = _samples(a_round(record("a.b", Outcome.CRITICAL, fine, bad)), tmp_path)
    assert _value(samples, "rounds_observation_value", id="bigshot.a.b", observation="age", unit="s") == 9


def test_a_target_with_thousands_of_components_does_not_flood(
    record: Callable[..., Record], a_round: Callable[..., Round], tmp_path: Path
) -> None:
    many = [Observation(f"component {number}", 1.0, "", None, "", Outcome.OK) for number in range(5000)]
    samples = _samples(a_round(record("a.b", Outcome.OK, *many)), tmp_path)
    assert sum(name == "rounds_observation_value" for name, _ in samples) == 100


@settings(deadline=None)
@given(text=st.text(st.characters(), max_size=40), figure=st.floats() | st.integers() | st.booleans())
def test_any_text_and_any_figure_can_be_read_back(
    text: str, figure: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    seen = Observation(text, figure, text, None, text, Outcome.CRITICAL, text)
    one = Record(text, text, text, text, [text], text, text, text, text, Outcome.CRITICAL, text, [seen], text)
    told = Round("", text, "", records=[one], problems=[text], version=text)
    samples = _samples(told, tmp_path_factory.getbasetemp())
    (read,) = [value for (name, _), value in samples.items() if name == "rounds_observation_value"]
    assert read == float(figure) or (math.isnan(read) and math.isnan(figure))
