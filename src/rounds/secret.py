"""Secrets: a type of their own, read from the environment or a file, and kept out of everything that is told."""

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import quote, unquote, urlsplit

from pydantic import BeforeValidator, SecretStr, WithJsonSchema

MASK = "•••"
_SHORTEST = 4  # masking shorter words would blot out ordinary text


def _read(given: object) -> object:
    if not isinstance(given, str) or not given.startswith("file:"):
        return given
    path = Path(given.removeprefix("file:"))
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ValueError(f"the secret's file {path} cannot be read: {error.strerror}") from None


Secret = Annotated[
    SecretStr,
    BeforeValidator(_read),
    WithJsonSchema({"type": "string", "description": "a secret: ${VARIABLE} or file:/path, never the secret itself"}),
]
"""A password, token or DSN: `${VARIABLE}` or `file:/path` in the inventory, `•••` everywhere else."""


class Redactor:
    """Knows every secret of the inventory and blots it out of text."""

    def __init__(self) -> None:
        self._words: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def learn(self, secret: str) -> None:
        """Remember a secret and the password inside it, if it is a URL or a DSN, in each way it may be written."""
        words = {secret, *_passwords(secret)}
        for word in list(words):
            words |= {quote(word, safe=""), unquote(word), repr(word)[1:-1]}
        self._words |= {word for word in words if len(word) >= _SHORTEST}
        self._pattern = None

    def clean(self, text: str) -> str:
        """The text with every secret replaced by `•••`."""
        if self._pattern is None and self._words:
            longest_first = sorted(self._words, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))
        return self._pattern.sub(MASK, text) if self._pattern else text


def _passwords(secret: str) -> list[str]:
    found = re.findall(r"""password\s*=\s*(?:'([^']*)'|(\S+))""", secret)
    words = [quoted or plain for quoted, plain in found]
    if "://" in secret:
        parts = urlsplit(secret)
        userinfo = parts.netloc.rpartition("@")[0]
        words += [parts.password or "", userinfo]
    return [word for word in words if word]
