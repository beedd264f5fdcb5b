"""YAML documents that remember where each value stands, with variables filled in and bombs refused."""

import os
import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from rounds.inventory.mistakes import Mistake, shown_path

Place = tuple[str | int, ...]
_LARGEST_BYTES = 5_000_000
_VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>(?:(?!\$\{)[^}])*))?\}")
_NO_VARIABLE = re.compile(r"\$\{(?P<name>[^}:=?+-]*)[^}]*(?P<end>\}?)")
_PLAIN = re.compile(r"^\$\{[^}]*\}$")


@dataclass
class Document:
    """A YAML file as plain data, the line of each value by its path, and the mistakes met on the way."""

    file: str
    data: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    mistaken: set[Place] = field(default_factory=set)

    def line(self, place: Place) -> int:
        """The line of a value, or of the nearest thing around it that has one."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def mistake(self, place: Place, what: str) -> None:
        self.mistakes.append(Mistake(self.file, self.line(place), _dotted(place), what))
        self.mistaken.add(place)


def read_document(path: Path) -> Document:
    """Read one YAML file; whatever is wrong with it becomes a mistake of the document, never an exception."""
    document = Document(shown_path(path))
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            document.mistake((), f"is larger than {_LARGEST_BYTES // 1_000_000} MB: this is no inventory")
            return document
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        document.mistakes.append(Mistake(document.file, line, "", f"is not YAML: {error.problem}"))
        return document
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        document.mistake((), f"cannot be read: {_first_line(error)}")
        return document
    document.data = _Reader(document).plain(node, ()) if node else None
    return document


if yaml.__with_libyaml__:

    class _SafeLoader(yaml.composer.Composer, yaml.CSafeLoader):
        """Several times as fast as Python's. libyaml's own composer lets nobody refuse, and deep nesting crashes it."""

        def __init__(self, stream: str) -> None:
            yaml.CSafeLoader.__init__(self, stream)
            yaml.composer.Composer.__init__(self)

else:
    _SafeLoader = yaml.SafeLoader  # type: ignore[misc,assignment]


class _Loader(_SafeLoader):
    """The safe loader without aliases: an inventory needs none, and nine lines of them can fill the memory."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            alias: Any = self.peek_event()
            raise yaml.MarkedYAMLError(problem="aliases (*name) are not allowed here", problem_mark=alias.start_mark)
        return super().compose_node(parent, index)


# YAML 1.1 reads `on`, `off`, `yes`, `no` as booleans and 08:30 as a number; in an inventory they are words.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


class _Reader:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.scalars = yaml.constructor.SafeConstructor()

    def plain(self, node: yaml.Node, place: Place) -> Any:
        self.document.lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self.plain(item, (*place, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, place)

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[Hashable, Any]:
        plain: dict[Hashable, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "?"
            self.document.lines[(*place, key)] = key_node.start_mark.line + 1
            if key in plain:
                self.document.mistake((*place, key), "this key stands twice; the first would be lost")
            plain[key] = self.plain(value_node, (*place, key))
        return plain

    def _scalar(self, node: yaml.Node, place: Place) -> Any:
        if isinstance(node.value, str) and "${" in node.value:
            return self._filled(node, place)
        try:
            return self.scalars.construct_object(node, deep=True)
        except (yaml.YAMLError, ValueError) as error:
            self.document.mistake(place, f"cannot be read: {_first_line(error)}")
        except (LookupError, AttributeError, TypeError, ArithmeticError):  # PyYAML's ways to say that a tag lies
            self.document.mistake(place, f"cannot be read as {node.tag.replace('tag:yaml.org,2002:', '!!')}")
        return None

    def _filled(self, node: yaml.Node, place: Place) -> Any:
        missing = [
            match["name"] for match in _VARIABLE.finditer(node.value)
            if match["default"] is None and not os.environ.get(match["name"])
        ]  # fmt: skip
        for name in missing:
            self.document.mistake(place, f"the variable {name} is not set")
        for match in _NO_VARIABLE.finditer(_VARIABLE.sub("", node.value)):
            self.document.mistake(place, _no_variable(match))
        text = _VARIABLE.sub(lambda match: os.environ.get(match["name"]) or match["default"] or "", node.value)
        alone = _PLAIN.match(node.value) and getattr(node, "style", None) is None
        return yaml.safe_load(text) if alone and re.fullmatch(r"-?\d+(\.\d+)?", text) else text


def _no_variable(match: re.Match[str]) -> str:
    """What is wrong with a `${`; only the name is told, since a secret may stand behind it."""
    if not match["end"]:
        return "`${` is not closed"
    return f"`${{{match['name']}}}` is no variable: ${{NAME}} or ${{NAME:-default}} is due, with letters, digits and _"


def _dotted(place: Place) -> str:
    text = ""
    for step in place:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
