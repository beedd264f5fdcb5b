"""Flips: what people are told is not how an expectation is, but that it changed, or that it still lasts.

`step` is a pure function: from what was told so far and what a round saw to the new state, and a flip where one is
due. It is called in the order in which rounds end. Times are seconds since 1970 by the clock of the round, which jumps.
"""

from dataclasses import dataclass, replace

from rounds.alerting.alert import Kind, Level
from rounds.alerting.policy import MOST_CHANGES, Flapping, Policy
from rounds.outcome import Outcome

STALE = 3600.0
"""What was judged up to an hour before what is known already comes from a slower round, and is no news."""

_EARLY = 300.0
"""Rounds do not come to the second: one that is so much too early for a reminder, or a tenth, is the one to remind."""


@dataclass(frozen=True)
class State:
    """What is known of an expectation: the level that was told and when, and what was seen since then.

    `since` is when what was told began to be good, or not to be. `seen` is the level of the newest round, `streak` how
    many rounds in a row had it, `bad_streak` how many in a row were not good, `turned_at` when it turned from good to
    bad or back. `changes` are the times at which the level changed, `changed_at` the newest of all; `is_flapping` says
    that they are not told one by one, and `since` is then when that began.
    """

    level: Level = Level.GOOD
    since: float = 0.0
    told_at: float = 0.0
    seen: Level = Level.GOOD
    streak: int = 0
    bad_streak: int = 0
    turned_at: float = 0.0
    judged_at: float = 0.0
    changes: tuple[float, ...] = ()
    changed_at: float = 0.0
    is_flapping: bool = False


@dataclass(frozen=True)
class Flip:
    """A change that is told: from which level to which, at what time, and since when it is, or was, bad."""

    kind: Kind
    before: Level
    after: Level
    at: float
    since: float


def step(state: State, outcome: Outcome, policy: Policy, at: float) -> tuple[State, Flip | None]:
    """What becomes of a state by one more round, which judged at that time."""
    if is_stale(state, at):
        return state, None
    if outcome is Outcome.SKIPPED and state.judged_at and state.level is Level.GOOD and not state.is_flapping:
        return state, None  # nothing was seen: what a streak has so far, it keeps
    seen = _seen(state, Level.of(outcome), policy, at)
    if seen.is_flapping:
        return _calmed(seen, outcome, policy, at)
    if _flaps(seen, policy):
        return _flapping(seen, at)
    if _is_settled(seen, policy):
        return _told(seen, outcome, at)
    return reminded(seen, policy, at)


def is_stale(state: State, at: float) -> bool:
    """Whether what was judged then is no news: it comes from a slower round."""
    return 0 < state.judged_at - at <= STALE


def move(state: State, policy: Policy, at: float) -> tuple[State, Flip]:
    """What is as bad as it was, and is to be told under another key: that is a change, too."""
    seen = replace(state, changes=_within((*state.changes, at), policy.flapping, at), changed_at=at)
    if _flaps(seen, policy):
        return _flapping(seen, at)
    return replace(seen, told_at=at), Flip(Kind.BAD, seen.level, seen.level, at, seen.since)


def _flaps(state: State, policy: Policy) -> bool:
    return policy.flapping is not None and len(state.changes) >= policy.flapping.changes


def _flapping(state: State, at: float) -> tuple[State, Flip]:
    since = state.since if state.level is not Level.GOOD else state.changes[0]
    told = replace(state, is_flapping=True, told_at=at, since=since)
    return told, Flip(Kind.FLAPPING, state.level, state.seen, at, since)


def _seen(state: State, level: Level, policy: Policy, at: float) -> State:
    """The state with one more round in it."""
    is_bad, is_first = level is not Level.GOOD, not state.judged_at
    turns = is_bad != (state.seen is not Level.GOOD)
    changes_now = level is not state.seen and not is_first
    changes = (*state.changes, at) if changes_now else state.changes
    return replace(
        state,
        seen=level,
        streak=state.streak + 1 if level is state.seen else 1,
        bad_streak=state.bad_streak + 1 if is_bad else 0,
        turned_at=at if turns or is_first else state.turned_at,
        judged_at=at,
        changes=_within(changes, policy.flapping, at),
        changed_at=at if changes_now or is_first else state.changed_at,
    )


def _within(changes: tuple[float, ...], flapping: Flapping | None, at: float) -> tuple[float, ...]:
    """The changes that count; those of a clock that was ahead are forgotten."""
    if flapping is None:
        return ()
    return tuple(each for each in changes if at - flapping.within < each <= at)[-MOST_CHANGES:]


def _is_settled(state: State, policy: Policy) -> bool:
    """Whether what is seen now has been seen often enough to be told."""
    if state.seen is state.level:
        return False
    if state.seen is Level.GOOD:
        return state.streak >= policy.recovered_after
    often = state.bad_streak if state.level is Level.GOOD else state.streak
    return often >= policy.after


def _told(state: State, outcome: Outcome, at: float) -> tuple[State, Flip]:
    was_bad_since = state.turned_at if state.level is Level.GOOD else state.since
    flip = Flip(_kind(state.seen, outcome), state.level, state.seen, at, was_bad_since)
    since = state.since if Level.GOOD not in (state.level, state.seen) else state.turned_at
    return replace(state, level=state.seen, since=since, told_at=at), flip


def _kind(level: Level, outcome: Outcome) -> Kind:
    if level is not Level.GOOD:
        return Kind.BAD
    return Kind.RECOVERED if outcome is Outcome.OK else Kind.ENDED


def reminded(state: State, policy: Policy, at: float) -> tuple[State, Flip | None]:
    """A reminder of what lasts, where one is due."""
    if state.level is not Level.GOOD and state.seen is not Level.GOOD and _is_due(state, policy, at):
        return replace(state, told_at=at), Flip(Kind.REMINDER, state.level, state.seen, at, state.since)
    return replace(state, told_at=min(state.told_at, at)), None  # a clock that was ahead reminds in time again


def _is_due(state: State, policy: Policy, at: float) -> bool:
    return policy.remind is not None and at - state.told_at >= policy.remind - min(_EARLY, policy.remind / 10)


def _calmed(state: State, outcome: Outcome, policy: Policy, at: float) -> tuple[State, Flip | None]:
    """What flaps is told when it has stayed as it is for long enough, and reminded of as anything that lasts."""
    flapping = policy.flapping
    if flapping is None or not 0 <= at - state.changed_at < flapping.calm:
        return _told(replace(state, is_flapping=False, changes=(), level=_other(state)), outcome, at)
    if _is_due(state, policy, at):
        return replace(state, told_at=at), Flip(Kind.FLAPPING, state.level, state.seen, at, state.since)
    return state, None


def _other(state: State) -> Level:
    """While it flapped both were told, so that either is news now: a level that what is seen differs from."""
    if state.seen is not Level.GOOD:
        return Level.GOOD
    return Level.CRITICAL if state.level is Level.GOOD else state.level
