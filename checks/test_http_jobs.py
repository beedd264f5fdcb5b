"""Jobs that an API lists come to an end."""

from typing import Annotated, Any

from pydantic import Field, model_validator

from rounds.checks.answers import CLOCKS_DIFFER_SECONDS, is_answered
from rounds.expectation import Expectation
from rounds.fixtures.answers import Answer, epoch_seconds, said
from rounds.json_path import JsonPath, selected
from rounds.judge import Observer
from rounds.limits import Limit, at_most
from rounds.targets import Endpoint


class HttpJobAge(Expectation):
    """How old a job may become before it has ended, by the list that an endpoint gives.

    A job is unfinished when its state is one of `unfinished`, or none of `finished`: name one of the two.
    """

    endpoint: Endpoint
    path: str
    jobs: Annotated[JsonPath, Field(description="path of the list; it must be there, though it may be empty")] = "$"
    state: Annotated[JsonPath, Field(description="path of the state, in a job")] = "status"
    since: Annotated[JsonPath, Field(description="path of the time it began, in a job")] = "created_at"
    key: Annotated[JsonPath, Field(description="path of what a job is called, in a job")] = "id"
    unfinished: tuple[str, ...] = ()
    finished: tuple[str, ...] = ()
    age: Limit = at_most(1800, unit="s")
    within: Limit = at_most(5, unit="s")

    @model_validator(mode="after")
    def _one_of_both(self) -> "HttpJobAge":
        if bool(self.unfinished) == bool(self.finished):
            raise ValueError("name the states of either unfinished or finished jobs")
        return self

    def is_unfinished(self, state: str) -> bool:
        return state in self.unfinished if self.unfinished else state not in self.finished


def test_http_job_age(expected: HttpJobAge, answer: Answer, observe: Observer) -> None:
    """No job stays unfinished for ever.

    Remedy: look whether the worker or process that took the oldest job still lives; one that died with a restart never
    ends its jobs, so set them to failed and start them again. Then look why they are slow: queue, database, disk.
    """
    if not is_answered(expected.within, answer, observe) or answer.status != 200:
        return
    found = selected(answer.document, expected.jobs)
    if len(found) != 1 or not isinstance(found[0], list):
        observe.critical("jobs", f"the answer has no list at {expected.jobs}", "missing")
        return
    jobs = found[0]
    observe("jobs", len(jobs))
    stateless = [job for job in jobs if not selected(job, expected.state)]
    observe("jobs without a state", len(stateless), at_most(0))
    unfinished = [job for job in jobs if expected.is_unfinished(said(_at(job, expected.state)))]
    observe("unfinished jobs", len(unfinished))
    _observe_oldest(expected, answer, unfinished, observe)


def _at(job: Any, path: str) -> Any:
    return next(iter(selected(job, path)), None)


def _observe_oldest(expected: HttpJobAge, answer: Answer, unfinished: list[Any], observe: Observer) -> None:
    ages = []
    for job in unfinished:
        begun = epoch_seconds(_at(job, expected.since))
        if begun is not None and answer.looked_at_epoch_seconds - begun >= -CLOCKS_DIFFER_SECONDS:
            ages.append((max(0.0, answer.looked_at_epoch_seconds - begun), said(_at(job, expected.key))))
    lost = len(unfinished) - len(ages)
    observe("unfinished jobs of no known age", lost, at_most(0), note=f"by {expected.since}" if lost else "")
    oldest, name = max(ages, default=(0.0, ""))
    observe("age of the oldest unfinished job", oldest, expected.age, note=name)
