"""Probes that are asked together: one look for the wishes of all selected rows, and each row gets its share."""

import pytest

CHECKS = '''
import os
from rounds.expectation import Expectation
from rounds.judge import Observer
from rounds.limits import Limit, at_most
from rounds.probe import CouldNotLook, NotNow, Unreachable, probe
from rounds.targets import Endpoint

class Shared(Expectation):
    thing: Endpoint
    letters: tuple[str, ...]
    deep: bool = False
    allowed: Limit = at_most(10)

    @property
    def wishes(self) -> tuple[str, ...]:
        return self.letters

@probe(deadline=5, together="wishes")
def counted(thing: Endpoint, wishes: tuple[str, ...], deep: bool) -> dict[str, object]:
    with open(os.environ["LOOKS"], "a") as looks:
        looks.write(f"{thing.name} {deep} {','.join(wishes)}\\n")
    if "down" in wishes:
        raise Unreachable(f"{thing.name} cannot be reached: nobody listens")
    answers = {wish: len(wish) for wish in wishes}
    return answers | {wish: CouldNotLook(f"there is no {wish}") for wish in wishes if wish.startswith("no")} \\
        | {wish: NotNow("it is busy") for wish in wishes if wish == "busy"}

def test_shared(expected: Shared, counted: dict[str, int], observe: Observer) -> None:
    """Letters are few.

    Remedy: write less.
    """
    for letter in expected.letters:
        observe(letter, counted[letter], expected.allowed)
    observe("shares", len(counted))
'''


@pytest.fixture
def shared(project):
    def rows(*given):
        project.rows(*({"id": f"row-{n}", "thing": "one"} | row for n, row in enumerate(given, 1)))
        text = (project.system / "expectations.yaml").read_text()
        (project.system / "expectations.yaml").write_text(text.replace('"figure"', '"shared"'))

    project.checks(CHECKS)
    return rows


def looks(project):
    return sorted((project.folder / "looks").read_text().splitlines())


def test_one_look_for_all_rows_and_each_gets_its_own(project, shared):
    shared({"letters": ["a", "b"]}, {"letters": ["b", "ccc"]}, {"letters": ["twelve chars"]})
    assert project.run("run", "daily").returncode == 1
    assert looks(project) == ["one False a,b,ccc,twelve chars"]
    assert project.outcomes() == {"row-1": "ok", "row-2": "ok", "row-3": "critical"}
    shares = {each.id[-1]: each.observations[-1].value for each in project.told().records}
    assert shares == {"1": 2, "2": 2, "3": 1}


def test_other_arguments_and_other_targets_are_looks_of_their_own(project, shared):
    shared({"letters": ["a"]}, {"letters": ["b"], "thing": "two"}, {"letters": ["c"], "deep": True}, {"letters": ["d"]})
    assert project.run("run", "daily").returncode == 0
    assert looks(project) == ["one False a,d", "one True c", "two False b"]


def test_only_what_is_selected_is_asked_for(project, shared):
    shared({"letters": ["a"]}, {"letters": ["b"]}, {"letters": ["c"]})
    assert project.run("run", "daily", "--", "-k", "row-2 or row-3").returncode == 0
    assert looks(project) == ["one False b,c"]


def test_what_cannot_be_seen_is_unknown_for_its_own_row_alone(project, shared):
    shared({"letters": ["a", "nothing"]}, {"letters": ["b"]}, {"letters": ["busy"]})
    project.run("run", "daily")
    assert project.outcomes() == {"row-1": "unknown", "row-2": "ok", "row-3": "skipped"}
    assert "there is no nothing" in project.summary("row-1")
    assert "it is busy" in project.summary("row-3")


def test_a_target_that_is_down_makes_all_of_its_rows_unknown_with_one_cause(project, shared):
    shared({"letters": ["a"]}, {"letters": ["down"]})
    project.run("run", "daily")
    assert project.outcomes() == {"row-1": "unknown", "row-2": "unknown"}
    assert {record.cause["target"] for record in project.told().records} == {"mine/one"}


def test_a_later_attempt_asks_for_its_own_row_alone(project, shared):
    shared({"letters": ["a"]}, {"letters": ["thirteen chars"], "retry": {"times": 2, "apart": "10ms"}})
    assert project.run("run", "daily").returncode == 1
    assert looks(project) == ["one False a,thirteen chars", "one False thirteen chars"]


def test_workers_of_xdist_look_once_for_a_target(project, shared):
    shared(*({"letters": [f"letter {n}"], "thing": "one" if n % 2 else "two"} for n in range(8)))
    assert project.run("run", "daily", "--", "-n", "2").returncode == 0
    assert len(looks(project)) == 2
