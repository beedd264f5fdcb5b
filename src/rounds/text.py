"""Text from targets may contain anything: here it becomes text that terminals, XML and HTML can take."""

import re
import sys
from typing import TextIO

_ESCAPE_SEQUENCES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)


def printable(text: str) -> str:
    r"""The text without terminal sequences, and with every character shown as `\x07` that XML 1.0 does not allow."""
    if text.isprintable():
        return text
    text = _ESCAPE_SEQUENCES.sub("", text)
    return _UNPRINTABLE.sub(lambda match: f"\\x{ord(match[0]):02x}", text)


def say(text: str, stream: TextIO | None = None) -> None:
    """Print to standard output, or another stream, also where its encoding knows only ASCII."""
    stream = stream or sys.stdout
    encoding = stream.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), file=stream)
