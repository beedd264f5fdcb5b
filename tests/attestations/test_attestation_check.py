"""How long a person's word holds, and which file says it."""

import json
import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_attestations as checks
from rounds.fixtures import attestations
from rounds.inventory.load import load
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, CouldNotLook, RunbookDisagrees
from rounds.targets import Attestations

from .conftest import Shop

DAY = 86_400
ID = "shop.recovery.failover"
assert attestations


@pytest.fixture
def target(tmp_path: Path) -> Attestations:
    return Attestations(name="said", path=str(tmp_path / "said.jsonl"))


def write(target: Attestations, *ages_in_days: float, **more: str) -> None:
    stamps = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - age * DAY)) for age in ages_in_days]
    base = {"id": ID, "by": "eve", "note": "switched over"} | more
    Path(target.path).write_text("".join(json.dumps(base | {"at": stamp}) + "\n" for stamp in stamps))


@pytest.fixture
def judge(row: Callable[..., Any], target: Attestations) -> Callable[..., Observer]:
    def judged(when: str = "quarterly", **given: Any) -> Observer:
        observer = Observer()
        expected = row(checks.AttestationFresh, attestations=target, id=ID, when=[when], **given)
        checks.test_attestation_fresh(expected, PROBES["attested"].look(target), observer)
        return observer

    return judged


@pytest.mark.parametrize(
    ("cadence", "ages"),
    [
        ("daily", (0.9, 1.1, 2.1)), ("weekly", (6.9, 7.1, 8.1)), ("monthly", (30.9, 31.1, 34.1)),
        ("quarterly", (91.9, 92.1, 99.1)),
    ],
)  # fmt: skip
def test_it_holds_for_its_cadence_warns_for_the_slack_and_is_critical_then(
    judge: Callable[..., Observer], target: Attestations, cadence: str, ages: tuple[float, ...]
) -> None:
    for age, outcome in zip(ages, (Outcome.OK, Outcome.WARNING, Outcome.CRITICAL), strict=True):
        write(target, age)
        assert judge(cadence).outcome is outcome


def test_the_shortest_cadence_counts_and_an_age_before_it(
    row: Callable[..., Any], judge: Callable[..., Observer], target: Attestations
) -> None:
    expected = row(checks.AttestationFresh, attestations=target, when=["quarterly", "emergency", "weekly"])
    assert (expected.limit.warning, expected.limit.critical) == (7 * DAY, 8 * DAY)
    write(target, 10)
    assert judge("weekly", age="20d").outcome is Outcome.OK
    assert judge(age={"warning": "9d", "critical": "12d"}).outcome is Outcome.WARNING
    assert judge("emergency", age="5d").outcome is Outcome.CRITICAL


def test_a_row_that_is_never_due_by_time_says_an_age(row: Callable[..., Any], target: Attestations) -> None:
    with pytest.raises(ValidationError, match="says how old an attestation may be"):
        row(checks.AttestationFresh, attestations=target, when=["emergency"])


def test_who_when_and_what_are_told(judge: Callable[..., Observer], target: Attestations) -> None:
    write(target, 2)
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 2 * DAY))
    assert f"by eve, {day}" in judge().summary
    assert "switched over" in judge().summary


def test_never_attested_is_critical_with_the_line_to_type(judge: Callable[..., Observer], target: Attestations) -> None:
    for content in (None, "", json.dumps({"id": "shop.a.b", "by": "x", "note": "y", "at": "2026-11-01T00:00:00Z"})):
        if content is not None:
            Path(target.path).write_text(content)
        seen = judge(result=".")
        assert seen.outcome is Outcome.CRITICAL
        assert f'rounds attest {ID} --by WHO --note "…" --result "…"' in seen.summary


def test_after_a_merge_the_newest_counts_wherever_it_stands(
    judge: Callable[..., Observer], target: Attestations
) -> None:
    write(target, 200, 3, 150)
    assert judge().outcome is Outcome.OK


