"""PriceWatch's scraping, so that its tables and its log go on while an estate lives."""

import datetime as dt
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from . import logs

PERIOD = 2.0
SCRAPE = """
WITH page AS (SELECT id, domain FROM monitored_urls WHERE id = 1 + %(n)s %% 24 AND active AND paused_at IS NULL),
     priced AS (INSERT INTO price_history (url_id, price, extraction_confidence, checked_at)
                SELECT id, 10 + id * 31 %% 40 + 0.4, 0.95, now() FROM page)
INSERT INTO scrape_logs (url_id, domain, proxy_id, scheduled_at, started_at, status_code, response_ms, success)
SELECT id, domain, 1 + %(n)s %% 12, now() - interval '5 seconds', now(), 200, 300 + %(n)s * 37 %% 900, true
FROM page"""


@dataclass
class Scraping:
    """A thread that notes one scrape every two seconds, while the scraper's container runs."""

    dsn: str
    log: Path
    runs: Callable[[], bool]
    ended: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._run, name="estate-scraping", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        self.ended.set()
        if self.thread.is_alive():
            self.thread.join(5)

    def _run(self) -> None:
        for number in itertools.count():
            if self.runs():
                self._scrape(number)
            if self.ended.wait(PERIOD):
                return

    def _scrape(self, number: int) -> None:
        logs.append(self.log, [logs.line(dt.datetime.now(dt.UTC), "INFO", f"fetched page in {300 + number % 700} ms")])
        try:
            with psycopg.connect(self.dsn, connect_timeout=2) as connection:
                connection.execute(SCRAPE, {"n": number})
        except psycopg.Error:  # a fault may have stopped the database
            return
