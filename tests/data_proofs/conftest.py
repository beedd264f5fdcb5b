"""Tables with constraints in a real PostgreSQL, and what the scan says of them, proved or counted."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rounds.fixtures.data_scan import scan
from rounds.measures import Measure, Reading
from rounds.targets import Dataset
from tests.postgres.conftest import Server, server

assert server


class Held:
    """A schema of its own for each test; `t` is the dataset unless another is named."""

    def __init__(self, running: Server) -> None:
        self.server = running

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        return self.server.run("; ".join((*statements, "GRANT SELECT ON ALL TABLES IN SCHEMA held TO reader")))

    def dataset(self, table: str = "held.t", **more: Any) -> Dataset:
        # The superuser, as the tests alter what readers may not: whose row security is on, what is in the catalog.
        return Dataset(name="t", system="shop", database=self.server.target(user="super"), table=table, **more)

    def look(self, dataset: Dataset, measure: Measure) -> Any:
        return scan(dataset, [measure], 20)[measure]

    def answer(self, measure: Measure, **more: Any) -> Any:
        return self.look(self.dataset(**more), measure)

    def proof(self, measure: Measure, **more: Any) -> str:
        answer = self.answer(measure, **more)
        assert isinstance(answer, Reading), answer
        return answer.proof


@pytest.fixture
def held(server: Server) -> Iterator[Held]:
    server.run("DROP SCHEMA IF EXISTS held CASCADE; CREATE SCHEMA held; GRANT USAGE ON SCHEMA held TO reader")
    yield Held(server)
    server.run("DROP SCHEMA held CASCADE")


@pytest.fixture
def checked(held: Held) -> Callable[[str], Callable[..., str]]:
    """A table of many types with one row and one check; gives what proves a measure."""

    def make(check: str) -> Callable[..., str]:
        held.run(
            "CREATE TYPE held.mood AS ENUM ('a', 'b')",
            "CREATE TABLE held.t (p numeric(10,2), q numeric(10,2), f float8, r real, i int, b bigint, v varchar(20),"
            " x text, m held.mood, d date, ts timestamptz, c char(5))",
            "INSERT INTO held.t VALUES (1, 1, 0.5, 0.05, 1, 1, 'a', 'a', 'a', '2020-02-02', '2020-01-01', 'a')",
            f"ALTER TABLE held.t ADD CONSTRAINT k CHECK ({check})",
        )
        return held.proof

    return make
