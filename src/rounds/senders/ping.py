"""Pings, as healthchecks.io and its like take them: a dead-man's switch, which is loud when no round comes.

A round that is critical or unknown is a failure, with the reasons as its body. There is no warning over there: a round
with warnings is a success, whose body has them, and an entry in the log. Start, log and end of a round have one run id.
"""

import re
import uuid
from typing import Annotated, Literal
from urllib.parse import quote

from pydantic import ConfigDict, Field, model_validator

from rounds.alerting.alert import Alert, Kind
from rounds.fixtures.http import Reply
from rounds.outcome import Outcome
from rounds.quantities import Size
from rounds.round import Round
from rounds.secret import Secret
from rounds.senders.ping_text import body_of
from rounds.senders.posting import BaseUrl, Countdown, HttpChannel, Line, SecretUrl
from rounds.senders.sender import NotDelivered, takes_rounds_only

_OURS = uuid.UUID("6f0b3a54-7d0e-5e0e-9c0e-2f6a1c8f4b11")
_RATE_LIMIT_SECONDS = 60.0


class Ping(HttpChannel):
    """A check by the URL that has its uuid, or by ping key and slug; `{batch}` in the slug makes one check a batch."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [
        {"required": ["url"], "not": {"anyOf": [{"required": ["key"]}, {"required": ["slug"]}]}},
        {"required": ["key", "slug"], "not": {"required": ["url"]}},
    ]})  # fmt: skip
    tells = "rounds"
    wakes = True
    kind: Literal["ping"] = "ping"
    url: Annotated[SecretUrl | None, Field(description="the check's URL, with its uuid")] = None
    server: BaseUrl = "https://hc-ping.com"
    key: Annotated[Secret | None, Field(description="ping key of the project, for a check by slug")] = None
    slug: Annotated[str, Field(pattern=r"^[a-z0-9_-]*(\{batch\})?[a-z0-9_-]*$", description="a-z, 0-9, _ and -")] = ""
    create: Annotated[bool, Field(description="let the server make a check that it does not know")] = False
    body: Annotated[Size, Field(ge=100, description="the longest body that the server keeps")] = 10_000.0

    @model_validator(mode="after")
    def _one_way(self) -> "Ping":
        by_slug = self.key is not None or bool(self.slug)
        if (self.url is not None) == by_slug or (by_slug and not (self.key and self.slug)):
            raise ValueError("either url is due, or key and slug")
        if self.url is not None and (self.create or re.search(r"[?{]", self.url.get_secret_value())):
            raise ValueError("a check by its url cannot be created, and its url has no ? and no {batch}: slug has that")
        return self

    def sender(self) -> "PingSender":
        return PingSender(self)


class PingSender:
    """Sends the pings of a round: `start` when it begins, `send_round` when it has ended."""

    def __init__(self, channel: Ping) -> None:
        self.channel = channel
        self._line = Line(channel, channel.url.get_secret_value() if channel.url else channel.server)

    def start(self, round_id: str, batch: str) -> None:
        """To be sent before anything is looked at: a round that hangs is then seen. Raises NotDelivered."""
        self._ping("/start", "", batch, round_id, Countdown(self.channel.deadline))

    def send_round(self, told: Round) -> None:
        """The end comes before the entry in the log: what must not get lost goes first."""
        countdown = Countdown(self.channel.deadline)
        text = body_of(told, int(self.channel.body))
        self._ping("/fail" if told.outcome.is_bad else "", text, told.batch, told.id, countdown)
        if told.outcome is Outcome.WARNING:
            self._ping("/log", text, told.batch, told.id, countdown)

    def send(self, alert: Alert) -> None:
        """A test is an entry in the log, which changes nothing."""
        if alert.kind is not Kind.TEST:
            raise takes_rounds_only(self._line.place)
        self._ping(
            "/log", "A test of this channel, sent by a person.", alert.batch, "", Countdown(self.channel.deadline)
        )

    def _ping(self, signal: str, text: str, batch: str, round_id: str, countdown: Countdown) -> None:
        asked = [f"rid={uuid.uuid5(_OURS, round_id)}"] if round_id else []
        asked += ["create=1"] if self.channel.create else []
        path = f"{self._check(batch)}{signal}" + (f"?{'&'.join(asked)}" if asked else "")
        body = text.encode("utf-8", "backslashreplace")
        reply = self._line.ask(countdown, "POST", path, body, {"Content-Type": "text/plain; charset=utf-8"})
        if reply.status not in (200, 201):
            raise self._line.refused(reply)
        self._read(reply)

    def _check(self, batch: str) -> str:
        if self.channel.url is not None:
            return self.channel.url.get_secret_value().rstrip("/")
        key = self.channel.key.get_secret_value() if self.channel.key else ""
        slug = self.channel.slug.replace("{batch}", re.sub(r"[^a-z0-9_-]", "-", batch.lower()))
        return f"{quote(key, safe='')}/{slug}"

    def _read(self, reply: Reply) -> None:
        """By uuid, healthchecks.io answers 200 also when it did nothing: only its words say so."""
        words = reply.body[:200].decode("utf-8", "replace").lower()
        if "not found" in words:
            raise NotDelivered(f"{self._line.place} does not know this check", permanent=True)
        if "rate limited" in words:
            raise NotDelivered(f"{self._line.place} had too many pings at once", retry_after=_RATE_LIMIT_SECONDS)
