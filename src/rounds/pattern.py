"""Regular expressions in rows and inventories: refused with the file that holds them, not in the middle of a round."""

import re
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema


def _compiles(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from None
    return text


Pattern = Annotated[
    str, AfterValidator(_compiles), WithJsonSchema({"type": "string", "description": "a regular expression (Python)"})
]
"""The text of a regular expression. It stays text: what a probe is asked must have a whole and stable written form."""
