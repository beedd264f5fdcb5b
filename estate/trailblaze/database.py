"""TrailBlaze's PostgreSQL with its replica, filled with a healthy month of scraper runs."""

from pathlib import Path

from ..part import wait_until
from ..postgres import Postgres

RECORDED = Path(__file__).with_name("recorded")
FOLLOWED = "SELECT count(*) FROM pg_stat_replication WHERE replay_lsn >= pg_current_wal_lsn() AND state = 'streaming'"


class Database(Postgres):
    """The primary."""

    def fill_a_month(self) -> None:
        self.fill((RECORDED / "schema.sql").read_bytes(), (RECORDED / "grants.sql").read_text().strip().split("\n"))

    def await_followed(self) -> None:
        """Wait until the replica has replayed everything."""
        wait_until(lambda: self.query(FOLLOWED)[0][0] == 1, "the replica should follow", pause=0.05)

    def add_run(self, scraper: str, begun: str, seconds: int, exit_status: int) -> int:
        """Note a run of a scraper, begun so long ago."""
        rows = self.query(
            "INSERT INTO scraper_runs (scraper, started_at, finished_at, exit_status) "
            "VALUES (%s, now() - %s::interval, now() - %s::interval + make_interval(secs => %s), %s) RETURNING id",
            scraper, begun, begun, seconds, exit_status,
        )  # fmt: skip
        return int(rows[0][0])
