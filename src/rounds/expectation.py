"""Expectations: the rows of a runbook. A check's parameters are a subclass of `Expectation` beside it."""

import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from rounds.limits import Limit
from rounds.quantities import Duration
from rounds.targets import Target, with_targets
from rounds.waivers.waiver import Waiver

CADENCES = (
    "daily", "weekly", "monthly", "quarterly", "continuous", "pre_maintenance", "post_maintenance", "emergency",
)  # fmt: skip

Cadence = Literal[
    "daily", "weekly", "monthly", "quarterly", "continuous", "pre-maintenance", "post-maintenance", "emergency"
]

ID = re.compile(r"^(?P<system>[a-z][a-z0-9_]*)\.(?P<area>[a-z][a-z-]*)\.(?P<name>[a-z0-9][a-z0-9-]*)$")


class Retry(BaseModel):
    """How often in all a row is looked at and judged before what is not good counts, and how far apart."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
    times: Annotated[int, Field(ge=2, le=1000, description="how often in all")]
    apart: Annotated[Duration, Field(description="how long to wait before looking again, such as 2s")]


class Expectation(BaseModel):
    """What every row has. A check's own model adds its targets, limits and parameters.

    A field whose type is a Target is written as the target's name, `tuple[Endpoint, ...]` as a list of names; a field
    whose type is Limit as its figures, with direction and unit from the model's default.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, hide_input_in_errors=True, defer_build=True
    )
    id: Annotated[str, Field(pattern=ID.pattern, description="system.area.name, the same for ever")]
    check: str
    when: Annotated[list[Cadence], Field(min_length=1)]
    severity: Annotated[
        Literal["critical", "warning"], Field(description="the worst this row can turn: warning is told, not paged")
    ] = "critical"
    runbook: Annotated[str, Field(description="the section of the runbook this comes from")]
    remedy: Annotated[str, Field(description="what to do next; the check's own remedy when left out")] = ""
    deadline: Duration | None = None
    retry: Annotated[Retry | None, Field(description="look and judge again before what is not good counts")] = None
    exclusive: Annotated[bool, Field(description="never look in parallel with other looks at the same server")] = False
    waived: Annotated[Waiver | None, Field(description="a known fault that need not alarm for a while")] = None
    skip: Annotated[str | None, Field(description="why this does not apply here, for now or for ever")] = None

    @property
    def system(self) -> str:
        return self.id.partition(".")[0]

    @property
    def area(self) -> str:
        return self.id.split(".")[1]

    @property
    def targets(self) -> list[Target]:
        """The targets this row names, the main one first."""
        return targets_in(getattr(self, name) for name in type(self).model_fields)

    @property
    def place(self) -> str:
        return ", ".join(target.place for target in self.targets)

    @model_validator(mode="before")
    @classmethod
    def _limits_have_a_direction(cls, given: Any) -> Any:
        for name, field in cls.model_fields.items():
            if field.annotation is Limit and not isinstance(field.default, Limit):
                raise ValueError(f"the check's limit {name} needs at_most(…) or at_least(…) as its default")
        return given

    @field_validator("*", mode="before")
    @classmethod
    def _as_written(cls, given: Any, info: ValidationInfo) -> Any:
        field = cls.model_fields[info.field_name or ""]
        if isinstance(field.default, Limit) and not isinstance(given, Limit):
            return field.default.written(given)
        return with_targets(cls, info.field_name or "", given, info.context)

    @model_validator(mode="after")
    def _limits_are_set(self) -> "Expectation":
        unset = [name for name, value in self if isinstance(value, Limit) and not value.is_set]
        if unset:
            raise ValueError(f"{', '.join(unset)} needs a limit: there is no default")
        return self


def targets_in(values: Iterable[Any]) -> list[Target]:
    """The targets among some values, also those that stand in a list."""
    found: list[Target] = []
    for value in values:
        if isinstance(value, Target):
            found.append(value)
        elif isinstance(value, tuple | list):
            found += [each for each in value if isinstance(each, Target)]
    return found
