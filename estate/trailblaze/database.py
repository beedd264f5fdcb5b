"""TrailBlaze's PostgreSQL with its replica and its archive, filled with a healthy month of scraper runs."""

from pathlib import Path

from ..part import wait_until
from ..postgres import Postgres

RECORDED = Path(__file__).with_name("recorded")
# Its segments are kept for a replica that is stopped for a while: small ones are soon written over.
ARCHIVING = """
archive_mode = on
archive_command = '"{script}" "%p" "%f"'
archive_timeout = 15min
wal_keep_size = 256MB
"""
ARCHIVED = 'SELECT count(*) FROM pg_stat_archiver WHERE last_archived_wal COLLATE "C" >= %s'
FOLLOWED = "SELECT count(*) FROM pg_stat_replication WHERE replay_lsn >= pg_current_wal_lsn() AND state = 'streaming'"


class Database(Postgres):
    """The primary. Its log is written in segments of 1 MB, which are archived at once."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.init.command = [*self.init.command, "--wal-segsize=1"]

    def archive_with(self, script: Path) -> None:
        """Begin, once initdb is done, and have each segment archived by a script."""
        self.finish_init(ARCHIVING.format(script=script))

    def await_archived(self) -> None:
        """End the segment that is being written, and wait until it is in the archive."""
        self.query("SELECT pg_logical_emit_message(false, 'estate', 'something to archive')")
        name = self.query("SELECT pg_walfile_name(pg_switch_wal())")[0][0]
        wait_until(lambda: self.query(ARCHIVED, name)[0][0] == 1, f"{name} should be archived", pause=0.05)

    def fill_a_month(self) -> None:
        self.fill((RECORDED / "schema.sql").read_bytes(), (RECORDED / "grants.sql").read_text().strip().split("\n"))

    def await_followed(self) -> None:
        """Wait until the replica has replayed everything."""
        wait_until(lambda: self.query(FOLLOWED)[0][0] == 1, "the replica should follow", pause=0.05)

    def add_run(self, scraper: str, begun: str, exit_status: int, rows_found: int | None = None) -> int:
        """Note a run of a scraper, begun so long ago, which took 40 s."""
        rows = self.query(
            "INSERT INTO scraper_runs (scraper, started_at, finished_at, exit_status, rows_found) "
            "VALUES (%s, now() - %s::interval, now() - %s::interval + interval '40 s', %s, %s) RETURNING id",
            scraper, begun, begun, exit_status, rows_found,
        )  # fmt: skip
        return int(rows[0][0])
