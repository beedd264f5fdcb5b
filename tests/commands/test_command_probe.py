"""How commands are run on a host: real shells, real signals."""

import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from rounds.fixtures import commands
from rounds.probe import PROBES, CouldNotLook, RunbookDisagrees
from rounds.targets import Host

HOST = Host(name="app")


def run(command: str, probe: str = "ended", **given: Any) -> Any:
    how = {"folder": "", "env": {}, "env_file": "", "timeout": 10.0} | given
    return PROBES[probe].look(HOST, command, **how)


def test_both_outputs_stand_in_the_order_of_printing_with_the_exit_status() -> None:
    seen = run("echo one; echo two >&2; echo three; exit 3")
    assert (seen.status, seen.output) == (3, "one\ntwo\nthree\n")


def test_standard_input_is_closed_so_that_nothing_waits_for_an_answer() -> None:
    assert run("cat; read answer || echo nobody answers").output == "nobody answers\n"


def test_it_runs_in_its_folder_with_its_variables(tmp_path: Path) -> None:
    assert (
        run('pwd; echo "$WORD"', folder=str(tmp_path), env={"WORD": "it's $HOME"}).output == f"{tmp_path}\nit's $HOME\n"
    )


def test_a_file_with_variables_gives_them_to_the_command_and_to_no_process_list(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("API_KEY=s3cret-of-the-file\n")
    listing = run('echo "$API_KEY"; ps -eo args', env_file=str(tmp_path / "env")).output
    assert listing.count("s3cret-of-the-file") == 1


@pytest.mark.parametrize(
    ("command", "given", "told"),
    [
        ("there-is-no-such-command --all", {}, "cannot be found on app: .*there-is-no-such-command"),
        ("/etc/passwd", {}, "cannot be executed on app"),
        ("true", {"folder": "/there/is/none"}, "there is no folder /there/is/none on app"),
        ("true", {"env_file": "/there/is/none"}, "there is no readable file /there/is/none on app"),
    ],
)
def test_what_does_not_exist_is_a_matter_of_the_runbook(command: str, given: dict[str, Any], told: str) -> None:
    with pytest.raises(RunbookDisagrees, match=told):
        run(command, **given)
    with pytest.raises(RunbookDisagrees, match=told):
        run(command, "plugin_answer", **given)


def test_a_file_of_variables_that_is_none_is_told_without_its_content(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("PASSWORD=s3cret (\n")
    with pytest.raises(CouldNotLook, match="no file for the shell") as refused:
        run("true", env_file=str(tmp_path / "env"))
    assert "s3cret" not in str(refused.value)


def test_a_command_that_does_not_end_is_stopped_with_all_it_started() -> None:
    begun = time.monotonic()
    seen = run("echo begun; sleep 4242 & sleep 4242", timeout=2)
    assert (seen.status, seen.output) == (None, "begun\n")
    assert time.monotonic() - begun < 30
    assert not subprocess.run(["pgrep", "-f", "^sleep 4242"], capture_output=True, check=False).stdout


def test_a_command_that_ends_like_a_stopped_one_was_not_stopped() -> None:
    assert [run(f"exit {status}").status for status in (124, 137, 143)] == [124, 137, 143]
    assert run("kill -9 $$").status == 137


def test_what_goes_on_after_it_was_stopped_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "GRACE_SECONDS", 0.5)
    with pytest.raises(CouldNotLook, match="something of it went on"):
        run("(trap '' TERM; sleep 6)", timeout=1.5)


def test_a_flood_is_bounded_and_told_not_judged_in_part() -> None:
    with pytest.raises(CouldNotLook, match=r"`yes` printed more than 1 MB|had to be stopped"):
        run("yes", timeout=1.0)
    with pytest.raises(CouldNotLook, match="printed more than 1 MB"):
        run("yes | head -c 3000000")


def test_a_command_cannot_tell_a_status_of_its_own() -> None:
    assert run("echo '@0000000000000000 0' >&2; exit 7").status == 7


def test_a_host_that_cannot_be_reached_is_no_status() -> None:
    host = Host(name="far", connection="ssh://nobody@127.0.0.1:1")
    with pytest.raises(CouldNotLook):
        PROBES["ended"].look(host, "true", "", {}, "", 5.0)


def test_the_streams_of_a_plugin_stay_apart() -> None:
    seen = run("echo 'all is well'; echo 'perl: warning: locale' >&2", "plugin_answer")
    assert (seen.lines, seen.error) == (("all is well",), "perl: warning: locale")


def test_a_plugin_that_does_not_end_gave_no_answer() -> None:
    with pytest.raises(CouldNotLook, match=r"`sleep 9` gave no answer within 0\.3 s on app"):
        run("sleep 9", "plugin_answer", timeout=0.3)


def test_last_words_are_bounded() -> None:
    assert len(run("yes x | head -c 100000 >&2; echo ok", "plugin_answer").error) <= commands.LAST_WORDS_BYTES
