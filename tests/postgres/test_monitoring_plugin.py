"""Debian's check_postgres against the real server, its password in a file on the host."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rounds.checks import test_plugins as checks
from rounds.fixtures import commands
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES
from rounds.targets import Host

Ask = Callable[..., Observer]
assert commands


@pytest.fixture
def ask(server: Any, row: Callable[..., Any], tmp_path: Path) -> Ask:
    if not shutil.which("check_postgres"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("Debian's check-postgres is not installed")
    password = server.dsn().partition("reader:")[2].partition("@")[0]
    (tmp_path / "env").write_text(f"PGPASSWORD={password}\n")

    def asked(action: str, *more: str, port: int = server.port, **given: Any) -> Observer:
        where = ["--host=127.0.0.1", f"--port={port}", "--dbuser=reader", "--dbname=shop"]
        command = ["check_postgres", f"--action={action}", *where, *more]
        expected = row(
            checks.MonitoringPlugin, host=Host(name="app"), command=command, env_file=str(tmp_path / "env"), **given
        )
        probe, observer = PROBES["plugin_answer"], Observer()
        checks.test_monitoring_plugin(
            expected, probe.look(**{name: getattr(expected, name) for name in probe.arguments}), observer
        )
        return observer

    return asked


def test_check_postgres_finds_a_server_that_answers(ask: Ask) -> None:
    seen = ask("connection")
    assert seen.outcome is Outcome.OK, seen.summary
    assert "POSTGRES_CONNECTION OK" in seen.summary


def test_check_postgres_tells_of_sizes_and_connections(ask: Ask) -> None:
    small = ask("database_size", "--warning=1TB", "--critical=2TB")
    assert small.outcome is Outcome.OK, small.summary
    assert any(each.name == "shop" and float(str(each.value)) > 1e6 for each in small.observations)
    assert ask("database_size", "--warning=1kB", "--critical=2kB").outcome is Outcome.CRITICAL
    assert ask("database_size", "--warning=1kB", "--critical=2TB").outcome is Outcome.WARNING
    own = ask("database_size", "--warning=1TB", "--critical=2TB", limits={"shop": {"at_most": 1000}})
    assert own.outcome is Outcome.CRITICAL


def test_check_postgres_without_a_server_is_not_ok(ask: Ask) -> None:
    assert ask("connection", port=1).outcome in (Outcome.CRITICAL, Outcome.UNKNOWN)


def test_check_postgres_asked_for_nothing_it_knows_is_unknown(ask: Ask) -> None:
    assert ask("no_such_action").outcome is Outcome.UNKNOWN
