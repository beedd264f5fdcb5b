"""Expressions, shares and baselines against a real Prometheus: good, bad, and what would look good to a naive look."""

import pytest

from rounds.checks import test_metric_baselines as baselines
from rounds.checks import test_prometheus as checks
from rounds.outcome import Outcome
from rounds.probe import PROBES, CouldNotLook, RunbookDisagrees, Unreachable
from rounds.targets import Prometheus as Target

OK, CRITICAL, UNKNOWN = Outcome.OK, Outcome.CRITICAL, Outcome.UNKNOWN


@pytest.fixture
def threshold(judged, metrics):
    return lambda query, value, **more: judged(
        checks.test_prom_query_threshold, prometheus=metrics, query=query, value=value, **more
    )


@pytest.fixture
def ratio(judged, metrics):
    return lambda bad, total, **more: judged(
        checks.test_prom_error_ratio, prometheus=metrics, bad=bad, total=total, **more
    )


@pytest.fixture
def baseline(judged, metrics):
    return lambda query, **more: judged(baselines.test_prom_baseline, prometheus=metrics, query=query, **more)


@pytest.mark.parametrize(("query", "value", "outcome"), [
    ("sum(rate(http_requests_total[5m]))", {"at_least": 5}, OK),
    ("sum(rate(http_requests_total[5m]))", {"at_least": 20}, CRITICAL),
    ("sum(rate(http_requests_total[5m]))", {"at_least": "300/min", "unit": "1/s"}, OK),
    ("cpu_percent", {"at_most": 90}, OK),
    ("cpu_percent", {"at_most": "70%", "unit": "%"}, CRITICAL),  # one tier of two
    ("cpu_percent", {"at_most": {"warning": 80, "critical": 90}}, Outcome.WARNING),
    ("avg_over_time(harvest_scheduled[1h])", {"exactly": 1}, OK),
    ("scalar(harvest_scheduled)", {"exactly": 1}, OK),
    ("scalar(no_such_metric)", {"at_most": 1}, UNKNOWN),
    ("nan_ratio", {"at_most": 1}, UNKNOWN),
    ("idle_total / idle_total", {"at_most": 1}, UNKNOWN),
    ("endless_seconds", {"at_most": 1}, CRITICAL),
    ("endless_seconds", {"at_least": 1}, UNKNOWN),
    ("-endless_seconds", {"at_most": 1}, UNKNOWN),
    ("cpu_percent or nan_ratio", {"at_most": 90}, UNKNOWN),
    ("cpu_percent or nan_ratio", {"at_most": 50}, CRITICAL),
])  # fmt: skip
def test_every_series_is_judged_and_nan_and_infinity_are_never_good(threshold, query, value, outcome):
    assert threshold(query, value).outcome is outcome


@pytest.mark.parametrize(
    "query", ["rate(gone_total[5m]) == 0", "rate(gone_total[5m])", "no_such_metric", "cpu_percent > 95"]
)
def test_no_series_is_critical_whatever_the_limit(threshold, query):
    assert threshold(query, {"at_most": 1e9}).outcome is CRITICAL


def test_a_vanished_metric_is_named(threshold):
    assert "there is no series of gone_total" in threshold("rate(gone_total[5m])", {"at_most": 1}).summary


def test_too_few_series_are_critical(threshold):
    assert threshold("cpu_percent", {"at_most": 90}, series=3).outcome is CRITICAL


def test_each_value_of_a_label_is_a_figure_and_required_ones_are_there(threshold):
    seen = threshold("cpu_percent", {"at_most": 70}, per="tier", figure="cpu used", required=["web", "db", "cache"])
    verdicts = {each.name: each.verdict for each in seen.observations}
    assert verdicts == {"cpu used of web": OK, "cpu used of db": CRITICAL, "cpu used of cache": CRITICAL}


def test_a_row_is_only_judged_while_its_condition_holds(threshold):
    query, value = "increase(stalled_items_total[20m])", {"at_least": 1}
    assert threshold(query, value, only_while="harvest_scheduled").outcome is CRITICAL
    with pytest.raises(pytest.skip.Exception, match="not due now"):
        threshold(query, value, only_while="harvest_idle > bool 0")
    assert threshold("items_total", value, only_while="no_such_metric").outcome is UNKNOWN
    assert threshold("items_total", value, only_while="harvest_idle == 1").outcome is UNKNOWN


@pytest.mark.parametrize(("query", "words"), [
    ("sum(rate(up[5m])", "parse error"),
    ("http_requests_total[5m]", "a range vector"),
    ('"text"', "a text"),
    ("up * on() up", "many-to-many"),
])  # fmt: skip
def test_an_expression_that_cannot_be_judged_is_unknown_in_prometheus_words(metrics, query, words):
    with pytest.raises(CouldNotLook, match=words):
        PROBES["metric_values"].look(metrics, query, "")


def test_nobody_there_is_unreachable():
    with pytest.raises(Unreachable, match="refused"):
        PROBES["metric_values"].look(Target(name="metrics", system="shop", url="http://127.0.0.1:1"), "up", "")


