"""The daily round of all five systems on their embedded estates: as fast as its slowest look, and three seconds.

With `--healthy N` it runs N rounds of every row, whatever its cadence, and tells each that was not ok: false alarms.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Iterator

from measure import Figure, Run, run, tell

from rounds.estate import SYSTEMS
from rounds.outcome import Outcome
from rounds.reports.results import read_results
from rounds.round import Round
from rounds.stage import Stage, staged

MOST_SECONDS_MORE = 3.0
MOST_MB = 200.0
REPETITIONS = 5
ALARMS = (Outcome.WARNING, Outcome.CRITICAL, Outcome.UNKNOWN)


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--healthy", type=int, default=0, metavar="N", help="N rounds of every row instead")
    healthy = words.parse_args().healthy
    with staged(SYSTEMS, "" if healthy else "daily") as stage:
        return _false_alarms(stage, healthy) if healthy else _cost(stage)


def _rounds(stage: Stage, batch: str, count: int) -> Iterator[tuple[Run, Round]]:
    reports = stage.folder / "reports"
    env = {name: value for estate in stage.estates.values() for name, value in estate.env.items()}
    for _ in range(count + 1):  # the first compiles
        took = run(stage.command(batch, reports), stage.folder, env, allowed=(0, 1))
        yield took, read_results(reports / "latest" / "results.json")


def _false_alarms(stage: Stage, count: int) -> int:
    bad = 0
    for number, (_, told) in enumerate(_rounds(stage, "", count), 1):
        turned = [
            f"{record.id} {record.outcome}: {record.summary}" for record in told.records if record.outcome in ALARMS
        ]
        print(
            f"{number:>3}  {told.outcome}: {len(told.records)} rows in {told.seconds:.1f} s",
            *turned,
            sep="\n     ",
            flush=True,
        )
        bad += bool(turned)
    return tell(f"{count} healthy rounds of {', '.join(SYSTEMS)}", [Figure("rounds with a false alarm", bad, 0)])


def _cost(stage: Stage) -> int:
    done = list(_rounds(stage, "daily", REPETITIONS))[1:]
    told = done[-1][1]
    print(json.dumps({"outcomes": told.counts, "durations": told.durations}, indent=1))
    looks = [each.slowest_look["seconds"] for _, each in done if each.slowest_look]
    more = statistics.median(took.seconds - look for (took, _), look in zip(done, looks, strict=True))
    return tell(
        f"{len(told.records)} daily rows of {', '.join(SYSTEMS)} on their embedded estates",
        [
            Figure("round, from start to end of the process (s)", statistics.median(took.seconds for took, _ in done)),
            Figure("its slowest look (s)", statistics.median(looks)),
            Figure("round beyond its slowest look (s)", more, MOST_SECONDS_MORE),
            Figure("most memory that a round holds (MB)", max(took.peak_mb for took, _ in done), MOST_MB),
        ],
    )


if __name__ == "__main__":
    sys.exit(main())
