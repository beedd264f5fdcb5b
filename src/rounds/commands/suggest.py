"""`rounds suggest DATABASE [TABLE]`: looks at one table once and prints rows that hold today, for a person to edit.

DATABASE is a target of an inventory (shop/database), a URL or DSN (also ${VARIABLE}), an SQLite file, or CSV, JSON or
Parquet files. Without TABLE it lists the tables. Nothing is written.
"""

import argparse
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rounds.quantities import read
from rounds.text import printable, say

if TYPE_CHECKING:
    from rounds.suggest.place import Place
    from rounds.targets import Dataset


def add(commands: Any) -> None:
    words = commands.add_parser("suggest", help="rows for a table, from a look at it", description=__doc__)
    words.add_argument("database", metavar="DATABASE", help="shop/database, a URL or DSN, or files")
    words.add_argument("table", nargs="?", metavar="TABLE", help="table, or schema.table; all are listed without")
    words.add_argument("--systems", metavar="DIR", type=Path, default=Path("systems"), help="where the systems are")
    words.add_argument("--time", metavar="COLUMN", help="the column that says when a row was made")
    words.add_argument("--window", metavar="TIME", help="look at the newest rows only, such as 7d")
    words.add_argument("--sample", metavar="SHARE", help="look at so much of the table, such as 5%% (PostgreSQL)")
    words.add_argument("--all", action="store_true", help="look at all rows of a table, however large it is")
    words.add_argument("--seconds", type=float, default=120.0, metavar="N", help="how long it may take (default: 120)")
    words.add_argument("--schema", action="store_true", help="print a snapshot of the columns instead, for data-schema")
    words.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from rounds.probe import CouldNotLook  # noqa: PLC0415 - the other commands start faster without
    from rounds.suggest.place import NoPlace, place_of  # noqa: PLC0415 - the same

    try:
        place = place_of(options.database, options.systems)
        if options.table is None and place.files is None:
            _list(place, options)
        elif options.schema:
            _snapshot(place, options)
        else:
            _suggest(place, options)
    except (NoPlace, ValueError) as error:
        say(printable(str(error)), sys.stderr)
        return 4
    except CouldNotLook as error:
        say(printable(str(error)), sys.stderr)
        return 1
    return 0


def _list(place: "Place", options: argparse.Namespace) -> None:
    from rounds.fixtures.data_tables import tables  # noqa: PLC0415 - it imports sqlglot
    from rounds.suggest.figures import said  # noqa: PLC0415 - the same

    found = tables(place.database, options.seconds) if place.database else ()
    if not found:
        say(f"{options.database} has no table that can be read")
        return
    width = max(len(each.name) for each in found)
    for each in found:
        about = "" if each.about_rows is None else f"about {said(each.about_rows)} rows"
        say(printable(f"{each.name:<{width}}  {'view' if each.is_view else about}".rstrip()))
    shown = "DATABASE" if "@" in options.database or "password" in options.database else shlex.quote(options.database)
    say(printable(f"\nGo on with: rounds suggest {shown} {shlex.quote(found[0].name)}"))


def _dataset(place: "Place", options: argparse.Namespace) -> "Dataset":
    from pydantic import ValidationError  # noqa: PLC0415 - the other commands start faster without

    from rounds.targets import Dataset  # noqa: PLC0415 - the same

    table = options.table or Path(str(place.files)).stem
    name = re.sub(r"[^a-z0-9_-]+", "-", table.lower()).strip("-") or "rows"
    named = next(each for n in range(1, 1000) if (each := name if n == 1 else f"{name}-{n}") not in place.taken)
    given: dict[str, Any] = {"name": named, "system": place.system, "database": place.database, "samples": 0}
    given |= {"files": place.files} if place.files else {"table": options.table}
    given |= {"time": options.time, "sample": options.sample}
    try:
        dataset = Dataset(**given)
    except ValidationError as error:
        raise ValueError("; ".join(str(each["msg"]) for each in error.errors(include_url=False))) from None
    if not options.window:
        return dataset
    from rounds.fixtures.data_narrowing import time_column  # noqa: PLC0415 - it imports sqlglot

    column = options.time or time_column(dataset, options.seconds)
    if column is None:
        raise ValueError("a window needs --time: the column that says when a row was made")
    return dataset.model_copy(update={"time": column, "window": read(options.window, "s")})


def _snapshot(place: "Place", options: argparse.Namespace) -> None:
    from rounds.fixtures.data_scan import scan  # noqa: PLC0415 - it imports sqlglot
    from rounds.fixtures.data_snapshot import snapshot_of  # noqa: PLC0415 - the same
    from rounds.measures import Columns, Shape  # noqa: PLC0415 - the same
    from rounds.probe import CouldNotLook  # noqa: PLC0415 - the same

    answer = scan(_dataset(place, options), [Shape()], options.seconds)[Shape()]
    if isinstance(answer, CouldNotLook):
        raise answer
    if isinstance(answer, Columns):
        say(snapshot_of(answer.columns).rstrip())


def _suggest(place: "Place", options: argparse.Namespace) -> None:
    from rounds.fixtures.data_narrowing import narrowed  # noqa: PLC0415 - it imports sqlglot
    from rounds.fixtures.data_profile import holding, profile  # noqa: PLC0415 - the same
    from rounds.fixtures.data_tables import tables  # noqa: PLC0415 - the same
    from rounds.suggest.page import pages  # noqa: PLC0415 - the same
    from rounds.suggest.rows import notes, pairs, suggestions  # noqa: PLC0415 - the same

    asked = _dataset(place, options)
    others = {each.name: each.about_rows for each in tables(place.database, options.seconds)} if place.database else {}
    about = None if options.all else others.get(str(options.table))
    dataset = narrowed(asked, about, options.seconds)
    seen = profile(dataset, list(others), pairs, options.seconds)
    rows = suggestions(seen)
    held = holding(seen.dataset, [each.rule for each in rows if each.rule], options.seconds)
    kept = [each for each in rows if each.rule is None or each.rule in held]
    say("\n".join(pages(seen, kept, notes(seen), place.new)))
