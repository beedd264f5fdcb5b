"""Answer as the docker client does, about the estate's real processes: only the few questions that checks ask."""

import json
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

PAGE = 4096
UNITS = {"h": 3600, "m": 60, "s": 1}
CALM_CPU = 0.94
HOST_MEMORY = 16 * 1024**3
NEVER = "0001-01-01T00:00:00Z"
EXITED = "exited"


class UsageError(Exception):
    """A question that the stand-in does not know."""


@dataclass
class Process:
    """One process as /proc shows it."""

    pid: int
    parent: int
    rss: int
    args: str


@dataclass
class Container:
    """A service of the compose file and the real processes behind it."""

    service: str
    image: str
    limit: int
    cpus: float
    part: dict[str, object]
    processes: list[Process]
    project: str
    has_health_check: bool

    @property
    def name(self) -> str:
        return f"{self.project}-{self.service}-1"

    @property
    def state(self) -> str:
        return "running" if self.processes else EXITED

    @property
    def health(self) -> str:
        return "healthy" if self.processes and self.has_health_check else ""

    @property
    def memory(self) -> int:
        return sum(process.rss for process in self.processes)

    @property
    def exit_code(self) -> int:
        return 0 if self.processes else abs(int(str(self.part["exit_code"])))

    @property
    def id(self) -> str:
        return str(self.part["id"])

    @property
    def changed(self) -> float:
        return float(str(self.part["changed"]))


def all_processes() -> Iterator[Process]:
    for place in Path("/proc").glob("[0-9]*"):
        try:
            fields = (place / "stat").read_text().rpartition(")")[2].split()
            args = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            rss = int((place / "statm").read_text().split()[1]) * PAGE
        except (OSError, IndexError):  # ended meanwhile
            continue
        if fields[0] != "Z":
            yield Process(int(place.name), int(fields[1]), rss, args)


def tree(everything: list[Process], pid: int) -> list[Process]:
    found = [process for process in everything if process.pid == pid]
    for process in found:  # grows while we walk
        found += [child for child in everything if child.parent == process.pid]
    return found


def inside(everything: list[Process], parts: dict[str, dict[str, object]], service: str) -> list[Process]:
    """The processes of a container, and of what was begun in it by docker exec: the part `SERVICE/NAME`."""
    pids = {int(str(part["pid"])) for name, part in parts.items() if name == service or name.startswith(f"{service}/")}
    return [process for pid in pids if pid for process in tree(everything, pid)] if parts[service]["pid"] else []


def services(compose: Path) -> dict[str, dict[str, str]]:
    """Read the few keys we need from the compose file: no YAML reader is at hand here."""
    try:
        text = compose.read_text().partition("\nservices:\n")[2]
    except OSError as error:
        raise UsageError(f"open {compose}: no such file or directory") from error
    found: dict[str, dict[str, str]] = {}
    for line in text.splitlines():
        if head := re.fullmatch(r"  ([\w-]+):", line):
            found[head[1]] = {}
        elif (pair := re.fullmatch(r"    ([\w-]+): (.+)", line)) and found:
            found[list(found)[-1]][pair[1]] = pair[2]
    return found


def project(compose: Path) -> str:
    """Read the project's name: the file's own, or that of its folder."""
    own = re.search(r"(?m)^name: ([\w-]+)$", compose.read_text())
    return own[1] if own else compose.parent.name


def containers(root: Path, compose: Path) -> list[Container]:
    parts = json.loads((root / "parts.json").read_text())
    everything = list(all_processes())
    return [
        Container(
            name,
            asked["image"],
            int(asked.get("mem_limit", "0").rstrip("m")) * 1024**2,
            float(asked.get("cpus", 0)),
            parts[name],
            inside(everything, parts, name),
            project(compose),
            "healthcheck" in asked,
        )
        for name, asked in services(compose).items()
        if name in parts
    ]


def named(root: Path, compose: Path, names: list[str]) -> list[Container]:
    known = {}
    for container in containers(root, compose):
        known.update({container.name: container, container.id: container, container.id[:12]: container})
    for name in names:
        if name not in known:
            raise UsageError(f"Error response from daemon: No such container: {name}")
    return [known[name] for name in names]


def ago(container: Container) -> str:
    seconds = int(time.time() - container.changed)
    return f"{seconds} seconds" if seconds < 120 else f"{seconds // 60} minutes"


def status(container: Container) -> str:
    if container.state == EXITED:
        return f"Exited ({container.exit_code}) {ago(container)} ago"
    return f"Up {ago(container)}" + (f" ({container.health})" if container.health else "")


