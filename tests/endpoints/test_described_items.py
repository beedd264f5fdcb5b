"""Items of an API against its own description."""

from collections.abc import Callable
from typing import Any

import pytest

from rounds.checks.test_openapi_items import OpenapiItems, test_openapi_items
from rounds.outcome import Outcome
from rounds.probe import Unreachable
from rounds.targets import Endpoint

test_openapi_items.__test__ = False
EVENT = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
}
RIDES: list[Any] = [{"id": number, "name": f"Ride {number}"} for number in range(60)]
WITHOUT_NAME: list[Any] = [{"id": 7}]


def api(events: Any, schema: Any = EVENT, status: int = 200) -> Callable[[Any], Any]:
    document = {"openapi": "3.1.0", "components": {"schemas": {"EventResponse": schema}}}
    return lambda asked: (200, document) if asked.path == "/openapi.json" else (status, events)


@pytest.mark.parametrize(
    ("site", "given", "outcome", "words"),
    [
        (api(RIDES), {}, Outcome.OK, "items is 50"),
        (api({"items": RIDES}), {"items": "$.items"}, Outcome.OK, "items is 50"),
        (api([*RIDES[:50], *WITHOUT_NAME]), {}, Outcome.OK, "items is 50"),
        (api([*RIDES[:49], *WITHOUT_NAME]), {}, Outcome.CRITICAL, "item 50: name is missing"),
        (api([{"id": "7", "name": "Ride"}]), {}, Outcome.CRITICAL, "item 1: id is string, not integer"),
        (api([{"id": 7, "name": None}]), {}, Outcome.CRITICAL, "item 1: name is null, not string"),
        (api(["Ride"]), {}, Outcome.CRITICAL, "it is string, not object"),
        (api([]), {}, Outcome.CRITICAL, "items is 0, allowed is at least 1"),
        (api({"items": RIDES}), {}, Outcome.CRITICAL, "there is no list at $"),
        (api(RIDES), {"items": "$.items"}, Outcome.CRITICAL, "there is no list at $.items"),
        (api(b"<h1>Sorry</h1>"), {}, Outcome.CRITICAL, "content is unreadable"),
        (api({"detail": "x"}, status=500), {}, Outcome.CRITICAL, "http status is 500"),
        (api({"detail": "x"}, status=404), {}, Outcome.UNKNOWN, "disagree"),
        (api(RIDES, {"type": "object"}), {}, Outcome.CRITICAL, "EventResponse asks nothing"),
        (api(RIDES, {"$ref": "#/components/schemas/Lost"}), {}, Outcome.CRITICAL, "EventResponse asks nothing"),
        (api(RIDES, EVENT | {"if": {}}), {}, Outcome.UNKNOWN, "nobody judged its if"),
        (api(RIDES), {"described_as": "Event"}, Outcome.UNKNOWN, "/openapi.json describes no Event"),
        (lambda _: (404, {}), {}, Outcome.UNKNOWN, "is no OpenAPI document"),
        (lambda _: (200, RIDES), {}, Outcome.UNKNOWN, "is no OpenAPI document"),
    ],
)  # fmt: skip
def test_each_item_is_held_against_the_schema(told: Any, site: Any, given: Any, outcome: Outcome, words: str) -> None:
    seen = told(
        test_openapi_items, OpenapiItems, site, **{"path": "/v2/events", "described_as": "EventResponse"} | given
    )
    assert seen.outcome is outcome
    assert words in seen.summary


def test_an_api_that_gives_no_answer_is_no_finding(row: Any, looked: Any) -> None:
    gone = Endpoint(name="api", system="shop", url="http://127.0.0.1:1")
    with pytest.raises(Unreachable):
        looked(test_openapi_items, row(OpenapiItems, endpoint=gone, path="/v2/events", described_as="EventResponse"))
