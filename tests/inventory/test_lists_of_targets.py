"""A row may name several targets of a kind: `instances: [app-1, app-2]`."""

from typing import Annotated

import pytest
from pydantic import Field

from rounds.expectation import Expectation
from rounds.inventory.found import FoundCheck
from rounds.inventory.load import load
from rounds.inventory.schema import shape_of
from rounds.look import Look, key_of
from rounds.probe import Probe
from rounds.sharing import groups_of
from rounds.targets import Endpoint, Host, Postgres, Prometheus, Sqlite, takes_several, target_kinds

TARGETS = """
targets:
  web: {kind: host}
  app-1: {kind: endpoint, url: "http://127.0.0.1:1"}
  app-2: {kind: endpoint, url: "http://127.0.0.1:2"}
  admin: {kind: endpoint, url: "http://127.0.0.1:2/admin"}
"""


class Several(Expectation):
    instances: tuple[Endpoint, ...]
    hosts: Annotated[list[Host] | None, Field(description="where they run")] = None


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Read some rows of the model Several, each on lines of its own, and say what is wrong with them."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "systems" / "shop"
    folder.mkdir(parents=True)

    def of(*rows, targets=TARGETS):
        (folder / "inventory.yaml").write_text(targets)
        written = [
            f"- {{id: shop.health.r{n}, check: x, when: [daily], runbook: Daily,\n   {words}}}\n"
            for n, words in enumerate(rows)
        ]
        (folder / "expectations.yaml").write_text("".join(written))
        inventory = load(tmp_path / "systems", {"x": FoundCheck("x", None)})
        values = [row.read(Several) for row in inventory.rows]
        return (
            inventory,
            values,
            [str(mistake).removeprefix("systems/shop/") for mistake in sorted(set(inventory.mistakes))],
        )

    return of


def test_names_become_targets_in_their_order(read):
    _, (several,), mistakes = read("instances: [app-2, app-1], hosts: [web]")
    assert mistakes == []
    assert [target.name for target in several.targets] == ["app-2", "app-1", "web"]
    assert several.place == "app-2 (http://127.0.0.1:2), app-1 (http://127.0.0.1:1), web (local://)"
    assert isinstance(several.instances, tuple)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("instances: [app-1,\n   ap-2]", "3: [0].instances[1]: there is no target 'ap-2' in the inventory; did you mean 'app-2'?"),
        ("instances: [app-1, web]", "2: [0].instances[1]: target 'web' is a host, but a endpoint is due here; there is admin, app-1, app-2"),
        ("instances: [app-1, '']", "2: [0].instances[1]: is empty: the name of a target of kind endpoint is due"),
        ("instances: [app-1, ~]", "2: [0].instances[1]: is empty: the name of a target of kind endpoint is due"),
        ("instances: [app-1, app-1]", "2: [0].instances[1]: 'app-1' stands twice in this list"),
        ("instances: []", "2: [0].instances: the list is empty: the name of at least one endpoint is due"),
        ("instances: app-1", "2: [0].instances: a list is due, such as [app-1]"),
        ("instances: [app-1], hosts: [wep]", "2: [0].hosts[0]: there is no target 'wep' in the inventory; did you mean 'web'?"),
        ("hosts: [web]", "1: [0].instances: instances is missing"),
        ("instances: [7]", "2: [0].instances[0]: a mapping is due, such as {name: value}"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_list_is_told_with_its_line_and_the_nearest_word(read, words, expected):
    _, values, mistakes = read(words)
    assert values == [None]
    assert mistakes == [f"expectations.yaml:{expected}"]


def test_what_follows_from_a_broken_target_is_not_told_again(read):
    _, _, mistakes = read("instances: [app-1, broken]", targets=f"{TARGETS}  broken: {{kind: endpoint}}\n")
    assert mistakes == ["inventory.yaml:7: targets.broken.url: url is missing"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("retry: {times: 1, apart: 2s}", "[0].retry.times: at least 2 is due"),
        ("retry: {times: 3}", "[0].retry.apart: apart is missing"),
        (
            "retry: {times: 3, apart: 2}",
            "[0].retry.apart: 2 is a plain number; a duration such as 26h or 500ms is due here",
        ),
        ("retry: 3", "[0].retry: a mapping is due, such as {name: value}"),
        ("exclusive: maybe", "[0].exclusive: true or false is due"),
    ],
)
def test_retry_and_exclusive_are_read_strictly(read, words, expected):
    _, _, mistakes = read(f"instances: [app-1], {words}")
    assert mistakes == [f"expectations.yaml:2: {expected}"]


def test_a_probe_gets_the_list_and_each_list_is_a_look_of_its_own(read):
    _, (one, same, other), _ = read(
        "instances: [app-1, app-2]", "instances: [app-1, app-2]", "instances: [app-2, app-1]"
    )
    probe = Probe("answers", lambda instances: instances, ("instances",), 5)
    assert key_of(probe, one) == key_of(probe, same) != key_of(probe, other)
    look = Look(probe, {"instances": one.instances}, 5)
    assert look.targets == list(one.instances)
    assert look.take() == (one.instances, None)


def test_with_xdist_rows_go_together_when_a_server_of_their_lists_is_the_same(read):
    inventory, _, _ = read(
        "instances: [app-1, app-2]", "instances: [admin]", "hosts: [web], instances: [app-1]", "hosts: [web]"
    )
    groups = groups_of(inventory.rows)
    assert len(set(groups.values())) == 1
    inventory, _, _ = read("instances: [app-1]", "instances: [admin]")
    assert len(set(groups_of(inventory.rows).values())) == 2


def test_the_schema_says_that_a_list_is_due():
    shape = shape_of(Several)
    assert shape["properties"]["instances"] == {
        "type": "array", "minItems": 1, "uniqueItems": True, "description": "a list of names of targets of kind endpoint",
        "items": {"type": "string", "description": "the name of a target of kind endpoint"},
    }  # fmt: skip
    assert shape["properties"]["hosts"]["type"] == "array"
    assert shape["properties"]["retry"]["description"].startswith("look and judge again")
    assert shape["properties"]["exclusive"]["default"] is False


@pytest.mark.parametrize(
    ("annotation", "kinds", "several"),
    [
        (Host, (Host,), False), (Host | None, (Host,), False), (tuple[Host, ...], (Host,), True), (list[Prometheus], (Prometheus,), True),
        (tuple[Host, ...] | None, (Host,), True), (str, (), False), (list[str], (), True), (None, (), False),
        (Postgres | Sqlite, (Postgres, Sqlite), False), (Annotated[Sqlite | Postgres | None, 1], (Sqlite, Postgres), False),
    ],
)  # fmt: skip
def test_the_kinds_of_targets_are_read_from_the_type(annotation, kinds, several):
    assert target_kinds(annotation) == kinds
    assert takes_several(annotation) is several
