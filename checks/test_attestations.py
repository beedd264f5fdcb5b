"""What no program can see was done, and somebody says so."""

import re
import shlex
from typing import Annotated

from pydantic import Field, model_validator

from rounds.attestation import Attestation, allowed
from rounds.checks.answers import observe_age
from rounds.expectation import Expectation
from rounds.fixtures.attestations import Attested
from rounds.judge import Observer
from rounds.limits import Limit, at_most
from rounds.pattern import Pattern
from rounds.targets import Attestations


class AttestationFresh(Expectation):
    """Something that a person records with `rounds attest`, and how old the newest record may be.

    Without `age`, the shortest cadence of the row counts: daily 1 d, weekly 7 d, monthly 31 d, quarterly 92 d; it warns
    for another 1, 1, 3 or 7 days and is critical then.
    """

    attestations: Attestations
    age: Limit = at_most(99 * 86_400.0, warning=92 * 86_400.0, unit="s")
    result: Annotated[
        Pattern, Field(description="what the record's result must match; . stands for any, and one must be given")
    ] = ""

    @property
    def limit(self) -> Limit:
        return self.age if "age" in self.model_fields_set else allowed(self.when)

    @model_validator(mode="after")
    def _has_an_end(self) -> "AttestationFresh":
        if not self.limit.is_set:
            raise ValueError("age needs a figure, such as 92d")
        return self


def test_attestation_fresh(expected: AttestationFresh, attested: Attested, observe: Observer) -> None:
    """Somebody has said, lately enough, that this was done.

    Remedy: do it, then record it with `rounds attest ID --by WHO --note WHAT` where the inventory is, and commit the
    file. Do not record what was not done: the next emergency will find out.
    """
    newest = attested.newest(expected.id)
    if newest is None:
        why = f"nobody has in {attested.path}. When it was done: {_line_to_type(expected)}"
        observe.critical("attested", why, "never")
        return
    age = attested.looked_at_epoch_seconds - newest.epoch_seconds
    observe_age(observe, "attested", age, expected.limit, note=_told(newest))
    if expected.result:
        _observe_result(expected.result, newest, observe)


def _observe_result(pattern: str, newest: Attestation, observe: Observer) -> None:
    if not newest.result:
        observe.critical("result", f"{newest.by} wrote down none", "missing")
    elif not re.search(pattern, newest.result):
        observe.critical("result", f"does not match {pattern}", newest.result)
    else:
        observe("result", newest.result)


def _told(newest: Attestation) -> str:
    result = f" (result: {newest.result[:100]})" if newest.result else ""
    return f"by {newest.by[:80]}, {newest.day}: {newest.note[:200]}{result}"


def _line_to_type(expected: AttestationFresh) -> str:
    result = ' --result "…"' if expected.result else ""
    return f'rounds attest {shlex.quote(expected.id)} --by WHO --note "…"{result}'
