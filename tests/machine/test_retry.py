"""A row with `retry` is looked at and judged again before what is not good counts, while all others go on."""

import itertools
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

# What the thing shows at each look: the nth look at a target of that name shows the nth figure, at last the last.
CHECKS = '''
import os, pathlib, time
from rounds.expectation import Expectation
from rounds.judge import Observer
from rounds.limits import Limit, at_most
from rounds.probe import CouldNotLook, probe
from rounds.targets import Endpoint

class Changing(Expectation):
    thing: Endpoint
    shows: tuple[float, ...] = (1,)
    takes: float = 0
    allowed: Limit = at_most(10, warning=5, unit="%")

@probe(deadline=20)
def changing(thing: Endpoint, shows: tuple[float, ...], takes: float) -> float:
    time.sleep(takes)
    path = pathlib.Path("looks-" + thing.name + "-" + str(hash((shows, takes))))
    with path.open("a") as looks:
        looks.write(f"{time.time()}\\n")
    shown = shows[min(len(path.read_text().splitlines()), len(shows)) - 1]
    if shown == -1:
        raise CouldNotLook("the thing hides")
    return shown

def test_changing(expected: Changing, changing: float, observe: Observer) -> None:
    """A figure is small."""
    observe("figure", changing, expected.allowed)

def test_breaks(expected: Changing, changing: float) -> None:
    """Never holds."""
    raise TypeError("None has no len")
'''
ALONE_AND_XDIST = pytest.mark.parametrize("extra", [[], ["--", "-n", "2"]], ids=["alone", "xdist"])


@pytest.fixture
def changing(project):
    project.checks(CHECKS)

    def rows(*given):
        written = [
            {"check": "changing", "when": ["daily"], "runbook": "Daily", "thing": "one"}
            | row
            | {"id": f"mine.area.{row['id']}"}
            for row in given
        ]
        (project.system / "expectations.yaml").write_text(json.dumps(written))
        return project

    return rows


def retry(times, apart="50ms"):
    return {"times": times, "apart": apart}


def looks(project, thing="one"):
    return sum(len(path.read_text().splitlines()) for path in project.folder.glob(f"looks-{thing}-*"))


@ALONE_AND_XDIST
def test_what_is_good_only_at_a_later_attempt_is_ok_and_says_so(changing, extra):
    project = changing(
        {"id": "critical-first", "shows": [11, 1], "retry": retry(3)},
        {"id": "hidden-first", "shows": [-1, 2], "retry": retry(3)},
        {"id": "warns-first", "shows": [7, -1, 3], "retry": retry(3)},
        {"id": "good-at-once", "shows": [4, 11], "retry": retry(3)},
    )
    done = project.run("run", "daily", *extra)
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(project.outcomes().values()) == {"ok"}
    assert project.summary(".critical-first").startswith("ok at attempt 2 of 3; attempt 1: critical: figure is 11 %")
    assert project.summary(".critical-first").endswith("; then figure is 1 %, allowed is at most 10 % (warning at 5 %)")
    assert "the thing hides" in project.summary(".hidden-first")
    assert project.summary(".warns-first").startswith("ok at attempt 3 of 3; attempt 2: unknown: ")
    assert project.summary(".good-at-once") == "figure is 4 %, allowed is at most 10 % (warning at 5 %)"
    records = {record.id.rpartition(".")[2]: record for record in project.told().records}
    assert [attempt["outcome"] for attempt in records["warns-first"].attempts] == ["warning", "unknown"]
    assert [seen.value for seen in records["warns-first"].observations] == [3.0]
    assert records["good-at-once"].attempts == []
    assert looks(project) == 2 + 2 + 3 + 1


@ALONE_AND_XDIST
def test_the_last_attempt_counts(changing, extra):
    project = changing(
        {"id": "stays", "shows": [11], "retry": retry(3)},
        {"id": "turns", "shows": [-1, 12], "retry": retry(2)},
        {"id": "too-late", "shows": [11, 11, 1], "retry": retry(2)},
        {"id": "once", "shows": [11, 1]},
    )
    assert project.run("run", "daily", *extra).returncode == 1
    assert set(project.outcomes().values()) == {"critical"}
    assert project.summary(".stays").endswith("(warning at 5 %) (attempt 3 of 3)")
    assert "(attempt 2 of 2; attempt 1: unknown: one (http://127.0.0.1:1): the thing hides)" in project.summary(
        ".turns"
    )
    assert "attempt" not in project.summary(".once")


