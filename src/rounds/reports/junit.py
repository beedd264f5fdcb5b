"""junit.xml, in the shape pytest calls xunit2: one testcase an expectation, for CI servers."""

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

from rounds.outcome import Outcome
from rounds.quantities import shown
from rounds.record import Observation, Record
from rounds.reports.text import body, line
from rounds.round import Round
from rounds.waivers.notices import notices

_ELEMENT = {
    Outcome.CRITICAL: "failure",
    Outcome.UNKNOWN: "error",
    Outcome.SKIPPED: "skipped",
    Outcome.WAIVED: "skipped",
}


def write(told: Round, path: Path) -> None:
    suites = ET.Element("testsuites", name="rounds")
    suite = ET.SubElement(suites, "testsuite", _head(told))
    _add_properties(suite, [(f"notice:{number}", notice) for number, notice in enumerate(notices(told), 1)])
    for record in told.worst_first:
        _add_testcase(suite, record)
    for problem in _problems(told):
        case = ET.SubElement(suite, "testcase", name="round", classname="rounds.round", time="0.000")
        ET.SubElement(case, "error", message=line(problem))
    ET.ElementTree(suites).write(path, encoding="utf-8", xml_declaration=True)


def _problems(told: Round) -> list[str]:
    """What makes the round itself unknown: a CI server that reads nothing but this file must not show it green."""
    return told.problems or ([] if told.records else ["nothing was judged"])


def _head(told: Round) -> dict[str, str]:
    counts, problems = told.counts, len(_problems(told))
    return {
        "name": line(f"rounds.{told.batch}"),
        "timestamp": line(told.started_at),
        "tests": str(len(told.records) + problems),
        "failures": str(counts[Outcome.CRITICAL]),
        "errors": str(counts[Outcome.UNKNOWN] + problems),
        "skipped": str(counts[Outcome.SKIPPED] + counts[Outcome.WAIVED]),
        "time": f"{told.seconds:.3f}",
    }


def _add_testcase(suite: ET.Element, record: Record) -> None:
    place = {"name": line(record.id), "classname": line(".".join(filter(None, ("rounds", record.system, record.area))))}
    case = ET.SubElement(suite, "testcase", place | {"time": f"{record.seconds:.3f}"})
    _add_properties(case, list(_properties(record)))
    if element := _ELEMENT.get(record.outcome):
        ET.SubElement(case, element, message=line(record.summary)).text = body(record.detail) or None


def _add_properties(element: ET.Element, said: list[tuple[str, str]]) -> None:
    properties = ET.SubElement(element, "properties") if said else element
    for name, value in said:
        ET.SubElement(properties, "property", name=line(name), value=line(value))


def _properties(record: Record) -> Iterator[tuple[str, str]]:
    for name in ("outcome", "severity", "check", "target", "runbook", "remedy", "since"):
        yield name, getattr(record, name)
    yield "when", ", ".join(record.when)
    if record.waiver:
        yield from ((f"waiver:{key}", value) for key, value in record.waiver.items())
    if record.cause:
        yield "cause", f"{record.cause['target']} cannot be reached: {record.cause['words']}"
    for number, attempt in enumerate(record.attempts, 1):
        yield f"attempt:{number}", f"{attempt['outcome']}: {attempt['summary']}"
    for observation in record.observations:
        yield f"observation:{observation.name}", told(observation)


def told(observation: Observation) -> str:
    """`91 %; allowed at most 90 %; critical`, and the note when there is one."""
    allowed = f"allowed {observation.allowed}" if observation.allowed else ""
    parts = (shown(observation.value, observation.unit), allowed, observation.verdict, observation.note)
    return "; ".join(part for part in parts if part)
