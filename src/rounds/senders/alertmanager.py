"""Alertmanager, API v2: alerts while they last, their end, and silences for maintenance windows.

Of several Alertmanagers, which know of one another and send each notice once, all are told. What at least one took is
delivered; what the others said stands in `troubles`. That is no reason to send again: the next round re-sends what
lasts.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from pydantic import AfterValidator, Field

from rounds.alerting.alert import Alert
from rounds.senders import silences
from rounds.senders.alertmanager_form import LABEL, OURS, ended, firing, identity, labels_of
from rounds.senders.posting import BaseUrl, Countdown, HttpChannel, Line
from rounds.senders.sender import NotDelivered

_ALERTS = "api/v2/alerts"
_JSON = {"Content-Type": "application/json"}
_AT_ONCE = 100
_NAMES = 'alertname=~"Rounds(Expectation|Target)"'


def _labels(given: dict[str, str]) -> dict[str, str]:
    for name in given:
        if not LABEL.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a label: letters, digits and _ are due, no digit first")
        if name in OURS:
            raise ValueError(f"the label {name!r} says what the alert is about, and cannot be set")
    return given


class Alertmanager(HttpChannel):
    """Alertmanagers that are one cluster, or stand alone."""

    kind: Literal["alertmanager"] = "alertmanager"
    urls: Annotated[tuple[BaseUrl, ...], Field(min_length=1, description="base URLs, http://localhost:9093")]
    labels: Annotated[dict[str, str], AfterValidator(_labels), Field(description="labels that each alert gets")] = {}  # noqa: RUF012 - pydantic copies it

    def sender(self) -> "AlertmanagerSender":
        return AlertmanagerSender(self)


class AlertmanagerSender:
    """Sends to all Alertmanagers of a channel at once."""

    def __init__(self, channel: Alertmanager) -> None:
        self.channel = channel
        self.troubles: tuple[str, ...] = ()
        self._lines = [Line(channel, url) for url in channel.urls]

    def send(self, alert: Alert) -> None:
        """Tell of one alert, and end what is held of the same thing under other labels (another level)."""
        self._everywhere(lambda line, countdown: self._tell(line, countdown, alert))

    def firing(self, alerts: Sequence[Alert]) -> None:
        """Send again what lasts, with each round: what nobody re-sends ends by itself."""
        lasting = [alert for alert in alerts if not alert.is_over]
        if lasting:
            self._everywhere(lambda line, countdown: self._again(line, countdown, lasting))

    def silence(self, window: silences.Window) -> None:
        """Silence a system while a maintenance window lasts; again and again, or with another end, is one silence."""
        self._everywhere(lambda line, countdown: silences.ensure(line, countdown, window))

    def lift(self, window: silences.Window) -> None:
        """End the silence of a window."""
        self._everywhere(lambda line, countdown: silences.lift(line, countdown, window))

    def _again(self, line: Line, countdown: Countdown, lasting: list[Alert]) -> None:
        """What lasts as it is now; what is held of the same things under another level ends."""
        now, fixed = datetime.now(UTC), self.channel.labels
        forms = [firing(alert, fixed, now) for alert in lasting]
        _post(line, countdown, forms)
        now_is = {_about(form["labels"]): (form["labels"], alert) for form, alert in zip(forms, lasting, strict=True)}
        for held in _held(line, countdown, fixed, fixed, _NAMES):
            labels, alert = now_is.get(_about(held["labels"]), (held["labels"], None))
            if alert is not None and labels != held["labels"]:
                _post(line, countdown, [ended(held, alert, now)])

    def _tell(self, line: Line, countdown: Countdown, alert: Alert) -> None:
        now, fixed = datetime.now(UTC), self.channel.labels
        labels = labels_of(alert, fixed)
        kept = {name: labels[name] for name in ("alertname", "system", identity(alert)[0], *fixed) if name in labels}
        there = _held(line, countdown, kept, labels.keys())
        held = [each for each in there if alert.is_over or each["labels"] != labels]
        forms = [] if alert.is_over else [firing(alert, fixed, now)]
        _post(line, countdown, [*forms, *(ended(each, alert, now) for each in held)])

    def _everywhere(self, job: Callable[[Line, Countdown], None]) -> None:
        def tried(line: Line) -> NotDelivered | None:
            try:
                job(line, Countdown(self.channel.deadline))
            except NotDelivered as error:
                return error
            return None

        if len(self._lines) == 1:
            failures = [tried(self._lines[0])]
        else:
            with ThreadPoolExecutor(len(self._lines)) as threads:
                failures = list(threads.map(tried, self._lines))
        failed = [failure for failure in failures if failure]
        self.troubles = tuple(str(failure) for failure in failed)
        if len(failed) == len(self._lines):
            raise NotDelivered(
                "; ".join(self.troubles),
                permanent=all(failure.permanent for failure in failed),
                retry_after=min((each.retry_after for each in failed if each.retry_after is not None), default=None),
            )


def _about(labels: dict[str, str]) -> tuple[str, ...]:
    """What an alert with these labels is about, at whatever level."""
    return tuple(labels.get(name, "") for name in ("alertname", "system", "expectation", "cause"))


def _held(
    line: Line, countdown: Countdown, labels: dict[str, str], names: Iterable[str], more: str = ""
) -> list[dict[str, Any]]:
    """What Alertmanager holds with these labels and has not ended; what has a label more is somebody else's."""
    filters = [("filter", f"{name}={silences.quoted(value)}") for name, value in labels.items()]
    filters += [("filter", more)] if more else []
    reply = line.ask(countdown, "GET", f"{_ALERTS}?{urlencode(filters)}")
    found = [each for each in line.list_in(reply) if isinstance(each, dict) and isinstance(each.get("labels"), dict)]
    ours = {*OURS, *names}
    return [each for each in found if each["labels"].keys() <= ours]


def _post(line: Line, countdown: Countdown, forms: list[dict[str, Any]]) -> None:
    """Send in parts; when a part is refused, each of its alerts is sent alone, so that one cannot lose the others."""
    refused = [
        each for at in range(0, len(forms), _AT_ONCE) for each in _part(line, countdown, forms[at : at + _AT_ONCE])
    ]
    if refused:
        first = refused[0]
        more = f" ({len(refused)} of {len(forms)} alerts are refused)" if len(forms) > 1 else ""
        raise NotDelivered(f"{first}{more}", permanent=True)


def _part(line: Line, countdown: Countdown, forms: list[dict[str, Any]]) -> Iterable[NotDelivered]:
    reply = line.ask(countdown, "POST", _ALERTS, json.dumps(forms).encode(), _JSON)
    if reply.status == 200:
        return []
    if reply.status not in (400, 422):
        raise line.refused(reply)
    if len(forms) == 1:
        return [line.refused(reply)]
    return [failure for form in forms for failure in _part(line, countdown, [form])]