def test_what_lies_in_the_future_is_critical(judge: Callable[..., Observer], target: Attestations) -> None:
    write(target, 3, -2)
    seen = judge()
    assert seen.outcome is Outcome.CRITICAL
    assert "in the future" in seen.summary


@pytest.mark.parametrize(
    ("pattern", "result", "outcome"),
    [
        ("", "", Outcome.OK),
        (".", "", Outcome.CRITICAL),
        (".", "failed", Outcome.OK),
        ("^passed", "failed: no quorum", Outcome.CRITICAL),
        ("^passed", "passed in 4 min", Outcome.OK),
    ],
)
def test_a_result_is_judged_where_a_row_wants_one(
    judge: Callable[..., Observer], target: Attestations, pattern: str, result: str, outcome: Outcome
) -> None:
    write(target, 1, result=result)
    assert judge(result=pattern).outcome is outcome


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("<<<<<<< HEAD", "is no JSON"),
        ("[]", "is no mapping"),
        ('{"by": "a", "note": "b", "at": "2026-11-01T00:00:00Z"}', "has no id"),
        ('{"id": "a", "by": " ", "note": "b", "at": "2026-11-01T00:00:00Z"}', "has no by"),
        ('{"id": "a", "by": "a", "at": "2026-11-01T00:00:00Z"}', "has no note"),
        ('{"id": "a", "by": "a", "note": "b"}', "has no time `at`"),
        ('{"id": "a", "by": "a", "note": "b", "at": "2026-11-01T00:00:00"}', "has no time `at`"),
        ('{"id": "a", "by": "a", "note": "b", "at": "soon"}', "has no time `at`"),
        ('{"id": "a", "by": "a", "note": "b", "at": "2026-11-01T00:00:00Z", "result": 1}', "the result is no text"),
        ("\x00\xff", "is no JSON"),
    ],
)
def test_a_broken_line_is_told_with_its_place(target: Attestations, line: str, said: str) -> None:
    write(target, 1)
    with Path(target.path).open("a", encoding="latin-1") as file:
        file.write(f"\n{line}\n")
    with pytest.raises(CouldNotLook, match=rf"said\.jsonl:3: {said}"):
        PROBES["attested"].look(target)


def test_a_file_that_cannot_be_read_is_unknown(
    target: Attestations, tmp_path: Path, as_nobody: Callable[[], AbstractContextManager[None]]
) -> None:
    write(target, 1)
    for folder in (*reversed(tmp_path.parents[:2]), tmp_path):
        folder.chmod(0o755)
    Path(target.path).chmod(0)
    with as_nobody(), pytest.raises(CouldNotLook, match="Permission denied"):
        PROBES["attested"].look(target)
    with pytest.raises(RunbookDisagrees, match="there is no folder"):
        PROBES["attested"].look(Attestations(name="said", path=str(tmp_path / "no" / "such")))
    with pytest.raises(CouldNotLook, match=r"Is a directory|no regular file"):
        PROBES["attested"].look(Attestations(name="said", path=str(tmp_path)))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CouldNotLook, match="no regular file"):
        PROBES["attested"].look(Attestations(name="said", path=str(tmp_path / "pipe")))


def test_a_path_is_relative_to_the_folder_of_its_inventory(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop.folder)
    (target,) = [each for each in load(Path("systems"), {}).targets if isinstance(each, Attestations)]
    assert target.path == "systems/shop/attestations.jsonl"
    monkeypatch.chdir(shop.file.parent)
    (target,) = [each for each in load(shop.folder / "systems", {}).targets if isinstance(each, Attestations)]
    assert Path(target.path).resolve() == shop.file


def test_a_round_tells_what_was_recorded(shop: Shop) -> None:
    inventory = shop.file.parent / "inventory.yaml"
    inventory.write_text("".join(line for line in inventory.read_text().splitlines(keepends=True) if "VAR" not in line))
    shop.attest("shop.recovery.review", "--by", "eve", "--note", "read all of it")
    process = shop.start("run", "monthly")
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "by eve" in (shop.folder / "reports" / "latest" / "results.json").read_text(), output
