"""A log of 1 GB: the first look at its errors against grep -c, in turns, and the second look after 1 MB more."""

import json
import random
import sys
import time
from pathlib import Path

from measure import Figure, ground, run, tell, write

BYTES = 1_000_000_000
MOST_TIMES_GREP = 1.5
MOST_MB = 100
MOST_SECOND_SECONDS = 0.1
SHARES = (0.001, 0.005, 0.01)
REPETITIONS = 7
SAID = [
    "shop.jobs: job {} of type export has finished after {:.3f} s without trouble",
    "shop.web: GET /api/v1/items/{} answered 200 in {:.3f} ms for a user of the usual kind",
    "shop.cache: refreshed {} entries in {:.3f} s; next refresh in five minutes",
]
LOOK = r"""
    import json, pathlib, shutil, statistics, subprocess, sys, time
    from rounds.fixtures import logs
    from rounds.probe import KEPT, PROBES
    from rounds.targets import Log

    path, repetitions, more = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode().decode("unicode_escape")
    pattern = r"^(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),\d{3} (?P<level>[A-Z]+) "
    log = Log(name="app", system="shop", path=path, pattern=pattern, time_format="%Y-%m-%d %H:%M:%S")

    def look():
        begun = time.perf_counter()
        seen = PROBES["log_counts"].look(log, (), 90_000.0, ("ERROR",), (), {}, None, (), False, None)
        return time.perf_counter() - begun, seen.kinds[("ERROR", "")].count

    def grep():
        begun = time.perf_counter()
        done = subprocess.run(["grep", "-c", "ERROR", path], capture_output=True, text=True)
        return time.perf_counter() - begun, int(done.stdout)

    KEPT.folder = pathlib.Path("state").resolve()
    first, greps, second = [], [], []
    for number in range(repetitions + 1):
        shutil.rmtree("state", ignore_errors=True)
        (looked, found), (grepped, lines) = look(), grep()
        assert found == lines, (found, lines)
        if number:
            first.append(looked)
            greps.append(grepped)
    for _ in range(repetitions):
        with open(path, "a") as file:
            file.write(more * 10_000)
        second.append(look()[0])
    told = {"first": statistics.median(first), "grep": statistics.median(greps), "second": statistics.median(second)}
    told["ratio"] = statistics.median(one / other for one, other in zip(first, greps))
    print(json.dumps(told))
"""


def main() -> int:
    figures = []
    with ground() as (folder, _):
        write(folder, look_py=LOOK)
        for share in SHARES:
            path = folder / "app.log"
            fill(path, share)
            stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
            line = f"{stamp},123 INFO shop.web: GET /api/v1/items/1 answered 200 in 1 ms\\n"
            looked = run([sys.executable, "look.py", str(path), str(REPETITIONS), line], folder)
            told = json.loads((folder / "said.txt").read_text().splitlines()[-1])
            word = f"{share:.1%} errors"
            figures += [
                Figure(f"{word}: grep -c ERROR (s)", told["grep"]),
                Figure(f"{word}: first look (s)", told["first"]),
                Figure(f"{word}: first look / grep -c", told["ratio"], MOST_TIMES_GREP),
                Figure(f"{word}: second look, after 1 MB more (s)", told["second"], MOST_SECOND_SECONDS),
                Figure(f"{word}: most memory of a process that looks (MB)", looked.peak_mb, MOST_MB),
            ]
    return tell(f"logs: {BYTES / 1e9:g} GB within the window", figures)


def fill(path: Path, share: float) -> None:
    """Lines of the last 24 hours; as many of them as `share` says are errors."""
    dice, begun, written = random.Random(1), time.time() - 86_000, 0  # noqa: S311 - no secret
    with path.open("wb") as file:
        while written < BYTES:
            stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(begun + 85_000 * written / BYTES))
            levels = ["ERROR" if dice.random() < share else "INFO" for _ in range(500)]
            lines = [
                f"{stamp},{number:03} {level} {dice.choice(SAID).format(dice.randrange(10**6), dice.random())}\n"
                for number, level in enumerate(levels)
            ]
            written += file.write("".join(lines).encode())


if __name__ == "__main__":
    sys.exit(main())
