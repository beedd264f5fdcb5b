"""Alerts reach somebody."""

from typing import Annotated

from pydantic import Field

from rounds.checks.acting import Acting
from rounds.fixtures.alert_delivery import Deliveries, MadeUpAlert
from rounds.judge import Earlier, Observer
from rounds.limits import Limit, at_least, at_most, exactly
from rounds.quantities import Duration
from rounds.targets import Endpoint


class AlertDelivery(Acting):
    """That Alertmanager delivers: an alert that always fires is routed, notifications were sent, and none failed.

    With a `sink`, an endpoint that shows what a receiver got, a made-up alert is sent and must arrive there; that acts.
    """

    endpoint: Annotated[Endpoint, Field(description="Alertmanager")]
    always_firing: Annotated[str, Field(description="name of the alert that always fires")] = "Watchdog"
    receiver: Annotated[str | None, Field(description="to which that alert must be routed")] = None
    integrations: Annotated[tuple[str, ...], Field(description="that must have sent something, such as webhook")] = ()
    delivered: Annotated[Limit, Field(description="notifications delivered since it began")] = at_least(1)
    failed: Annotated[Limit, Field(description="failed since the earlier round")] = at_most(0)
    sink: Annotated[Endpoint | None, Field(description="shows what a receiver got")] = None
    sink_path: str = "/"
    labels: Annotated[dict[str, str], Field(description="of the made-up alert, so that it is routed")] = {}  # noqa: RUF012 - pydantic copies it
    patience: Annotated[Duration, Field(description="within which the made-up alert must arrive")] = 300.0

    @property
    def would_act(self) -> bool:
        return self.sink is not None


def test_alert_delivery(
    expected: AlertDelivery,
    deliveries: Deliveries,
    made_up_alert: MadeUpAlert | None,
    observe: Observer,
    earlier: Earlier,
) -> None:
    """Alerts are delivered to whoever is on call.

    Remedy: Alertmanager's log says why a notification failed (address, token, rate limit). Until it is mended, tell
    whoever is on call to look at the alerts themselves, and send one by hand to see that it arrives.
    """
    _observe_always_firing(expected, deliveries, observe)
    for integration in expected.integrations or ("",):
        of = f" by {integration}" if integration else ""
        sent = deliveries.sent.get(integration, 0.0) if integration else sum(deliveries.sent.values())
        failed = deliveries.failed.get(integration, 0.0) if integration else sum(deliveries.failed.values())
        observe(f"notifications delivered{of}", sent - failed, expected.delivered)
        _observe_failed(f"failed notifications{of}", failed, expected.failed, observe, earlier)
    if made_up_alert is not None:
        _observe_made_up(expected, made_up_alert, observe)


def _observe_always_firing(expected: AlertDelivery, deliveries: Deliveries, observe: Observer) -> None:
    name = f"alert {expected.always_firing}"
    if deliveries.receivers is None:
        observe.critical(name, "it does not fire, so nobody would notice if nothing did any more", "missing")
    elif deliveries.is_silenced:
        observe.critical(name, "it is silenced or inhibited", "suppressed")
    elif expected.receiver is None:
        observe(name, "fires", note=", ".join(deliveries.receivers))
    else:
        routed = expected.receiver if expected.receiver in deliveries.receivers else ", ".join(deliveries.receivers)
        observe(f"receiver of {expected.always_firing}", routed or "none", exactly(expected.receiver))


def _observe_failed(name: str, failed: float, limit: Limit, observe: Observer, earlier: Earlier) -> None:
    """Judge what failed since the earlier round; without one only a count of nought is sure to be good."""
    before = earlier.newest(name)
    observe(name, failed)
    if before is None and failed:
        why = "some failed since Alertmanager began; this round stored the count, the next can tell whether it grows"
        observe.unknown(f"{name} since the earlier round", why)
        return
    has_begun_anew = before is not None and failed < before.value
    grown = failed if before is None or has_begun_anew else failed - before.value
    observe(f"{name} since the earlier round", grown, limit)


def _observe_made_up(expected: AlertDelivery, seen: MadeUpAlert, observe: Observer) -> None:
    if seen.accepted_status != 200:
        observe.critical("made-up alert", "Alertmanager does not take it", seen.accepted_status)
    elif seen.arrived_after_seconds is None:
        observe.critical("made-up alert", f"did not arrive within {seen.waited_seconds:.0f} s", "missing")
    else:
        observe("made-up alert arrived after", seen.arrived_after_seconds, at_most(expected.patience, unit="s"))
