"""`rounds schema`: JSON Schemas of the files that people write, and of results.json, made from the types."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

_FILES = ("inventory", "expectations", "waivers", "alerts", "results")


def add(commands: Any) -> None:
    words = commands.add_parser(
        "schema", help="JSON Schemas of the files, so that an editor can help", description=__doc__
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
    """The schema of one of the files by its name without ending (draft 2020-12)."""
    from rounds.alerting.schema import alerts_schema  # noqa: PLC0415 - the other commands start faster without
    from rounds.inventory import schema  # noqa: PLC0415 - it imports every check
    from rounds.reports.results import results_schema  # noqa: PLC0415 - as above

    made: dict[str, Callable[[], dict[str, Any]]] = {
        "inventory": schema.inventory_schema,
        "expectations": lambda: schema.expectations_schema(systems),
        "waivers": schema.waivers_schema,
        "alerts": alerts_schema,
        "results": results_schema,
    }
    return made[file]()
