"""results.json: everything a round knows, for programs. The other reports show parts of it."""

import json
import math
from pathlib import Path
from typing import Any

from rounds.record import Record
from rounds.round import Round
from rounds.text import printable
from rounds.waivers.notices import notices

FORMAT = 1
_DERIVED = ("outcome", "counts")


def write(told: Round, path: Path) -> None:
    """One line a record, written as it is made: ten thousand at once would be the most memory a round takes."""
    head = told.head() | {"outcome": told.outcome, "counts": told.counts}
    head["problems"] = [printable(problem) for problem in told.problems]
    head["notices"] = [printable(notice) for notice in notices(told)]
    with path.open("w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(f'{{"format": {FORMAT}, "round": {_json(head)}, "records": [')
        for number, record in enumerate(told.worst_first):
            file.write(f"{',' if number else ''}\n{_json(record.as_json())}")
        file.write("\n]}\n")


def read_results(path: Path) -> Round:
    """The round that a results.json was made from; raises ValueError when it is something else."""
    try:
        results = _of_our_format(json.loads(path.read_bytes()))
        head = {key: value for key, value in results["round"].items() if key not in _DERIVED}
        return Round(**head, records=[Record.from_json(record) for record in results["records"]])
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{path} is not the results.json of a round: {error}") from error


def _of_our_format(results: dict[str, Any]) -> dict[str, Any]:
    if results["format"] != FORMAT:
        raise ValueError(f"its format is {results['format']}, this version of Rounds reads {FORMAT}")
    return results


def results_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of results.json, made from the types of Round and Record."""
    from pydantic import TypeAdapter  # noqa: PLC0415 - only who asks for the schema needs it here

    head = TypeAdapter(Round).json_schema(mode="serialization")
    kinds = head.pop("$defs")
    head["properties"].pop("records")
    head["properties"]["outcome"] = outcome = {"$ref": "#/$defs/Outcome"}
    count = {"type": "integer", "minimum": 0}
    head["properties"]["counts"] = {
        "type": "object",
        "propertyNames": outcome,
        "additionalProperties": count,
        "minProperties": len(kinds["Outcome"]["enum"]),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The results of a round",
        "$defs": {name: _closed(kind) for name, kind in kinds.items()},
        **_closed({
            "type": "object",
            "properties": {
                "format": {"const": FORMAT},
                "round": _closed(head),
                "records": {"type": "array", "items": {"$ref": "#/$defs/Record"}},
            },
        }),
    }  # fmt: skip


def _closed(kind: dict[str, Any]) -> dict[str, Any]:
    if "properties" not in kind:
        return kind
    return kind | {"required": list(kind["properties"]), "additionalProperties": False}


def _json(results: dict[str, Any]) -> str:
    try:
        return json.dumps(results, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(results), allow_nan=False)


def _finite(value: Any) -> Any:
    """JSON knows no NaN and no infinity: they are told as the words `nan` and `inf`."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