@pytest.mark.parametrize(("page", "error", "words"), [
    ((200, "text/html", "<html>"), RunbookDisagrees, "does not answer as Prometheus does"),
    ((404, "text/plain", "no"), RunbookDisagrees, "404"),
    ((401, "text/plain", "who?"), Unreachable, "does not let us in"),
])  # fmt: skip
def test_what_is_no_prometheus_is_not_good(own_application, page, error, words):
    own_application.pages = _Always(page)
    with pytest.raises(error, match=words):
        PROBES["metric_values"].look(Target(name="metrics", system="shop", url=own_application.endpoint.url), "up", "")


def test_warnings_of_the_server_are_told(own_application, judged):
    answer = '{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"1"]}]},"warnings":["store b is gone"]}'
    own_application.pages = _Always((200, "application/json", answer))
    target = Target(name="metrics", system="shop", url=own_application.endpoint.url)
    seen = judged(checks.test_prom_query_threshold, prometheus=target, query="up", value={"at_least": 1})
    assert seen.outcome is UNKNOWN
    assert "store b is gone" in seen.summary


class _Always(dict):
    def __init__(self, page):
        self.page = page

    def get(self, *_):
        return self.page


FAILED = 'sum(increase(http_requests_total{status_code=~"5.."}[1h]))'
ALL = "sum(increase(http_requests_total[1h]))"


@pytest.mark.parametrize(("bad", "total", "more", "outcome"), [
    (FAILED, ALL, {}, OK),
    (FAILED, ALL, {"share": "0.5%"}, CRITICAL),
    ('increase(http_requests_total{status_code=~"5.."}[1h])', "increase(http_requests_total[1h])", {"share": "2%"}, OK),  # summed here
    (FAILED, ALL, {"least": 1000}, OK),
    (FAILED, ALL, {"least": 100000}, UNKNOWN),
    (FAILED, ALL, {"least": 100000, "without_traffic": "critical"}, CRITICAL),
    ("sum(rate(idle_total[1h]))", "sum(rate(idle_total[1h]))", {}, UNKNOWN),
    ('sum(rate(good_requests_total{status_code=~"5.."}[1h]))', "sum(rate(good_requests_total[1h]))", {"least": 0.1}, OK),
    ('sum(rate(good_requests_total{status=~"5.."}[1h]))', "sum(rate(good_requests_total[1h]))", {"least": 0.1}, CRITICAL),
    ("sum(rate(no_such_errors_total[1h]))", ALL, {}, CRITICAL),
    (FAILED, "sum(increase(gone_total[1m]))", {}, CRITICAL),
    ("nan_ratio", ALL, {}, UNKNOWN),
])  # fmt: skip
def test_a_share_needs_traffic_and_metrics_that_exist(ratio, bad, total, more, outcome):
    assert ratio(bad, total, **more).outcome is outcome


WEEKS = {"every": "7d", "times": 4}


@pytest.mark.parametrize(("query", "more", "outcome"), [
    ("sum(increase(http_requests_total[1d]))", WEEKS, OK),
    ("sum(increase(collapsed_total[1d]))", WEEKS, CRITICAL),
    ("sum(increase(flooded_total[1d]))", WEEKS, CRITICAL),
    ("sum(increase(flooded_total[1d]))", WEEKS | {"floor": 1e9, "usual": "median"}, OK),
    ("sum(increase(young_total[1h]))", {}, UNKNOWN),
    ("sum(increase(young_total[1h]))", {"enough": 1}, OK),
    ("sum(increase(idle_total[1h]))", {}, UNKNOWN),
    ("sum(increase(gone_total[5m]))", {}, CRITICAL),
    ("no_such_metric", {}, CRITICAL),
    ("increase(http_requests_total[1h])", {}, UNKNOWN),
    ("increase(http_requests_total[1h])", {"per": "status_code"}, OK),
    ("nan_ratio", {}, UNKNOWN),
])  # fmt: skip
def test_volume_is_compared_with_the_same_hour_before(baseline, query, more, outcome):
    assert baseline(query, **more).outcome is outcome


def test_too_little_past_says_so(baseline):
    assert (
        "Prometheus knows 1 earlier values; 4, each 24 h apart, are due"
        in baseline("increase(young_total[1h])").summary
    )


@pytest.mark.parametrize(("metric", "outcome"), [
    ("calm_errors_total", OK), ("errors_total", CRITICAL), ("untyped_errors_total", CRITICAL), ("no_total", CRITICAL),
])  # fmt: skip
def test_errors_have_types_and_no_type_grows(judged, metrics, metric, outcome):
    query = f"sum by (type) (increase({metric}[1d]))"
    assert judged(baselines.test_prom_error_types, prometheus=metrics, query=query).outcome is outcome


@pytest.mark.parametrize(
    ("drops", "outcome"), [("network_drops_total", OK), ("network_many_drops_total", CRITICAL), ("no_total", CRITICAL)]
)
def test_network_traffic_is_usual_and_little_is_lost(judged, metrics, drops, outcome):
    seen = judged(
        baselines.test_prom_network_traffic, prometheus=metrics, query="rate(network_bytes_total[1h])", per="instance",
        bad=f"sum(increase({drops}[1h]))", total="sum(increase(network_packets_total[1h]))",
    )  # fmt: skip
    assert seen.outcome is outcome
