"""`rounds schema alerts`: what the loader takes the schema takes, and what it refuses the schema refuses."""

import copy
import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from rounds.alerting.configuration import read_alerting
from rounds.alerting.schema import alerts_schema
from rounds.cli import main
from rounds.inventory.schema import inventory_schema
from rounds.quantities import read, unit_of
from rounds.senders import kinds

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = [
    text for page in [*ROOT.glob("docs/*.md"), *ROOT.glob("*.md"), *ROOT.glob("deploy/**/*.md")]
    for text in re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL) if "channels:" in text
]  # fmt: skip
VARIABLES = {"HOOK_URL": "https://chat.example/hook", "SMTP_PASSWORD": "hush", "PING_KEY": "abc", "TRIES": "3"}
GOOD = {
    "channels": {
        "am": {"kind": "alertmanager", "urls": ["http://localhost:9093"], "labels": {"team": "x"}, "deadline": "5s"},
        "hook": {
            "kind": "webhook",
            "url": "${HOOK_URL}",
            "method": "PUT",
            "headers": {"X-Team": "a"},
            "secret": "x" * 16,
        },
        "plain": {"kind": "webhook", "url": "https://chat.example/hook", "content_type": "text/plain", "template": "x"},
        "mail": {"kind": "apprise", "url": "json://localhost"},
        "figures": {"kind": "pushgateway", "url": "http://localhost:9091", "job": "rounds"},
        "node": {"kind": "textfile", "folder": "/var/lib/node", "file": "rounds-{batch}.prom"},
        "alive": {"kind": "ping", "url": "https://hc.example/uuid", "body": "100 kB"},
        "slugs": {"kind": "ping", "key": "${PING_KEY}", "slug": "rounds-{batch}", "create": True},
    },
    "policy": {"after": "${TRIES}", "remind": None, "flapping": {"changes": 4, "within": "1d12h", "calm": "90 min"}},
    "exceptions": [{"ids": ["shop.*"], "policy": {"after": 3, "remind": "12h", "flapping": None}}],
    "routes": [{"channels": ["am"], "levels": ["critical"], "systems": ["shop"], "batches": ["daily"]}],
    "link": "https://ops.example/{round}/report.html",
    "budget": "30s",
}
DROP = "dropped"
BAD = [
    (("channels",), DROP),
    (("chanels",), {}),
    (("channels", "am", "kind"), "alertmanger"),
    (("channels", "am", "kind"), DROP),
    (("channels", "am", "urls"), DROP),
    (("channels", "am", "urls"), []),
    (("channels", "am", "urls"), "http://localhost:9093"),
    (("channels", "am", "urls"), ["localhost:9093"]),
    (("channels", "am", "url"), "http://localhost:9093"),
    (("channels", "am", "deadline"), 5),
    (("channels", "am", "deadline"), "soon"),
    (("channels", "am", "labels"), ["team"]),
    (("channels", "hook", "method"), "GET"),
    (("channels", "hook", "url"), DROP),
    (("channels", "hook", "url"), "chat.example/hook"),
    (("channels", "hook", "headers"), "X-Team: a"),
    (("channels", "plain", "content_type"), "text"),
    (("channels", "mail", "url"), DROP),
    (("channels", "mail", "storage"), "relative"),
    (("channels", "figures", "job"), ""),
    (("channels", "figures", "url"), 9091),
    (("channels", "node", "folder"), "relative"),
    (("channels", "node", "file"), "rounds.txt"),
    (("channels", "alive", "url"), DROP),
    (("channels", "alive", "slug"), "rounds"),
    (("channels", "slugs", "key"), DROP),
    (("channels", "slugs", "slug"), "Rounds"),
    (("channels", "slugs", "create"), "perhaps"),
    (("channels", "slugs", "body"), "much"),
    (("channels", "am"), "http://localhost:9093"),
    (("policy", "after"), 0),
    (("policy", "afer"), 2),
    (("policy", "remind"), "never"),
    (("policy", "remind"), 86400),
    (("policy", "flapping", "changes"), 1),
    (("policy", "flapping", "whithin"), "1h"),
    (("exceptions", 0, "policy"), DROP),
    (("exceptions", 0, "ids"), []),
    (("exceptions", 0, "id"), "shop.*"),
    (("routes", 0, "channels"), DROP),
    (("routes", 0, "levels"), ["bad"]),
    (("routes", 0, "systems"), "shop"),
    (("routes", 0, "system"), "shop"),
    (("link",), 5),
    (("budget",), 30),
]  # fmt: skip


@pytest.fixture(scope="module")
def editor():
    schema = alerts_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.fixture
def loads(tmp_path, monkeypatch):
    """Whether the loader takes a text."""
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)

    def of(text):
        secret = tmp_path / "secret"
        secret.write_text("0123456789abcdef")
        (tmp_path / "alerts.yaml").write_text(text.replace("file:/etc/rounds/hook", f"file:{secret}"))
        alerting, mistakes = read_alerting(tmp_path)
        return alerting is not None and not mistakes

    return of


def changed(place, value):
    data = copy.deepcopy(GOOD)
    inner = data
    for step in place[:-1]:
        inner = inner[step]
    if value is DROP:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    return data


def test_both_take_all_there_is_of_every_kind(editor, loads):
    assert {channel["kind"] for channel in GOOD["channels"].values()} >= {"alertmanager", "webhook", "apprise",
                                                                         "pushgateway", "textfile", "ping"}  # fmt: skip
    assert loads(json.dumps(GOOD))
    assert [error.message for error in editor.iter_errors(GOOD)] == []


@pytest.mark.parametrize("text", EXAMPLES, ids=range(len(EXAMPLES)))
def test_both_take_the_examples_of_the_docs(editor, loads, text):
    assert loads(text)
    editor.validate(yaml.safe_load(text))


def test_the_docs_have_an_example():
    assert EXAMPLES


@pytest.mark.parametrize(("place", "value"), BAD, ids=lambda part: str(part)[:40])
def test_both_refuse(editor, loads, place, value):
    data = changed(place, value)
    assert not loads(json.dumps(data))
    assert not editor.is_valid(data)


def test_the_wrong_word_is_named_at_its_place(editor):
    (error,) = editor.iter_errors(changed(("channels", "am", "label"), {}))
    assert list(error.absolute_path) == ["channels", "am"]
    assert "'label' was unexpected" in error.message


def objects(part):
    if isinstance(part, dict):
        if (
            isinstance(part.get("properties"), dict)
            and "if" not in part
            and part.get("additionalProperties") is not None
        ):
            yield part
        for inner in part.values():
            yield from objects(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from objects(inner)


def test_every_key_is_described_and_nothing_else_may_be_there():
    shapes = [each for each in objects(alerts_schema()) if each["additionalProperties"] is False]
    assert len(shapes) >= len(kinds()) + 4
    bare = [name for each in shapes for name, said in each["properties"].items()
            if name != "kind" and not said.get("description")]  # fmt: skip
    assert bare == []


def test_figures_are_shown_as_they_are_written():
    figures = [
        said for schema in (alerts_schema(), inventory_schema()) for shape in objects(schema)
        for said in shape["properties"].values() if unit_of(said)
    ]  # fmt: skip
    told = [each["default"] for each in figures if "default" in each]
    assert {"30 s", "10 kB", "24 h"} <= set(told)
    assert all(read(each["default"], unit_of(each)) >= 0 for each in figures if "default" in each)


def test_the_command_prints_it(capsys):
    assert main(["schema", "alerts"]) == 0
    assert json.loads(capsys.readouterr().out) == alerts_schema()
