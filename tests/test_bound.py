"""Bounds on figures that only the row knows: what is written is read by the unit, and what could never hold is refused."""

import math
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.bound import Bound, worst
from rounds.outcome import Outcome


@pytest.mark.parametrize(
    ("given", "good"),
    [
        ({"exactly": 5}, 5.0),
        ({"exactly": ["finished", "done"]}, "done"),
        ({"exactly": "90%", "unit": "%"}, 90.0),
        ({"exactly": ["5m", "1h"], "unit": "s"}, 300.0),
        ({"at_most": "5m", "unit": "s"}, 300.0),
    ],
)
def test_a_value_is_held_against_what_was_written(given: dict[str, Any], good: float | str) -> None:
    limit = Bound(**given).limit
    assert limit.verdict(good) is Outcome.OK
    assert limit.verdict(7.25) is not Outcome.OK or "at_most" in given
    assert limit.verdict(math.nan) is not Outcome.OK


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "one of at_most, at_least, exactly"),
        ({"at_most": 1, "at_least": 1}, "one of at_most, at_least, exactly"),
        ({"exactly": []}, "exactly takes a value, or a list of some"),
        ({"exactly": [None]}, "exactly takes a value, or a list of some"),
        ({"exactly": {"critical": 5}}, "exactly takes a value, or a list of some"),
        ({"exactly": "5 MB", "unit": "s"}, "is a size; a duration such as"),
        ({"at_most": True}, "cannot be read"),
    ],
)
def test_what_could_never_hold_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Bound(**given)


def test_no_number_is_worse_than_a_good_one_and_better_than_a_bad_one() -> None:
    limit = Bound(at_most=5).limit
    assert math.isnan(float(worst([1.0, math.nan, 3.0], limit)))
    assert worst([math.nan, 9.0], limit) == 9.0
