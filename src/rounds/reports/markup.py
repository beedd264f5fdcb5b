"""HTML made of calls: what is not `Html` already becomes one clean line and is escaped, so nothing can be forgotten."""

from functools import lru_cache
from html import escape

from rounds.reports.text import line


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def html(*parts: str) -> Html:
    """The parts one after the other, each escaped unless it is HTML."""
    return Html("".join([part if isinstance(part, Html) else escape(line(part)) for part in parts]))


def tag(name: str, *parts: str, **attributes: str) -> Html:
    """An element: `tag("td", "a < b", class_="wide", data_label="Sum")`; `hidden=""` is a bare attribute."""
    said = _said(*attributes, *attributes.values()) if attributes else ""
    return Html(f"<{name}{said}>{html(*parts)}</{name}>")


@lru_cache(maxsize=1000, typed=True)
def _said(*names_then_values: str) -> str:
    """The attributes of an element; a page has few of them, in many rows."""
    half = len(names_then_values) // 2
    pairs = zip(names_then_values[:half], names_then_values[half:], strict=True)
    return "".join([f' {name.rstrip("_").replace("_", "-")}="{html(value)}"' for name, value in pairs])


NOTHING = Html()
