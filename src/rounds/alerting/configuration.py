"""alerts.yaml: which channels there are, what is told to which, and when."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from fnmatch import filter as filter_names
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from rounds.alerting.alert import Alert, Level
from rounds.alerting.policy import Policy
from rounds.inventory.document import Document, read_document
from rounds.inventory.load import validated
from rounds.inventory.mistakes import Mistake, nearest
from rounds.quantities import Duration
from rounds.senders.sender import Channel, kinds

FILE = "alerts.yaml"
Told = Literal[Level.WARNING, Level.CRITICAL, Level.UNKNOWN]
BAD: tuple[Told, ...] = (Level.WARNING, Level.CRITICAL, Level.UNKNOWN)


class Route(BaseModel):
    """Which alerts go to some channels: by level, system and batch (* matches any text). An alert takes every route."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    channels: Annotated[tuple[str, ...], Field(min_length=1, description="names of the channels")]
    levels: Annotated[tuple[Told, ...], Field(min_length=1, description="how bad, also of what is over")] = BAD
    systems: Annotated[tuple[str, ...], Field(description="of which systems; * matches any text")] = ("*",)
    batches: Annotated[tuple[str, ...], Field(description="of which batches; * matches any text")] = ("*",)

    def takes(self, alert: Alert, level: Level) -> bool:
        """`level` is how bad it is, or was before it was over."""
        fits = level in self.levels and any(fnmatchcase(alert.system, each) for each in self.systems)
        return fits and any(fnmatchcase(alert.batch, each) for each in self.batches)


class OwnPolicy(BaseModel):
    """Rows with a policy of their own, by id (* matches any text)."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    ids: Annotated[tuple[str, ...], Field(min_length=1, description="of rows; * matches any text")]
    policy: Annotated[Policy, Field(description="instead of the one of all")]


class Telling(BaseModel):
    """How alerts are made and sent. `link` is where people find reports: `https://ops.example/{round}/report.html`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    policy: Annotated[Policy, Field(description="when a change is told, and how often again")] = Policy()
    exceptions: Annotated[tuple[OwnPolicy, ...], Field(description="rows with a policy of their own")] = ()
    routes: Annotated[tuple[Route, ...], Field(description="which alerts go where; all to all if left out")] = ()
    link: Annotated[str, Field(description="where reports are: https://ops.example/{round}/report.html")] = ""
    budget: Annotated[Duration, Field(gt=0, description="how long sending may take after a round")] = 30.0

    @field_validator("link")
    @classmethod
    def _can_be_filled(cls, given: str) -> str:
        word = re.search(r"\{(?!round\})[^}]*\}?", given)
        if word:
            raise ValueError(f"there is no word {word[0]} here; {{round}} is the only one")
        return given

    def link_to(self, round_id: str) -> str:
        """Where the report of a round is found; empty where nobody said."""
        return self.link.replace("{round}", round_id)


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

    def notices(self, rows: Collection[str]) -> list[str]:
        """What in it fits none of these rows, or no channel: pointed out, because it may be a slip of the pen."""
        systems, routes = {row.partition(".")[0] for row in rows}, self.telling.routes
        ids = [pattern for each in self.telling.exceptions for pattern in each.ids]
        names = [pattern for route in routes for pattern in route.systems]
        named = {name for route in routes for name in route.channels}
        unnamed = [name for name, each in self.channels.items() if each.tells == "alerts" and name not in named]
        return [
            *(f"{FILE}: the exceptions' {each!r} fits no row" for each in ids if not filter_names(rows, each)),
            *(
                f"{FILE}: a route is for the system {each!r}, which is not there{nearest(each, systems)}"
                for each in names if not filter_names(systems, each)
            ),
            *(f"{FILE}: no route leads to {name}: it is told nothing" for name in unnamed if routes),
        ]  # fmt: skip

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
    known = ("channels", *Telling.model_fields)
    for key in data.keys() - known:
        document.mistake((key,), f"there is no key {key!r} here{nearest(key, known)}")
    if not data.get("channels") and not document.mistakes:
        document.mistake((), "has no channels: `channels: {name: {kind: …}}` is due")
    channels = _channels(data.get("channels", {}), document)
    telling = validated(Telling, {key: data[key] for key in data if key in Telling.model_fields}, document, ())
    for at, route in enumerate(telling.routes if telling and not document.mistakes else ()):
        for name in route.channels:
            if name not in channels:
                document.mistake(("routes", at, "channels"), f"there is no channel {name!r}{nearest(name, channels)}")
            elif channels[name].tells != "alerts":
                document.mistake(("routes", at, "channels"), f"{name!r} tells whole rounds: no route leads there")
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
