"""What checks on pages of metrics say alike."""

from rounds.fixtures.exposition import MetricsPage
from rounds.judge import Observer
from rounds.limits import Limit, exactly


def is_page(page: MetricsPage, within: Limit, observe: Observer) -> bool:
    """Judge that a page of metrics came, in time; whether it can be judged further."""
    if page.status in (401, 403):
        observe.unknown("http status", f"nothing was seen of {page.url}: it does not let us in", page.status)
        return False
    if page.failure:
        observe.critical("answer", f"{page.url}: {page.failure}", "incomplete")
        return False
    observe("http status", page.status, exactly(200))
    observe("response time", page.seconds, within)
    if page.not_metrics:
        observe.critical("page", f"{page.url} is no page of metrics: {page.not_metrics}", "unreadable")
    return not page.not_metrics and page.status == 200
