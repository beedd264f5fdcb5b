"""Time zones in inventories: refused with the file that holds them, not in the middle of a round."""

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, WithJsonSchema


def _is_known(name: str) -> str:
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone that is known here: such as Europe/Berlin") from None
    return name


Timezone = Annotated[
    str,
    AfterValidator(_is_known),
    WithJsonSchema({"type": "string", "description": "a time zone such as Europe/Berlin"}),
]
"""The name of a time zone. It stays text: what a probe is asked must have a whole and stable written form."""
