"""Text from targets, made to fit: one line, or a body with an end."""

from rounds.text import printable

LONGEST_LINE = 1_000
LONGEST_BODY = 8_000


def body(text: str, longest: int = LONGEST_BODY) -> str:
    """Text of many lines that XML, HTML and a terminal can show; what is too long is cut, and says so."""
    if len(text) > longest:
        text = f"{text[:longest]}\n… ({len(text) - longest} more characters)"
    return text if text.isprintable() else printable(text).replace("\r\n", "\n").replace("\r", "\n")


def line(text: str, longest: int = LONGEST_LINE) -> str:
    """The same as one line, cut with an ellipsis."""
    if len(text) > longest:
        text = f"{text[: longest - 1]}…"
    return text if text.isprintable() else " ".join(printable(text).split())
