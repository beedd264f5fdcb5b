"""Text from targets may contain anything: here it becomes text that terminals, XML and HTML can take."""

import re

_ESCAPE_SEQUENCES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    r"""The text without terminal sequences, and with every character shown as `\x07` that XML 1.0 does not allow."""
    if text.isprintable():
        return text
    text = _ESCAPE_SEQUENCES.sub("", text)
    return _UNPRINTABLE.sub(lambda match: f"\\x{ord(match[0]):02x}", text)
