"""Secrets: a type of their own, read from the environment or a file, and kept out of everything that is told."""

import base64
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from pydantic import BeforeValidator, SecretStr, WithJsonSchema

from rounds.text import printable

MASK = "•••"
_SHORTEST = 4  # masking shorter words would blot out ordinary text
HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[^\s:/?#@\[\]]+)"
_MOST_LOGINS = 20  # of one URL: each @ may be the one before the host

# libpq's own rules: quotes around values, and a backslash before what would end one.
_PAIR = re.compile(r"\s*(?P<key>\w+)\s*=\s*(?:'(?P<quoted>(?:[^'\\]|\\.)*)'(?=\s|$)|(?P<plain>(?:[^\s'\\]|\\.)"
                   r"(?:[^\s\\]|\\.)*|))\s*", re.DOTALL)  # fmt: skip
_LAX = re.compile(r"(?i)(?:password|passwd|pwd)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|([^\s&]+))")
_QUERY = re.compile(r"(?i)[?&](?:\w*password|passwd|pass|pwd|token|secret)=([^&#]+)")
_LOGIN = re.compile(r"[^\s:=/]*:(?!//)(.+)", re.DOTALL)
_SCHEME = re.compile(r"(?i)(?:bearer|basic|token|apikey)\s+(\S+)")


def _read(given: object) -> object:
    if not isinstance(given, str) or not given.startswith("file:"):
        return given
    path = Path(given.removeprefix("file:"))
    try:
        return path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        raise ValueError(f"the secret's file {path} cannot be read: it is not UTF-8") from None
    except OSError as error:
        raise ValueError(f"the secret's file {path} cannot be read: {error.strerror}") from None


Secret = Annotated[
    SecretStr,
    BeforeValidator(_read),
    WithJsonSchema({
        "type": "string",
        "description": "a secret: ${VARIABLE}, also as a part of the text, or file:/path (the whole text of that file)",
    }),
]  # fmt: skip
"""A password, token or DSN: with `${VARIABLE}`, or `file:/path`, in the inventory, `•••` everywhere else."""


class Redactor:
    """Knows every secret of the inventory and blots it out of text.

    Words are found by their first characters and then by length, so that ten thousand secrets cost as little as ten.
    """

    def __init__(self) -> None:
        self._learnt: set[str] = set()
        self._words: set[str] = set()
        self._lengths: dict[str, set[int]] = {}

    def learn(self, secret: str) -> None:
        """Remember a secret and the passwords inside it, if it is a URL, a DSN or a login, in each way of writing."""
        for word in {secret, *_passwords(secret)} - self._learnt:
            self._learnt.add(word)
            self._add(word)

    def _add(self, word: str) -> None:
        for written in _ways_to_write(word):
            if len(written) >= _SHORTEST:
                self._words.add(written)
                self._lengths.setdefault(written[:_SHORTEST], set()).add(len(written))

    def clean(self, text: str) -> str:
        """The text with every secret replaced by `•••`; what lies in two secrets at once goes with both."""
        kept: list[str] = []
        end = 0
        for at in range(len(text) - _SHORTEST + 1) if self._words else ():
            lengths = self._lengths.get(text[at : at + _SHORTEST])
            found = (
                max((length for length in lengths if text[at : at + length] in self._words), default=0)
                if lengths
                else 0
            )
            if found and at >= end:
                kept += (text[end:at], MASK)
            end = max(end, at + found) if found else end
        return "".join([*kept, text[end:]]) if kept else text

    def clean_tree(self, value: Any) -> Any:
        """The same tree with every string, keys too, made printable and then redacted. Never raises."""
        try:
            return self._clean_tree(value)
        except Exception as error:  # noqa: BLE001 - whatever hides in there must not end a round, nor get out
            return f"cannot be told: {type(error).__name__}"

    def _clean_tree(self, value: Any) -> Any:
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, dict):
            return {self._clean_tree(key): self._clean_tree(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self._clean_tree(each) for each in value]
        if isinstance(value, tuple):
            return tuple([self._clean_tree(each) for each in value])
        return self.clean(printable(str(value)))


def pairs(dsn: str) -> dict[str, str] | None:
    """The settings of a DSN in key=value form, or None when it is not one."""
    found: dict[str, str] = {}
    at = 0
    while at < len(dsn):
        match = _PAIR.match(dsn, at)
        if match is None:
            return None
        found[match["key"]] = _unescaped(match["quoted"] or match["plain"] or "")
        at = match.end()
    return found or None


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def logins(url: str) -> list[str]:
    """Everything in a URL that may be its `user:password`, however it is written: raw passwords may hold `/#?@`."""
    rest = url.partition("://")[2]
    ends = [match.start() for match in re.finditer("@", rest)]
    return [rest[:end] for end in ends[-_MOST_LOGINS:] if ":" in rest[:end]]


_HOSTS = rf"{HOST}?(?::\d{{1,5}})?(?:,{HOST}(?::\d{{1,5}})?)*"
_PLACE = re.compile(rf"({_HOSTS}(?:/[\w.%-]*)?)(?:[?#].*)?", re.DOTALL)


def without_login(address: str) -> str:
    """What of a URL or DSN may be shown: scheme, hosts, ports, database. Empty when it is not sure what is what."""
    if "://" not in address:
        shown = {key: value for key, value in (pairs(address) or {}).items() if key in ("host", "port", "dbname")}
        is_plain = all(re.fullmatch(r"[\w./,:%-]*", value) for value in shown.values())
        return " ".join(f"{key}={value}" for key, value in shown.items()) if is_plain else ""
    scheme, _, rest = address.partition("://")
    login, _, place = rest.rpartition("@")
    match = _PLACE.fullmatch(place)
    is_sure = match and re.fullmatch(r"[a-z+]+", scheme) and not re.search(r"[/?#]", login)
    return f"{scheme}://{match[1]}" if match and is_sure else ""


def _passwords(secret: str) -> Iterator[str]:
    if "://" in secret:
        for login in logins(secret):
            yield from (login, *_of_login(login), *_of_login(unquote(login)))
        yield from (read(found) for found in _QUERY.findall(secret) for read in (str, unquote, unquote_plus))
    elif match := _LOGIN.fullmatch(secret):
        yield from _of_login(secret)
        yield match[1].strip()
    for quoted, plain in _LAX.findall(secret):
        yield from (quoted or plain, _unescaped(quoted or plain))
    for key, value in (pairs(secret) or {}).items() if "=" in secret else ():
        if "password" in key.lower():
            yield value
    yield from _SCHEME.findall(secret)


def _of_login(login: str) -> tuple[str, ...]:
    """The password of `user:password`, and what an Authorization header makes of both."""
    encoded = base64.b64encode(_as_bytes(login)).decode().rstrip("=")
    return login.partition(":")[2], encoded, encoded.translate(str.maketrans("+/", "-_"))


def _ways_to_write(word: str) -> set[str]:
    if word.isascii() and word.isalnum():
        return {word}
    raw = _as_bytes(word)
    escaped = json.dumps(word)[1:-1]
    ways = {
        word, word.strip(), printable(word), repr(word)[1:-1], escaped, json.dumps(word, ensure_ascii=False)[1:-1],
        escaped.replace("/", "\\/"), html.escape(word), html.escape(word, quote=False), word.replace('"', "&quot;"),
        html.escape(word).replace("&#x27;", "&#39;"),
        quote(raw, safe=""), quote(raw), quote_plus(raw), unquote(word), unquote_plus(word),
    }  # fmt: skip
    return ways | {line.strip() for line in word.splitlines()} | {way.lower() for way in ways if "%" in way}


def _as_bytes(text: str) -> bytes:
    """Also of text that came from an environment that is not UTF-8."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
