"""What a check gets to judge with: `observe`, which records figures, and `earlier`, what was recorded before."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from rounds.limits import Exactly, Limit, Value
from rounds.outcome import Outcome, worst
from rounds.quantities import shown
from rounds.record import Observation

if TYPE_CHECKING:
    from rounds.band import Usual  # most rounds need no statistics

_LONGEST_TEXT = 500
_LONGEST_DETAIL = 7500


@dataclass
class Observer:
    """Records the figures of one expectation. Nothing here raises: a bad figure does not hide the next one."""

    observations: list[Observation] = field(default_factory=list)
    details: list[str] = field(default_factory=list)

    def __call__(
        self, name: str, value: Any, limit: Limit | Exactly | None = None, *, unit: str = "", note: str = ""
    ) -> Outcome:
        """Record a figure and judge it by its limit.

        `value` is in the limit's base unit (`unit` where there is no limit: recorded for later comparison, always ok).
        None is unknown, never ok. `note` is a few words that help a tired person ("newest is dump-3.tar.gz").
        """
        return self._add(Observation.of(name, _plain(value), limit, unit, note))

    def unknown(self, name: str, why: str, value: Value = None, *, unit: str = "") -> Outcome:
        """Record that a figure could not be judged, and why ("only 3 requests: too few to judge a share")."""
        return self._add(Observation(name, value, unit, None, "", Outcome.UNKNOWN, why))

    def critical(self, name: str, why: str, value: Value = None, *, unit: str = "") -> Outcome:
        """Record something that is bad without a limit to compare with ("is missing")."""
        return self._add(Observation(name, value, unit, None, "", Outcome.CRITICAL, why))

    def warning(self, name: str, why: str, value: Value = None, *, unit: str = "") -> Outcome:
        """Record that somebody else (a monitoring plugin) warns; without a value it is unknown."""
        return self._add(Observation(name, value, unit, None, "", Outcome.WARNING, why))

    def detail(self, text: str) -> None:
        """Keep longer text for a person, told where the outcome is worse than ok: rows that break a rule, say."""
        self.details.append(str(text))

    @property
    def told(self) -> str:
        """All details, as many as a report takes whole."""
        told, left = "", len(self.details)
        for text in self.details:
            if told and len(told) + len(text) > _LONGEST_DETAIL:
                break
            told, left = f"{told}\n\n{text}" if told else text, left - 1
        return f"{told}\n\n… and {left} more of this kind" if left else told

    def usual(self, name: str, value: float, judged: "Usual", *, unit: str = "", note: str = "") -> Outcome:
        """Record a figure that was judged by its own history, and warn where that history itself moves."""
        note = "; ".join(filter(None, (note, judged.words)))
        if judged.band is None or judged.fits is None:
            return self._add(Observation(name, value, unit, None, "", Outcome.UNKNOWN, note, judged.band))
        lowest, highest = judged.band["lowest"], judged.band["highest"]
        limit = {"direction": "within", "lowest": lowest, "highest": highest}
        allowed = f"{shown(lowest, unit)} to {shown(highest, unit)} as usual"
        verdict = Outcome.OK if judged.fits else Outcome.CRITICAL
        if judged.drift:
            self.warning(f"what is usual for {name}", f"moved from {judged.drift}", judged.band["usual"], unit=unit)
        return self._add(Observation(name, value, unit, limit, allowed, verdict, note, judged.band))

    def _add(self, observation: Observation) -> Outcome:
        """Whatever a check observed becomes a plain figure or text; no figure at all is unknown."""
        value = _plain(observation.value)
        verdict = observation.verdict
        if value is None or (isinstance(value, float) and math.isnan(value)):
            verdict = worst([verdict, Outcome.UNKNOWN])
        name, unit, note = str(observation.name), str(observation.unit), str(observation.note)
        observation = replace(observation, name=name, value=value, unit=unit, note=note, verdict=verdict)
        self.observations.append(observation)
        return verdict

    @property
    def outcome(self) -> Outcome:
        """The worst verdict; no observation at all is unknown."""
        return worst([observation.verdict for observation in self.observations])

    @property
    def summary(self) -> str:
        """One sentence: the observations that decided, worst first; for ok, all of them."""
        if not self.observations:
            return "the check observed nothing"
        by_badness = sorted(self.observations, key=lambda observation: -observation.verdict.badness)
        deciding = [each for each in by_badness if each.verdict is not Outcome.OK] or by_badness
        said = "; ".join(each.sentence for each in deciding[:4])
        return said if len(deciding) <= 4 else f"{said}; and {len(deciding) - 4} more"


def _plain(value: Any) -> Value:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value[:_LONGEST_TEXT]
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return str(value)[:_LONGEST_TEXT]
    return int(value) if isinstance(value, int) else number


@dataclass(frozen=True)
class EarlierFigure:
    """A figure from an earlier round and how old it is, in seconds."""

    value: float
    age_seconds: float


@dataclass(frozen=True)
class Earlier:
    """The figures that earlier rounds recorded for this expectation, by observation name, newest first."""

    figures: Mapping[str, Sequence[EarlierFigure]] = field(default_factory=dict)

    def newest(
        self, name: str, *, at_least_old: float = 0.0, at_most_old: float = float("inf")
    ) -> EarlierFigure | None:
        """The newest figure of that name whose age (seconds) lies between the two, or None."""
        fitting = self.all(name, at_least_old=at_least_old, at_most_old=at_most_old)
        return fitting[0] if fitting else None

    def all(self, name: str, *, at_least_old: float = 0.0, at_most_old: float = float("inf")) -> list[EarlierFigure]:
        """All figures of that name whose age lies between the two, newest first."""
        return [
            figure for figure in self.figures.get(name, ()) if at_least_old <= figure.age_seconds <= at_most_old
        ]  # fmt: skip
