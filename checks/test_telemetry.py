"""Logs and traces arrive where they are collected."""

from typing import Annotated, Any

from pydantic import Field

from rounds.checks.answers import is_answered, observe_age
from rounds.checks.conditions import Conditions, observe_condition
from rounds.expectation import Expectation
from rounds.fixtures.telemetry import Arrivals
from rounds.json_path import JsonPath
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most
from rounds.quantities import Duration
from rounds.targets import Endpoint


class TelemetryFresh(Expectation):
    """How old the newest record in a store of logs or traces may be, for each component.

    Path and query may name {component}, and {since} and {now} (also _ms and _ns) for the time that is searched.
    """

    endpoint: Annotated[Endpoint, Field(description="the store: Elasticsearch, Loki, Jaeger, Tempo, …")]
    path: str
    query: Annotated[dict[str, Any] | None, Field(description="a search sent as JSON; a GET when left out")] = None
    components: tuple[str, ...] = ()
    stamps: Annotated[JsonPath, Field(description="path of the records' times in the answer")]
    over: Annotated[Duration, Field(description="how far back is searched")] = 3600.0
    age: Limit = at_most(300, unit="s")
    records: Annotated[Limit, Field(description="how many stamps must be found")] = at_least(1)
    conditions: Annotated[Conditions, Field(description="that the search is whole, such as no failed shards")] = ()
    within: Limit = at_most(20, unit="s")


def test_telemetry_fresh(expected: TelemetryFresh, arrivals: tuple[Arrivals, ...], observe: Observer) -> None:
    """Records of each component arrive in the store.

    Remedy: look whether the shipper or collector runs on the component's host and what its own log says; then whether
    the store takes records (disk, quota, mapping). The component's local log still has what is missing.
    """
    for seen in arrivals:
        of = f" of {seen.component}" if seen.component else ""
        if not is_answered(expected.within, seen.answer, observe) or seen.answer.status != 200:
            return
        for condition in expected.conditions:
            observe_condition(condition, seen.answer, observe, f"{seen.component}: " if seen.component else "")
        if seen.stamps == 0:
            observe.critical(f"newest record{of}", "the store has none of the time that was searched", "missing")
        elif seen.age_seconds is None:
            observe.critical(f"newest record{of}", f"no readable time at {expected.stamps}", "unknown")
        else:
            observe(f"records{of}", seen.stamps, expected.records)
            observe_age(observe, f"age of the newest record{of}", seen.age_seconds, expected.age)
