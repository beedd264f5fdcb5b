"""What it costs to start: a round of one trivial expectation against pytest with one trivial test."""

import subprocess
import sys
from pathlib import Path

from measure import PYTEST, ROUND, Figure, environment, ground, in_turn, ratio, run, seconds, tell, write

CLIENTS = ("psycopg", "redis", "celery", "kombu", "httpx", "testinfra", "cryptography")
# The baseline loads the plugins that stand behind a round, and writes the two reports that pytest itself knows.
BASELINE = [*PYTEST, *("-p", "xdist.plugin", "-p", "pytest_html.plugin", "-p", "pytest_html.fixtures"),
            *("-p", "pytest_metadata.plugin", "-p", "testinfra.plugin"),
            "--html=report.html", "--self-contained-html", "--junit-xml=junit.xml"]  # fmt: skip
MOST = 1.3
REPETITIONS = 15

CHECK = """
    from rounds.expectation import Expectation
    from rounds.judge import Observer
    from rounds.limits import Limit, at_most
    from rounds.probe import probe
    from rounds.targets import Endpoint

    class Trivial(Expectation):
        thing: Endpoint
        allowed: Limit = at_most(10, unit="%")

    @probe(deadline=2)
    def nothing(thing: Endpoint) -> float:
        return 1.0

    def test_trivial(expected: Trivial, nothing: float, observe: Observer) -> None:
        observe("figure", nothing, expected.allowed)
"""


def main() -> int:
    with ground() as (ours, plain):
        write(plain, test_trivial_py="def test_trivial():\n    pass\n")
        write(
            ours / "systems" / "mine",
            test_mine_py=CHECK,
            inventory_yaml='targets: {one: {kind: endpoint, url: "http://127.0.0.1:1"}}',
            expectations_yaml="- {id: mine.area.one, check: trivial, when: [daily], runbook: Daily, thing: one}",
        )
        runs = in_turn(
            REPETITIONS,
            round=lambda: run([*ROUND, "-m", "daily"], ours),
            plugins=lambda: run(BASELINE, plain),
            barest=lambda: run(PYTEST, plain),
        )
        met = clients_of_a_round(ours)
    if met:
        print(f"a round of one endpoint imports {', '.join(met)}")
    return tell(
        "start: one trivial expectation, all reports",
        [
            Figure("pytest, no plugin but its own, no report (s)", seconds(runs["barest"])),
            Figure("pytest with the same plugins, html and junit (s)", seconds(runs["plugins"])),
            Figure("round (s)", seconds(runs["round"])),
            Figure("round / pytest with the same plugins", ratio(runs["round"], runs["plugins"]), MOST),
            Figure("round / barest pytest", ratio(runs["round"], runs["barest"])),
            Figure("clients of other targets imported", len(met), 0),
        ],
    )


def clients_of_a_round(folder: Path) -> list[str]:
    """Which clients a round imports that looks at nothing they are for."""
    command = [sys.executable, "-X", "importtime", *ROUND[1:], "-m", "daily"]
    done = subprocess.run(
        command, cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=60, check=True
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert "rounds.judging" in imported
    return sorted(imported.intersection(CLIENTS))


if __name__ == "__main__":
    sys.exit(main())
