"""The example of Alertmanager's configuration is one it takes, and it sends and holds back what it says."""

from datetime import UTC, datetime
from itertools import count

import pytest

from rounds.alerting.alert import Alert, AlertRow, Kind, Level
from rounds.senders.alertmanager_form import labels_of


@pytest.fixture(scope="module")
def config(deploy):
    return deploy / "alertmanager" / "alertmanager.yaml"


def told(kind, level, key="shop.health.api"):
    """The labels that Rounds' own sender gives an alert."""
    row = AlertRow("shop.health.api", level, "slow", "shop/api", "Daily", "look", "critical", "2026-11-22T03:00:00Z")
    alert = Alert("1", key, kind, level, "shop", "title", (row,), "2026-11-22T03:00:00Z", "2026-11-22T03:00:00Z", "")
    return labels_of(alert, {})


EXPECTATION = "shop.health.api"
CAUSE = "shop/database"


def test_alertmanager_takes_it(config, needed, said, tmp_path):
    amtool = needed("amtool", "prometheus-alertmanager")
    assert "SUCCESS" in said(amtool, "check-config", config)
    (tmp_path / "wrong.yaml").write_text(config.read_text().replace("receiver: pager", "receiver: pagr"))
    said(amtool, "check-config", tmp_path / "wrong.yaml", code=1)


@pytest.mark.parametrize(("labels", "receiver"), [
    (told(Kind.BAD, Level.CRITICAL), "pager"),
    (told(Kind.BAD, Level.CRITICAL, CAUSE), "pager"),
    (told(Kind.BAD, Level.UNKNOWN, CAUSE), "chat"),
    (told(Kind.BAD, Level.UNKNOWN), "chat"),
    (told(Kind.BAD, Level.WARNING), "mail"),
    (told(Kind.TEST, Level.GOOD), "mail"),
    (told(Kind.TEST, Level.CRITICAL), "mail"),
    ({"alertname": "RoundsRoundStale", "severity": "critical", "batch": "daily"}, "pager"),
    ({"alertname": "RoundsRoundSlower", "severity": "warning", "batch": "daily"}, "mail"),
    ({"alertname": "RoundsRoundHadProblems", "severity": "unknown", "batch": "daily"}, "chat"),
    ({"alertname": "NodeDown", "severity": "critical"}, "mail"),
])  # fmt: skip
def test_who_is_told(config, needed, said, labels, receiver):
    words = [f"{name}={value}" for name, value in labels.items()]
    answer = said(
        needed("amtool", "prometheus-alertmanager"), "config", "routes", "test", f"--config.file={config}", *words
    )
    assert answer.splitlines()[0] == receiver


@pytest.fixture(scope="module")
def held_back(config, needed, serve):
    """Give alerts to a real Alertmanager, and learn which it holds back because of another."""
    program = needed("prometheus-alertmanager", "prometheus-alertmanager")
    server = serve(lambda port, folder: [
        program, f"--config.file={config}", f"--storage.path={folder}", f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ])  # fmt: skip
    server.wait(lambda: server.get("/api/v2/status")["versionInfo"])
    calls = count()

    def give(*alerts):
        # Alertmanager learns behind its answers, in the order given, what holds back others: when the last pair of all
        # is held back, it has learned of all before it.
        last = {"batch": f"last-{next(calls)}", "instance": "app"}
        pair = [{**last, "alertname": name} for name in ("RoundsRoundStale", "RoundsRoundSlower")]
        now = datetime.now(UTC).isoformat()
        server.post("/api/v2/alerts", [{"labels": alert, "startsAt": now} for alert in (*alerts, *pair)])

        def learned():
            states = {frozenset(each["labels"].items()): each["status"] for each in server.get("/api/v2/alerts")}
            held = {labels for labels, status in states.items() if status["state"] == "suppressed"}
            return (held, states.keys()) if frozenset(pair[1].items()) in held else None

        held, there = server.wait(learned)
        wanted = [frozenset(alert.items()) for alert in alerts]
        assert there >= set(wanted)
        return [alert in held for alert in wanted]

    return give


def test_a_critical_expectation_holds_back_its_own_warning_and_no_other(held_back):
    base = {"alertname": "RoundsExpectation", "system": "one"}
    held = held_back(
        {**base, "expectation": "one.a.x", "severity": "critical"},
        {**base, "expectation": "one.a.x", "severity": "warning"},
        {**base, "expectation": "one.a.x", "severity": "unknown"},
        {**base, "expectation": "one.a.y", "severity": "warning"},
        {**base, "system": "two", "expectation": "two.a.x", "severity": "unknown"},
    )
    assert held == [False, True, True, False, False]


def test_a_stale_round_holds_back_what_its_last_figures_say_of_itself(held_back):
    stale = {"alertname": "RoundsRoundStale", "batch": "daily", "instance": "app", "severity": "critical"}
    slower = {"alertname": "RoundsRoundSlower", "batch": "daily", "instance": "app", "severity": "warning"}
    assert held_back(stale, slower, slower | {"batch": "weekly"}, slower | {"instance": "db"}) == [
        False, True, False, False
    ]  # fmt: skip


def test_a_missing_batch_holds_back_that_one_of_its_runners_vanished(held_back):
    missing = {"alertname": "RoundsRoundMissing", "batch": "monthly", "severity": "critical"}
    gone = {"alertname": "RoundsRoundVanished", "batch": "monthly", "instance": "app", "severity": "critical"}
    assert held_back(missing, gone, gone | {"batch": "weekly"}) == [False, True, False]


def test_nothing_holds_back_the_alert_of_another_system(held_back):
    unreachable = told(Kind.BAD, Level.UNKNOWN, CAUSE)
    broken = told(Kind.BAD, Level.CRITICAL)
    assert held_back(unreachable, broken) == [False, False]
