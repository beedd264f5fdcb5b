"""The machine a system runs on, as a stand-in: a demonstration cannot fill your disk or your memory."""

import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from . import programs
from .ground import write

RECORDED = Path(__file__).with_name("recorded")
STAND_INS = Path(__file__).with_name("stand_ins")
TICKS_PER_SECOND = 100
PERIOD = 0.1
IDLE = 3  # its place among the figures of a cpu line
UPTIME = 20 * 86400.0
TRAFFIC = {"lo": 40_000, "eth0": 180_000}  # bytes a second, both ways together
PACKET = 700  # bytes


@dataclass
class Machine:
    """Files in the kernel's formats, kept moving by a thread; faults set the figures.

    `lost` counts packets that eth0 dropped; `volume` is where the system's data volume is mounted.
    """

    root: Path
    busy: float = 0.12
    load: float = 0.31
    available: float = 0.62
    processes: Callable[[], Iterable[int]] = tuple
    volume: str = "/srv/bigshot"
    lost: int = 0
    ended: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.proc = self.root / "proc"
        self.df = self.root / "machine"
        self.thread = threading.Thread(target=self._run, name="estate-machine", daemon=True)
        lines = (RECORDED / "stat.txt").read_text().splitlines()
        self.cores = [[float(figure) for figure in line.split()[1:]] for line in lines if re.match(r"cpu\d", line)]
        self.rest = [line for line in lines if not line.startswith("cpu")]
        self.last = time.monotonic()
        self.booted = self.last - UPTIME

    def start(self) -> None:
        (self.proc / "net").mkdir(parents=True)
        self.df.mkdir()
        for name in ("df-k.txt", "df-i.txt"):
            (self.df / name).write_text((RECORDED / name).read_text().replace("/srv/bigshot", self.volume))
        fields = [line.split() for line in (self.df / "df-k.txt").read_text().splitlines()[1:]]
        mounts = [f"{each[0]} {each[-1]} ext4 rw,relatime 0 0\n" for each in fields if each[0].startswith("/dev/vd")]
        (self.proc / "mounts").write_text("".join(mounts))
        programs.install(self.root / "bin", "df", STAND_INS / "df.py", self.root)
        self.tick_now()
        self.thread.start()

    def stop(self) -> None:
        self.ended.set()
        if self.thread.is_alive():
            self.thread.join(5)

    def live(self, seconds: float) -> None:
        """Let so much time have passed since the last look, for figures that are told as growth."""
        self.booted -= seconds
        self.tick_now()

    @staticmethod
    def packets(seconds: float) -> int:
        """How many packets eth0 receives in so much time."""
        return int(TRAFFIC["eth0"] * seconds) * 2 // 3 // PACKET

    def tick_now(self) -> None:
        """Show figures at once that were just set."""
        with self.lock:
            self.tick()

    def tick(self) -> None:
        now = time.monotonic()
        passed, self.last = (now - self.last) * TICKS_PER_SECOND, now
        for core in self.cores:
            for place, share in ((0, self.busy * 0.75), (2, self.busy * 0.25), (IDLE, 1 - self.busy)):
                core[place] += passed * share
        sums = [sum(figures) for figures in zip(*self.cores, strict=True)]
        lines = [
            _line("cpu ", sums),
            *(_line(f"cpu{number}", core) for number, core in enumerate(self.cores)),
            *self.rest,
        ]
        write(self.proc / "stat", "\n".join(lines) + "\n")
        figures = f"{self.load * 1.1:.2f} {self.load * 1.04:.2f} {self.load:.2f}"
        write(self.proc / "loadavg", f"{figures} 2/412 {20000 + int(now) % 9000}\n")
        write(self.proc / "meminfo", self._meminfo())
        uptime = now - self.booted
        write(self.proc / "uptime", f"{uptime:.2f} {uptime * len(self.cores) * (1 - self.busy):.2f}\n")
        write(self.proc / "net" / "dev", self._interfaces(uptime))
        self._show_processes()

    def fill_volume(self, mount: str, percent: int) -> None:
        """Let df report the volume as so full."""
        lines = (self.df / "df-k.txt").read_text().splitlines()
        for place, line in enumerate(lines):
            fields = line.split()
            if fields[-1] == mount:
                room = int(fields[2]) + int(fields[3])
                used = room * percent // 100
                lines[place] = f"{fields[0]:<15} {fields[1]:>12} {used:>8} {room - used:>9} {percent:>7}% {mount}"
        write(self.df / "df-k.txt", "\n".join(lines) + "\n")

    def _show_processes(self) -> None:
        """Let the real processes of the parts stand in this /proc, and nobody else's."""
        shown, real = {path.name for path in self.proc.glob("[0-9]*")}, {str(pid) for pid in self.processes() if pid}
        for pid in shown - real:
            (self.proc / pid).unlink()
        for pid in real - shown:
            (self.proc / pid).symlink_to(f"/proc/{pid}")

    def _run(self) -> None:
        while not self.ended.wait(PERIOD):
            self.tick_now()

    def _interfaces(self, uptime: float) -> str:
        """Received two thirds, sent one third; what got lost was on its way in."""
        lines = []
        for name, rate in TRAFFIC.items():
            total, lost = int(rate * uptime), self.lost if name == "eth0" else 0
            received, sent = total * 2 // 3, total // 3
            counts = [received, received // PACKET, 0, lost, 0, 0, 0, 0, sent, sent // PACKET, 0, 0, 0, 0, 0, 0]
            lines.append(f"{name:>6}: {' '.join(map(str, counts))}\n")
        return (RECORDED / "net-dev.txt").read_text() + "".join(lines)

    def _meminfo(self) -> str:
        text = (RECORDED / "meminfo.txt").read_text()
        total = int(re.findall(r"MemTotal:\s+(\d+)", text)[0])
        available = int(total * self.available)
        cached = available // 2 if self.available > 0.1 else available * 4 // 5
        for name, figure in (("MemAvailable", available), ("MemFree", available // 5), ("Cached", cached)):
            text = re.sub(rf"(?m)^{name}:\s+\d+", f"{name}:{figure:>{23 - len(name)}}", text)
        return text


def _line(name: str, figures: list[float]) -> str:
    return " ".join([name, *(str(int(figure)) for figure in figures)])
