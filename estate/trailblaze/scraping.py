"""Runs of TrailBlaze's scrapers: what one finds on its source's page, and the weekly one that validates the cache."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

from ..part import EstateError, clean_env
from .pages import CLASSES

PROGRAM = Path(__file__).with_name("stand_ins") / "scraper.py"
DAY = 86400


class Scrapers:
    """Lets them run, as cron does, and keeps what a validated run prints."""

    def __init__(self, home: Path, site: str) -> None:
        self.home, self.site = home, site
        self.validated = home / "logs" / "aerc_calendar-validate.log"

    def found(self, source: str) -> int:
        """Run a scraper, and give the number of rows that it found."""
        told = re.search(r"(\d+) rows found", self._run(source).stdout)
        if told is None:
            raise EstateError("the scraper did not tell how many rows it found")
        return int(told[1])

    def validate(self, days_ago: float = 0) -> None:
        """Run the one that is validated, as of so many days ago."""
        done = self._run("aerc_calendar", SCRAPER_VALIDATE="true")
        self.validated.write_text(f"{done.stdout}{done.stderr}exit status: {done.returncode}\n")
        when = time.time() - days_ago * DAY
        os.utime(self.validated, (when, when))

    def _run(self, source: str, **env: str) -> subprocess.CompletedProcess[str]:
        url = f"{self.site}/{'aerc' if source == 'aerc_calendar' else 'trails'}"
        command = [sys.executable, "-I", "-S", str(PROGRAM), str(self.home), source, CLASSES[source], url]
        return subprocess.run(command, env=clean_env() | env, capture_output=True, text=True, check=False)
