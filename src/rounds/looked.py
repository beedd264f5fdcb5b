"""Looked: what came of all looks, in whichever process they were taken: who answered, and where the time went."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from rounds.look import Look
from rounds.outcome import Outcome
from rounds.record import Record
from rounds.round import Durations, SlowestLook


@dataclass
class Looked:
    """Filled by looks, by what xdist's workers told of theirs, and by records as they come."""

    reached: set[str] = field(default_factory=set)
    hung: dict[str, str] = field(default_factory=dict)
    systems: dict[str, Durations] = field(default_factory=dict)

    def take_in(self, looks: Iterable[Look]) -> "Looked":
        """Count some looks in."""
        for look in looks:
            if look.has_reached:
                self.reached.update(target.key for target in look.targets)
            system = self._system(look.system)
            system["looks"] += 1
            system["looking_seconds"] += look.seconds
            slowest = system["slowest_look"]
            if slowest is None or look.seconds > slowest["seconds"]:
                target = ", ".join(target.key for target in look.targets)
                system["slowest_look"] = SlowestLook(probe=look.probe.name, target=target, seconds=look.seconds)
        return self

    def judged(self, record: Record, hung: str, waited: float) -> None:
        """Count a record in, with the target whose hanging made it unknown, and the time it waited for looks."""
        if hung:
            self.hung[record.id] = hung
        system = self._system(record.system)
        system["rows"] += 1
        system["judging_seconds"] += max(record.seconds - waited, 0.0)

    def as_json(self) -> dict[str, Any]:
        """What a worker tells of its looks; of the rows the records tell."""
        return {"reached": sorted(self.reached), "systems": list(self.systems.values())}

    def add(self, told: dict[str, Any]) -> None:
        """Count in what a worker told."""
        self.reached.update(told["reached"])
        for part in told["systems"]:
            system = self._system(part["system"])
            system["looks"] += part["looks"]
            system["looking_seconds"] += part["looking_seconds"]
            both = [look for look in (system["slowest_look"], part["slowest_look"]) if look]
            system["slowest_look"] = max(both, key=lambda look: look["seconds"], default=None)

    @property
    def durations(self) -> list[Durations]:
        """Where the time went, a system at a time, by name."""
        found: list[Durations] = []
        for name in sorted(filter(None, self.systems)):
            system = self.systems[name].copy()
            system["looking_seconds"] = round(system["looking_seconds"], 3)
            system["judging_seconds"] = round(system["judging_seconds"], 3)
            if slowest := system["slowest_look"]:
                system["slowest_look"] = slowest | {"seconds": round(slowest["seconds"], 3)}
            found.append(system)
        return found

    @property
    def slowest(self) -> SlowestLook | None:
        looks = [system["slowest_look"] for system in self.durations if system["slowest_look"]]
        return max(looks, key=lambda look: look["seconds"], default=None)

    def name_causes(self, records: Iterable[Record]) -> list[Record]:
        """Say of rows whose looks hung that their target is the cause; returns those of which it is said now.

        One hung look may have its own reasons. But where two rows or more are concerned and the target answered no look
        of this round at all, it is the target.
        """
        unknown = [record for record in records if record.outcome is Outcome.UNKNOWN]
        concerned = Counter(self.hung.get(record.id) or _cause_of(record) for record in unknown)
        named = []
        for record in unknown:
            target = self.hung.get(record.id, "")
            if target and not record.cause and target not in self.reached and concerned[target] > 1:
                record.cause = {"target": target, "words": "no look at it was answered in time"}
                named.append(record)
        return named

    def _system(self, name: str) -> Durations:
        nothing = Durations(
            system=name, rows=0, looks=0, slowest_look=None, looking_seconds=0.0, judging_seconds=0.0
        )  # fmt: skip
        return self.systems.setdefault(name, nothing)


def _cause_of(record: Record) -> str:
    return record.cause["target"] if record.cause else ""
