"""Answer as systemctl does, from a JSON file of units: `show` and `list-unit-files`, each for all units of some kinds.

The file is `units.json` of the estate's root: by a unit's name with its kind, its `part` (of parts.json), `up` (for how
many seconds it has been active), and, where a healthy unit has others, `enabled`, `restarts` and `load`. Whether
it is active is told by the part's real process.
"""

import json
import sys
from pathlib import Path
from typing import Any

DEAD = "ZX"


def main_pid(root: Path, part: str) -> int:
    """The process of a part, or 0 where it does not live."""
    pid = int(json.loads((root / "parts.json").read_text()).get(part, {}).get("pid", 0))
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return 0
    return 0 if state in DEAD else pid


def properties(root: Path, name: str, unit: dict[str, Any]) -> dict[str, object]:
    pid = main_pid(root, unit["part"])
    uptime = float((root / "proc" / "uptime").read_text().split()[0])
    entered = int(max(1.0, uptime - float(unit["up"])) * 1e6)
    return {
        "Type": "simple",
        "Id": name,
        "Names": name,
        "LoadState": unit.get("load", "loaded"),
        "ActiveState": "active" if pid else "failed",
        "SubState": "running" if pid else "failed",
        "UnitFileState": unit.get("enabled", "enabled"),
        "NRestarts": unit.get("restarts", 0),
        "ActiveEnterTimestampMonotonic": entered,
        "MainPID": pid,
        "Result": "success" if pid else "signal",
    }


def shown(root: Path, units: dict[str, Any], options: dict[str, str], patterns: list[str]) -> str:
    wanted = options.get("--property", "").split(",")
    if not patterns:
        return "Version=252 (stand-in)\n" if wanted == ["Version"] else ""
    suffixes = tuple(pattern.removeprefix("*") for pattern in patterns)
    blocks = [
        "".join(f"{key}={value}\n" for key, value in properties(root, name, unit).items() if key in wanted)
        for name, unit in units.items()
        if name.endswith(suffixes)
    ]
    return "\n".join(blocks)


def listed(units: dict[str, Any], options: dict[str, str]) -> str:
    suffixes = tuple(f".{kind}" for kind in options.get("--type", "").split(","))
    states = {name: unit.get("enabled", "enabled") for name, unit in units.items() if name.endswith(suffixes)}
    return "".join(f"{name:<45} {state:<15} enabled\n" for name, state in states.items())


def main(root: str, *arguments: str) -> int:
    units = json.loads((Path(root) / "units.json").read_text())
    options = {name: value for name, _, value in (each.partition("=") for each in arguments if each.startswith("-"))}
    command, *patterns = [each for each in arguments if not each.startswith("-")] or [""]
    if command == "show":
        sys.stdout.write(shown(Path(root), units, options, patterns))
    elif command == "list-unit-files" and not patterns:
        sys.stdout.write(listed(units, options))
    else:
        sys.stderr.write(f"systemctl: this stand-in does not know: {' '.join(arguments)}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
