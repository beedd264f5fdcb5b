"""Histories in a file and in a real PostgreSQL, with rounds of any age."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from rounds.history import History
from rounds.limits import at_most
from rounds.outcome import Outcome
from rounds.record import Observation, Record
from rounds.round import Round
from tests.machine.conftest import project
from tests.postgres.conftest import Server, server

__all__ = ["project", "server"]

_NUMBERS = itertools.count()


@dataclass(frozen=True)
class Place:
    """Where a history is; `new` opens it anew, as another process would."""

    state: Path
    url: str = ""

    def new(self, kept_days: float = 400.0) -> History:
        return History(self.state, SecretStr(self.url) if self.url else None, kept_days)


@pytest.fixture
def shared(server: Server, tmp_path: Path) -> Iterator[Place]:
    """An empty PostgreSQL database."""
    name = f"history{next(_NUMBERS)}"
    server.run(f"CREATE DATABASE {name}", "postgres")
    yield Place(tmp_path / "state", server.dsn("super", dbname=name))
    server.run(f"DROP DATABASE {name} WITH (FORCE)", "postgres")


@pytest.fixture(params=["file", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "file":
        return Place(tmp_path / "state")
    shared: Place = request.getfixturevalue("shared")
    return shared


def moment(days: float) -> str:
    """The time some days ago."""
    return (datetime.now(UTC) - timedelta(days=days)).isoformat().replace("+00:00", "Z")


def record(name: str, outcome: Outcome = Outcome.OK, figure: float = 1.0, since: str = "") -> Record:
    seen = Observation.of("used", figure, at_most(90, warning=80, unit="%"), "", "")
    return Record(
        id=f"mine.area.{name}", system="mine", area="area", check="figure", when=["daily"], severity="critical",
        runbook="Daily", remedy="", target="one", outcome=outcome, summary="", observations=[seen], since=since,
    )  # fmt: skip


@pytest.fixture
def round_of() -> Callable[..., Round]:
    """Make a round: `round_of(3, record("disk"))` is three days old."""

    def made(days: float, *records: Record, **more: Any) -> Round:
        at = moment(days)
        for each in records:
            each.since = each.since or at
        return Round(id=f"{at}-daily", batch="daily", started_at=at, records=list(records), **more)

    return made
