"""Standbys follow their primary."""

from typing import Annotated

import pytest
from pydantic import Field

from rounds.expectation import Expectation
from rounds.fixtures.replication import Replication, Standby
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most, exactly
from rounds.targets import Postgres


class PgReplicationLag(Expectation):
    """How many standbys must stream from a primary, and how far behind each may be.

    A standby that has replayed everything is 0 s behind, however long ago the primary last wrote.
    """

    database: Annotated[Postgres, Field(description="the primary")]
    standbys: Limit = at_least(1)
    lag: Limit = at_most(60, unit="s")
    may_have_none: Annotated[bool, Field(description="skipped when there is no standby, instead of critical")] = False


def test_pg_replication_lag(expected: PgReplicationLag, replication: Replication, observe: Observer) -> None:
    """Every standby streams from the primary and follows it closely.

    Remedy: on the standby see its log and `pg_is_wal_replay_paused()`; is it reachable, is its disk full, does a long
    query hold replay up? A standby that is gone while it has a replication slot fills the primary's disk: look at
    pg_replication_slots before anything else.
    """
    if not replication.standbys and expected.may_have_none:
        pytest.skip("no standby is connected to this primary, and this row allows that")
    observe("standbys", len(replication.standbys), expected.standbys)
    for standby in replication.standbys:
        observe(f"state of {standby.name}", standby.state, exactly("streaming"))
        _observe_lag(standby, expected.lag, observe)


def _observe_lag(standby: Standby, limit: Limit, observe: Observer) -> None:
    name = f"lag of {standby.name}"
    if standby.behind_bytes is None:
        observe.unknown(name, "it has not told yet how far it has replayed")
    elif standby.behind_bytes <= 0:
        observe(name, 0.0, limit, note="it has replayed everything")
    elif standby.lag_seconds is None:
        observe.unknown(name, f"{standby.behind_bytes} bytes behind, and the primary has measured no time for it")
    else:
        observe(name, standby.lag_seconds, limit, note=f"{standby.behind_bytes} bytes behind")
