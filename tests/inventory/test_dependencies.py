"""What a row depends on: by `depends_on`, and by the targets that its own targets name."""

from pathlib import Path

from rounds.inventory.dependencies import Needs, needs_of
from rounds.inventory.document import read_document
from rounds.inventory.load import Targets

INVENTORY = """
targets:
  rack: {kind: host}
  host: {kind: host, depends_on: [rack]}
  project: {kind: compose, host: host, file: compose.yaml}
  database: {kind: postgres, dsn: "postgresql://db", depends_on: [host]}
  orders: {kind: dataset, database: database, table: orders}
  api: {kind: endpoint, url: "http://api", depends_on: [database, project]}
"""


def test_the_nearest_comes_first_and_each_once(tmp_path: Path) -> None:
    path = tmp_path / "inventory.yaml"
    path.write_text(INVENTORY)
    document = read_document(path)
    targets = Targets("shop", document).built
    assert document.mistakes == []
    behind = {name: needs_of({"target": name, "path": 3}, targets).behind for name in targets}
    assert behind["api"] == ("shop/database", "shop/project", "shop/host", "shop/rack")
    assert behind["orders"] == ("shop/database", "shop/host", "shop/rack")
    assert behind["rack"] == ()
    assert needs_of({"hosts": ["rack", "host"]}, targets) == Needs(("shop/rack", "shop/host"), ("shop/rack",))
