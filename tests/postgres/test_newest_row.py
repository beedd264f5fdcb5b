"""The newest row of a table."""

import pytest

from rounds.fixtures import newest_row  # noqa: F401 - makes the probe known
from rounds.probe import PROBES, RunbookDisagrees
from rounds.targets import Postgres

from .conftest import Server


def look(database: Postgres | None, table: str = "attempts", created: str = "at") -> float | None:
    age: float | None = PROBES["newest_row"].look(database, table, created)
    return age


def test_its_age_is_told_by_the_database(server: Server, database: Postgres) -> None:
    assert look(database) is None
    server.run("INSERT INTO attempts (username, at, local, success) VALUES ('u', now() - interval '90 s', now(), true)")
    age = look(database)
    server.run("TRUNCATE attempts")
    assert age == pytest.approx(90, abs=5)


def test_a_row_without_a_database_asks_none() -> None:
    assert look(None) is None


def test_a_table_that_is_not_there_disagrees_with_the_runbook(database: Postgres) -> None:
    with pytest.raises(RunbookDisagrees, match="scrape_logs"):
        look(database, "scrape_logs")
