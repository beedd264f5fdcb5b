"""A web hook: any receiver that takes a request with JSON, or with what a template makes.

**The signature.** With `secret:` set, each request has the header `Rounds-Signature: t=<seconds since 1970>,v1=<hex>`:
`v1` is HMAC-SHA256, keyed with the secret, over the bytes `<t>.` and then the body as it came. A receiver takes the
body before anything parses it, computes the same, compares in constant time, and refuses a `t` that is more than five
minutes off, so that nobody can send an old request again: `is_genuine` does just that, and may be copied.

**Twice.** The header `Idempotency-Key` has the id of the alert. It is the same when an alert is sent again because the
answer got lost: a receiver that has seen it answers 200 and does nothing.
"""

import hashlib
import hmac
import json
import re
import time
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from rounds.alerting.alert import Alert
from rounds.secret import Secret
from rounds.senders.posting import Countdown, HttpChannel, Line, SecretUrl
from rounds.senders.sender import NotDelivered
from rounds.senders.webhook_form import as_json, form_of, mistake_of, template

SIGNATURE = "Rounds-Signature"
_SHORTEST_SECRET = 16
_NEAR_SECONDS = 300.0


class Webhook(HttpChannel):
    """A receiver by its URL, which is kept secret, and the form it wants."""

    kind: Literal["webhook"] = "webhook"
    url: SecretUrl
    method: Annotated[Literal["POST", "PUT", "PATCH"], Field(description="how it is sent")] = "POST"
    secret: Annotated[Secret | None, Field(description="signs each request (HMAC-SHA256)")] = None
    template: Annotated[str | None, Field(description="jinja2; JSON with all there is when left out")] = None
    content_type: Annotated[
        str, Field(pattern=r"^[\w.+-]+/[\w.+-]+(; ?[\w-]+=[\w.-]+)*$", description="type/subtype; charset=utf-8")
    ] = "application/json"

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, given: SecretStr | None) -> SecretStr | None:
        if given is not None and len(given.get_secret_value()) < _SHORTEST_SECRET:
            raise ValueError(f"is too short to sign with: at least {_SHORTEST_SECRET} characters are due")
        return given

    @model_validator(mode="after")
    def _template_works(self) -> "Webhook":
        mistake = mistake_of(self.template, self.makes_json) if self.template is not None else ""
        if mistake:
            raise ValueError(mistake)
        return self

    @property
    def makes_json(self) -> bool:
        return self.content_type.partition(";")[0].endswith(("/json", "+json"))

    def sender(self) -> "WebhookSender":
        return WebhookSender(self)


class WebhookSender:
    """Sends an alert as one request; any answer of 2xx means that it was taken."""

    def __init__(self, channel: Webhook) -> None:
        self.channel = channel
        self._line = Line(channel, channel.url.get_secret_value())

    def send(self, alert: Alert) -> None:
        body = self._body(alert).encode("utf-8", "backslashreplace")
        headers = {
            "Content-Type": self.channel.content_type,
            "Idempotency-Key": re.sub(r"[^\x21-\x7e]", "_", alert.id)[:255],
        }
        if self.channel.secret is not None:
            headers[SIGNATURE] = signature(self.channel.secret.get_secret_value(), int(time.time()), body)
        reply = self._line.ask(Countdown(self.channel.deadline), self.channel.method, "", body, headers)
        if reply.status is None or not 200 <= reply.status < 300:
            raise self._line.refused(reply)

    def _body(self, alert: Alert) -> str:
        if self.channel.template is None:
            return as_json(form_of(alert))
        try:
            text = template(self.channel.template).filled(alert)
            if self.channel.makes_json:
                json.loads(text)
        except json.JSONDecodeError:
            raise NotDelivered(f"{self._line.place}: the template made no JSON of this alert", permanent=True) from None
        except ValueError as error:
            raise NotDelivered(f"{self._line.place}: {self._line.shown(str(error))}", permanent=True) from None
        return text


def signature(secret: str, at: int, body: bytes) -> str:
    """The value of the header, for a time in seconds since 1970."""
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={signed.hexdigest()}"


def is_genuine(secret: str, header: str, body: bytes, now: float) -> bool:
    """For receivers: whether a request with this header and body was signed with the secret, and just now."""
    match = re.fullmatch(r"t=(\d{1,12}),v1=([0-9a-f]{64})", header)
    if match is None:
        return False
    expected = signature(secret, int(match[1]), body)
    return hmac.compare_digest(expected, header) and abs(now - int(match[1])) <= _NEAR_SECONDS
