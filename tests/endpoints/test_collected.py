"""Telemetry that arrives, jobs that end, and Grafana that shows it."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_grafana as grafana
from rounds.checks import test_http_jobs as jobs
from rounds.checks import test_telemetry as telemetry
from rounds.outcome import Outcome
from rounds.probe import Unreachable
from rounds.targets import Endpoint

Row = Callable[..., Any]
Told = Callable[..., Any]


def elastic(ages: dict[str, float], **more: Any) -> Callable[..., Any]:
    """A search that gives the newest record of the component it was asked for."""

    def site(asked: Any) -> Any:
        component = asked.json["query"]["term"]["service"]
        hits = [{"_source": {"@timestamp": time.time() - ages[component]}}] if component in ages else []
        return 200, {"_shards": {"failed": 0}, "hits": {"hits": hits}} | more

    return site


SEARCH = {
    "path": "/logs-*/_search", "query": {"size": 1, "sort": [{"@timestamp": "desc"}], "query": {"term": {"service": "{component}"}}},
    "components": ["api", "spider"], "stamps": "$.hits.hits[*]._source['@timestamp']",
    "conditions": [{"path": "$._shards.failed", "equals": 0}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("site", "outcome", "words"),
    [
        (elastic({"api": 10, "spider": 20}), Outcome.OK, "records of api is 1"),
        (elastic({"api": 10, "spider": 900}), Outcome.CRITICAL, "record of spider is 15"),
        (elastic({"api": 10}), Outcome.CRITICAL, "newest record of spider is missing"),
        (elastic({"api": 10, "spider": -900}), Outcome.CRITICAL, "lies in the future"),
        (elastic({"api": 10, "spider": 20}, _shards={"failed": 2}), Outcome.CRITICAL, "_shards.failed is 2"),
        (elastic({"api": 10, "spider": 20}, hits={"hits": [{"_source": {"@timestamp": "soon"}}]}), Outcome.CRITICAL, "no readable time"),
        (lambda _: (401, {}), Outcome.UNKNOWN, "the target has none"),
        (lambda _: (500, {}), Outcome.CRITICAL, "http status is 500"),
    ],
)  # fmt: skip
def test_records_of_each_component_arrive(told: Told, site: Any, outcome: Outcome, words: str) -> None:
    seen = told(telemetry.test_telemetry_fresh, telemetry.TelemetryFresh, site, **SEARCH)
    assert seen.outcome is outcome
    assert words in seen.summary


def test_a_store_that_cannot_be_reached_is_no_finding_of_missing_records(row: Row, looked: Any) -> None:
    gone = Endpoint(name="store", system="shop", url="http://127.0.0.1:1")
    with pytest.raises(Unreachable):
        looked(telemetry.test_telemetry_fresh, row(telemetry.TelemetryFresh, endpoint=gone, **SEARCH))


@pytest.mark.parametrize("factor", [1, 10**3, 10**6, 10**9])
@pytest.mark.parametrize("written", [int, str])
def test_stores_write_unix_time_in_several_units(
    row: Row, serving: Any, looked: Any, factor: int, written: Any
) -> None:
    asked: list[str] = []

    def site(request: Any) -> Any:
        asked.append(request.path)
        return 200, {"data": [{"spans": [{"startTime": written(int((time.time() - 60) * factor))}]}]}

    given = {
        "path": "/api/traces?service={component}&start={since_ns}",
        "components": ["a b"],
        "stamps": "$.data[*].spans[*].startTime",
    }
    seen = looked(
        telemetry.test_telemetry_fresh, row(telemetry.TelemetryFresh, endpoint=serving(site), age="1h", **given)
    )
    assert seen.outcome is Outcome.OK
    assert 59 <= {each.name: each.value for each in seen.observations}["age of the newest record of a b"] <= 120
    assert asked[0].startswith("/api/traces?service=a%20b&start=1")
    assert len(asked[0].partition("start=")[2]) == 19


LIST = {"path": "/api/jobs", "jobs": "$.jobs", "unfinished": ["processing"], "age": "30min"}


def job(state: str | None, age: float, number: int = 1) -> dict[str, Any]:
    return {"id": number, "created_at": time.time() - age} | ({"status": state} if state else {})


@pytest.mark.parametrize(
    ("content", "outcome", "words"),
    [
        ([("processing", 60), ("done", 9e5)], Outcome.OK, "jobs is 2"),
        ([], Outcome.OK, "jobs is 0"),
        ([("processing", 60), ("processing", 3000)], Outcome.CRITICAL, "allowed is at most 30 min (2)"),
        ([(None, 60)], Outcome.CRITICAL, "jobs without a state is 1"),
        ({"jobs": [{"id": 1, "status": "processing"}]}, Outcome.CRITICAL, "no known age is 1"),
        ([("processing", -7200)], Outcome.CRITICAL, "no known age is 1"),
        ({}, Outcome.CRITICAL, "no list at $.jobs"),
        ({"jobs": None}, Outcome.CRITICAL, "no list at $.jobs"),
    ],
)  # fmt: skip
def test_no_job_stays_unfinished(told: Told, content: Any, outcome: Outcome, words: str) -> None:
    def site(_: object) -> Any:
        listed = [job(*given, number) for number, given in enumerate(content, 1)] if isinstance(content, list) else None
        return 200, content if listed is None else {"jobs": listed}

    seen = told(jobs.test_http_job_age, jobs.HttpJobAge, site, **LIST)
    assert seen.outcome is outcome
    assert words in seen.summary


def test_what_is_no_finished_state_is_unfinished(row: Row, serving: Any, looked: Any) -> None:
    site = serving(lambda _: (200, [job("hanging", 9e5)]))
    expected = row(jobs.HttpJobAge, endpoint=site, path="/", finished=["completed", "failed"])
    assert looked(jobs.test_http_job_age, expected).outcome is Outcome.CRITICAL
    for given in ({}, {"finished": ["a"], "unfinished": ["b"]}):
        with pytest.raises(ValidationError, match="either"):
            row(jobs.HttpJobAge, endpoint=site, path="/", **given)


TITLES = ("API Response Time", "Spider Success Rate")


class Grafana:
    """Grafana's HTTP API with one data source and one dashboard."""

    def __init__(self, **change: Any) -> None:
        self.health = {"database": "ok", "version": "11.0.0"}
        self.source = (200, {"status": "OK", "message": "fine"})
        self.titles: tuple[str, ...] = TITLES
        self.values: Any = [[1, 2], [0.5, None]]
        self.dashboards = ["Overview", "Overview of the rest"]
        self.refused = False
        self.queries: list[Any] = []
        vars(self).update(change)

    def __call__(self, asked: Any) -> Any:  # noqa: PLR0911 - one for each address
        path = asked.path.partition("?")[0]
        if path == "/api/health":
            return 200, self.health
        if self.refused:
            return 401, {"message": "invalid API key"}
        if path == "/api/datasources":
            return 200, [{"uid": "p1", "name": "Prometheus", "type": "prometheus", "isDefault": True}]
        if path == "/api/datasources/uid/p1/health":
            return self.source
        if path == "/api/search":
            return 200, [{"uid": f"u{n}", "title": title} for n, title in enumerate(self.dashboards)]
        if path == "/api/ds/query":
            self.queries.append(asked.json["queries"][0])
            frames = [{"schema": {}, "data": {"values": self.values}}] if self.values is not None else []
            return 200, {"results": {"A": {"status": 200, "frames": frames}}}
        return 200, {"dashboard": self.shown()}

    def shown(self) -> Any:
        targets = [{"refId": "A", "expr": 'rate(x{job="$job"}[$__rate_interval])'}]
        first, *rest = [{"title": title, "datasource": {"uid": "${DS}"}, "targets": targets} for title in self.titles]
        variables = [
            {"name": "DS", "type": "datasource", "current": {"value": "p1"}},
            {"name": "job", "type": "query", "current": {"value": ["api", "web"]}},
        ]
        return {
            "title": "Overview",
            "panels": [{"type": "row", "panels": [first]}, *rest],
            "templating": {"list": variables},
        }


