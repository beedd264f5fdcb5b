"""Figures as people write them (`26h`, `10 MB`, `85%`, `5/min`), read into and shown from base units.

The base units are `s`, `B`, `%`, `1/s` and `` (a plain count or ratio).
"""

import math
from functools import cache
from typing import Annotated, Any

import pytimeparse2
from pydantic import BeforeValidator, ByteSize, TypeAdapter, WithJsonSchema

_KINDS = {"s": "a duration", "B": "a size", "%": "a percentage", "1/s": "a rate", "": "a plain number"}
_NEVER_NEGATIVE = ("s", "B", "%")
_EXAMPLES = {"s": "26h or 500ms", "B": "10 MB", "%": "85%", "1/s": "5/min", "": "1000"}


def read(given: object, unit: str) -> float:
    """Read what a person wrote as a figure in the base unit `unit`.

    Raises ValueError that says what was due instead ("'10 MB' is a size; a duration such as 26h is due here").
    """
    figure = _read(given, unit)
    if figure is not None and math.isfinite(figure):
        if figure < 0 and unit in _NEVER_NEGATIVE:
            raise ValueError(f"{given!r}: {_KINDS[unit]} cannot be negative")
        return figure
    other = next((kind for other, kind in _KINDS.items() if other != unit and _read(given, other) is not None), None)
    what = f"{given!r} is {other}" if other else f"{given!r} cannot be read"
    raise ValueError(f"{what}; {_KINDS.get(unit, 'a number')} such as {_EXAMPLES.get(unit, '10')} is due here")


def _read(given: object, unit: str) -> float | None:
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        return None
    text = str(given).strip()
    if unit == "%":
        return _number(text.removesuffix("%")) if text.endswith("%") else None
    if unit == "1/s":
        amount, slash, per = text.partition("/")
        seconds = _seconds(f"1{per.strip()}") if slash else None
        number = _number(amount)
        return number / seconds if seconds and number is not None else None
    number = _number(text)
    if number is not None:
        return number if unit not in _KINDS or unit == "" or number == 0 else None
    return _seconds(text) if unit == "s" else _bytes(text) if unit == "B" else None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _seconds(text: str) -> float | None:
    seconds: Any = pytimeparse2.parse(text)
    return None if seconds is None else float(seconds)


def _bytes(text: str) -> float | None:
    if text.startswith("-"):  # pydantic knows no negative size, and would not say why
        amount = _bytes(text[1:])
        return None if amount is None else -amount
    try:
        return float(_bytes_reader().validate_python(text))
    except ValueError:
        return None


@cache
def _bytes_reader() -> TypeAdapter[ByteSize]:
    return TypeAdapter(ByteSize)


_STEPS = {
    "s": (("d", 3 * 86400, 86400), ("h", 7200, 3600), ("min", 120, 60), ("s", 1, 1), ("ms", 1e-9, 0.001), ("s", 0, 1)),
    "B": (("GB", 1e9, 1e9), ("MB", 1e6, 1e6), ("kB", 1e3, 1e3), ("B", 0, 1)),
    "1/s": (("/min", 0, 1 / 60),),
}
"""For a base unit: the word, the least figure it is used for, and its size; the largest first."""


def shown(value: object, unit: str = "") -> str:
    """A figure with its unit as a person would say it: `93600, "s"` is `26 h`."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "nothing"}[value]
    if not isinstance(value, int | float) or not math.isfinite(value):
        return str(value)
    steps = _STEPS.get(unit, ((unit, 0, 1),))
    word, size = next((word, size) for word, least, size in steps if abs(value) >= least)
    return f"{_short(value / size)} {word}".strip()


def _short(value: float) -> str:
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value)}"
    if abs(value) < 0.001:
        return "nearly 0"  # 3.24e-05 is no figure for a tired person, and 0 would look like a limit of 0 that holds
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"


def _described(unit: str) -> WithJsonSchema:
    """For editors: only zero may stand without a unit, of what has one but a percentage."""
    types = {"type": "string"} if unit == "%" else {"type": ["string", "number"], "minimum": 0, "maximum": 0}
    said = {"description": f"{_KINDS[unit]} such as {_EXAMPLES[unit]}", "examples": _examples(unit)}
    return WithJsonSchema(types | {"pattern": r"\d|\$\{"} | said)


def _examples(unit: str) -> list[str]:
    return _EXAMPLES[unit].split(" or ")


def unit_of(schema: dict[str, Any]) -> str | None:
    """The base unit of a figure by its JSON Schema, also where it may be left out; None for all else."""
    shapes = [schema, *schema.get("anyOf", ())]
    units = (unit for unit in _KINDS for shape in shapes if shape.get("examples") == _examples(unit))
    return next(units, None)


Duration = Annotated[float, BeforeValidator(lambda given: read(given, "s")), _described("s")]
"""Seconds, written as `26h`, `500ms`, `1d12h`."""

Size = Annotated[float, BeforeValidator(lambda given: read(given, "B")), _described("B")]
"""Bytes, written as `10 MB`, `1GiB`."""

Percentage = Annotated[float, BeforeValidator(lambda given: read(given, "%")), _described("%")]
"""Percent, written as `85%`."""
