"""When a change is told: after how many rounds, how often again, and what is only noise."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from rounds.quantities import Duration

MOST_CHANGES = 50
"""So many are remembered of an expectation."""


class Flapping(BaseModel):
    """What comes and goes: `changes` from good to bad or back are told once, and then what stays for `calm`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    changes: Annotated[int, Field(ge=2, le=MOST_CHANGES, description="how often it must change to be flapping")] = 6
    within: Annotated[Duration, Field(gt=0, description="the time that changes are counted in")] = 6 * 3600.0
    calm: Annotated[Duration, Field(gt=0, description="without a change for so long, it is told again")] = 3600.0


class Policy(BaseModel):
    """How often in a row a round must find something bad before it is told, and good before it has recovered."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    after: Annotated[int, Field(ge=1, description="rounds in a row that are bad")] = 1
    recovered_after: Annotated[int, Field(ge=1, description="rounds in a row that are good")] = 1
    remind: Annotated[Duration | None, Field(ge=60, description="tell again while it lasts; never: null")] = 86400.0
    flapping: Annotated[Flapping | None, Field(description="what comes and goes; all is told: null")] = Flapping()
