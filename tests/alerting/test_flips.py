"""When a change is told: a table of what rounds saw, and what came of it."""

import pytest

from rounds.alerting.alert import Kind, Level
from rounds.alerting.flips import State, step
from rounds.alerting.policy import Policy
from rounds.outcome import Outcome

HOUR = 3600.0
LETTERS = {
    "o": Outcome.OK, "w": Outcome.WARNING, "c": Outcome.CRITICAL, "u": Outcome.UNKNOWN, "s": Outcome.SKIPPED,
    "v": Outcome.WAIVED,
}  # fmt: skip


def told(seen, policy=None, apart=HOUR, begun=1.0e9):
    """The flips of rounds that saw these letters: their number, kind, level and how many rounds it was bad."""
    state, flips = State(), []
    for number, letter in enumerate(seen):
        state, flip = step(state, LETTERS[letter], policy or Policy(flapping=None, remind=None), begun + number * apart)
        if flip:
            flips.append((number, str(flip.kind), str(flip.after), round((flip.at - flip.since) / apart)))
    return flips


@pytest.mark.parametrize(
    ("seen", "due"),
    [
        ("ooo", []),
        ("c", [(0, "bad", "critical", 0)]),
        ("ooccco", [(2, "bad", "critical", 0), (5, "recovered", "good", 3)]),
        ("ouo", [(1, "bad", "unknown", 0), (2, "recovered", "good", 1)]),
        ("ow", [(1, "bad", "warning", 0)]),
        ("oucw", [(1, "bad", "unknown", 0), (2, "bad", "critical", 1), (3, "bad", "warning", 2)]),
        ("ocs", [(1, "bad", "critical", 0), (2, "ended", "good", 1)]),
        ("ocvv", [(1, "bad", "critical", 0), (2, "ended", "good", 1)]),
        ("sv", []),
    ],
)
def test_each_change_is_told_once(seen, due):
    assert told(seen) == due


def test_what_is_bad_is_told_after_some_rounds_in_a_row_and_good_after_some():
    policy = Policy(after=3, recovered_after=2, flapping=None, remind=None)
    assert told("occocccoooo", policy) == [(6, "bad", "critical", 2), (8, "recovered", "good", 4)]
    assert told("ocucu", policy) == [(3, "bad", "critical", 2)]  # three were not good: the level of the last counts
    assert told("cccoccoo", policy) == [(2, "bad", "critical", 2), (7, "recovered", "good", 7)]


def test_what_lasts_is_reminded_of():
    policy = Policy.model_validate({"remind": "24h", "flapping": None})
    assert told("o" + "c" * 60 + "o", policy) == [
        (1, "bad", "critical", 0), (25, "reminder", "critical", 24), (49, "reminder", "critical", 48),
        (61, "recovered", "good", 60),
    ]  # fmt: skip


def test_what_comes_and_goes_is_told_as_such_and_then_only_what_stays():
    policy = Policy.model_validate({"flapping": {"changes": 4, "within": "12h", "calm": "3h"}, "remind": None})
    found = told("ococococococoooo", policy)
    assert [kind for _, kind, _, _ in found] == ["bad", "recovered", "bad", "flapping", "recovered"]
    assert found[-1][0] == 15
    assert [kind for _, kind, _, _ in told("ocococococcccc", policy)] == ["bad", "recovered", "bad", "flapping", "bad"]


def test_a_slower_round_brings_no_news_and_a_clock_that_was_ahead_is_believed_again():
    policy = Policy(flapping=None)
    state, _ = step(State(), Outcome.CRITICAL, policy, 10_000.0)
    assert step(state, Outcome.OK, policy, 9_000.0) == (state, None)
    state, flip = step(state, Outcome.OK, policy, 10_000.0 - 2 * HOUR)
    assert flip is not None
    assert flip.kind is Kind.RECOVERED
    assert state.level is Level.GOOD
