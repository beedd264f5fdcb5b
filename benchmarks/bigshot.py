"""BigShot's daily round on the embedded estate: as fast as its slowest look, and two seconds."""

import json
import statistics
import sys
import time

from measure import Figure, tell

from rounds.stage import staged

MOST_SECONDS_MORE = 2.0
REPETITIONS = 3


def main() -> int:
    walls, slowest = [], []
    with staged("bigshot", "daily") as stage:
        for _ in range(REPETITIONS):
            begun = time.perf_counter()
            told = stage.round("daily")
            walls.append(time.perf_counter() - begun)
            slowest.append(told.slowest_look)
            assert told.slowest_look, "the round says nothing of its looks"
    print(json.dumps({"outcomes": told.counts, "slowest looks": slowest}, indent=1))
    more = statistics.median(wall - look["seconds"] for wall, look in zip(walls, slowest, strict=True) if look)
    return tell(
        f"bigshot: {len(told.records)} daily rows on the embedded estate",
        [
            Figure("round, from start to end of the process (s)", statistics.median(walls)),
            Figure("its slowest look (s)", statistics.median(look["seconds"] for look in slowest if look)),
            Figure("round beyond its slowest look (s)", more, MOST_SECONDS_MORE),
        ],
    )


if __name__ == "__main__":
    sys.exit(main())