def shown(told: Told, site: Any) -> Any:
    given = {"dashboards": ["Overview"], "panels": list(TITLES)}
    return told(grafana.test_grafana_dashboard, grafana.GrafanaDashboard, site, **given)


def test_a_dashboard_with_its_panels_and_their_data_is_ok(told: Told) -> None:
    site = Grafana()
    assert shown(told, site).outcome is Outcome.OK
    assert {query["expr"] for query in site.queries} == {'rate(x{job="api|web"}[$__rate_interval])'}
    assert site.queries[0]["datasource"] == {"uid": "p1", "type": "prometheus"}


@pytest.mark.parametrize(
    ("change", "outcome", "words"),
    [
        ({"titles": TITLES[:1]}, Outcome.CRITICAL, "panel Spider Success Rate is missing"),
        ({"dashboards": ["Overview of the rest"]}, Outcome.CRITICAL, "there is no such dashboard"),
        ({"values": None}, Outcome.CRITICAL, "no data"),
        ({"values": [[], []]}, Outcome.CRITICAL, "no data"),
        ({"values": [[1, 2], [None, None]]}, Outcome.CRITICAL, "no data"),
        ({"source": (400, {"message": "connection refused"})}, Outcome.CRITICAL, "Prometheus: http status 400: connection refused"),
        ({"source": (404, {})}, Outcome.OK, "data sources that are not well is 0"),
        ({"health": {"database": "failing"}}, Outcome.CRITICAL, "database is failing"),
        ({"health": {}}, Outcome.CRITICAL, "database is missing"),
        ({"refused": True}, Outcome.UNKNOWN, "may not see the data sources"),
    ],
)  # fmt: skip
def test_what_grafana_cannot_show_is_told(told: Told, change: Any, outcome: Outcome, words: str) -> None:
    seen = shown(told, Grafana(**change))
    assert seen.outcome is outcome
    assert words in seen.summary
