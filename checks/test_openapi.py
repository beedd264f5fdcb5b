"""An API is described as it is due."""

from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import Field

from rounds.checks.answers import is_answered
from rounds.checks.openapi import faults_of, operations_of
from rounds.expectation import Expectation
from rounds.fixtures.answers import Answer
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most
from rounds.targets import Endpoint


class OpenapiContract(Expectation):
    """That the OpenAPI document is sound and lists the operations that are due."""

    endpoint: Endpoint
    path: str = "/openapi.json"
    required: Annotated[
        tuple[Annotated[str, Field(pattern=r"^([A-Z]+ )?/")], ...],
        Field(min_length=1, description="`GET /v1/events` or, with any method and ending, `/v2/assistant*`"),
    ]
    within: Limit = at_most(10, unit="s")


def test_openapi_contract(expected: OpenapiContract, answer: Answer, observe: Observer) -> None:
    """The API lists every operation that somebody relies on.

    Remedy: an operation that is missing: look whether its router is still included, under the right prefix, in the
    version that runs. Faults: make the document anew with the release that runs and compare.
    """
    if not is_answered(expected.within, answer, observe) or answer.status != 200:
        return
    faults = faults_of(answer.document)
    observe("faults of the document", len(faults), at_most(0), note="; ".join(faults[:3]))
    listed = operations_of(answer.document) if isinstance(answer.document, dict) else []
    for wanted in expected.required:
        pattern = wanted.replace("[", "[[]") if " " in wanted else "* " + wanted.replace("[", "[[]")
        fitting = [operation for operation in listed if fnmatchcase(operation, pattern)]
        observe(f"operations {wanted}", len(fitting), at_least(1))
