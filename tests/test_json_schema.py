"""What of a value does not fit a schema, in the dialects of JSON Schema and OpenAPI."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from rounds.json_schema import MOST_MISFITS, asks_nothing, misfits, named, strangers

EVENT = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {
        "id": {"type": "integer", "minimum": 1},
        "name": {"type": "string", "minLength": 1, "maxLength": 5},
        "day": {"type": "string", "format": "date"},
        "at": {"type": "string", "format": "date-time"},
        "site": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "old": {"type": "string", "nullable": True},
        "kind": {"enum": ["ride", "run"]},
        "tags": {"type": "array", "items": {"type": "string", "pattern": "^[a-z]+$"}, "maxItems": 2},
        "share": {"type": ["number", "null"], "exclusiveMinimum": 0, "maximum": 1},
        "secret": {"type": "string", "writeOnly": True},
    },
}
GOOD = {"id": 1, "name": "Ride"}


@pytest.mark.parametrize(
    "value",
    [
        GOOD, GOOD | {"id": 1.0}, GOOD | {"id": 10**400}, GOOD | {"site": None}, GOOD | {"old": None}, GOOD | {"kind": "run"},
        GOOD | {"day": "2026-02-28", "at": "2026-02-28T08:00:00Z"}, GOOD | {"tags": ["a", "b"]}, GOOD | {"tags": []},
        GOOD | {"share": 1}, GOOD | {"share": None}, GOOD | {"other": object},
    ],
)  # fmt: skip
def test_what_fits_is_no_misfit(value: Any) -> None:
    assert misfits(value, EVENT, EVENT) == []


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"id": 1}, "name is missing"),
        ([GOOD], "it is array, not object"),
        (None, "it is null, not object"),
        (GOOD | {"id": "1"}, "id is string, not integer"),
        (GOOD | {"id": True}, "id is boolean, not integer"),
        (GOOD | {"id": 1.5}, "id is number, not integer"),
        (GOOD | {"id": 0}, "id is too low"),
        (GOOD | {"name": None}, "name is null, not string"),
        (GOOD | {"name": ""}, "name has 0 characters, at least 1 are due"),
        (GOOD | {"name": "Rideau"}, "name has 6 characters, at most 5 are due"),
        (GOOD | {"day": "2026-02-30"}, "day is no date"),
        (GOOD | {"day": "20260228"}, "day is no date"),
        (GOOD | {"at": "2026-02-28"}, "at is no date-time"),
        (GOOD | {"site": 5}, "site fits 0 of the 2 schemas of anyOf (site is integer, not string)"),
        (GOOD | {"kind": "walk"}, "kind is none of the values that are allowed"),
        (GOOD | {"tags": ["a", "B"]}, "tags[1] does not match ^[a-z]+$"),
        (GOOD | {"tags": ["a", "b", "c"]}, "tags has 3 items, at most 2 are due"),
        (GOOD | {"share": 0}, "share is too low"),
        (GOOD | {"share": 1.5}, "share is too high"),
        (GOOD | {"share": float("nan")}, "share is not finite, not number or null"),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(value: Any, words: str) -> None:
    assert misfits(value, EVENT, EVENT) == [words]


def test_what_is_only_written_is_not_missing_in_an_answer() -> None:
    schema = EVENT | {"required": ["id", "secret"]}
    assert misfits(GOOD, schema, schema) == []


def test_references_are_followed_and_those_that_lead_nowhere_fit_nothing() -> None:
    root = {"components": {"schemas": {"Event": EVENT, "List": {"type": "array", "items": {"$ref": "#/components/schemas/Event"}},
                                       "a~b/c": {"type": "null"}, "Lost": {"$ref": "#/components/schemas/None"},
                                       "Self": {"$ref": "#/components/schemas/Self"}, "Far": {"$ref": "other.json"}}}}  # fmt: skip
    assert misfits([GOOD, {"id": 2}], named(root, "List"), root) == ["[1].name is missing"]
    assert misfits(None, {"$ref": "#/components/schemas/a~0b~1c"}, root) == []
    assert misfits(1, named(root, "Lost"), root) == ["it has no schema: what describes it leads nowhere"]
    assert misfits(1, named(root, "Far"), root) == ["it has no schema: what describes it leads nowhere"]
    assert misfits(1, named(root, "Self"), root) == ["it has no schema: #/components/schemas/Self leads to itself"]


def test_a_tree_that_refers_to_itself_is_walked_to_its_end() -> None:
    tree: dict[str, Any] = {
        "type": "object",
        "required": ["n"],
        "properties": {"left": {"$ref": "#"}, "n": {"type": "integer"}},
    }
    assert misfits({"n": 1, "left": {"n": 2, "left": {}}}, tree, tree) == ["left.left.n is missing"]
    deep: dict[str, Any] = {"n": 1}
    for _ in range(200):
        deep = {"n": 1, "left": deep}
    assert "too deep" in misfits(deep, tree, tree)[0]


def test_schemas_that_branch_into_themselves_come_to_an_end() -> None:
    schema = {"allOf": [{"$ref": "#"}, {"$ref": "#"}, {"type": "string"}]}
    assert misfits(1, schema, schema)
    assert not asks_nothing(schema, schema)
    assert strangers(schema, schema) == []


@pytest.mark.parametrize(
    ("schema", "value", "count"),
    [
        ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, 1, 1),
        ({"oneOf": [{"type": "integer"}, {"type": "string"}]}, 1, 0),
        ({"not": {"type": "null"}}, None, 1),
        ({"not": {"type": "null"}}, 1, 0),
        ({"properties": {"a": {}}, "additionalProperties": False}, {"a": 1, "b": 2}, 1),
        ({"additionalProperties": {"type": "integer"}}, {"a": 1, "b": "2"}, 1),
        ({"const": 1}, True, 1),
        ({"minimum": 3, "exclusiveMinimum": True}, 3, 1),
        ({"pattern": "("}, "x", 1),
        ({"type": "number"}, float("inf"), 1),
        ({"type": "nonsense"}, 1, 1),
    ],
)
def test_the_rarer_keywords_are_kept_too(schema: Any, value: Any, count: int) -> None:
    assert len(misfits(value, schema, schema)) == count


def test_no_more_is_told_than_anybody_reads() -> None:
    schema = {"items": {"type": "string"}}
    assert len(misfits(list(range(1000)), schema, schema)) == MOST_MISFITS


@pytest.mark.parametrize(
    ("schema", "nothing"),
    [
        ({}, True), (True, True), ({"type": "object"}, True), ({"title": "Event", "properties": {}}, True), (None, True),
        ({"anyOf": [{}, {"type": "object"}]}, True), ({"$ref": "#/definitions/E", "definitions": {"E": {}}}, True),
        ({"type": "string"}, False), ({"required": ["id"]}, False), ({"properties": {"id": {}}}, False), (False, False),
        ({"$ref": "#/definitions/E", "definitions": {"E": {"required": ["id"]}}}, False), ({"$ref": "#"}, True),
    ],
)  # fmt: skip
def test_a_schema_that_anything_would_fit_is_known(schema: Any, nothing: bool) -> None:
    assert asks_nothing(schema, schema) is nothing


def test_keywords_that_nobody_judges_are_named() -> None:
    root = {
        "definitions": {
            "E": {"properties": {"if": {"uniqueItems": True}}, "dependentRequired": {}, "x-order": 1, "title": "E"}
        }
    }
    assert strangers({"$ref": "#/definitions/E", "if": {}}, root) == ["dependentRequired", "if", "uniqueItems"]
    assert strangers(EVENT, EVENT) == []


LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-3, 6)
    | st.sampled_from([0.5, 1.0, 2.5])
    | st.sampled_from(["", "a", "Ride", "walk", "ride"])
)
NAMES = st.sampled_from(["id", "name", "kind", "tags", "share", "site", "other"])
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6), max_leaves=8
)
STANDARD = {
    **EVENT,
    "properties": {name: EVENT["properties"][name] for name in ("id", "name", "kind", "tags", "share", "site")},
}
SCHEMAS = [
    STANDARD, STANDARD | {"additionalProperties": False}, {"items": STANDARD, "minItems": 1}, {"oneOf": [STANDARD, {"type": "object"}]},
    {"not": STANDARD}, {"allOf": [STANDARD, {"maxItems": 1}], "const": {"id": 1, "name": "a"}}, {"enum": [0, 1, "a", None, []]},
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(schema=st.sampled_from(SCHEMAS), value=VALUES)
def test_a_library_that_knows_all_of_json_schema_says_the_same(schema: Any, value: Any) -> None:
    assert (misfits(value, schema, schema) == []) is Draft202012Validator(schema).is_valid(value)
