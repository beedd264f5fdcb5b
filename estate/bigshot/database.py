"""BigShot's PostgreSQL, filled with a healthy month."""

from pathlib import Path

from ..postgres import Postgres

RECORDED = Path(__file__).with_name("recorded")
HEALTHY_GROWTH = "UPDATE jobs SET job_type = job_type"


class Database(Postgres):
    """The server, and what BigShot's life changes in it."""

    def fill_a_month(self) -> None:
        self.fill((RECORDED / "schema.sql").read_bytes(), (RECORDED / "grants.sql").read_text().strip().split("\n"))

    def changes(self, table: str) -> int:
        """Read how many rows of a table were ever changed, as the server's statistics count."""
        rows = self.query("SELECT n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables WHERE relname = %s", table)
        return int(rows[0][0])

    def grow_changes(self, beyond: int) -> None:
        """Let the counter of jobs stand above what it was, by real changes."""
        while self.changes("jobs") <= beyond:
            self.query(HEALTHY_GROWTH)
