"""Debian's monitoring-plugins; where CI runs, their absence is a failure and no excuse."""

import os
from pathlib import Path

import pytest

PLUGINS = Path("/usr/lib/nagios/plugins")


@pytest.fixture(scope="session")
def plugins() -> Path:
    if not (PLUGINS / "check_procs").exists():
        what = "Debian's monitoring-plugins-basic is not installed"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(what)
    return PLUGINS
