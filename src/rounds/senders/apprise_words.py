"""Why apprise did not deliver: it answers yes or no; reasons stand in its log, between addresses and payloads."""

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import unquote

from rounds.reports.text import line
from rounds.secret import Redactor
from rounds.senders.sender import REFUSALS

_LOGGERS_WITH_ADDRESSES = ("urllib3", "requests", "requests_oauthlib", "oauthlib", "httpx")
_CAUSES = (
    re.compile(r"\[Errno -?\d+\] ([^'\")]+)"),
    re.compile(r"(?i)(read timed out|timed out|certificate verify failed|failed to resolve)"),
    re.compile(r"(\d{3}, b?['\"][^'\"]*)"),
)
_ANSWER = re.compile(r"Response Details:\s*b?['\"](.+)['\"]$", re.DOTALL)
_STATUS = re.compile(r"[.,:]?,? ?error=(\d{3})\b")
_HOST = re.compile(r"localhost|\d+|[\w-]+(?:\.[\w-]+)+")
_SHORTEST = 4
_SHORTEST_VALUE = 8  # in a query: what is shorter is a setting such as format=text


@dataclass(frozen=True)
class Answer:
    """What came of one sending."""

    words: str
    is_delivered: bool = False
    is_permanent: bool = False


class Heard:
    """What apprise logs in this thread meanwhile: kept here, and handed to no handler of anybody."""

    def __init__(self) -> None:
        self.loud: list[str] = []
        self.quiet: list[str] = []

    def __enter__(self) -> Self:
        hush()
        _LISTENING.heard = self
        return self

    def __exit__(self, *_: object) -> None:
        _LISTENING.heard = None

    @property
    def first(self) -> str:
        return self.loud[0] if self.loud else ""

    def hear(self, record: logging.LogRecord) -> None:
        with suppress(Exception):  # a message that cannot be formatted says nothing
            (self.loud if record.levelno >= logging.WARNING else self.quiet).append(record.getMessage())

    def why(self, url: str, service: Any) -> Answer:
        """The best words for a failure."""
        words = _STATUS.sub(r" (status \1)", self.loud[-1]).rstrip(".") if self.loud else "the service did not take it"
        cause = next((found for message in self.quiet for found in _cause(message)), "")
        if cause and cause.lower() not in words.lower():
            words = f"{words}: {cause}"
        status = next((int(match[1]) for message in self.loud if (match := _STATUS.search(message))), 0)
        return Answer(redacted(words, url, service), is_permanent=status in REFUSALS)


_LISTENING = threading.local()


def _may_be_handled(record: logging.LogRecord) -> bool:
    """A filter of apprise's logger. What other threads log with apprise goes on, as far as it is meant for all."""
    heard: Heard | None = getattr(_LISTENING, "heard", None)
    if heard is not None:
        heard.hear(record)
    return heard is None and record.levelno >= logging.WARNING


def hush() -> None:
    """Keep what apprise and its libraries log to ourselves: there are tokens, addresses and whole payloads in it."""
    log = logging.getLogger("apprise")
    if _may_be_handled not in log.filters:
        log.addFilter(_may_be_handled)
    log.setLevel(logging.DEBUG)
    for name in _LOGGERS_WITH_ADDRESSES:
        logging.getLogger(name).setLevel(logging.WARNING)


def _cause(message: str) -> Iterator[str]:
    if "Exception" in message:
        yield from (match[1].strip() for pattern in _CAUSES if (match := pattern.search(message)))
    elif match := _ANSWER.match(message):
        yield match[1].strip()


def redacted(words: str, url: str, service: Any = None) -> str:
    """The words as one line, without anything of the URL but hosts and what apprise itself would show of its values."""
    redactor = Redactor()
    redactor.learn(url)
    address, _, query = url.partition("://")[2].partition("?")
    secrets = {piece for piece in _pieces(address) | _values(query) if not _HOST.fullmatch(piece)}
    if service is not None:
        secrets |= _pieces(service.url()) - _pieces(service.url(privacy=True))
    for secret in secrets:
        if len(secret) >= _SHORTEST:
            redactor.learn(secret)
    return line(redactor.clean(words), 300)


def _pieces(url: str) -> set[str]:
    pieces = re.split(r"[/?&=@:#,]", url)
    return {way for piece in pieces for way in (piece, unquote(piece)) if way}


def _values(query: str) -> set[str]:
    values = [each.partition("=")[2] for each in query.split("&")]
    return {way for value in values for way in (value, unquote(value)) if len(way) >= _SHORTEST_VALUE}
