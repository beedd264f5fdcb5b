"""A restore drill of a custom dump against initdb, start and pg_restore -j2 by hand, in turns."""

import argparse
import json
import sys
from pathlib import Path

import measure
from measure import Figure, ground, run, tell, write

MOST_TIMES_BY_HAND = 1.15
MOST_MB = 150
REPETITIONS = 3
MAKE = r"""
    import shutil, sys
    from rounds.fixtures.postgres_programs import installed
    from rounds.fixtures.scratch_postgres import scratch

    megabytes = int(sys.argv[1])
    with scratch(1800, 20e9) as server:
        server.use(installed()[-1])
        server.init()
        assert server.start() == ""
        server.execute(
            "CREATE TABLE public.events (id bigint, at timestamptz, kind int, what text)",
            "INSERT INTO public.events SELECT i, now() - i * interval '1 s', i % 50, md5(i::text) || md5((-i)::text)"
            f" FROM generate_series(1, {megabytes * 8000}) i",
            "ALTER TABLE public.events ADD PRIMARY KEY (id)",
            "CREATE INDEX events_at ON public.events (at)",
            "CREATE TABLE public.notes AS SELECT id, what FROM public.events WHERE kind = 1",
        )
        ((size,),) = server.rows("SELECT pg_database_size('postgres')")
        done = server.run("pg_dump", "-Fc", "-f", str(server.work / "dump"), "-d", server.connection())
        assert not done.code, done.last_words
        shutil.copyfile(server.work / "dump", "events.dump")
    print(size)
"""
LOOK = r"""
    import json, pathlib, resource, shutil, statistics, subprocess, sys, tempfile, time
    from rounds.fixtures.backups import Archive
    from rounds.fixtures.loading import Limits, Wanted, restored
    from rounds.fixtures.postgres_programs import installed, placed
    from rounds.fixtures.scratch_folder import servant
    from rounds.fixtures.scratch_postgres import _SETTINGS, _as
    from rounds.targets import Backups

    path, repetitions = pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2])
    backups = Backups(name="events", path=str(path.parent), pattern="(?P<time>x)")
    archive = Archive(path.name, str(path), 0, 0, path.stat().st_size)
    who = servant()

    def drill():
        begun = time.perf_counter()
        with restored(backups, archive, Wanted(), Limits(1800, 20e9)) as loaded:
            took = time.perf_counter() - begun
            assert loaded.failure == "", loaded.failure
            with loaded.session(60) as asked:
                return took, asked.row("SELECT count(*) FROM events"), loaded.loaded_bytes

    def by_hand(programs, home, settings):
        def tool(program, *arguments):
            subprocess.run([programs.bin / program, *arguments], cwd=home, check=True, capture_output=True, **_as(who))

        shutil.rmtree(home / "data", ignore_errors=True)
        begun = time.perf_counter()
        tool("initdb", "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items() if value != "%e|")
        options += f" -c unix_socket_directories={home}"
        tool("pg_ctl", "start", "-w", "-s", "-D", "data", "-l", "log", "-o", options)
        tool("createdb", "-h", str(home), "-U", "postgres", "restored")
        tool("pg_restore", "-h", str(home), "-U", "postgres", "--no-owner", "-j2", "-e", "-d", "restored", str(path))
        took = time.perf_counter() - begun
        tool("pg_ctl", "stop", "-s", "-m", "immediate", "-D", "data")
        return took

    ours, hands, defaults = [], [], []
    with tempfile.TemporaryDirectory(prefix="rounds-benchmark-", dir="/tmp") as folder:
        home = pathlib.Path(folder)
        home.chmod(0o711)
        programs = placed(installed()[-1], home / "programs", who)
        work = home / "work"
        work.mkdir()
        who.own(work)
        for number in range(repetitions + 1):
            took, rows, size = drill()
            hand = by_hand(programs, work, _SETTINGS)
            default = by_hand(programs, work, {"listen_addresses": ""})
            if number:
                ours.append(took)
                hands.append(hand)
                defaults.append(default)
    told = {"ours": statistics.median(ours), "hand": statistics.median(hands), "default": statistics.median(defaults)}
    told["ratio"] = statistics.median(one / other for one, other in zip(ours, hands))
    told["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told["size"] = size
    print(json.dumps(told))
"""


def main() -> int:
    reading = argparse.ArgumentParser(description=__doc__)
    reading.add_argument("--size", type=int, default=200, help="MB of the restored database")
    reading.add_argument("--repetitions", type=int, default=REPETITIONS)
    asked = reading.parse_args()
    measure._LONGEST_SECONDS = 3600.0  # noqa: SLF001 - a restore of 1 GB takes longer than a round
    with ground() as (folder, _):
        folder.chmod(0o755)
        folder.parent.chmod(0o755)  # as a dump that the server may read where it is
        write(folder, make_py=MAKE, look_py=LOOK)
        run([sys.executable, "make.py", str(asked.size)], folder)
        dump = folder / "events.dump"
        dump.chmod(0o644)
        run([sys.executable, "look.py", str(dump), str(asked.repetitions)], folder)
        told = json.loads(Path(folder / "said.txt").read_text().splitlines()[-1])
        figures = [
            Figure("size of the dump (MB)", dump.stat().st_size / 1e6),
            Figure("size of the restored database (MB)", told["size"] / 1e6),
            Figure("initdb, start, pg_restore -j2 by hand, our settings (s)", told["hand"]),
            Figure("the same with PostgreSQL's own settings (s)", told["default"]),
            Figure("drill: start and load (s)", told["ours"]),
            Figure("drill / by hand with our settings", told["ratio"], MOST_TIMES_BY_HAND),
            Figure("most memory of the process that drills (MB)", told["peak"], MOST_MB),
        ]
    return tell("restore drill of a custom dump", figures)


if __name__ == "__main__":
    sys.exit(main())
