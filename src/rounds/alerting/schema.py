"""The JSON Schema of alerts.yaml, made from the kinds of channels and from what reads the rest."""

from typing import Any

from rounds.alerting.configuration import Telling
from rounds.inventory.schema import DRAFT, hoisted, one_of, shape_of
from rounds.senders import kinds


def alerts_schema() -> dict[str, Any]:
    """The schema (draft 2020-12): a mapping with channels, one shape a kind, and the rest as Telling has it."""
    shapes = {word: shape_of(kind, {"name"}, ["kind"]) for word, kind in sorted(kinds().items())}
    channels = {"description": "who is told: channels by names of your own", "type": "object"}
    whole = shape_of(Telling, required=["channels"])
    whole["properties"]["channels"] = channels | {"additionalProperties": one_of("kind", shapes)}
    return hoisted({"$schema": DRAFT} | whole)
