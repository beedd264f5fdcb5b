"""10,000 expectations over facts that are ready at once, against pytest with 10,000 trivial tests."""

import json
import sys

from measure import PYTEST, ROUND, Figure, ground, in_turn, ratio, run, seconds, tell, write

COUNT = 10_000
BASELINE = [*PYTEST, *("-p", "pytest_html.plugin", "-p", "pytest_html.fixtures", "-p", "pytest_metadata.plugin"),
            "-q", "--html=report.html", "--self-contained-html", "--junit-xml=junit.xml"]  # fmt: skip
MOST = 2.5
MOST_MB = 300
REPETITIONS = 2

PLAIN = f"""
    import pytest

    @pytest.mark.parametrize("number", range({COUNT}))
    def test_trivial(number):
        assert number < {COUNT}
"""
CHECK = """
    from rounds.expectation import Expectation
    from rounds.judge import Observer
    from rounds.limits import Limit, at_most
    from rounds.probe import probe
    from rounds.targets import Endpoint

    class Figures(Expectation):
        thing: Endpoint
        number: int
        allowed: Limit = at_most(10, warning=5, unit="%")

    @probe(deadline=2)
    def figures(thing: Endpoint, number: int) -> float:
        return number % 5

    def test_figures(expected: Figures, figures: float, observe: Observer) -> None:
        observe("first figure", figures, expected.allowed)
        observe("second figure", 1, at_most(10))
"""


def main() -> int:
    with ground() as (ours, plain):
        write(plain, test_trivial_py=PLAIN)
        base = {"check": "figures", "when": ["daily"], "runbook": "Daily > Morning", "thing": "one"}
        rows = [base | {"id": f"mine.area.row-{number}", "number": number} for number in range(COUNT)]
        write(
            ours / "systems" / "mine",
            test_mine_py=CHECK,
            inventory_yaml='targets: {one: {kind: endpoint, url: "http://127.0.0.1:1"}}',
            expectations_yaml="\n".join(f"- {json.dumps(row)}" for row in rows),
        )
        runs = in_turn(
            REPETITIONS,
            round=lambda: run([*ROUND, "-m", "daily"], ours),
            plain=lambda: run(BASELINE, plain),
        )
    return tell(
        f"size: {COUNT} expectations",
        [
            Figure("pytest with html and junit (s)", seconds(runs["plain"])),
            Figure("pytest with html and junit, peak (MB)", max(each.peak_mb for each in runs["plain"])),
            Figure("round (s)", seconds(runs["round"])),
            Figure("round / pytest", ratio(runs["round"], runs["plain"]), MOST),
            Figure("round, peak (MB)", max(each.peak_mb for each in runs["round"]), MOST_MB),
        ],
    )


if __name__ == "__main__":
    sys.exit(main())
