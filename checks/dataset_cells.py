"""Values as a row on a dataset writes them; one sentence for each that cannot be one."""

import math
from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Tag

from rounds.sql import Query


def _is_finite(given: float) -> bool:
    try:
        return math.isfinite(given)
    except OverflowError:  # a whole number of more than 308 digits
        return False


def _is_number(given: Any) -> Any:
    if isinstance(given, bool) or not isinstance(given, int | float) or not _is_finite(given):
        raise ValueError("a number is due, such as 0.5")
    return given


def _is_value(given: Any) -> Any:
    if given is None:
        raise ValueError("NULL is no value to compare with: data-nulls says how many rows may have it")
    if not isinstance(given, str | bool):
        try:
            return _is_number(given)
        except ValueError:
            raise ValueError("a text, a number, true or false is due; put a date in quotes") from None
    return given


def _as_name(given: Any) -> Any:
    """Numbers, true and false are names, too; groups are compared as they are told."""
    return str(given).lower() if isinstance(given, int) else given


Number = Annotated[int | float, BeforeValidator(_is_number)]
"""A finite number; whole ones stay whole, so that they are compared with whole ones."""

PlainValue = Annotated[str | int | float | bool, BeforeValidator(_is_value)]
"""A text, a number, true or false."""

_Names = tuple[Annotated[str, BeforeValidator(_as_name)], ...]

GroupNames = Annotated[
    Annotated[_Names, Tag("names")] | Annotated[Query, Tag("query")],
    Discriminator(lambda given: "query" if isinstance(given, str) else "names"),
]
"""Names of groups, or the text of a query whose first column lists them."""
