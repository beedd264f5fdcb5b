"""Pushgateway: the figures of a round, for a Prometheus that cannot read the textfile of this machine.

A Pushgateway keeps what it got for ever: alert on the age of `rounds_round_finished_timestamp_seconds`, and DELETE the
group of a batch that is no more.
"""

import base64
from typing import Annotated, Literal
from urllib.parse import quote

from pydantic import AfterValidator, Field

from rounds.alerting.alert import Alert, Kind
from rounds.reports import metrics
from rounds.round import Round
from rounds.senders.alertmanager_form import LABEL
from rounds.senders.posting import BaseUrl, Countdown, HttpChannel, Line
from rounds.senders.sender import takes_rounds_only

_TEXT = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
_TEST = "# HELP rounds_test A person tries this channel.\n# TYPE rounds_test gauge\nrounds_test 1\n"


def _labels(given: dict[str, str]) -> dict[str, str]:
    for name, value in given.items():
        if not LABEL.fullmatch(name) or name in ("job", "batch"):
            raise ValueError(f"{name!r} cannot be a label of the group")
        if not value:
            raise ValueError(f"the label {name!r} is empty")
    return given


class Pushgateway(HttpChannel):
    """A Pushgateway, and the group that the figures of a batch are kept as."""

    tells = "rounds"
    kind: Literal["pushgateway"] = "pushgateway"
    url: Annotated[BaseUrl, Field(description="base URL, http://localhost:9091")]
    job: Annotated[str, Field(min_length=1, description="the job of the group")] = "rounds"
    labels: Annotated[dict[str, str], AfterValidator(_labels), Field(description="more labels of the group")] = {}  # noqa: RUF012 - pydantic copies it

    def sender(self) -> "PushgatewaySender":
        return PushgatewaySender(self)


class PushgatewaySender:
    """Puts the metrics of a round in place of those of the batch's round before."""

    def __init__(self, channel: Pushgateway) -> None:
        self.channel = channel
        self._line = Line(channel, channel.url)

    def send_round(self, told: Round) -> None:
        self._ask("PUT", self._group(self.channel.job, told.batch), "".join(metrics.lines(told)))

    def send(self, alert: Alert) -> None:
        """A test puts a group of its own, and takes it away again."""
        if alert.kind is not Kind.TEST:
            raise takes_rounds_only(self._line.place)
        group = self._group(f"{self.channel.job}_test", "test")
        self._ask("PUT", group, _TEST)
        self._ask("DELETE", group)

    def _group(self, job: str, batch: str) -> str:
        pairs = {"job": job, "batch": batch, **self.channel.labels}
        return "metrics/" + "/".join(_step(name, value) for name, value in pairs.items())

    def _ask(self, method: str, path: str, text: str = "") -> None:
        content = text.encode("utf-8", "backslashreplace")
        reply = self._line.ask(Countdown(self.channel.deadline), method, path, content, _TEXT)
        if reply.status not in (200, 202):
            raise self._line.refused(reply)


def _step(name: str, value: str) -> str:
    """A label of the group as a part of the path; what a path cannot hold goes as base64."""
    if value and "/" not in value and value not in (".", ".."):
        return f"{name}/{quote(value, safe='')}"
    encoded = base64.urlsafe_b64encode(value.encode("utf-8", "backslashreplace")).decode().rstrip("=")
    return f"{name}@base64/{encoded or '='}"
