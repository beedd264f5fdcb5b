"""Real rounds over a dataset: what reports show of bad rows, what never, and how often a table is read."""

import json
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from tests.data_scan.conftest import ORDERS, QUOTED

PASSWORD_IN_A_ROW = "hunter2-is-a-secret"
INVENTORY = """
targets:
  database: {kind: postgres, dsn: "%(dsn)s"}
  api: {kind: endpoint, url: "http://127.0.0.1:1/", headers: {Authorization: "${API_TOKEN}"}}
  orders:
    kind: dataset
    database: database
    table: %(table)s
    shown: [note]
    private: [e-mail]
"""
ROWS = """
- {id: shop.data-quality.size, check: data-range, dataset: orders, column: größe, lowest: 0}
- {id: shop.data-quality.select, check: data-nulls, dataset: orders, columns: [select]}
- {id: shop.data-quality.address, check: data-matches, dataset: orders, column: e-mail, pattern: "@"}
- {id: shop.data-quality.address-twice, check: data-unique, dataset: orders, columns: [e-mail]}
- {id: shop.data-quality.known-shop, check: data-references, dataset: orders, columns: [shop], refer_to: shops(id)}
- {id: shop.data-quality.ids, check: data-range, dataset: orders, column: id, lowest: 0}
- id: shop.data-quality.query
  check: sql-no-violations
  database: database
  query: SELECT id, "größe" FROM QUOTED WHERE "größe" < 0 ORDER BY id
  among: SELECT count(*) FROM QUOTED
  show: [id]
"""


@pytest.fixture
def system(pg_orders, server, tmp_path):
    """A system with seven rows, of which one is good."""
    pg_orders.run("INSERT INTO shops VALUES (1, 'Köln')")
    pg_orders.add(1)
    for number in (2, 3):
        twice = {"e-mail": "same-one@private.example", "shop": number, "select": None}
        pg_orders.add(number, größe=-number, note=f"the token is {PASSWORD_IN_A_ROW}", **twice)
    pg_orders.add(4, **{"e-mail": "no address, private.example"})
    folder = tmp_path / "systems" / "shop"
    folder.mkdir(parents=True)
    written = INVENTORY % {"dsn": server.dsn(), "table": json.dumps(ORDERS)}
    (folder / "inventory.yaml").write_text(written, encoding="utf-8")
    rows = (
        ROWS.replace("QUOTED", QUOTED)
        .replace("check:", "when: [daily], runbook: Daily > Data, check:")
        .replace("  when: [daily], runbook: Daily > Data, check:", "  when: [daily]\n  runbook: Daily > Data\n  check:")
    )
    (folder / "expectations.yaml").write_text(rows, encoding="utf-8")
    return tmp_path


def run(system, *options):
    command = [sys.executable, "-m", "rounds", "run", "daily", "--systems", system / "systems", "--", *options]
    env = {"PATH": "/usr/bin:/bin", "API_TOKEN": PASSWORD_IN_A_ROW, "HOME": str(system), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, cwd=system, env=env, capture_output=True, text=True, timeout=100, check=False)
    (folder,) = [path.parent for path in (system / "reports").rglob("results.json") if not path.parent.is_symlink()]
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return done, folder, {each["id"]: each for each in results["records"]}


def test_bad_rows_are_in_every_report_and_nothing_private_is(system):
    done, folder, records = run(system)
    outcomes = {id_.rpartition(".")[2]: record["outcome"] for id_, record in records.items()}
    assert outcomes == {
        "size": "critical", "select": "critical", "address": "critical", "address-twice": "critical",
        "known-shop": "critical", "ids": "ok", "query": "critical",
    }, done.stdout + done.stderr  # fmt: skip
    size = records["shop.data-quality.size"]["detail"]
    assert size.splitlines()[:4] == [
        "rows with größe below 0: 2, such as", "", "id  größe  note", "2   -2.0   the token is •••",
    ]  # fmt: skip
    assert "To see them all:\n\nSELECT\n" in size
    assert records["shop.data-quality.ids"]["detail"] == ""
    assert "To see them all" in records["shop.data-quality.query"]["detail"]
    assert "id\n2\n3" in records["shop.data-quality.query"]["detail"]
    page = (folder / "report.html").read_text(encoding="utf-8")
    (junit,) = folder.glob("*.xml")
    failures = [each.text for each in ET.parse(junit).iter("failure")]  # noqa: S314 - our own report
    assert all("To see them all:" in each for each in failures)
    assert len(failures) == 6
    assert page.count("To see them all:") == 6
    written = [path.read_text(encoding="utf-8", errors="replace") for path in folder.rglob("*") if path.is_file()]
    for text in (done.stdout, done.stderr, *written):
        assert "private.example" not in text
        assert PASSWORD_IN_A_ROW not in text


def _statements(server, text, since):
    log = server.log.read_text(encoding="utf-8", errors="replace")[since:]
    return [line for line in log.splitlines() if "statement:" in line and text in line]


@pytest.fixture
def logged(server):
    server.run("ALTER ROLE reader SET log_statement = 'all'", "postgres")
    yield lambda: len(server.log.read_text(encoding="utf-8", errors="replace"))
    server.run("ALTER ROLE reader RESET log_statement", "postgres")


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "xdist"])
def test_all_rows_of_a_dataset_cost_one_pass_over_it(system, server, logged, workers):
    begun = logged()
    _, _, records = run(system, *workers)
    assert len(records) == 7
    passes = _statements(server, "SELECT COUNT(*) AS a0", begun)
    assert len(passes) == 1, passes
    assert len(_statements(server, "BEGIN ISOLATION LEVEL REPEATABLE READ", begun)) <= 2


def test_only_what_is_selected_is_looked_at(system, server, logged):
    begun = logged()
    _, _, records = run(system, "-k", "ids")
    assert list(records) == ["shop.data-quality.ids"]
    asked = _statements(server, "Aufträge", begun)
    assert not [line for line in asked if "e-mail" in line or "größe" in line or "select" in line]
    assert not _statements(server, "shops", begun)
