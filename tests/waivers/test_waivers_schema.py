"""`rounds schema waivers`: what the loader takes the schema takes, and what it refuses the schema refuses."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from rounds.cli import main
from rounds.inventory.schema import waivers_schema

ROOT = Path(__file__).parent.parent.parent
GOOD = {
    "id": "shop.health.disk",
    "owner": "eve",
    "reason": "r",
    "until": "2026-02-01T00:00:00Z",
    "from": "2026-01-01T00:00:00Z",
}
EXAMPLES = [
    text for page in ROOT.glob("docs/*.md")
    for text in re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL) if "owner:" in text
]  # fmt: skip


class Editor(yaml.SafeLoader):
    """Reads YAML 1.2 as editors do: a time is text."""


Editor.yaml_implicit_resolvers = {
    first: [each for each in resolvers if each[0] != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@pytest.fixture(scope="module")
def editor():
    schema = waivers_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.fixture
def both(shop, editor):
    """Whether the loader and the schema each take a text."""

    def of(text):
        seen = yaml.load(text, Loader=Editor)  # noqa: S506 - a safe loader
        return not shop(waivers=text).mistakes, editor.is_valid(seen)

    return of


def test_both_take_the_example_of_the_docs_and_a_file_with_nothing_in_it(both):
    assert EXAMPLES
    for text in [*EXAMPLES, "# none\n", "[]"]:
        assert both(text) == (True, True)


@pytest.mark.parametrize(
    "changed",
    [{}, {"ticket": 4711}, {"ticket": "OPS-1"}, {"from": None}, {"id": "shop.*"}, {"until": "2026-01-05T06:00Z"},
     {"until": "2026-01-05 06:00:00 Z"}, {"until": "2026-01-05T06:00:00+00:00"}, {"until": "20260105T060000Z"}],
    ids=str,
)  # fmt: skip
def test_both_take(both, changed):
    assert both(written(changed)) == (True, True)


@pytest.mark.parametrize(
    "changed",
    [{"owner": "drop"}, {"reason": "drop"}, {"until": "drop"}, {"id": "drop"}, {"ownr": "eve"}, {"reason": "' '"},
     {"owner": 7}, {"until": "2026-01-05"}, {"until": "2026-01-05T06:00:00"}, {"until": "2026-01-05T06:00:00+01:00"},
     {"until": "Friday"}, {"until": 7}, {"id": "disk"}, {"id": "shop.health.dis[kc]"}, {"ticket": [1]}],
    ids=str,
)  # fmt: skip
def test_both_refuse(both, changed):
    assert both(written(changed)) == (False, False)


@pytest.mark.parametrize("text", ["shop.health.disk: eve\n", "- shop.health.disk\n"])
def test_both_refuse_what_is_no_list_of_waivers(both, text):
    assert both(text) == (False, False)


def written(changed):
    held = {key: value for key, value in (GOOD | changed).items() if value != "drop"}
    return "- " + "\n  ".join(f"{key}: {'null' if value is None else value}" for key, value in held.items()) + "\n"


def test_every_key_is_described():
    assert all(said["description"] for said in waivers_schema()["items"]["properties"].values())


def test_the_command_prints_it(capsys):
    assert main(["schema", "waivers"]) == 0
    assert json.loads(capsys.readouterr().out) == waivers_schema()
