"""Pages of metrics: present, renamed, unparsable, and the queue and the counter on them."""

import itertools

import pytest

from rounds.checks import test_counted_requests, test_metrics_page
from rounds.outcome import Outcome
from rounds.probe import Unreachable
from rounds.targets import Endpoint

OK, CRITICAL, UNKNOWN = Outcome.OK, Outcome.CRITICAL, Outcome.UNKNOWN
COUNTER = {"type": "counter", "labels": ["method", "endpoint", "status_code"]}
HISTOGRAM = {"type": "histogram", "labels": ["method", "endpoint"], "buckets": [0.5]}
METRICS = {"http_requests_total": COUNTER, "http_request_duration_seconds": HISTOGRAM, "queue_size": {}}
TEXT = "text/plain; version=0.0.4"


def failing(observer):
    return {each.name for each in observer.observations if each.verdict.is_bad}


@pytest.fixture
def present(judged):
    return lambda page, metrics=METRICS: judged(
        test_metrics_page.test_prom_metric_present, endpoint=page.endpoint, metrics=metrics
    )


@pytest.fixture
def queue_work(own_application, metrics, judged):
    def judge(size, query):
        page = "other 1\n" if size == "gone" else f"# HELP queue_size 5 URLs\nqueue_size {size}\n"
        own_application.pages["/metrics"] = (200, TEXT, page)
        return judged(
            test_metrics_page.test_prom_queue_work, endpoint=own_application.endpoint, prometheus=metrics,
            metric="queue_size", query=query,
        )  # fmt: skip

    return judge


@pytest.mark.parametrize(("metrics", "bad"), [
    (METRICS, set()),
    ({"http_requests": COUNTER}, set()),
    ({"http_requests_total": COUNTER | {"labels": ["status"]}}, {"labels that http_requests_total lacks"}),
    ({"http_requests_total": {"type": "gauge"}}, {"type of http_requests_total"}),
    ({"http_request_duration_seconds": HISTOGRAM | {"buckets": [0.5, 0.1]}}, {"buckets that http_request_duration_seconds lacks"}),
    ({"scraper_errors_total": {}}, {"scraper_errors_total"}),
    ({"unused_total": {}}, {"unused_total"}),  # its TYPE line is there, and no sample
    ({"odd": {}}, {"odd"}),  # NaN
])  # fmt: skip
def test_metrics_are_on_the_page_as_rules_need_them(application, present, metrics, bad):
    assert failing(present(application, metrics)) == bad


@pytest.mark.parametrize(("page", "words"), [
    ((200, "text/html", "queue_size 5\n"), "content type is text/html"),
    ((200, TEXT, "<html><body>Sorry</body></html>"), "cannot be parsed"),
    ((200, TEXT, ""), "no metric on it"),
    ((200, TEXT, '{"queue_size": 5}'), "cannot be parsed"),
    ((500, TEXT, "queue_size 5\n"), "500"),
    ((404, "text/plain", "Not Found"), "404"),
])  # fmt: skip
def test_what_is_no_page_of_metrics_is_critical(own_application, present, page, words):
    own_application.pages["/metrics"] = page
    assert present(own_application).outcome is CRITICAL
    assert words in present(own_application).summary


def test_openmetrics_is_read_too(own_application, present):
    page = "# TYPE http_requests counter\nhttp_requests_total 7\n# EOF\n"
    own_application.pages["/metrics"] = (200, "application/openmetrics-text; version=1.0.0", page)
    assert present(own_application, {"http_requests_total": {"type": "counter"}}).outcome is OK
    own_application.pages["/metrics"] = (200, "application/openmetrics-text; version=1.0.0", page[:-6])
    assert present(own_application, {"http_requests_total": {"type": "counter"}}).outcome is CRITICAL


def test_a_page_that_lets_nobody_in_is_unknown(own_application, present):
    own_application.pages["/metrics"] = (401, "text/plain", "")
    assert present(own_application).outcome is UNKNOWN


def test_nobody_there_is_unreachable(judged):
    nobody = Endpoint(name="api", system="shop", url="http://127.0.0.1:1")
    with pytest.raises(Unreachable):
        judged(test_metrics_page.test_prom_metric_present, endpoint=nobody, metrics={"x": {}})


@pytest.mark.parametrize(("size", "query", "outcome"), [
    (5000, "sum(increase(items_total[1h]))", OK),  # 7200 an hour
    (9000, "sum(increase(items_total[1h]))", CRITICAL),
    (9000, "sum(increase(idle_total[1h]))", CRITICAL),
    (0, "sum(increase(items_total[1h]))", OK),
    (5000, "sum(increase(young_total[1h]))", UNKNOWN),
    (5000, "sum(increase(no_such_total[1h]))", UNKNOWN),
    ("NaN", "sum(increase(items_total[1h]))", UNKNOWN),
    ("gone", "sum(increase(items_total[1h]))", CRITICAL),
])  # fmt: skip
def test_a_queue_is_measured_in_the_time_it_takes(queue_work, size, query, outcome):
    assert queue_work(size, query).outcome is outcome


@pytest.mark.parametrize(("label", "outcome"), [("500", OK), ("200", CRITICAL)])
def test_a_request_that_fails_is_counted(own_application, judged, label, outcome):
    counted = itertools.count(3)
    count = [next(counted)]
    line = '# TYPE http_requests_total counter\nhttp_requests_total{{status_code="{}"}} {}\n'

    def fail():
        count[0] = next(counted)
        return 500, "text/plain", "oops"

    own_application.pages["/metrics"] = lambda: (200, TEXT, line.format(label, count[0]))
    own_application.pages["/raise"] = fail
    seen = judged(
        test_counted_requests.test_prom_request_counted, endpoint=own_application.endpoint, request="/raise",
        metric="http_requests_total", labels={"status_code": "5.."}, acts=True,
    )  # fmt: skip
    assert seen.outcome is outcome
    assert own_application.seen == ["/metrics", "/raise", "/metrics"]


def test_a_row_that_sends_a_failing_request_says_that_it_acts(row, own_application):
    with pytest.raises(ValueError, match="acts"):
        row(
            test_counted_requests.PromRequestCounted,
            endpoint=own_application.endpoint,
            request="/raise",
            metric="x_total",
        )
