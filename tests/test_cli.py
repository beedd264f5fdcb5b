"""The command `rounds`: what it starts with, before a round itself does."""

import subprocess
import sys

HEAVY = {"pytest", "pydantic", "yaml", "psycopg", "rounds.alerting", "rounds.inventory", "rounds.reports"}


def test_a_round_is_begun_without_what_other_commands_need():
    """The round is another process: whatever this one imports is paid twice."""
    code = "import sys; from rounds.cli import parser; parser(['run', 'daily']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stdout.split())


def test_a_command_that_is_none_is_told_with_all_there_are():
    done = subprocess.run([sys.executable, "-m", "rounds", "rum"], capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert "'run'" in done.stderr