def test_a_row_without_retry_is_not_disturbed_by_one_that_looks_at_the_same_again(changing):
    shows = [11, 1]
    project = changing(
        {"id": "patient", "shows": shows, "retry": retry(2)},
        {"id": "strict", "shows": shows},
        {"id": "patient-too", "shows": shows, "retry": retry(5)},
    )
    project.run("run", "daily")
    assert project.outcomes() == {"patient": "ok", "strict": "critical", "patient-too": "ok"}
    assert looks(project) == 2, "rows that wait equally long share their next look"


def test_rows_that_wait_hold_up_neither_each_other_nor_the_others(changing):
    waiting = [
        {"id": f"w{number}", "shows": [11, 11, 1], "takes": number / 1e6, "retry": retry(3, "1s")}
        for number in range(8)
    ]
    project = changing(*waiting, {"id": "slow", "takes": 2, "thing": "two"})
    assert project.run("run", "daily").returncode == 0
    assert project.told().seconds < 12, "two pauses of a second, at the same time for all"
    rest = (project.latest / "records.jsonl").read_text().splitlines()
    assert '"id": "mine.area.slow"' in rest[1], "what waits is told after the others"


def test_the_looks_of_a_row_are_as_far_apart_as_it_says(changing):
    project = changing({"id": "a", "shows": [11, 11, 1], "retry": retry(4, "400ms")})
    project.run("run", "daily")
    times = [float(line) for path in project.folder.glob("looks-*") for line in path.read_text().splitlines()]
    assert [0.4 <= later - earlier < 3 for earlier, later in itertools.pairwise(times)] == [True, True]


def test_the_rounds_deadline_ends_the_attempts(changing):
    project = changing(
        {"id": "a", "shows": [11], "retry": retry(100, "1s")}, {"id": "b", "shows": [12], "retry": retry(5, "1h")}
    )
    begun = time.monotonic()
    assert project.run("run", "daily", "--deadline", "3s").returncode == 1
    assert time.monotonic() - begun < 12
    assert project.outcomes() == {"a": "critical", "b": "critical"}
    for name in (".a", ".b"):
        assert project.summary(name).endswith("the round's deadline left no time for another attempt")


def test_a_check_that_breaks_is_not_tried_again(changing):
    project = changing({"id": "a", "check": "breaks", "retry": retry(3)})
    project.run("run", "daily")
    assert project.outcomes() == {"a": "unknown"}
    assert looks(project) == 1


def test_an_interrupted_round_says_that_a_waiting_row_was_not_judged(changing):
    project = changing({"id": "a", "shows": [11], "retry": retry(3, "30s")}, {"id": "b"})
    running = project.start("run", "daily")
    end = time.monotonic() + 20
    while not [
        path
        for path in (project.folder / "reports").glob("*/records.jsonl")
        if ".b" in path.read_text().partition("\n")[2]
    ]:
        assert time.monotonic() < end
        time.sleep(0.05)
    running.terminate()
    running.communicate(timeout=20)
    assert project.outcomes() == {"a": "unknown", "b": "ok"}
    assert project.summary(".a").startswith(
        "not judged: the round was interrupted (SIGTERM); attempt 1: critical: figure"
    )
    (waiting,) = [record for record in project.told().records if record.attempts]
    assert [attempt["outcome"] for attempt in waiting.attempts] == ["critical"]


def test_pytest_counts_a_row_once_however_often_it_was_judged(changing):
    project = changing({"id": "a", "shows": [11, 12, 1], "retry": retry(3)})
    project.run("run", "daily", "--", "--junit-xml=theirs.xml")
    assert 'tests="1"' in Path(project.folder / "theirs.xml").read_text()


