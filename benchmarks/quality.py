"""25 expectations on a table of 5,000,000 rows: a round against SQL by hand, and against Soda where it is installed."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import measure
import psycopg
from measure import ROUND, Figure, Run, ground, in_turn, ratio, run, seconds, tell

from rounds.fixtures.postgres_programs import installed
from rounds.fixtures.scratch_postgres import scratch

HERE = Path(__file__).with_name("quality")
MOST_TIMES_BY_HAND = 1.15
LEAST_TIMES_FASTER = 3.0
MOST_MB = 80
SETTINGS = {
    "shared_buffers": "1GB", "work_mem": "4MB", "jit": "on", "autovacuum": "off", "max_wal_size": "4GB",
    "max_parallel_workers_per_gather": "2", "max_parallel_maintenance_workers": "2", "max_worker_processes": "8",
    "max_parallel_workers": "8",
}  # fmt: skip
SODA_CONNECTION = """
data_source quality:
  type: postgres
  host: {host}
  username: {user}
  password: ""
  database: {dbname}
  schema: public
"""
QUIET = "send_anonymous_usage_stats: false\n"


@contextmanager
def table(rows: int, given: str | None) -> Iterator[str]:
    """The DSN of a database with the table: the one that was given, or one of a server of our own."""
    if given:
        yield given
        return
    with scratch(7200, 20e9) as server:
        server.use(installed()[-1])
        server.init()
        failure = server.start(SETTINGS)
        assert failure == "", failure
        dsn = server.connection()
        _execute(dsn, (HERE / "table.sql").read_text().format(rows=rows))
        _execute(dsn, "VACUUM ANALYZE")
        yield dsn


def _execute(dsn: str, statements: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(statements.encode())


def verdicts_of_a_round(folder: Path) -> dict[str, bool]:
    """Whether each row holds; one that could not be judged agrees with nothing."""
    results = json.loads((folder / "reports" / "latest" / "results.json").read_text())
    unknown = [record["summary"] for record in results["records"] if record["outcome"] not in ("ok", "critical")]
    assert not unknown, unknown
    return {record["id"].rpartition(".")[2]: record["outcome"] == "ok" for record in results["records"]}


def verdicts_by_hand(folder: Path) -> dict[str, bool]:
    told: dict[str, bool] = json.loads((folder / "said.txt").read_text().splitlines()[-1])
    return told


def differing(folder: Path, ask: dict[str, Callable[[], Run]]) -> list[str]:
    """The expectations on which a round and the naive statements do not agree."""
    ask["round"]()
    ours = verdicts_of_a_round(folder)
    ask["naive"]()
    naive = verdicts_by_hand(folder)
    assert ours.keys() == naive.keys(), ours.keys() ^ naive.keys()
    return sorted(name for name, verdict in ours.items() if verdict != naive[name])


def turns(folder: Path, dsn: str, soda: str | None) -> dict[str, Callable[[], Run]]:
    by_hand = [sys.executable, str(HERE / "by_hand.py")]
    env = {"QUALITY_DSN": dsn, "HOME": str(folder), "SODA_TELEMETRY": "false"}
    asked: dict[str, Callable[[], Run]] = {
        "round": partial(run, [*ROUND, "-m", "daily"], folder, env, (0, 1)),
        **{how: partial(run, [*by_hand, how, dsn], folder) for how in ("naive", "fused", "fused-2")},
    }
    if soda:
        write_soda(folder, dsn)
        scan = [soda, "scan", "-d", "quality", "-c", "soda.conf.yml", str(HERE / "soda.yml")]
        asked["soda"] = partial(run, scan, folder, env, (0, 2))
    return asked


def write_soda(folder: Path, dsn: str) -> None:
    """Its configuration, without the telemetry that it would send."""
    (folder / ".soda").mkdir()
    (folder / ".soda" / "config.yml").write_text(QUIET)
    told = psycopg.conninfo.conninfo_to_dict(dsn)
    (folder / "soda.conf.yml").write_text(SODA_CONNECTION.format(**{"user": "postgres", **told}))


def main() -> int:
    reading = argparse.ArgumentParser(description=__doc__)
    reading.add_argument("--rows", type=int, default=5_000_000)
    reading.add_argument("--repetitions", type=int, default=3)
    reading.add_argument("--dsn", help="a database that has the table already; it is left dirty")
    reading.add_argument("--soda", help="the program `soda` of an environment with soda-core-postgres")
    asked = reading.parse_args()
    measure._LONGEST_SECONDS = 600.0  # noqa: SLF001 - other tools take longer than a round
    with ground() as (folder, _), table(asked.rows, asked.dsn) as dsn:
        system = folder / "systems" / "quality"
        system.mkdir(parents=True)
        for name in ("inventory.yaml", "expectations.yaml"):
            (system / name).write_text((HERE / name).read_text())
        ways = turns(folder, dsn, asked.soda)
        wrong = differing(folder, ways)
        runs = in_turn(asked.repetitions, **ways)
        _execute(dsn, (HERE / "dirt.sql").read_text())
        wrong += [f"{name} (dirty)" for name in differing(folder, ways)]
        broken = sum(not verdict for verdict in verdicts_of_a_round(folder).values())
    if wrong:
        print(f"verdicts differ from the naive statements: {', '.join(wrong)}")
    figures = [Figure(f"{name} (s)", seconds(runs[name])) for name in runs]
    best = min(("fused", "fused-2"), key=lambda name: seconds(runs[name]))
    figures.append(Figure(f"round / {best}, the quicker by hand", ratio(runs["round"], runs[best]), MOST_TIMES_BY_HAND))
    figures.append(Figure("naive / round", ratio(runs["naive"], runs["round"])))
    if asked.soda:
        figures.append(Figure("soda / round", ratio(runs["soda"], runs["round"]), LEAST_TIMES_FASTER, at_least=True))
    figures += [
        Figure("most memory of the round (MB)", max(each.peak_mb for each in runs["round"]), MOST_MB),
        Figure("verdicts that differ from the naive statements", len(wrong), 0),
        Figure("expectations that the dirtied table breaks", broken),
    ]
    return tell(f"data quality: 25 expectations on {asked.rows:,} rows", figures)


if __name__ == "__main__":
    sys.exit(main())
