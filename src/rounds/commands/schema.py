"""`rounds schema`: JSON Schemas of the two files of a system, made from the types, for editors."""

import argparse
import json
from pathlib import Path
from typing import Any

_FILES = ("inventory", "expectations", "results")


def add(commands: Any) -> None:
    words = commands.add_parser(
        "schema", help="JSON Schemas for inventory.yaml, expectations.yaml, results.json", description=__doc__
    )
    words.add_argument("file", choices=_FILES)
    words.add_argument(
        "--systems", metavar="DIR", type=Path, default=Path("systems"), help="for the checks beside the inventory"
    )
    words.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    print(json.dumps(schema_of(options.file, options.systems), indent=1, sort_keys=True))
    return 0


def schema_of(file: str, systems: Path) -> dict[str, Any]:
    """The schema of `inventory`, `expectations` or `results` (draft 2020-12)."""
    from rounds.inventory import schema  # noqa: PLC0415 - it imports every check
    from rounds.reports.results import results_schema  # noqa: PLC0415

    if file == "results":
        return results_schema()
    return schema.inventory_schema() if file == "inventory" else schema.expectations_schema(systems)
