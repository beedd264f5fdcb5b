"""What writes is stopped while data is put right."""

from typing import Annotated

import pytest
from pydantic import Field

from rounds.checks.processes import OfProcesses, chosen, is_unsure
from rounds.fixtures.host import Machine
from rounds.fixtures.sql import QueryRows
from rounds.judge import Observer
from rounds.limits import Limit, at_most
from rounds.sql import Query
from rounds.targets import Postgres, Sqlite

NEW_ROWS = "new_rows"


class WritersStopped(OfProcesses):
    """How many processes of a kind may run while an incident is open, and how much may have been written since.

    `query` gives a row for each open incident; its column `new_rows` counts what was written since. While it gives
    none, the row is skipped.
    """

    database: Postgres | Sqlite
    query: Annotated[Query, Field(description="one row for each open incident, with the column new_rows")]
    running: Limit = at_most(0)
    written: Limit = at_most(0)


def test_writers_stopped(expected: WritersStopped, machine: Machine, query_rows: QueryRows, observe: Observer) -> None:
    """Nothing writes while an incident with the data is open.

    Remedy: take what starts them out of its schedule first, then end the processes that are named. New rows without a
    process: something else writes (another machine, a person, a replayed queue); the newest rows tell which run it is.
    """
    if not query_rows.rows:
        pytest.skip("no incident is open")
    found, why = chosen(expected, machine)
    if is_unsure(expected, machine) or not machine.processes:
        observe.unknown("processes", why or "the host shows no process at all")
    else:
        living = [each for each in found if not each.is_zombie]
        note = ", ".join(f"{each.name} ({each.pid})" for each in living[:3])
        observe("processes", len(living), expected.running, note=note)
    if NEW_ROWS not in query_rows.columns:
        observe.unknown(NEW_ROWS, f"the query gives no such column, but {', '.join(query_rows.columns)}")
        return
    counts = query_rows.column(NEW_ROWS)
    told = [float(each) for each in counts if isinstance(each, int | float)]
    if len(told) < len(counts):
        observe.unknown(
            "new rows of an incident", "the query does not tell how many there are", len(counts) - len(told)
        )
    if told:
        observe("new rows", max(told), expected.written, note=f"of {len(told)} open incidents")
