"""alerts.yaml: which channels there are, what is told to which, and when."""

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from rounds.alerting.alert import Alert, Level
from rounds.alerting.policy import Policy
from rounds.inventory.document import Document, read_document
from rounds.inventory.load import validated
from rounds.inventory.mistakes import Mistake, nearest
from rounds.quantities import Duration
from rounds.senders.sender import Channel, kinds

FILE = "alerts.yaml"
BAD = (Level.WARNING, Level.CRITICAL, Level.UNKNOWN)


class Route(BaseModel):
    """Which alerts go to some channels: by level, system and batch (* matches any text). An alert takes every route."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    channels: Annotated[tuple[str, ...], Field(min_length=1)]
    levels: Annotated[tuple[Level, ...], Field(min_length=1)] = BAD
    systems: tuple[str, ...] = ("*",)
    batches: tuple[str, ...] = ("*",)

    def takes(self, alert: Alert, level: Level) -> bool:
        """`level` is how bad it is, or was before it was over."""
        fits = level in self.levels and any(fnmatchcase(alert.system, each) for each in self.systems)
        return fits and any(fnmatchcase(alert.batch, each) for each in self.batches)


class OwnPolicy(BaseModel):
    """Rows with a policy of their own, by id (* matches any text)."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    ids: Annotated[tuple[str, ...], Field(min_length=1)]
    policy: Policy


class Telling(BaseModel):
    """How alerts are made and sent. `link` is where people find reports: `https://ops.example/{round}/report.html`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    policy: Policy = Policy()
    exceptions: tuple[OwnPolicy, ...] = ()
    routes: tuple[Route, ...] = ()
    link: str = ""
    budget: Annotated[Duration, Field(gt=0, description="how long sending may take after a round")] = 30.0


@dataclass(frozen=True)
class Alerting:
    """What alerts.yaml says. Without routes every channel gets everything."""

    channels: dict[str, Channel] = field(default_factory=dict)
    telling: Telling = field(default_factory=Telling)

    def policy_of(self, expectation: str) -> Policy:
        """The policy of the first exception that names the row, or the one of all."""
        for each in self.telling.exceptions:
            if any(fnmatchcase(expectation, pattern) for pattern in each.ids):
                return each.policy
        return self.telling.policy

    def channels_for(self, alert: Alert, level: Level) -> list[str]:
        """The channels that an alert goes to; what was told when it began is told its end, too."""
        told = [name for name, channel in self.channels.items() if channel.tells == "alerts"]
        if not self.telling.routes:
            return told
        taken = {name for route in self.telling.routes if route.takes(alert, level) for name in route.channels}
        return [name for name in told if name in taken]


def read_alerting(systems: Path) -> tuple[Alerting | None, list[Mistake]]:
    """alerts.yaml beside the systems; None where there is none, or where it has mistakes."""
    path = systems / FILE
    if not path.exists():
        return None, []
    document = read_document(path)
    data = document.data if isinstance(document.data, dict) else {}
    if not data and not document.mistakes:
        document.mistake((), "has no channels: `channels: {name: {kind: …}}` is due")
    channels = _channels(data.get("channels"), document)
    rest = {key: value for key, value in data.items() if key != "channels"}
    telling = validated(Telling, rest, document, ())
    for at, route in enumerate(telling.routes if telling else ()):
        for name in route.channels:
            if name not in channels and not document.mistakes:
                document.mistake(("routes", at, "channels"), f"there is no channel {name!r}{nearest(name, channels)}")
    if document.mistakes or telling is None:
        return None, document.mistakes
    return Alerting(channels, telling), []


def _channels(given: Any, document: Document) -> dict[str, Channel]:
    found: dict[str, Channel] = {}
    if not isinstance(given, dict):
        document.mistake(("channels",), "is not a mapping of names to channels")
        return found
    for name, data in given.items():
        place = ("channels", str(name))
        word = str(data.get("kind", "")) if isinstance(data, dict) else ""
        kind = kinds().get(word)
        if not isinstance(data, dict) or kind is None:
            said = f"there is no kind {word!r} of channel" if word else "a mapping with a kind is due"
            document.mistake(place, said + nearest(word, kinds()))
            continue
        channel = validated(kind, data | {"name": str(name)}, document, place)
        if channel is not None:
            found[str(name)] = channel
    return found
