"""The lead scraper's command line, after its folder.

It knows `check-component --component=NAME`, `test-all-sources`, `check-db-integrity` and `validate-leads`.

A program of its own that needs nothing but Python; the API asks it for the state of its components, too.
"""

import datetime as dt
import os
import re
import sqlite3
import stat
import sys
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

SOURCE = re.compile(r"- name: (?P<name>\S+)\n\s+url: (?P<url>\S+)\n\s+enabled: (?P<enabled>\w+)")


def lives(pid_file: Path) -> str:
    try:
        os.kill(int(pid_file.read_text()), 0)
    except (OSError, ValueError) as error:
        return f"{pid_file.name}: {error}"
    return ""


def storage_fails(home: Path) -> str:
    """Why leads cannot be stored. The rights are read, not tried: to root everything can be written."""
    data = home / "data"
    try:
        if not data.stat().st_mode & stat.S_IWUSR:
            return f"{data} is read-only"
        leads(home)
    except (OSError, sqlite3.Error) as error:
        return f"{data}: {error}"
    return ""


def leads(home: Path) -> int:
    with closing(opened(home)) as connection:
        return int(connection.execute("SELECT count(*) FROM leads").fetchone()[0])


def opened(home: Path) -> sqlite3.Connection:
    """The database, which is not made if it is missing."""
    return sqlite3.connect(f"file:{home / 'data' / 'leads.db'}?mode=ro", uri=True, timeout=2)


def check_integrity(home: Path) -> int:
    """Tell what is wrong with the database, and end with 0 whatever that is; 1 if it cannot be looked at."""
    try:
        with closing(opened(home)) as connection:
            damage = [said for (said,) in connection.execute("PRAGMA integrity_check") if said != "ok"]
            orphans = [] if damage else connection.execute("PRAGMA foreign_key_check").fetchall()
    except sqlite3.Error as error:
        print(f"ERROR: the database cannot be read: {error}")  # noqa: T201 - a command prints
        return 1
    problems = [f"damage: {said}" for said in damage]
    problems += [f"orphan: {table} row {row} names no row of {parent}" for table, row, parent, _ in orphans]
    for each in problems:
        print(f"ERROR: {each}")  # noqa: T201 - the same
    print(f"Database integrity: {len(problems)} problems" if problems else "Database integrity: no problems")  # noqa: T201 - the same
    return 0


def validate_leads(home: Path) -> int:
    """Tell what is wrong with each lead that has not the expected form, and how many have; 1 if none can be read."""
    try:
        with closing(opened(home)) as connection:
            found = connection.execute("SELECT id, name, source, created_at, quality_score FROM leads").fetchall()
    except sqlite3.Error as error:
        print(f"ERROR: the leads cannot be read: {error}")  # noqa: T201 - a command prints
        return 1
    wrong = {lead: why for lead, *fields in found if (why := flaw(*fields))}
    for lead, why in wrong.items():
        print(f"INVALID lead {lead}: {why}")  # noqa: T201 - the same
    print(f"validated {len(found)} leads: {len(found) - len(wrong)} valid, {len(wrong)} invalid")  # noqa: T201 - the same
    return 0


def flaw(name: object, source: object, created_at: object, score: object) -> str:
    """What a lead lacks to have the expected form. One that has not been scored yet has it."""
    try:
        age = dt.datetime.now(dt.UTC) - dt.datetime.strptime(f"{created_at} +0000", "%Y-%m-%d %H:%M:%S %z")
    except ValueError:
        return "its time is malformed"
    if not str(name or "").strip():
        return "it has no name"
    if not str(source or "").strip():
        return "it has no source"
    if age < dt.timedelta(0):
        return "it lies in the future"
    is_scored = score is None or (isinstance(score, int | float) and 0 <= score <= 100)
    return "" if is_scored else "its score is not from 0 to 100"


COMPONENTS: dict[str, Callable[[Path], str]] = {
    "orchestrator": lambda home: lives(home / "app.pid"),
    "storage": storage_fails,
    "monitoring": lambda home: lives(home / "collector.pid"),
}


def check_component(home: Path, name: str) -> int:
    why = COMPONENTS[name](home)
    print(f"Component {name}: {'unhealthy (' + why + ')' if why else 'healthy'}")  # noqa: T201 - a command prints
    return 1 if why else 0


def try_all_sources(home: Path) -> int:
    """Tell of each source, and end with 0 whatever happened, as many such commands do."""
    for source in SOURCE.finditer((home / "config.yml").read_text()):
        if source["enabled"] == "true":
            why = fetch_fails(source["url"])
            print(f"{'FAIL' if why else 'PASS'} {source['name']}{': ' + why if why else ''}")  # noqa: T201 - the same
    return 0


def fetch_fails(url: str) -> str:
    try:
        with urlopen(url, timeout=5) as answer:  # noqa: S310 - the estate's own sources on 127.0.0.1
            return "" if answer.read() else "the page is empty"
    except (URLError, OSError, HTTPException) as error:
        return str(error)


WHOLE = {"test-all-sources": try_all_sources, "check-db-integrity": check_integrity, "validate-leads": validate_leads}


def main(home: str, command: str, *arguments: str) -> int:
    if command in WHOLE:
        return WHOLE[command](Path(home))
    name = arguments[0].partition("=")[2] if arguments else ""
    if command != "check-component" or name not in COMPONENTS:
        sys.stderr.write(f"this stand-in does not know: {command} {' '.join(arguments)}\n")
        return 2
    return check_component(Path(home), name)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
