"""Nothing writes while a data incident is open."""

from dataclasses import replace
from typing import Any

import pytest

from rounds.checks.test_writers import WritersStopped, test_writers_stopped
from rounds.fixtures.host import Machine, Memory
from rounds.fixtures.processes import Process
from rounds.fixtures.sql import QueryRows
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.targets import Host, Postgres

test_writers_stopped.__test__ = False
MIB = 2**20
INIT = Process(1, 0, "systemd", "/sbin/init", MIB, MIB, 3600.0)
SPIDER = Process(20, 1, "scrapy", "python /usr/bin/scrapy crawl centros -a key=s3cret", MIB, MIB, 60.0)
QUIET = Machine(Memory(2000 * MIB, 1000 * MIB), None, (), {}, processes=(INIT,))
BUSY = replace(QUIET, processes=(INIT, SPIDER))
BLIND = replace(QUIET, processes=(), complaints={"processes": "no process can be seen"})
QUERY = "SELECT id, 0 AS new_rows FROM incidents WHERE closed_at IS NULL"


def told(row: Any, machine: Machine, *rows: Any, column: str = "new_rows") -> Observer:
    observer = Observer()
    database = Postgres.model_validate({"name": "database", "dsn": "postgresql://127.0.0.1/x"})
    expected = row(
        WritersStopped, host=Host(name="spiders"), database=database, query=QUERY, pattern=r"\bscrapy crawl\b"
    )
    test_writers_stopped(expected, machine, QueryRows(("id", column), rows), observer)
    return observer


@pytest.mark.parametrize(
    ("machine", "rows", "outcome", "words"),
    [
        (QUIET, [("DQ-1", 0)], Outcome.OK, "new rows is 0"),
        (QUIET, [("DQ-1", 0), ("DQ-2", 3)], Outcome.CRITICAL, "new rows is 3"),
        (BUSY, [("DQ-1", 0)], Outcome.CRITICAL, "processes is 1, allowed is at most 0 (scrapy (20))"),
        (BLIND, [("DQ-1", 0)], Outcome.UNKNOWN, "no process can be seen"),
        (BLIND, [("DQ-1", 1)], Outcome.CRITICAL, "new rows is 1"),
        (replace(QUIET, processes=()), [("DQ-1", 0)], Outcome.UNKNOWN, "no process at all"),
        (QUIET, [("DQ-1", None)], Outcome.UNKNOWN, "does not tell"),
    ],
)
def test_nothing_may_run_and_nothing_may_be_written(
    row: Any, machine: Machine, rows: Any, outcome: Outcome, words: str
) -> None:
    seen = told(row, machine, *rows)
    assert seen.outcome is outcome
    assert words in seen.summary
    assert "s3cret" not in seen.summary


def test_a_spider_that_ended_and_was_not_buried_does_not_write(row: Any) -> None:
    dead = replace(SPIDER, is_zombie=True)
    assert told(row, replace(QUIET, processes=(INIT, dead)), ("DQ-1", 0)).outcome is Outcome.OK


def test_a_query_without_the_figure_is_unknown(row: Any) -> None:
    assert told(row, QUIET, ("DQ-1", 0), column="rows").outcome is Outcome.UNKNOWN


def test_without_an_incident_nothing_is_judged(row: Any) -> None:
    with pytest.raises(pytest.skip.Exception, match="no incident is open"):
        told(row, BUSY)
