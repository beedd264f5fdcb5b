"""HTML made of calls: what is not `Html` already becomes one clean line and is escaped, so nothing can be forgotten."""

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
    said = "".join([f' {key.rstrip("_").replace("_", "-")}="{html(value)}"' for key, value in attributes.items()])
    return Html(f"<{name}{said}>{html(*parts)}</{name}>")


NOTHING = Html()
