"""What users do works from end to end."""

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from rounds.checks.acting import Acting
from rounds.checks.conditions import Conditions, observe_condition
from rounds.fixtures.answers import Answer
from rounds.fixtures.flow import Step, StepSeen
from rounds.judge import Observer
from rounds.limits import at_most, exactly
from rounds.quantities import Duration
from rounds.targets import Endpoint


class DueStep(Step):
    """A step, and what its answer must be besides its status: how fast it comes, and what JSON it holds."""

    within: Duration = 5.0
    conditions: Conditions = ()


def _named_once(steps: tuple[DueStep, ...]) -> tuple[DueStep, ...]:
    names = [step.name for step in steps]
    if len(set(names)) < len(names):
        raise ValueError("two steps have the same name")
    return steps


class HttpFlow(Acting):
    """Steps in order, where a later one may use what an earlier one brought. It acts: `acts: true` must say so."""

    endpoint: Endpoint
    steps: Annotated[tuple[DueStep, ...], Field(min_length=1), AfterValidator(_named_once)]

    @model_validator(mode="after")
    def _words_are_known(self) -> "HttpFlow":
        known = set(self.endpoint.secrets)
        for step in self.steps:
            lost = sorted(step.words - known)
            if lost:
                raise ValueError(f"step {step.name!r} names {{{lost[0]}}}, which no step before it captures")
            known |= step.capture.keys()
        return self


def test_http_flow(expected: HttpFlow, flow: tuple[StepSeen, ...], observe: Observer) -> None:
    """Each step works, and in time.

    Remedy: do the first step that failed by hand, and look into the application's log at that moment. Then clean up
    what the steps before it have left: a job that runs, a session that is open.
    """
    for due, seen in zip(expected.steps, flow, strict=True):
        answer = seen.answer
        if answer is None:
            observe.unknown(due.name, seen.not_done)
        elif answer.failure:
            observe.critical(due.name, answer.failure, answer.status or "missing")
        elif due.is_due(answer.status):
            observe(due.name, answer.status)
            _observe_step(due, seen, answer, observe)
        else:
            observe(due.name, answer.status, exactly(*(due.status or (200,))), note=answer.redirects_to)


def _observe_step(due: DueStep, seen: StepSeen, answer: Answer, observe: Observer) -> None:
    observe(f"time of {due.name}", answer.seconds, at_most(due.within, unit="s"))
    if due.wait_for is not None:
        if seen.in_vain:
            value = answer.field(due.wait_for.path)
            observe.critical(
                f"end of {due.name}", f"waited in vain for {', '.join(map(str, due.wait_for.values))}", str(value)
            )
        else:
            observe(f"end of {due.name}", seen.seconds, unit="s")
    for condition in due.conditions:
        observe_condition(condition, answer, observe, f"{due.name}: ")
    for word, path in due.capture.items():
        if answer.field(path) is None:
            observe.critical(f"{due.name}: {word}", f"the answer does not have {path}", "missing")
