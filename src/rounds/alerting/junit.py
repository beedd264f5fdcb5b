"""A JUnit file as a round: ours with all that its properties say, a foreign one by its failures and errors."""

import re
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from rounds.outcome import Outcome
from rounds.record import Cause, Record
from rounds.round import Round, now

_LARGEST_BYTES = 100_000_000
_FOREIGN = {"failure": Outcome.CRITICAL, "error": Outcome.UNKNOWN, "skipped": Outcome.SKIPPED}
_CAUSE = re.compile(r"(?P<target>\S+/\S+) cannot be reached: (?P<words>.*)", re.DOTALL)


class NoJUnit(ValueError):  # noqa: N818 - it is what it says
    """The file cannot be read as JUnit; the text says why."""


def read_junit(path: Path, batch: str = "") -> Round:
    """The round that a file tells of. Raises NoJUnit."""
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise NoJUnit(f"{path} is larger than {_LARGEST_BYTES // 1_000_000} MB")
        text = path.read_bytes()
    except OSError as error:
        raise NoJUnit(f"{path} cannot be read: {error.strerror}") from None
    if b"<!ENTITY" in text or b"<!DOCTYPE" in text:
        raise NoJUnit(f"{path} has a document type: JUnit needs none")
    try:
        root = ET.fromstring(text)  # noqa: S314 - no entities, see above
    except ET.ParseError as error:
        raise NoJUnit(f"{path} is no XML: {error}") from None
    suites = [root] if root.tag == "testsuite" else list(root.iter("testsuite"))
    if root.tag not in ("testsuite", "testsuites") or not suites:
        raise NoJUnit(f"{path} is no JUnit: its first element is <{root.tag}>, <testsuites> or <testsuite> is due")
    at = _moment(suites[0].get("timestamp", ""))
    name = suites[0].get("name", "")
    told = Round(id=f"{at}-{path.stem}", batch=batch or name.removeprefix("rounds.") or path.stem, started_at=at)
    told.finished_at = at
    told.records = [_record(case, suite.get("name", ""), at) for suite in suites for case in suite.findall("testcase")]
    if not told.records:
        raise NoJUnit(f"{path} holds no test case: nothing is known by it")
    return told


def _moment(stamp: str) -> str:
    """When it was; without a zone in UTC, and now where the file does not say."""
    try:
        moment = datetime.fromisoformat(stamp)
    except ValueError:
        return now()
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _record(case: ET.Element, suite: str, at: str) -> Record:
    said = {each.get("name", ""): each.get("value", "") for each in case.iter("property")}
    bad = next((case.find(tag) for tag in _FOREIGN if case.find(tag) is not None), None)
    outcome = _FOREIGN[bad.tag] if bad is not None else Outcome.OK
    if said.get("outcome") in set(Outcome):
        outcome = Outcome(said["outcome"])
    words = (bad.get("message") or (bad.text or "").strip().partition("\n")[0]) if bad is not None else ""
    cause = _CAUSE.fullmatch(said.get("cause", ""))
    ours = case.get("classname", "").startswith("rounds.")
    name = case.get("name", "") if ours else _id(suite, case.get("classname", ""), case.get("name", ""))
    return Record(
        id=name, system=name.partition(".")[0], area=[*name.split("."), ""][1], check=said.get("check", ""),
        when=said.get("when", "").split(", "), severity=said.get("severity", "critical"),
        runbook=said.get("runbook", ""), remedy=said.get("remedy", ""), target=said.get("target", ""),
        outcome=outcome, summary=words or str(outcome), judged_at=at,
        cause=Cause(target=cause["target"], words=cause["words"]) if cause else None,
    )  # fmt: skip


def _id(suite: str, classname: str, name: str) -> str:
    """`suite.class.name`, as a foreign test is known for ever; what is no letter becomes a hyphen."""
    parts = [re.sub(r"[^a-z0-9]+", "-", part.lower()).strip("-") or "tests" for part in (suite, classname, name)]
    return ".".join(parts)
