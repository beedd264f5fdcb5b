"""Selectors of HTML elements, the simple ones of CSS: `tbody tr`, `div.ride`, `#calendar tr.event[data-id]`."""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

_STEP = re.compile(
    r"(?P<tag>\*|[A-Za-z][\w-]*)?(?P<rest>(?:[.#][\w-]+|\[[\w-]+(?:=(?:\"[^\"\]]*\"|'[^'\]]*'|[\w-]+))?\])*)"
)
_PIECE = re.compile(r"(?P<kind>[.#\[])(?P<name>[\w-]+)(?:=(?P<value>[^\]]*))?")


@dataclass(frozen=True)
class Step:
    """One element that is meant: its tag (empty: any), classes, and attributes with their values (None: any)."""

    tag: str
    classes: frozenset[str]
    attributes: tuple[tuple[str, str | None], ...]

    def fits(self, tag: str, attributes: dict[str, str]) -> bool:
        if self.tag not in ("", tag) or not self.classes <= set(attributes.get("class", "").split()):
            return False
        return all(
            name in attributes and (value is None or attributes[name] == value) for name, value in self.attributes
        )


def steps_of(selector: str) -> tuple[Step, ...]:
    """The elements that a selector names, from the outermost; raises ValueError."""
    matches = [_STEP.fullmatch(each) for each in selector.split()]
    if not matches or None in matches:
        raise ValueError(
            f"{selector!r} is no selector that is known here: write tags, .classes, #ids and [attributes],"
            " with a blank for `somewhere within`"
        )
    return tuple(_step(match) for match in matches if match is not None)


def _step(match: re.Match[str]) -> Step:
    tag = (match["tag"] or "").lower().removeprefix("*")
    pieces = [(each["kind"], each["name"], each["value"]) for each in _PIECE.finditer(match["rest"])]
    classes = frozenset(name for kind, name, _ in pieces if kind == ".")
    ids = [("id", name) for kind, name, _ in pieces if kind == "#"]
    others = [
        (name.lower(), None if value is None else value.strip("\"'")) for kind, name, value in pieces if kind == "["
    ]
    return Step(tag, classes, (*ids, *others))


def _is_known(text: str) -> str:
    steps_of(text)
    return text


Selector = Annotated[
    str,
    AfterValidator(_is_known),
    WithJsonSchema({"type": "string", "description": "a selector of HTML elements: tbody tr.event"}),
]
"""The text of a selector that has been read."""
