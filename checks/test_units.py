"""Units of systemd run, and file systems are mounted."""

from typing import Annotated

from pydantic import Field

from rounds.checks.processes import full_name
from rounds.expectation import Expectation
from rounds.fixtures.host import Machine
from rounds.fixtures.units import Unit
from rounds.judge import Observer
from rounds.limits import Limit, at_least, exactly
from rounds.targets import Host

STARTS_AT_BOOT = exactly("enabled", "generated", "alias")


class SystemdUnitState(Expectation):
    """Units that have to be active, to start with the machine, and not to have been started just now.

    `up` is the time since a unit last became active, whoever restarted it: after a restart that was meant, look again
    after that time. Static units cannot be enabled: say `enabled: false` where another unit starts them.
    """

    host: Host
    units: Annotated[tuple[str, ...], Field(min_length=1, description="names; .service may be left out")]
    enabled: Annotated[bool, Field(description="whether they have to start with the machine")] = True
    up: Limit = at_least(600, unit="s")


def test_systemd_unit_state(expected: SystemdUnitState, machine: Machine, observe: Observer) -> None:
    """Services are active, start with the machine, and do not keep restarting.

    Remedy: `systemctl status UNIT` and `journalctl -u UNIT -n 50` tell why it ended; correct that, then
    `systemctl restart UNIT`. Not enabled: `systemctl enable UNIT`, or it is missing after the next boot. Masked:
    somebody switched it off on purpose; ask who before `systemctl unmask UNIT`.
    """
    known = {unit.name: unit for unit in machine.units}
    for name in expected.units:
        unit = known.get(full_name(name))
        if unit is None or unit.load == "not-found":
            missing = f"the runbook and the system disagree: there is no unit {name} on {expected.host.name}"
            observe.unknown(name, machine.complaints.get("units", missing))
        else:
            _observe_unit(name, unit, expected, observe)


def _observe_unit(name: str, unit: Unit, expected: SystemdUnitState, observe: Observer) -> None:
    state = "masked" if unit.load == "masked" else unit.active
    result = "" if unit.result in ("", "success") else f"; it ended with {unit.result}"
    observe(name, state, exactly("active"), note=f"{unit.sub}{result}")
    if expected.enabled:
        observe(f"{name} at boot", unit.file or "no unit file", STARTS_AT_BOOT)
    if unit.active == "active":
        observe(f"{name} up", unit.up_seconds, expected.up, note=f"{unit.restarts} restarts by systemd")


class Mounts(Expectation):
    """File systems that have to be mounted, and how."""

    host: Host
    paths: Annotated[tuple[str, ...], Field(min_length=1)]
    filesystems: Annotated[tuple[str, ...], Field(description="types such as ext4; any when left out")] = ()
    writable: bool = True


def test_mounts(expected: Mounts, machine: Machine, observe: Observer) -> None:
    """File systems are mounted where they should be, and can be written.

    Remedy: not mounted: `mount PATH` and `journalctl -b | grep mount`; do not write into the empty folder meanwhile.
    Read-only although it should not be: the kernel does that after an error of the disk (`dmesg`); save the data first.
    """
    mounted = {mount.path: mount for mount in machine.mounts}
    for path in expected.paths:
        mount = mounted.get(path)
        if complaint := machine.complaints.get("mounts"):
            observe.unknown(path, complaint)
        elif mount is None:
            observe.critical(path, "nothing is mounted there")
        else:
            way = "read-write" if mount.writable else "read-only"
            observe(path, way, exactly("read-write") if expected.writable else exactly("read-only", "read-write"))
            if expected.filesystems:
                observe(f"{path} type", mount.filesystem, exactly(*expected.filesystems))
