"""Rows that may change something in a system: they say so, and they do it once."""

from typing import Annotated

from pydantic import Field, model_validator

from rounds.expectation import Expectation


class Acting(Expectation):
    """What such rows share: `acts: true`, without which they are refused before anything is looked at."""

    acts: Annotated[bool, Field(description="this row may change something in the system")] = False

    @property
    def would_act(self) -> bool:
        return True

    @model_validator(mode="after")
    def _is_meant(self) -> "Acting":
        if self.would_act and not self.acts:
            raise ValueError("this row may change something in the system: say that this is meant with `acts: true`")
        if self.would_act and self.retry is not None:
            raise ValueError("a row that acts is not tried again: leave out retry")
        return self