def compose_ps(found: list[Container]) -> str:
    rows = [
        {
            "Command": f'"{container.processes[0].args[:20] if container.processes else container.service}…"',
            "CreatedAt": datetime.fromtimestamp(container.changed, UTC).strftime("%F %T +0000 UTC"),
            "ExitCode": container.exit_code,
            "Health": container.health,
            "ID": container.id[:12],
            "Image": container.image,
            "Labels": f"com.docker.compose.project={container.project},com.docker.compose.service={container.service}",
            "LocalVolumes": "0",
            "Mounts": "",
            "Name": container.name,
            "Names": container.name,
            "Networks": f"{container.project}_default",
            "Ports": "",
            "Project": container.project,
            "Publishers": [],
            "RunningFor": f"{ago(container)} ago",
            "Service": container.service,
            "Size": "0B",
            "State": container.state,
            "Status": status(container),
        }
        for container in found
    ]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def recent(text: str, since: datetime) -> str:
    """Keep the records since then; a line without a time belongs to the record before it."""
    kept, keep = [], True
    for line in text.splitlines(keepends=True):
        if stamp := re.match(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)", line):
            keep = datetime.fromisoformat(stamp[1]).replace(tzinfo=UTC) >= since
        if keep:
            kept.append(line)
    return "".join(kept)


def compose_logs(found: list[Container], arguments: list[str]) -> str:
    if arguments[:3] != ["--no-color", "--no-log-prefix", "--since"] or len(arguments) != 5:
        raise UsageError("this stand-in knows only: logs --no-color --no-log-prefix --since 24h SERVICE")
    length = re.fullmatch(r"(\d+)([hms])", arguments[3])
    chosen = [container for container in found if container.service == arguments[4]]
    if length is None or not chosen:
        raise UsageError(f"no such service or length of time: {arguments[4]} {arguments[3]}")
    since = datetime.now(UTC) - timedelta(seconds=int(length[1]) * UNITS[length[2]])
    return recent(Path(str(chosen[0].part["log"])).read_text(errors="replace"), since)


def compose(root: Path, arguments: list[str]) -> str:
    match arguments:
        case ["-f", file, "config", "--services"]:
            return "".join(name + "\n" for name in services(Path(file)))
        case ["-f", file, "ps", "--all", "--format", "json"]:
            return compose_ps(containers(root, Path(file)))
        case ["-f", file, "logs", *rest]:
            return compose_logs(containers(root, Path(file)), rest)
    raise UsageError(f"unknown docker command: compose {' '.join(arguments)}")


def size(amount: float) -> str:
    for unit in ("B", "KiB", "MiB"):
        if amount < 1024:
            return f"{amount:.4g}{unit}"
        amount /= 1024
    return f"{amount:.4g}GiB"


def stats(found: list[Container]) -> str:
    return "".join(json.dumps(sample(container)) + "\n" for container in found)


def sample(container: Container) -> dict[str, str]:
    runs, limit = bool(container.processes), container.limit or HOST_MEMORY
    return {
        "CPUPerc": f"{CALM_CPU if runs else 0:.2f}%",
        "ID": container.id[:12],
        "MemPerc": f"{container.memory / limit:.2%}",
        "MemUsage": f"{size(container.memory)} / {size(limit)}" if runs else "0B / 0B",
        "Name": container.name,
        "PIDs": str(len(container.processes)),
    }


def inspect(found: list[Container]) -> str:
    return json.dumps([inspected(container) for container in found], indent=4) + "\n"


def inspected(container: Container) -> dict[str, object]:
    """What is asked of a container; a part that was started anew is a container that was made anew."""
    stamp = datetime.fromtimestamp(container.changed, UTC).strftime("%FT%T.%f000Z")
    runs = bool(container.processes)
    state: dict[str, object] = {"Status": container.state, "Running": runs, "OOMKilled": False}
    state |= {"ExitCode": container.exit_code, "StartedAt": stamp, "FinishedAt": NEVER if runs else stamp}
    if container.has_health_check:
        state["Health"] = {"Status": container.health or "unhealthy", "FailingStreak": 0}
    limits = {"Memory": container.limit, "NanoCpus": int(container.cpus * 1e9)}
    restarts = int(str(container.part["restarts"]))
    names = {"Id": container.id, "Name": f"/{container.name}", "Created": stamp, "RestartCount": restarts}
    return {**names, "State": state, "HostConfig": limits}


def top(container: Container) -> str:
    if not container.processes:
        raise UsageError(f"Error response from daemon: container {container.id} is not running")
    rows = [("PID", "RSS", "COMMAND")]
    rows += [(str(process.pid), str(process.rss // 1024), process.args) for process in container.processes]
    return "".join(f"{pid:<20}{rss:<20}{args}\n" for pid, rss, args in rows)


def answer(root: Path, file: Path, arguments: list[str]) -> str:
    match arguments:
        case ["compose", *rest]:
            return compose(root, rest)
        case ["stats", "--no-stream", "--format", "json", *names]:
            running = containers(root, file)
            return stats(
                named(root, file, names) if names else [container for container in running if container.processes]
            )
        case ["inspect", *names] if names:
            return inspect(named(root, file, names))
        case ["top", name, "-eo", "pid,rss,args"]:
            return top(named(root, file, [name])[0])
    raise UsageError(f"unknown docker command: {' '.join(arguments)}")


def main(root: str, file: str, *arguments: str) -> int:
    try:
        sys.stdout.write(answer(Path(root), Path(file), list(arguments)))
    except UsageError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
