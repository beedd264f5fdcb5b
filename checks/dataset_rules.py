"""Rules that each row must keep: how many may break one, and what is told of them."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from rounds.checks.dataset_counts import observe_count, refuse_both
from rounds.checks.dataset_groups import GroupedRow, short, to_judge
from rounds.checks.dataset_limits import AtMostShare
from rounds.checks.failing_rows import accepted
from rounds.judge import Observer
from rounds.limits import Limit, at_most
from rounds.measures import Broken, Measure, Rule


class RuleRow(GroupedRow):
    """How many rows may break a rule. One with NULL in what the rule is about is not examined: see `data-nulls`."""

    broken: Annotated[Limit, Field(description="rows that break the rule")] = at_most(0)
    broken_share: Annotated[AtMostShare, Field(description="of those examined; then the number is only told")] = None

    @model_validator(mode="after")
    def _has_one_limit(self) -> "RuleRow":
        refuse_both(self.model_fields_set, "broken", "broken_share")
        return self

    @property
    def rule(self) -> Rule:
        """What must hold in each row."""
        raise NotImplementedError

    @property
    def broken_by(self) -> str:
        """What the rows that break it are, after "rows": `with price below 0`."""
        raise NotImplementedError

    @property
    def measures(self) -> tuple[Measure, ...]:
        return (Broken(self.rule, scope=self.scope, **accepted(self.broken, self.broken_share)), *self.listed)


def judge_rule(expected: RuleRow, readings: Mapping[Measure, Any], observe: Observer) -> None:
    """Judge how many rows break the rule; of no examined row nothing can be said."""
    name = f"rows {short(' '.join(expected.broken_by.split()))}"
    found = to_judge(expected, name, expected.measures[0], readings, observe)
    if found:
        observe_count(name, found, expected.broken, expected.broken_share, observe)


def outside(lowest: float | None, highest: float | None) -> str:
    """`below 0`, `above 400`, `outside 0 to 400`, `other than 9`."""
    least, most = (None if bound is None else f"{bound:.15g}" for bound in (lowest, highest))
    if least is None:
        return f"above {most}"
    if most is None:
        return f"below {least}"
    return f"other than {least}" if least == most else f"outside {least} to {most}"
