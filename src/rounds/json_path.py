"""Paths into JSON: JSONPath (RFC 9535, begins with `$`), or dotted steps (`last_backup.status`, `workers.0.name`).

A path that no JSONPath can be is refused with the file that holds it, not in the middle of a round.
"""

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, WithJsonSchema

if TYPE_CHECKING:
    from jsonpath import CompoundJSONPath, JSONPath, JSONPathEnvironment


def _is_readable(text: str) -> str:
    from jsonpath import JSONPathError  # noqa: PLC0415 - rows without a JSONPath do not import it

    try:
        _compiled(text)
    except JSONPathError as error:
        why = str(error).partition("\n")[0]
        raise ValueError(f"{text!r} is no JSONPath (RFC 9535): {why}") from None
    return text


JsonPath = Annotated[
    str,
    AfterValidator(lambda text: _is_readable(text) if text.startswith("$") else text),
    WithJsonSchema({"type": "string", "description": "JSONPath ($.jobs[*].state), or dotted steps (jobs.0.state)"}),
]
"""The text of a path. It stays text: what a probe is asked must have a whole and stable written form."""


def selected(document: Any, path: str) -> list[Any]:
    """The values at a path, in order; none where the document does not have it (or is nested too deep to tell)."""
    if not path.startswith("$"):
        return _stepped(document, path)
    from jsonpath import JSONPathError  # noqa: PLC0415 - as above

    try:
        return list(_compiled(path).findall(document))
    except (JSONPathError, RecursionError):
        return []


@cache
def _environment() -> "JSONPathEnvironment":
    from jsonpath import JSONPathEnvironment  # noqa: PLC0415 - as above

    return JSONPathEnvironment(strict=True)


@cache
def _compiled(path: str) -> "JSONPath | CompoundJSONPath":
    return _environment().compile(path)


def _stepped(value: Any, path: str) -> list[Any]:
    for step in path.split("."):
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return []
    return [value]
