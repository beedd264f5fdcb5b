"""What rows have in common that watch for some time."""

import contextlib
from typing import Annotated

from pydantic import Field, model_validator

from rounds.expectation import Expectation
from rounds.quantities import Duration, read

LOOK_SECONDS = 30  # what the samples themselves may take


class Watching(Expectation):
    """A row whose look lasts as long as its window."""

    over: Annotated[Duration, Field(ge=0, le=1800, description="the time to watch; the look takes that long")] = 0.0

    @model_validator(mode="before")
    @classmethod
    def _deadline_fits(cls, given: object) -> object:
        """Let the look last as long as the window and the samples need, unless the row says otherwise."""
        if isinstance(given, dict) and "over" in given and given.get("deadline") is None:
            with contextlib.suppress(ValueError):  # `over` itself tells what is wrong with it
                return given | {"deadline": f"{read(given['over'], 's') + LOOK_SECONDS:g}s"}
        return given
