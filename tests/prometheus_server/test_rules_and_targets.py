"""Rules, alerts and targets of a real Prometheus: loaded, altered, blind, firing, vanished."""

import pytest

from rounds.checks import test_alert_rules, test_rules, test_scrape_targets
from rounds.estate.part import wait_until
from rounds.estate.prometheus import Series, growing, level, pending_for
from rounds.outcome import Outcome
from rounds.probe import PROBES

OK, CRITICAL, UNKNOWN = Outcome.OK, Outcome.CRITICAL, Outcome.UNKNOWN
MANY_ERRORS = {
    "alert": "ManyErrors",
    "compares": "> 0.5",
    "window": "5m",
    "held": "10m",
    "labels": {"severity": "warning"},
}
ALL_ERRORS = {"query": 'sum(rate(http_requests_total{status_code="500"}[5m]))', "value": {"at_most": 0.5}}


@pytest.fixture
def alert_rule(judged, metrics):
    return lambda **fields: judged(test_alert_rules.test_prom_alert_rule, prometheus=metrics, **fields)


@pytest.fixture
def rules(judged, metrics):
    return lambda **fields: judged(test_rules.test_prom_rules, prometheus=metrics, **fields)


@pytest.fixture
def no_alerts(judged, metrics):
    return lambda **fields: judged(test_rules.test_prom_no_firing_alerts, prometheus=metrics, **fields)


@pytest.fixture
def targets(judged, metrics):
    return lambda **fields: judged(test_scrape_targets.test_prom_target_up, prometheus=metrics, **fields)


def failing(observer):
    return {each.name for each in observer.observations if each.verdict.is_bad}


@pytest.mark.parametrize(("changes", "bad"), [
    ({}, set()),
    (ALL_ERRORS, set()),
    ({"compares": ">0.50"}, set()),
    ({"compares": "> 0.05"}, {"comparison"}),
    ({"compares": "< 0.5"}, {"comparison"}),
    ({"window": "10m"}, {"window"}),
    ({"held": "5m"}, {"held for"}),
    ({"labels": {"severity": "critical"}}, {"labels"}),
    ({"alert": "Another"}, {"rule"}),
    (ALL_ERRORS | {"value": {"at_most": 0.01}}, {"value"}),
    (ALL_ERRORS | {"query": "sum(rate(gone_total[5m]))"}, {"value"}),
])  # fmt: skip
def test_a_rule_is_loaded_as_it_should_be(alert_rule, changes, bad):
    assert failing(alert_rule(**MANY_ERRORS | changes)) == bad


def test_a_rule_on_a_metric_that_does_not_exist_is_critical(alert_rule):
    seen = alert_rule(alert="Blind", compares="== 0", window="10m", held="20m", labels={"severity": "critical"})
    assert failing(seen) == {"metrics of it that do not exist"}
    assert "no_such_total" in seen.summary


def test_an_ill_rule_is_critical_and_says_why(alert_rule):
    seen = alert_rule(alert="Ill")
    assert failing(seen) == {"health"}
    assert "many-to-many" in seen.summary


def test_a_rules_condition_is_only_judged_while_it_is_due(alert_rule):
    stalled = {"query": "increase(stalled_items_total[20m])", "value": {"at_least": 1}}
    assert failing(alert_rule(**MANY_ERRORS | stalled, only_while="harvest_scheduled")) == {"value"}
    assert alert_rule(**MANY_ERRORS | stalled, only_while="harvest_idle").outcome is OK
    assert failing(alert_rule(**MANY_ERRORS | stalled, only_while="gone_total")) == {"condition", "value"}


def test_a_comparison_must_be_one(row, metrics):
    with pytest.raises(ValueError, match="no comparison with a number"):
        row(test_alert_rules.PromAlertRule, prometheus=metrics, alert="X", compares="5%")


@pytest.mark.parametrize(("fields", "bad"), [
    ({"group": "fine", "least": 3, "alerts": ["ManyErrors"]}, set()),
    ({"group": "fine", "least": 4}, {"rules"}),
    ({"group": "fine", "alerts": ["DiskFull"]}, {"rule DiskFull"}),
    ({"group": "gone"}, {"rules"}),
    ({}, {"health of Ill", "metrics that do not exist"}),
    ({"may_be_missing": ["no_such_total"]}, {"health of Ill"}),
])  # fmt: skip
def test_all_rules_are_healthy_and_see_something(rules, fields, bad):
    assert failing(rules(**fields)) == bad


def test_an_alert_that_fires_is_critical_and_no_more_when_it_is_over(server, alert_rule, no_alerts):
    assert no_alerts().outcome is OK
    more = Series("http_requests_total", {"status_code": "500"}, growing(0.1, {900: 5}))
    was_pending = pending_for(900, "ManyErrors", {"severity": "warning", "status_code": "500"})
    with server.changed(more, was_pending):
        server.await_alert("ManyErrors")
        assert failing(no_alerts()) == {"alerts that fire"}
        assert no_alerts(severities=["critical"]).outcome is OK
        assert failing(alert_rule(**MANY_ERRORS, **ALL_ERRORS)) == {"state", "value"}
    assert no_alerts().outcome is OK


def test_without_its_watchdog_nobody_knows_whether_alerts_would_fire(server, no_alerts):
    with server.changed(rules={"fine": server.rules["fine"][1:]}):
        assert failing(no_alerts()) == {"Watchdog fires"}
    assert failing(no_alerts(watchdog="Heartbeat")) == {"Heartbeat fires"}


def test_an_alert_without_a_severity_counts(server, no_alerts):
    with server.changed(rules={"fine": [*server.rules["fine"], {"alert": "Bare", "expr": "vector(1)"}]}):
        server.await_alert("Bare")
        assert "Bare (no severity)" in no_alerts().summary


def test_targets_are_up_and_those_that_are_down_say_why(server, application, targets):
    wait_until(lambda: {"0"} == {each["value"] for each in server.value_by_labels('up{job="dead"}')}, "it is seen dead")
    assert targets(jobs={"api": 1}, hosts=[application.address]).outcome is OK
    seen = targets(jobs={"api": 1, "dead": 1})
    assert failing(seen) == {"targets of dead that are down"}
    assert "refused" in seen.summary
    assert failing(targets(jobs={"api": 2})) == {"targets of api"}
    assert failing(targets(jobs={"api": 1}, hosts=["db:9187"])) == {"target db:9187"}


def test_a_target_that_is_no_longer_configured_is_missed(server, targets):
    with server.changed(scrapes={"dead": ["127.0.0.1:1"]}):
        assert failing(targets(jobs={"api": 1})) == {"targets of api"}
    assert targets(jobs={"api": 1}).outcome is OK


def test_series_can_vanish_and_come_back(server, metrics):
    look = PROBES["metric_values"].look
    with server.changed(Series("new_metric", {}, level(3)), gone=["items_total"]):
        assert look(metrics, "items_total", "").result.missing == ("items_total",)
        assert look(metrics, "new_metric", "").result.samples[0].value == 3
        assert look(metrics, "count_over_time(items_total[2h])", "").result.samples[0].value > 50
    assert look(metrics, "rate(items_total[5m])", "").result.samples[0].value == pytest.approx(2)
    assert look(metrics, "new_metric", "").result.samples == ()
