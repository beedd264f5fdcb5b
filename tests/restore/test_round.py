"""A whole round over a user's own rows: one restore serves all of them, and the next round knows the last drill."""

import json
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

from rounds.reports.results import read_results
from rounds.round import Round

from .servers import PATTERN, Put, Server

INVENTORY = """
targets:
  database: {{kind: postgres, dsn: "{dsn}"}}
  dumps: {{kind: backups, path: {folder}, pattern: '{pattern}'}}
  restores: {{kind: restore-records, path: {records}}}
  drill:
    kind: restore-drill
    backups: dumps
    live: database
    newest: {{orders: made_at}}
    alone: [events]
    conditions:
      every order has a customer: SELECT count(*) = 0 FROM orders WHERE customer IS NULL
    records: restores
"""
ROWS = """
- id: shop.recovery.full-restore
  check: restore-drill
  drill: drill
  tables: [customers, orders, events]
  took: 10m
  acts: true
  when: [monthly]
  runbook: Restore
- id: shop.recovery.single-table
  check: table-restore-drill
  drill: drill
  table: events
  acts: true
  when: [monthly]
  runbook: Restore
- id: shop.recovery.dr-test
  check: restore-records
  records: restores
  backups: dumps
  tables: [orders]
  age: 31d
  when: [daily]
  runbook: Restore
"""


def run(folder: Path, batch: str) -> Round:
    command = [sys.executable, "-m", "rounds", "run", batch]
    env = os.environ | {"COLUMNS": "200"}
    subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=400)
    return read_results(folder / "reports" / "latest" / "results.json")


def test_rows_of_a_drill_share_one_restore_and_the_next_round_compares(
    server: Server, put: Put, folder: Path, tmp_path: Path
) -> None:
    records = tmp_path / "restores.jsonl"
    system = tmp_path / "systems" / "shop"
    system.mkdir(parents=True)
    dsn = server.target().dsn.get_secret_value()
    inventory = INVENTORY.format(dsn=dsn, folder=folder, pattern=PATTERN, records=records)
    (system / "inventory.yaml").write_text(dedent(inventory))
    (system / "expectations.yaml").write_text(dedent(ROWS))

    put(server.dump("-Fc"), ".backup", hours=3)
    first = run(tmp_path, "monthly")
    assert {each.id: each.outcome for each in first.records} == {
        "shop.recovery.full-restore": "ok",
        "shop.recovery.single-table": "ok",
    }, [each.summary for each in first.records]
    assert len(records.read_text().splitlines()) == 1
    assert {each.outcome for each in run(tmp_path, "daily").records} == {"ok"}

    with server.changed("DELETE FROM events WHERE id % 2 = 0") as copy:
        put(
            server.dump("-Fc", database=str(copy.dsn.get_secret_value()).partition("dbname='")[2].rstrip("'")),
            ".backup",
        )
    second = {each.id: each for each in run(tmp_path, "monthly").records}
    assert second["shop.recovery.full-restore"].outcome == "critical"
    assert "largest loss of rows since the drill before is 50 %" in second["shop.recovery.full-restore"].summary
    lines = [json.loads(line) for line in records.read_text().splitlines()]
    assert [each["outcome"] for each in lines] == ["ok", "ok"]
    assert lines[1]["rows"]["events"] == 1500
    assert lines[1]["expected"]["events"] == 3000