def test_all_reports_tell_what_was_good_only_later(changing):
    project = changing({"id": "late", "shows": [11, 1], "retry": retry(2)}, {"id": "good"})
    done = project.run("run", "daily")
    assert "OK       mine.area.late: ok at attempt 2 of 2; attempt 1: critical: figure is 11 %" in done.stdout
    assert "mine.area.good" not in done.stdout
    page = (project.latest / "report.html").read_text()
    assert page.count("ok at attempt 2 of 2") >= 1
    assert 'name="attempt:1" value="critical: figure is 11 %' in (project.latest / "junit.xml").read_text()
    (record,) = [
        each for each in json.loads((project.latest / "results.json").read_text())["records"] if each["attempts"]
    ]
    assert record["attempts"][0]["outcome"] == "critical"


def test_no_secret_stands_in_what_an_earlier_attempt_brought(changing):
    project = changing({"id": "a", "shows": [-2, 1], "retry": retry(2)})
    target = 'targets: {one: {kind: endpoint, url: "http://127.0.0.1:1", bearer: hush-hush}}'
    (project.system / "inventory.yaml").write_text(target)
    project.checks(
        CHECKS.replace(
            "    return shown\n",
            '    if shown == -2:\n        raise CouldNotLook("refused hush-hush")\n    return shown\n',
        )
    )
    done = project.run("run", "daily")
    assert project.outcomes() == {"a": "ok"}
    told = [path.read_text() for path in project.latest.resolve().iterdir()] + [done.stdout]
    assert any("refused •••" in text for text in told)
    assert not any("hush-hush" in text for text in told)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_worker_that_crashes_while_it_judges_again_leaves_that_row_unknown(changing, workers):
    project = changing(
        {"id": "dies", "check": "dies", "shows": [11, 1], "retry": retry(3)}, {"id": "good", "thing": "two"}
    )
    project.checks(CHECKS + '''
def test_dies(expected: Changing, changing: float, observe: Observer) -> None:
    """Kills its worker at the second attempt."""
    if changing == 1:
        os._exit(3)
    observe("figure", changing, expected.allowed)
''')  # fmt: skip
    done = project.run("run", "daily", "--", "-n", workers)
    assert done.returncode == 1, done.stdout + done.stderr
    assert project.outcomes() == {"dies": "unknown", "good": "ok"}
    assert project.summary(".dies").startswith("not judged")


def test_a_row_whose_check_looks_at_nothing_is_judged_again_after_a_pause(changing):
    project = changing({"id": "a", "check": "looks-nowhere", "retry": retry(2, "500ms")})
    project.checks(CHECKS + '''
def test_looks_nowhere(expected: Changing, observe: Observer) -> None:
    """Holds at the second attempt."""
    been = pathlib.Path("been")
    observe("seconds since", time.time() - been.stat().st_mtime if been.exists() else None, at_most(10))
    been.touch()
''')  # fmt: skip
    assert project.run("run", "daily").returncode == 0
    (record,) = project.told().records
    assert record.observations[0].value >= 0.5


def test_a_waived_row_is_tried_again_and_its_real_outcome_is_told(changing):
    waived = {
        "owner": "eve",
        "reason": "known",
        "until": f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}",
    }
    project = changing(
        {"id": "a", "shows": [11, 1], "retry": retry(2), "waived": waived},
        {"id": "b", "shows": [11], "retry": retry(2), "waived": waived},
    )
    assert project.run("run", "daily").returncode == 1 - 1
    assert project.outcomes() == {"a": "ok", "b": "waived"}
    assert project.summary(".b").endswith("(attempt 2 of 2)")


@ALONE_AND_XDIST
def test_rows_that_are_exclusive_and_wait_come_to_their_end(changing, extra):
    rows = [
        {"id": f"r{n}", "shows": [11, 1], "takes": n / 1e6, "exclusive": n % 2 == 0, "retry": retry(3)}
        for n in range(12)
    ]
    project = changing(*rows)
    assert project.run("run", "daily", *extra).returncode == 0
    assert set(project.outcomes().values()) == {"ok"}
