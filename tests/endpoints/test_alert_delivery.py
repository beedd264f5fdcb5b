"""Alertmanager: its own figures (as 0.25 writes them), and a real one where Debian's is installed."""

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from rounds.checks import test_alert_delivery as checks
from rounds.estate.part import free_port
from rounds.judge import Earlier, EarlierFigure
from rounds.outcome import Outcome
from rounds.probe import Unreachable
from rounds.targets import Endpoint

Row = Callable[..., Any]
METRICS = """\
# HELP alertmanager_notifications_failed_total The total number of failed notifications.
# TYPE alertmanager_notifications_failed_total counter
alertmanager_notifications_failed_total{integration="email"} 0
alertmanager_notifications_failed_total{integration="webhook",reason="other"} %d
alertmanager_notifications_failed_total{integration="webhook",reason="serverError"} 0
# TYPE alertmanager_notifications_total counter
alertmanager_notifications_total{integration="email"} 0
alertmanager_notifications_total{integration="webhook"} %d
"""
WATCHDOG = {"labels": {"alertname": "Watchdog"}, "receivers": [{"name": "on-call"}], "status": {"state": "active"}}


def manager(sent: int = 5, failed: int = 0, alerts: Any = (WATCHDOG,)) -> Callable[..., Any]:
    def site(asked: Any) -> Any:
        metrics = (METRICS % (failed, sent)).encode()
        return (200, metrics) if asked.path == "/metrics" else (200, list(alerts))

    return site


@pytest.mark.parametrize(
    ("site", "before", "outcome", "words"),
    [
        (manager(), None, Outcome.OK, "notifications delivered by webhook is 5"),
        (manager(sent=0), None, Outcome.CRITICAL, "notifications delivered by webhook is 0"),
        (manager(alerts=()), None, Outcome.CRITICAL, "alert Watchdog is missing"),
        (manager(alerts=(WATCHDOG | {"status": {"state": "suppressed"}},)), None, Outcome.CRITICAL, "silenced"),
        (manager(alerts=(WATCHDOG | {"receivers": [{"name": "default"}]},)), None, Outcome.CRITICAL, "is default"),
        (manager(failed=2), None, Outcome.UNKNOWN, "this round stored the count"),
        (manager(failed=2), 2, Outcome.OK, "since the earlier round is 0"),
        (manager(failed=3), 2, Outcome.CRITICAL, "since the earlier round is 1"),
        (manager(failed=1), 9, Outcome.CRITICAL, "since the earlier round is 1"),
    ],
)
def test_alerts_are_delivered(  # noqa: PLR0913, PLR0917
    row: Row, serving: Any, looked: Any, site: Any, before: float | None, outcome: Outcome, words: str
) -> None:
    name = "failed notifications by webhook"
    earlier = Earlier({name: [EarlierFigure(before, 86400)]} if before is not None else {})
    expected = row(checks.AlertDelivery, endpoint=serving(site), receiver="on-call", integrations=["webhook"])
    seen = looked(checks.test_alert_delivery, expected, earlier)
    assert seen.outcome is outcome
    assert words in seen.summary


def test_an_alertmanager_that_gives_no_answer_cannot_be_looked_at(row: Row, looked: Any) -> None:
    gone = Endpoint(name="alertmanager", system="shop", url="http://127.0.0.1:1")
    with pytest.raises(Unreachable):
        looked(checks.test_alert_delivery, row(checks.AlertDelivery, endpoint=gone))


def test_an_alert_is_made_up_only_where_the_row_says_that_it_acts(row: Row, serving: Any) -> None:
    endpoint = serving(manager())
    with pytest.raises(ValidationError, match="acts: true"):
        row(checks.AlertDelivery, endpoint=endpoint, sink=endpoint.model_copy(update={"name": "sink"}))


@pytest.fixture
def alertmanager(tmp_path: Path, needed: Callable[..., str]) -> Iterator[Callable[[str], Endpoint]]:
    """Start Debian's Alertmanager with a webhook as its only receiver."""
    program = needed("prometheus-alertmanager", "prometheus-alertmanager")
    started: list[subprocess.Popen[bytes]] = []

    def start(webhook: str) -> Endpoint:
        port = free_port()
        (tmp_path / "config.yml").write_text(
            "route: {receiver: on-call, group_wait: 100ms, group_by: [alertname]}\n"
            f"receivers: [{{name: on-call, webhook_configs: [{{url: '{webhook}'}}]}}]\n"
        )
        options = ["--cluster.listen-address=", f"--web.listen-address=127.0.0.1:{port}", f"--storage.path={tmp_path}"]
        started.append(
            subprocess.Popen([program, f"--config.file={tmp_path}/config.yml", *options], stderr=subprocess.DEVNULL)
        )
        endpoint = Endpoint(name="alertmanager", system="shop", url=f"http://127.0.0.1:{port}")
        wait_for(lambda: httpx.get(f"{endpoint.url}/-/ready").status_code == 200)
        httpx.post(f"{endpoint.url}/api/v2/alerts", json=[{"labels": {"alertname": "Watchdog"}}])
        wait_for(lambda: len(httpx.get(f"{endpoint.url}/api/v2/alerts").json()) == 1)
        return endpoint

    yield start
    for process in started:
        process.terminate()
        process.wait(10)


def wait_for(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + 10
    while time.monotonic() < ends:
        try:
            if holds():
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.05)
    raise TimeoutError


class Receiver:
    """A webhook that keeps what it gets and shows it."""

    def __init__(self) -> None:
        self.got: list[bytes] = []

    def __call__(self, asked: Any) -> Any:
        if asked.method == "POST":
            self.got.append(asked.body)
        return 200, b"\n".join(self.got)


def test_a_made_up_alert_arrives_through_a_real_alertmanager(
    row: Row, serving: Any, looked: Any, alertmanager: Any
) -> None:
    sink = serving(Receiver(), "sink")
    given = {"endpoint": alertmanager(sink.url), "sink": sink, "acts": True, "patience": "20s", "receiver": "on-call"}
    wait_for(lambda: b"Watchdog" in httpx.get(sink.url).content)
    seen = looked(checks.test_alert_delivery, row(checks.AlertDelivery, **given, integrations=["webhook"]))
    assert seen.outcome is Outcome.OK
    assert "made-up alert arrived after" in [each.name for each in seen.observations]


def test_a_broken_receiver_is_seen_in_a_real_alertmanager(
    row: Row, serving: Any, looked: Any, alertmanager: Any
) -> None:
    broken, sink = serving(lambda _: (404, b""), "broken"), serving(Receiver(), "sink")
    endpoint = alertmanager(broken.url)
    failed = 'alertmanager_notifications_failed_total{integration="webhook"'
    wait_for(lambda: any(line.startswith(failed) and not line.endswith(" 0")
                         for line in httpx.get(f"{endpoint.url}/metrics").text.splitlines()))  # fmt: skip
    given = {"endpoint": endpoint, "sink": sink, "acts": True, "patience": "1s", "integrations": ["webhook"]}
    seen = looked(checks.test_alert_delivery, row(checks.AlertDelivery, **given))
    assert seen.outcome is Outcome.CRITICAL
    bad = {each.name for each in seen.observations if each.verdict is not Outcome.OK}
    assert bad >= {"notifications delivered by webhook", "made-up alert"}
