"""A dump of 1 GB, packed: reading it to its end, with its rows counted, against `gzip -t` and its like, in turns."""

import random
import statistics
import subprocess
import sys
import time
from pathlib import Path

from measure import Figure, Run, ground, in_turn, ratio, run, seconds, tell, write

BYTES = 1_000_000_000
MOST_TIMES_GZIP = 1.1
MOST_MB = 150
REPETITIONS = 3
LINES = 4000
TESTS = {
    "gz": (["gzip", "-6"], ["gzip", "-t"]),
    "xz": (["xz", "-1", "-T2"], ["xz", "-t"]),
    "zst": (["zstd", "-q", "-3"], ["zstd", "-q", "-t"]),
}
LOOK = r"""
    import sys
    from pathlib import Path
    from rounds.fixtures import backup_contents
    from rounds.probe import PROBES
    from rounds.targets import Backups

    path = Path(sys.argv[1])
    backups = Backups(name="b", system="s", path=str(path.parent), pattern=r"shop-(?P<time>\d{8})\..*", settled="0s")
    seen = PROBES["newest_contents"].look(backups, r"\.sql$", "", 1e11, None)
    assert not seen.fault, seen.fault
    assert seen.archive.name == path.name
    assert sum(seen.dumps[0].rows.values()) == int(sys.argv[2]), seen.dumps
"""


def main() -> int:
    figures = []
    with ground() as (folder, _):
        write(folder, look_py=LOOK)
        plain = folder / "plain" / "shop-20261122.sql"
        rows = fill(plain)
        for suffix, (pack, test) in TESTS.items():
            packed = packed_by(pack, plain, folder / suffix / f"shop-20261122.sql.{suffix}")
            figures += compared(folder, packed, rows, test, MOST_TIMES_GZIP if suffix == "gz" else None)
        tar = folder / "tar" / "shop-20261122.tar.gz"
        tar.parent.mkdir()
        subprocess.run(["tar", "-czf", tar, "-C", plain.parent, plain.name], check=True)
        figures += compared(folder, tar, rows, ["gzip", "-t"], MOST_TIMES_GZIP)
        figures += compared(folder, plain, rows, ["cat"], None)
    return tell(f"integrity: a dump of {BYTES / 1e9:g} GB, read to its end", figures)


def compared(folder: Path, path: Path, rows: int, test: list[str], limit: float | None) -> list[Figure]:
    """The look as a process of its own, start and imports counted in, and the tool's test beside it."""
    runs = in_turn(
        REPETITIONS,
        look=lambda: run([sys.executable, "look.py", str(path), str(rows)], folder),
        tool=lambda: run([*test, str(path)], folder) if test != ["cat"] else run(["wc", "-l", str(path)], folder),
    )
    tool = " ".join(test if test != ["cat"] else ["wc", "-l"])
    name = "".join(path.suffixes)
    return [
        Figure(f"{name}: {tool} (s)", seconds(runs["tool"])),
        Figure(f"{name}: read to its end, rows counted (s)", seconds(runs["look"])),
        Figure(f"{name}: read / {tool}", ratio(runs["look"], runs["tool"]), limit),
        Figure(f"{name}: processor time, read / {tool}", processor_ratio(runs["look"], runs["tool"])),
        Figure(f"{name}: most memory (MB)", max(each.peak_mb for each in runs["look"]), MOST_MB),
    ]


def processor_ratio(runs: list[Run], others: list[Run]) -> float:
    """As the ratio of wall times, but for what else the machine does meanwhile."""
    return statistics.median(one.cpu_seconds / other.cpu_seconds for one, other in zip(runs, others, strict=True))


def packed_by(command: list[str], plain: Path, path: Path) -> Path:
    path.parent.mkdir()
    with path.open("wb") as out, plain.open("rb") as given:
        subprocess.run(command, stdin=given, stdout=out, check=True)
    return path


def fill(path: Path) -> int:
    """A dump as pg_dump writes it, of one table; gives its rows."""
    dice, written, rows = random.Random(1), 0, 0  # noqa: S311 - no secret
    path.parent.mkdir()
    stamp = time.strftime("%Y-%m-%d %H:%M")
    words = [f"{dice.getrandbits(40):x}" for _ in range(5000)]
    with path.open("wb") as file:
        file.write(b"--\n-- PostgreSQL database dump\n--\n\n--\n-- Data for Name: prices; Type: TABLE DATA\n--\n\n")
        file.write(b"COPY public.prices (id, url, at, price, note) FROM stdin;\n")
        while written < BYTES:
            lines = [
                f"{rows + n}\thttps://shop.example/{dice.choice(words)}/{dice.choice(words)}\t{stamp}:{n % 60:02}"
                f".{dice.randrange(10**6):06}+00\t{dice.random() * 100:.2f}\t\\N\n"
                for n in range(LINES)
            ]
            written += file.write("".join(lines).encode())
            rows += LINES
        file.write(b"\\.\n\n\n--\n-- PostgreSQL database dump complete\n--\n\n")
    return rows


if __name__ == "__main__":
    sys.exit(main())
