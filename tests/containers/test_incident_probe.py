"""Whether an incident is open is seen by a file on the host."""

import os
import time
from pathlib import Path

from rounds.fixtures import incident as _probes  # noqa: F401 - registers its probe
from rounds.probe import PROBES
from rounds.targets import Compose, Host

COMPOSE = Compose(name="compose", host=Host(name="app"), file="/srv/compose.yml")


def test_the_age_of_the_file_is_told(tmp_path: Path) -> None:
    file = tmp_path / "the emergency"
    file.touch()
    os.utime(file, (time.time() - 600, time.time() - 600))
    assert 595 < (PROBES["incident_seconds"].look(COMPOSE, str(file)) or 0) < 610


def test_no_file_is_no_incident(tmp_path: Path) -> None:
    assert PROBES["incident_seconds"].look(COMPOSE, str(tmp_path / "none")) is None
    assert PROBES["incident_seconds"].look(COMPOSE, "") is None
