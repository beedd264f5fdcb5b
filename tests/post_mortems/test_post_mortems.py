"""Which incidents wait for a post-mortem, by real files."""

import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from rounds.checks import test_post_mortems as checks
from rounds.fixtures import post_mortems
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, CouldNotLook, RunbookDisagrees
from rounds.targets import Incidents

DAY = 86_400
TEMPLATE = (
    "# Post-mortem of [incident]\n\nWhat happened, in order of time, and who noticed it first:\n\n## Why\n\nTODO\n"
)
FILLED = TEMPLATE.replace("TODO", "The volume was full because nobody rotated the log of the harvester. " * 8)
assert post_mortems


def ago(days: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - days * DAY))


@pytest.fixture
def target(tmp_path: Path) -> Incidents:
    (tmp_path / "documents").mkdir()
    (tmp_path / "template.md").write_text(TEMPLATE)
    return Incidents(
        name="incidents", path=str(tmp_path / "incidents.jsonl"), post_mortems=str(tmp_path / "documents"),
        template=str(tmp_path / "template.md"),
    )  # fmt: skip


@pytest.fixture
def judge(row: Callable[..., Any], target: Incidents) -> Callable[..., Observer]:
    def judged(*incidents: dict[str, Any], documents: dict[str, str] | None = None, **given: Any) -> Observer:
        Path(target.path).write_text("".join(json.dumps(each) + "\n" for each in incidents))
        for name, text in (documents or {}).items():
            path = Path(target.post_mortems) / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        observer = Observer()
        expected = row(checks.PostMortemsWritten, incidents=target, **given)
        checks.test_post_mortems(expected, PROBES["post_mortems"].look(target), observer)
        return observer

    return judged


@pytest.mark.parametrize("name", ["INC-7.md", "2026-10-23-inc-7-full-volume.md", "INC-7/post-mortem.md"])
def test_an_incident_with_its_document_is_ok(judge: Callable[..., Observer], name: str) -> None:
    assert judge({"id": "INC-7", "closed": ago(30)}, documents={name: FILLED}).outcome is Outcome.OK


def test_one_without_a_document_is_critical_and_named(judge: Callable[..., Observer]) -> None:
    seen = judge({"id": "INC-7", "closed": ago(8)}, {"id": "INC-8", "closed": ago(9)}, documents={"INC-8.md": FILLED})
    assert seen.outcome is Outcome.CRITICAL
    assert "INC-7 (closed 8 d ago)" in seen.summary
    assert "INC-8" not in seen.summary


@pytest.mark.parametrize("name", ["INC-71.md", "XINC-7.md", "notes.md", "INC-7.txt"])
def test_the_document_of_another_does_not_count(judge: Callable[..., Observer], name: str) -> None:
    assert judge({"id": "INC-7", "closed": ago(8)}, documents={name: FILLED}).outcome is Outcome.CRITICAL


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# INC-7\n",
        TEMPLATE,
        TEMPLATE.replace("[incident]", "INC-7"),
        "<!-- " + "word " * 99 + "-->",
        "[fill in] " * 90,
    ],
)
def test_a_document_that_nobody_filled_in_does_not_count(judge: Callable[..., Observer], text: str) -> None:
    seen = judge({"id": "INC-7", "closed": ago(8)}, documents={"INC-7.md": text})
    assert seen.outcome is Outcome.CRITICAL
    assert "words in the post-mortem of INC-7" in seen.summary


def test_a_week_is_given_and_a_row_may_give_more(judge: Callable[..., Observer]) -> None:
    assert (
        judge({"id": "INC-7", "closed": ago(6.9)}, {"id": "INC-8"}, {"id": "INC-9", "closed": None}).outcome
        is Outcome.OK
    )
    assert judge({"id": "INC-7", "closed": ago(13)}, due="14d").outcome is Outcome.OK
    assert judge({"id": "INC-7", "closed": ago(15)}, due="14d").outcome is Outcome.CRITICAL


def test_no_incidents_are_fine_where_the_file_is_there(judge: Callable[..., Observer], target: Incidents) -> None:
    assert judge().outcome is Outcome.OK
    Path(target.path).unlink()
    with pytest.raises(RunbookDisagrees, match="there is no file of incidents"):
        PROBES["post_mortems"].look(target)


def test_without_the_folder_of_documents_nothing_can_be_said(judge: Callable[..., Observer], target: Incidents) -> None:
    Path(target.post_mortems).rmdir()
    with pytest.raises(RunbookDisagrees, match="there is no folder of post-mortems"):
        judge()


def test_two_lines_of_one_incident_are_taken_together(judge: Callable[..., Observer]) -> None:
    assert judge({"id": 7}, {"id": 7, "closed": ago(8)}, {"id": 7}).outcome is Outcome.CRITICAL


def test_a_closing_in_the_future_is_unknown(judge: Callable[..., Observer]) -> None:
    assert judge({"id": "INC-7", "closed": ago(-2)}).outcome is Outcome.UNKNOWN


def test_names_of_fields_and_csv(tmp_path: Path, target: Incidents) -> None:
    path = tmp_path / "incidents.csv"
    path.write_text(f'key,what,resolved_at\nINC-7,"a long,\nlong night",{ago(8)}\nINC-8,open still,\n')
    seen = PROBES["post_mortems"].look(
        target.model_copy(update={"path": str(path), "id": "key", "closed": "resolved_at"})
    )
    assert [(each.id, each.closed_epoch_seconds is None) for each in seen.incidents] == [
        ("INC-7", False),
        ("INC-8", True),
    ]
    with pytest.raises(CouldNotLook, match=r"incidents\.csv:1: there is no column closed, id"):
        PROBES["post_mortems"].look(target.model_copy(update={"path": str(path)}))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "is no JSON"),
        ("[1]", "is no mapping"),
        ('{"closed": "2026-11-01"}', "the incident has no id"),
        ('{"id": true}', "the incident has no id"),
        ('{"id": "INC-9", "closed": "yesterday"}', "closed is no time: yesterday"),
    ],
)
def test_a_broken_line_is_told_with_its_place(target: Incidents, line: str, said: str) -> None:
    Path(target.path).write_text(f'{{"id": "INC-1"}}\n\n{line}\n')
    with pytest.raises(CouldNotLook, match=rf"incidents\.jsonl:3: {said}"):
        PROBES["post_mortems"].look(target)


def test_what_may_not_be_read_is_unknown(
    judge: Callable[..., Observer], target: Incidents, as_nobody: Callable[[], AbstractContextManager[None]]
) -> None:
    judge({"id": "INC-7", "closed": ago(8)}, documents={"INC-7.md": FILLED})
    for folder in reversed(Path(target.path).parents[:-2]):
        folder.chmod(0o755)
    (Path(target.post_mortems) / "INC-7.md").chmod(0)
    with as_nobody(), pytest.raises(CouldNotLook, match=r"INC-7\.md cannot be read: Permission denied"):
        PROBES["post_mortems"].look(target)


def test_a_field_that_no_incident_has_is_told(judge: Callable[..., Observer], target: Incidents) -> None:
    with pytest.raises(RunbookDisagrees, match=r"no incident in .* has a closed: name the field"):
        judge({"id": "INC-7", "closed_at": ago(30)}, {"id": "INC-8", "closed_at": None})
    assert judge({"id": "INC-7"}, {"id": "INC-8", "closed": None}).outcome is Outcome.OK
    named = target.model_copy(update={"closed": "times.closed"})
    Path(target.path).write_text('{"id": "INC-7", "times": {"closed": null}}\n')
    assert PROBES["post_mortems"].look(named).incidents[0].closed_epoch_seconds is None
