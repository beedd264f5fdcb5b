"""When a change is told: after how many rounds, how often again, and what is only noise."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from rounds.quantities import Duration


class Flapping(BaseModel):
    """What comes and goes: `changes` from good to bad or back are told once, and then what stays for `calm`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    changes: Annotated[int, Field(ge=2)] = 6
    within: Annotated[Duration, Field(gt=0)] = 6 * 3600.0
    calm: Annotated[Duration, Field(gt=0)] = 3600.0


class Policy(BaseModel):
    """How often in a row a round must find something bad before it is told, and good before it has recovered."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    after: Annotated[int, Field(ge=1, description="rounds in a row that are bad")] = 1
    recovered_after: Annotated[int, Field(ge=1, description="rounds in a row that are good")] = 1
    remind: Annotated[Duration | None, Field(description="tell again while it lasts; never: null")] = 86400.0
    flapping: Flapping | None = Flapping()
