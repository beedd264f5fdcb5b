"""Which processes of a host a row means, and what is said when there is none."""

import re
from typing import Annotated

from pydantic import Field, model_validator

from rounds.expectation import Expectation
from rounds.fixtures.host import Machine
from rounds.fixtures.processes import Process, tree
from rounds.pattern import Pattern
from rounds.targets import Host


class OfProcesses(Expectation):
    """The processes of a `unit` of systemd, or the tree below a `pid_file`; of them, or of all, those that fit."""

    host: Host
    unit: Annotated[str, Field(description="a unit of systemd: all processes in it")] = ""
    pid_file: Annotated[str, Field(description="the process whose number it holds, and all its descendants")] = ""
    pattern: Annotated[Pattern, Field(description="regular expression on their command lines")] = ""

    @model_validator(mode="after")
    def _names_some(self) -> "OfProcesses":
        if bool(self.unit) + bool(self.pid_file) != 1 and not (self.pattern and not self.unit):
            raise ValueError("names one of unit and pid_file, or a pattern, or one of the two and a pattern")
        known = self.pid_file.startswith("/run/") or self.pid_file in self.host.pid_files
        if self.pid_file and not known:
            raise ValueError(f"pid_file {self.pid_file} is not in /run: name it under pid_files of {self.host.name}")
        return self


def chosen(expected: OfProcesses, machine: Machine) -> tuple[list[Process], str]:
    """The processes that a row means, or none and why."""
    if complaint := machine.complaints.get("processes"):
        return [], complaint
    found, why = _named(expected, machine)
    fitting = [each for each in found if re.search(expected.pattern, each.arguments)]
    if found and not fitting:
        why = f"none of {len(found)} processes fits {expected.pattern}"
    return fitting, why


def is_unsure(expected: OfProcesses, machine: Machine) -> bool:
    """Whether no process found means nothing: the host does not tell, or there is no such unit."""
    if "processes" in machine.complaints:
        return True
    return bool(expected.unit) and not any(each.name == full_name(expected.unit) for each in machine.units)


def full_name(unit: str) -> str:
    return unit if "." in unit else f"{unit}.service"


def _named(expected: OfProcesses, machine: Machine) -> tuple[list[Process], str]:
    if expected.unit:
        return _of_unit(expected.unit, machine)
    if not expected.pid_file:
        return list(machine.processes), ""
    pid = machine.pid_files.get(expected.pid_file)
    if pid is None:
        return [], f"{expected.pid_file} is not there or holds no number: what writes it does not run"
    return tree(machine.processes, {pid}), f"{expected.pid_file} is left over: there is no process {pid}"


def _of_unit(name: str, machine: Machine) -> tuple[list[Process], str]:
    """The processes in the unit's cgroup, and those that descend from its main process."""
    full = full_name(name)
    unit = next((each for each in machine.units if each.name == full), None)
    roots = {each.pid for each in machine.processes if full in each.units} | ({unit.main_pid} if unit else set())
    found = tree(machine.processes, roots - {0})
    if unit is None:
        missing = f"the runbook and the system disagree: there is no unit {full}"
        return found, machine.complaints.get("units", missing)
    return found, f"unit {full} is {unit.active} ({unit.sub}) and has no process"
