"""A JUnit file as a round: ours with all that its properties say, a foreign one by its failures and errors."""

import hashlib
import re
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from rounds.journal import worst_of_each
from rounds.outcome import Outcome
from rounds.record import Cause, Record
from rounds.round import Round, now

_LARGEST_BYTES = 100_000_000
_FOREIGN = {"failure": Outcome.CRITICAL, "error": Outcome.UNKNOWN, "skipped": Outcome.SKIPPED}
_YEARS = (1990, 2200)
_CAUSE = re.compile(r"(?P<target>\S+/\S+) cannot be reached: (?P<words>.*)", re.DOTALL)


class NoJUnit(ValueError):  # noqa: N818 - it is what it says
    """The file cannot be read as JUnit; the text says why."""


def read_junit(path: Path, batch: str = "", system: str = "") -> Round:
    """The round that a file tells of; foreign tests are of the `system`, else of what their suite is called.

    Raises NoJUnit.
    """
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise NoJUnit(f"{path} is larger than {_LARGEST_BYTES // 1_000_000} MB")
        text = path.read_bytes()
    except OSError as error:
        raise NoJUnit(f"{path} cannot be read: {error.strerror}") from None
    if b"\0" in text:
        raise NoJUnit(f"{path} is written in another encoding than UTF-8: it cannot be read")
    if b"<!ENTITY" in text or b"<!DOCTYPE" in text:
        raise NoJUnit(f"{path} has a document type: JUnit needs none")
    try:
        root = ET.fromstring(text)  # noqa: S314 - no entities, see above
    except (ET.ParseError, ValueError, LookupError) as error:  # the latter two of encodings that expat does not know
        raise NoJUnit(f"{path} is no XML: {error}") from None
    suites = list(root.iter("testsuite"))
    if root.tag not in ("testsuite", "testsuites") or not suites:
        raise NoJUnit(f"{path} is no JUnit: its first element is <{root.tag}>, <testsuites> or <testsuite> is due")
    at = _moment(suites[0].get("timestamp", ""))
    name = suites[0].get("name", "")
    told = Round(id=f"{at}-{path.stem}", batch=batch or name.removeprefix("rounds.") or path.stem, started_at=at)
    told.finished_at = at
    cases = [(case, system or suite.get("name", "")) for suite in suites for case in suite.findall("testcase")]
    told.records = worst_of_each([_record(case, suite, at) for case, suite in cases])
    if not told.records:
        raise NoJUnit(f"{path} holds no test case: nothing is known by it")
    return told


def _moment(stamp: str) -> str:
    """When it was; without a zone in UTC, and now where the file does not say."""
    try:
        moment = datetime.fromisoformat(stamp)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return now()
    if not _YEARS[0] <= moment.year < _YEARS[1]:
        return now()
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _record(case: ET.Element, suite: str, at: str) -> Record:
    said = {each.get("name", ""): each.get("value", "") for each in case.iter("property")}
    bad = next((case.find(tag) for tag in _FOREIGN if case.find(tag) is not None), None)
    outcome = _FOREIGN[bad.tag] if bad is not None else Outcome.OK
    if said.get("outcome") in set(Outcome):
        outcome = Outcome(said["outcome"])
    words = (bad.get("message") or (bad.text or "").strip().partition("\n")[0]) if bad is not None else ""
    words = words or ("passed" if outcome is Outcome.OK else str(outcome))
    cause = _CAUSE.fullmatch(said.get("cause", ""))
    ours = case.get("classname", "").startswith("rounds.") and bool(case.get("name"))
    name = case.get("name", "") if ours else _id(suite, case.get("classname", ""), case.get("name", ""))
    return Record(
        id=name, system=name.partition(".")[0], area=[*name.split("."), ""][1], check=said.get("check", ""),
        when=said.get("when", "").split(", "), severity=said.get("severity", "critical"),
        runbook=said.get("runbook", ""), remedy=said.get("remedy", ""),
        target=said.get("target", "" if ours else _as_written(case)),
        outcome=outcome, summary=words, judged_at=at,
        cause=Cause(target=cause["target"], words=cause["words"]) if cause else None,
    )  # fmt: skip


def _as_written(case: ET.Element) -> str:
    return "::".join(filter(None, (case.get("classname"), case.get("name"))))


def _id(suite: str, classname: str, name: str) -> str:
    """`suite.class.name`, as a foreign test is known for ever; what is no letter becomes a hyphen.

    Where that loses more than dots and the like, a few digits of a hash tell it from its neighbours.
    """
    given = (suite, classname, name)
    parts = [re.sub(r"[^a-z0-9]+", "-", part.lower()).strip("-") or "tests" for part in given]
    if re.search(r"[^A-Za-z0-9 ._:/\\[\\]\\-]", "".join(given)):
        parts.append(hashlib.sha256("\0".join(given).encode("utf-8", "replace")).hexdigest()[:8])
        return ".".join(parts[:2]) + "." + "-".join(parts[2:])
    return ".".join(parts)
