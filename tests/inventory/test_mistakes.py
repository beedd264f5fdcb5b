"""Bad input is told all at once, with file, line, path and the nearest right word, before anything is looked at."""

import re
from typing import Annotated

import pytest
import yaml
from pydantic import Field

from rounds.expectation import Expectation
from rounds.inventory.document import read_document
from rounds.inventory.found import FoundCheck
from rounds.inventory.load import load
from rounds.inventory.schema import expectations_schema, inventory_schema
from rounds.limits import Limit
from rounds.stage import own_systems
from rounds.targets import Host

GOOD_TARGETS = "targets:\n  web: {kind: host}\n"
GOOD_ROW = "- {id: shop.health.disk, check: disk-usage, host: web, when: [daily], runbook: Daily}\n"
CHECKS = {name: FoundCheck(name, None) for name in ("disk-usage", "memory-usage")}


@pytest.fixture
def said(tmp_path, monkeypatch):
    """Load a system of two texts and say what is wrong, as a person would read it."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "systems" / "shop"
    folder.mkdir(parents=True)

    def of(targets=GOOD_TARGETS, rows=GOOD_ROW, model=None):
        (folder / "inventory.yaml").write_text(targets)
        (folder / "expectations.yaml").write_text(rows)
        inventory = load(tmp_path / "systems", CHECKS)
        for row in inventory.rows if model else []:
            row.read(model)
        return [str(mistake).removeprefix("systems/shop/") for mistake in sorted(set(inventory.mistakes))]

    return of


def test_a_good_system_has_no_mistakes(said):
    assert said() == []


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        ("targets:\n  web: {kind: hots}\n", "inventory.yaml:2: targets.web.kind: there is no kind 'hots'; did you mean 'host'?"),
        ("targets:\n  web: {kind: host, conection: x}\n",
         "inventory.yaml:2: targets.web.conection: there is no key 'conection' here; did you mean 'connection'?"),
        ("targets:\n  web: {kind: host}\n  web: {kind: host}\n",
         "inventory.yaml:3: targets.web: this key stands twice; the first would be lost"),
        ("targets:\n  web: {kind: host, path: '${NO_SUCH_THING}'}\n",
         "inventory.yaml:2: targets.web.path: the variable NO_SUCH_THING is not set"),
        ("targets:\n  web: {kind: host}\n  db: {kind: postgres}\n", "inventory.yaml:3: targets.db.dsn: dsn is missing"),
        ("targets:\n  web: {kind: host}\n  db: {kind: postgres, dsn: 'file:/no/such/file'}\n",
         "inventory.yaml:3: targets.db.dsn: the secret's file /no/such/file cannot be read: No such file or directory"),
        ("targets:\n  web: {kind: host, deadline: 10 MB}\n",
         "inventory.yaml:2: targets.web.deadline: '10 MB' is a size; a duration such as 26h or 500ms is due here"),
        ("targets:\n  web: {kind: host}\n  project: {kind: compose, host: wep, file: f}\n",
         "inventory.yaml:3: targets.project.host: there is no target 'wep' in the inventory; did you mean 'web'?"),
        ("targets:\n  web: {kind: host}\n  app: {kind: endpoint, url: 'http://app', depends_on: [wep]}\n",
         "inventory.yaml:3: targets.app.depends_on[0]: there is no target 'wep'; did you mean 'web'?"),
        ("targets:\n  web: {kind: host, depends_on: [app]}\n  app: {kind: endpoint, url: 'http://app', depends_on: [web]}\n",
         "inventory.yaml:2: targets.web.depends_on[0]: 'web' depends on itself by way of 'app'"),
        ("target:\n  web: {kind: host}\n", "inventory.yaml:1: target: there is no key 'target' here; did you mean 'targets'?"),
        ("targets:\n  web: {kind: host, path: '${SHOP_TOKEN'}\n", "inventory.yaml:2: targets.web.path: `${` is not closed"),
        ("targets:\n  web: {kind: host, path: '${bad name}'}\n",
         "inventory.yaml:2: targets.web.path: `${bad name}` is no variable: ${NAME} or ${NAME:-default} is due, with letters, digits and _"),
        ("targets:\n  web: {kind: host, path: '${A:-${PATH}}'}\n",
         "inventory.yaml:2: targets.web.path: `${A}` is no variable: ${NAME} or ${NAME:-default} is due, with letters, digits and _"),
        ("targets:\n  web: {kind: host, parallel: !!int '_'}\n", "inventory.yaml:2: targets.web.parallel: cannot be read as !!int"),
        ("targets:\n  web: {kind: host, parallel: !!bool maybe}\n", "inventory.yaml:2: targets.web.parallel: cannot be read as !!bool"),
        ("targets:\n  web: {kind: host, parallel: !!timestamp x}\n",
         "inventory.yaml:2: targets.web.parallel: cannot be read as !!timestamp"),
        ("targets:\n  web: {kind: host, parallel: 2.5}\n", "inventory.yaml:2: targets.web.parallel: a whole number is due"),
        ("targets:\n  web: {kind: host, parallel: 0}\n", "inventory.yaml:2: targets.web.parallel: at least 1 is due"),
        ("targets:\n  web: {kind: host, deadline: -5s}\n",
         "inventory.yaml:2: targets.web.deadline: '-5s': a duration cannot be negative"),
        ("[]", "inventory.yaml:1: has no mapping 'targets'"),
        ("targets:\n  web: &a {kind: host}\n  app: *a\n", "inventory.yaml:3: is not YAML: aliases (*name) are not allowed here"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_targets_is_told_with_its_place(said, targets, expected):
    mistakes = said(targets)
    assert expected in mistakes
    place = expected.split(": ")[1]
    assert sum(f": {place}: " in mistake for mistake in mistakes) <= 1, "nothing follows from what is told already"


@pytest.mark.parametrize(
    "targets",
    ["targets:\n  web: {kind: host\n", "target:\n  web: {kind: host}\n", "", "targets:\n  web: {kind: hots}\n"],
)
def test_no_row_complains_about_targets_that_could_not_be_loaded(said, targets):
    from rounds.checks import test_host as checks  # noqa: PLC0415 - imported here, it is not collected as a test

    mistakes = said(targets, GOOD_ROW, checks.DiskUsage)
    assert [mistake.partition(":")[0] for mistake in mistakes] == ["inventory.yaml"]


def test_a_limit_that_is_no_limit_is_a_plain_mistake(said):
    class OpenOrders(Expectation):
        host: Host
        waiting: Limit = 100

    what = "the check's limit waiting needs at_most(…) or at_least(…) as its default"
    assert said(model=OpenOrders) == [f"expectations.yaml:1: [0]: {what}"]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("- {id: shop.health.disk, check: disk-usag, when: [daily], runbook: Daily}",
         "expectations.yaml:1: [0].check: there is no check 'disk-usag'; did you mean 'disk-usage'?"),
        ("- {id: shop.disk, check: disk-usage, when: [daily], runbook: Daily}",
         "expectations.yaml:1: [0].id: 'shop.disk' is not of the form shop.area.name (a-z, 0-9, hyphens)"),
        ("- {id: shp.health.disk, check: disk-usage, when: [daily], runbook: Daily}",
         "expectations.yaml:1: [0].id: 'shp.health.disk' belongs to the system shp; 'shop.health.disk' is due here"),
        ("- {idd: shop.health.disk, check: disk-usage, when: [daily], runbook: Daily}",
         "expectations.yaml:1: [0].idd: there is no key 'idd' here; did you mean 'id'?"),
        ("- {check: disk-usage, when: [daily], runbook: Daily}", "expectations.yaml:1: [0]: id is missing"),
        ("- just text", "expectations.yaml:1: [0]: is not a row: a row has keys such as id, check, when"),
        ("id: x", "expectations.yaml:1: is not a list of rows (- id: …)"),
        (GOOD_ROW + GOOD_ROW, "expectations.yaml:2: [1].id: 'shop.health.disk' stands already at systems/shop/expectations.yaml:1"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_row_is_told_with_its_place(said, row, expected):
    assert expected in said(rows=row)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("host: wev", "[0].host: there is no target 'wev' in the inventory; did you mean 'web'?"),
        ("host: db", "[0].host: target 'db' is a postgres, but a host is due here; there is web"),
        ("host: web, used: {warning: 95%, critical: 90%}",
         "[0].used: warning (95 %) lies beyond critical (90 %), so it would never be seen"),
        ("host: web, used: 10 MB", "[0].used: '10 MB' is a size; a percentage such as 85% is due here"),
        ("host: web, used: 90", "[0].used: 90 is a plain number; a percentage such as 85% is due here"),
        ("host: web, used: {warn: 90%}", "[0].used: a limit has the keys warning and critical, not warn"),
        ("host: web, used: -5%", "[0].used: '-5%': a percentage cannot be negative"),
        ("host: web, remedy: true", "[0].remedy: text is due; put it in quotes"),
        ("host: web, waived: {owner: e, reason: r, until: soon}", "[0].waived.until: 'soon' is no time such as 2026-12-01T00:00:00Z"),
        ("host: web, waived: eve", "[0].waived: a mapping is due, such as {name: value}"),
        ("host: web, severity: bad", "[0].severity: 'bad' is not one of the words for this; there is critical, warning"),
        ("host: web, deadline: soon", "[0].deadline: 'soon' cannot be read; a duration such as 26h or 500ms is due here"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_parameter_is_told_with_its_place(said, words, expected):
    from rounds.checks import test_host as checks  # noqa: PLC0415 - imported here, it is not collected as a test

    targets = "targets:\n  web: {kind: host}\n  db: {kind: postgres, dsn: 'host=x'}\n"
    row = f"- {{id: shop.health.memory, check: memory-usage, when: [daily], runbook: Daily, {words}}}"
    assert said(targets, row, checks.MemoryUsage) == [f"expectations.yaml:1: {expected}"]


@pytest.mark.parametrize(
    ("when", "expected"),
    [("daily", "[0].when: a list is due, such as [daily]"), ("[]", "[0].when: at least 1 is due")],
)
def test_a_row_says_when_in_a_list(said, when, expected):
    from rounds.checks import test_host as checks  # noqa: PLC0415 - imported here, it is not collected as a test

    row = f"- {{id: shop.health.disk, check: disk-usage, host: web, when: {when}, runbook: Daily}}"
    assert said(rows=row, model=checks.DiskUsage) == [f"expectations.yaml:1: {expected}"]


def test_what_a_pattern_refuses_is_said_in_the_fields_own_words(said):
    class Dialled(Expectation):
        host: Host
        address: Annotated[str, Field(pattern=r":\d+$", description="host:port")]

    rows = GOOD_ROW.replace("host: web", "host: web, address: shop")
    assert said(rows=rows, model=Dialled) == ["expectations.yaml:1: [0].address: does not fit: host:port"]


def test_true_or_false_is_said_in_plain_words(said):
    class Whether(Expectation):
        host: Host
        strict: bool = False

    rows = GOOD_ROW.replace("host: web", "host: web, strict: perhaps")
    assert said(rows=rows, model=Whether) == ["expectations.yaml:1: [0].strict: true or false is due"]


def test_what_is_not_yaml_is_told_with_its_line(said):
    assert said("targets:\n  web: {kind: host\n")[0].startswith("inventory.yaml:3: is not YAML: ")


def test_all_mistakes_are_told_at_once(said):
    assert len(said("targets:\n  web: {kind: hots}\n  db: {kind: postgres}\n", "- {id: x}\n- {check: y}\n- 7\n")) == 5


def test_a_yaml_bomb_is_refused_at_once(tmp_path):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    path = tmp_path / "bomb.yaml"
    path.write_text("\n".join(lines))
    document = read_document(path)
    assert "aliases" in document.mistakes[0].what
    path.write_text("[" * 100_000)
    assert read_document(path).mistakes
    path.write_text("x" * 6_000_000)
    assert "larger than 5 MB" in read_document(path).mistakes[0].what
    path.write_bytes(b"\xff\xfe\x00")
    assert read_document(path).mistakes


def test_words_that_yaml_takes_for_booleans_stay_words(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("on: yes\noff: no\nreally: true\n")
    assert read_document(path).data == {"on": "yes", "off": "no", "really": True}


def test_variables_are_filled_in_with_their_defaults(tmp_path, monkeypatch):
    monkeypatch.setenv("PLACE", "/srv")
    path = tmp_path / "a.yaml"
    path.write_text("a: ${PLACE}/x\nb: ${NOT_SET:-30m}\nc: '${NOT_SET:-}'\n")
    assert read_document(path).data == {"a": "/srv/x", "b": "30m", "c": ""}


@pytest.fixture(scope="module")
def editor():
    """What an editor makes of the two schemas of our own checks: they are made and read once, which takes seconds."""
    import jsonschema  # noqa: PLC0415 - 80 ms, for these tests only

    schemas = {"inventory.yaml": inventory_schema(), "expectations.yaml": expectations_schema(own_systems())}
    return {file: jsonschema.Draft202012Validator(schema) for file, schema in schemas.items()}


def test_the_schemas_are_schemas_and_refuse_what_is_none_of_our_checks(editor):
    for validator in editor.values():
        validator.check_schema(validator.schema)
    assert not editor["expectations.yaml"].is_valid([{"id": "a.b.c", "check": "nothing"}])


@pytest.mark.parametrize("system", sorted(path.parent.name for path in own_systems().glob("*/inventory.yaml")))
def test_the_schemas_accept_our_own_files(monkeypatch, editor, system):
    folder = own_systems() / system
    for file, validator in editor.items():
        for name in re.findall(r"\$\{(\w+)\}", (folder / file).read_text()):
            monkeypatch.setenv(name, f"x-{name}")
        assert not read_document(folder / file).mistakes
        validator.validate(yaml.safe_load((folder / file).read_text()))  # as an editor sees it


def test_the_schema_of_rows_names_the_row_with_the_typo_and_knows_waivers(tmp_path):
    import jsonschema  # noqa: PLC0415 - 80 ms, for this test only

    validator = jsonschema.Draft202012Validator(expectations_schema(tmp_path))
    row = {"id": "shop.health.disk", "check": "disk-usage", "host": "web", "when": ["daily"], "runbook": "Daily"}
    waived = row | {"waived": {"owner": "eve", "reason": "disk is ordered", "until": "2026-12-01T00:00:00Z"}}
    assert not list(validator.iter_errors([row, waived]))
    errors = list(validator.iter_errors([row, row | {"usedd": "90%"}, waived]))
    assert [(list(error.path), "'usedd' was unexpected" in error.message) for error in errors] == [([1], True)]
    errors = list(validator.iter_errors([row | {"waived": {"owner": "eve"}}, row | {"check": "disk-usag"}]))
    assert {error.path[0] for error in errors} == {0, 1}


def test_the_schema_of_targets_names_the_typo_and_tells_defaults():
    import jsonschema  # noqa: PLC0415 - 80 ms, for this test only

    schema = inventory_schema()
    validator = jsonschema.Draft202012Validator(schema)
    errors = list(validator.iter_errors({"targets": {"web": {"kind": "host"}, "app": {"kind": "host", "conn": "x"}}}))
    assert [(list(error.path), "'conn' was unexpected" in error.message) for error in errors] == [
        (["targets", "app"], True)
    ]
    host = next(
        choice["then"] for choice in schema["properties"]["targets"]["additionalProperties"]["allOf"]
        if choice["if"]["properties"]["kind"]["const"] == "host"
    )  # fmt: skip
    assert host["properties"]["connection"]["default"] == "local://"
    assert host["properties"]["parallel"]["default"] == 4


def test_secrets_may_come_from_a_file(tmp_path):
    from rounds.targets import Postgres  # noqa: PLC0415 - beside its test

    path = tmp_path / "dsn"
    path.write_text("host=x password=hush\n")
    assert Postgres(name="db", dsn=f"file:{path}").dsn.get_secret_value() == "host=x password=hush"
