"""Sending over HTTP: a channel that is reached by a URL, and what its answer means."""

import json
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, WithJsonSchema

from rounds.fixtures.http import MOST_BYTES, Reply, Request, fetch
from rounds.probe import CouldNotLook
from rounds.quantities import shown
from rounds.reports.text import line
from rounds.secret import HOST, Redactor, Secret
from rounds.senders.sender import REFUSALS, Channel, NotDelivered
from rounds.targets import Endpoint

_URL = re.compile(rf"https?://(?:[^\s/?#@]*@)?{HOST}(?::\d{{1,5}})?(?:[/?#][\x21-\x3f\x41-\x7e]*)?")
_BASE = re.compile(rf"https?://{HOST}(?::\d{{1,5}})?(?:/[\w./~%+-]*)?")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NOT_YOURS = {"content-length", "host", "transfer-encoding", "connection"}
_LEAST_SECONDS = 0.05
_LONGEST_RETRY = 3600.0
_SHORTEST_TOKEN = 8  # of a URL's path and query: what is shorter is a word, and stands in ordinary text


def _url(given: SecretStr) -> SecretStr:
    if not _URL.fullmatch(given.get_secret_value()):
        raise ValueError("a URL such as https://alerts.example/hook is due (an @ in its path is written %40)")
    return given


def _base(given: object) -> object:
    if isinstance(given, str) and "@" in given:
        raise ValueError("a login does not belong into this URL, which is shown: write it as login: ${NAME}")
    if not isinstance(given, str) or not _BASE.fullmatch(given):
        raise ValueError("a URL such as http://localhost:9093 is due, without ? and #")
    return given.rstrip("/")


def _headers(given: dict[str, SecretStr]) -> dict[str, SecretStr]:
    for name, value in given.items():
        if not _TOKEN.fullmatch(name) or name.lower() in _NOT_YOURS:
            raise ValueError(f"{name!r} is no header that can be set here")
        _sendable(value, f"the header {name}")
    return given


def _bearer(given: SecretStr | None) -> SecretStr | None:
    if given is not None:
        _sendable(given, "this")
    return given


def _sendable(given: SecretStr, what: str) -> None:
    text = given.get_secret_value()
    if not (text.isascii() and text.isprintable() and text == text.strip()):
        raise ValueError(f"{what} has line breaks, blanks at its ends, or letters that no header takes")


SecretUrl = Annotated[
    Secret,
    AfterValidator(_url),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": "^(https?://|file:)",
            "description": "a URL, kept secret: also as ${VARIABLE} or file:/path",
        }
    ),
]
"""A URL that proves by itself who asks, as those of web hooks do: never shown but for its host."""

BaseUrl = Annotated[
    str,
    BeforeValidator(_base),
    WithJsonSchema({"type": "string", "pattern": f"^{_BASE.pattern}$", "description": "a base URL"}),
]
"""The address of a server, which may be shown."""


class HttpChannel(Channel):
    """A channel that is reached over HTTP: how to log in, and whom to trust."""

    bearer: Annotated[Secret | None, AfterValidator(_bearer), Field(description="token to log in with")] = None
    login: Annotated[Secret | None, Field(description="user:password for basic authentication")] = None
    headers: Annotated[dict[str, Secret], AfterValidator(_headers), Field(description="more of each request")] = {}  # noqa: RUF012 - pydantic copies it
    ca_file: Annotated[str | None, Field(description="certificates to trust instead of the system's")] = None


class Countdown:
    """The seconds that are left of a sending's deadline, shared by its requests."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._ends = time.monotonic() + seconds

    @property
    def left(self) -> float:
        return max(_LEAST_SECONDS, self._ends - time.monotonic())


class Line:
    """A line to one receiver. Nothing it says holds the channel's secrets, also where the receiver sends them back."""

    def __init__(self, channel: HttpChannel, url: str) -> None:
        login: dict[str, Any] = {"login": channel.login} if channel.login else {}  # without one, that of the URL holds
        self._endpoint = Endpoint(
            name=channel.name or channel.kind,
            url=url,
            bearer=channel.bearer,
            headers=channel.headers,
            ca_file=channel.ca_file,
            **login,
        )
        self.place = f"{self._endpoint.name} ({urlsplit(self._endpoint.url).netloc})"
        self._redactor = Redactor()
        for secret in channel.secrets:
            self._redactor.learn(secret)
            for token in tokens(secret):
                self._redactor.learn(token)

    def ask(
        self, countdown: Countdown, method: str = "POST", path: str = "", content: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:  # fmt: skip
        """One request, below the URL or (without a path) to the URL itself; redirects are not followed.

        Raises NotDelivered when there is no answer; what an answer means is for the caller to say.
        """
        asked = Request(path or self._endpoint.url, method, headers or {}, content)
        seconds = countdown.left
        try:
            reply = fetch(self._endpoint, asked, seconds)
        except CouldNotLook as error:
            words = str(error) if "certificates to trust" in str(error) else "the request could not be sent"
            raise NotDelivered(f"{self.place}: {self.shown(words)}") from None
        if reply.status is None:
            within = f"no complete answer within {shown(countdown.seconds, 's')}"
            words = within if reply.cause == "time" else reply.failure
            raise NotDelivered(f"{self.place} gives no answer: {self.shown(words)}")
        return reply

    def list_in(self, reply: Reply) -> list[Any]:
        """The JSON list that a good reply holds; raises NotDelivered for anything else."""
        if reply.status != 200:
            raise self.refused(reply)
        if reply.failure or len(reply.body) > MOST_BYTES:
            words = self.shown(reply.failure) or "its answer is too large"
            raise NotDelivered(f"{self.place} did not answer wholly: {words}")
        try:
            found = json.loads(reply.body)
        except ValueError:
            found = None
        if not isinstance(found, list):
            raise NotDelivered(f"{self.place} answers, but with something else than was asked for")
        return found

    def shown(self, text: str) -> str:
        return line(self._redactor.clean(text), 300)

    def refused(self, reply: Reply, words: str = "") -> NotDelivered:
        """What an answer that is not the wanted one means for trying again."""
        status = reply.status or 0
        said = words or self.shown(reply.body[:2000].decode("utf-8", "replace").strip().partition("\n")[0])
        about = f"{status} {_phrase(status)}".strip() + (f": {said}" if said else "")
        if reply.leads_on:
            host = urlsplit(reply.redirects_to).netloc.rpartition("@")[2]
            about += f"; it leads on to {self.shown(host) or 'another address'}, which is not followed"
        permanent = status in REFUSALS
        after = retry_after(reply.headers.get("retry-after", ""))
        return NotDelivered(f"{self.place} answered {about}", permanent=permanent, retry_after=after)


def tokens(url: str) -> list[str]:
    """What in the path and query of a URL may be a token."""
    parts = urlsplit(url) if "://" in url else None
    pieces = re.split(r"[/?&=]", f"{parts.path}?{parts.query}") if parts else []
    return [way for piece in pieces if len(piece) >= _SHORTEST_TOKEN for way in (piece, unquote(piece))]


def retry_after(given: str) -> float | None:
    """Seconds, from a header with seconds or an HTTP date; None when it says nothing that makes sense."""
    if re.fullmatch(r"\d{1,9}", given.strip()):
        return min(float(given), _LONGEST_RETRY)
    try:
        at = parsedate_to_datetime(given)
    except (ValueError, TypeError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(0.0, (at - datetime.now(UTC)).total_seconds()), _LONGEST_RETRY)


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""
