"""An API answers what its own description promises."""

from typing import Annotated, Any

from pydantic import Field

from rounds.checks.answers import is_answered
from rounds.expectation import Expectation
from rounds.fixtures.described import Described
from rounds.json_path import JsonPath, selected
from rounds.json_schema import asks_nothing, misfits, named, strangers
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most
from rounds.targets import Endpoint


class OpenapiItems(Expectation):
    """How many of the `first` items of a list may not fit their schema in the OpenAPI document; none is never good."""

    endpoint: Endpoint
    path: Annotated[str, Field(min_length=1, description="of the list that is asked for")]
    items: Annotated[JsonPath, Field(description="path of the list in the answer; $ is the whole answer")] = "$"
    described_as: Annotated[str, Field(min_length=1, description="name of an item's schema in the document")]
    document: str = "/openapi.json"
    first: Annotated[int, Field(ge=1, le=10_000, description="how many items are looked at")] = 50
    least: Annotated[Limit, Field(description="how many there must be to look at")] = at_least(1)
    misfitting: Limit = at_most(0)
    within: Limit = at_most(10, unit="s")


def test_openapi_items(expected: OpenapiItems, described: Described, observe: Observer) -> None:
    """Each item of the list has what its schema requires, of the types that it says.

    Remedy: compare the release that runs with its description: which of the two changed? A field that clients rely on
    comes back with a new release, or in a new version of the API; a mere mistake of the schema is put right there.
    """
    description, answer = described.description, described.answer
    if description.status != 200 or not isinstance(description.document, dict):
        why = f"{description.url} answers {description.status} and is no OpenAPI document: {description.not_json}"
        observe.unknown("description", why.removesuffix(": "), "missing")
        return
    if not is_answered(expected.within, answer, observe) or answer.status != 200:
        return
    if (schema := _schema(expected, description.document, observe)) is None:
        return
    found = selected(answer.document, expected.items)
    items = found[0] if len(found) == 1 else None
    if not isinstance(items, list):
        observe.critical("items", f"there is no list at {expected.items}", "missing")
        return
    looked_at = items[: expected.first]
    observe("items", len(looked_at), expected.least, note=f"of {len(items)}" if len(items) > len(looked_at) else "")
    wrong = [(number, misfits(each, schema, description.document)) for number, each in enumerate(looked_at, 1)]
    told = [f"item {number}: {words[0]}" for number, words in wrong if words]
    observe(f"items that do not fit {expected.described_as}", len(told), expected.misfitting, note="; ".join(told[:3]))


def _schema(expected: OpenapiItems, document: dict[str, Any], observe: Observer) -> Any:
    """The schema of an item, if it is there and asks something; what cannot be judged of it is told."""
    schema = named(document, expected.described_as)
    if schema is None:
        why = f"the runbook and the system disagree: {expected.document} describes no {expected.described_as}"
        observe.unknown("schema", why, "missing")
    elif asks_nothing(schema, document):
        observe.critical("schema", f"{expected.described_as} asks nothing: anything would fit it", "empty")
    else:
        if unjudged := strangers(schema, document):
            observe.unknown("schema", f"nobody judged its {', '.join(unjudged[:5])}", len(unjudged))
        return schema
    return None
