"""Monitoring plugins: what is made of their words, and Debian's own against real servers."""

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from rounds.checks import test_plugins as checks
from rounds.fixtures import commands
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, RunbookDisagrees
from rounds.targets import Host

HOST = Host(name="app")
Ask = Callable[..., Observer]
assert commands


@pytest.fixture
def ask(row: Callable[..., Any]) -> Ask:
    def asked(*command: object, **given: Any) -> Observer:
        line = command[0] if len(command) == 1 else [str(each) for each in command]
        expected = row(checks.MonitoringPlugin, host=HOST, command=line, **given)
        probe, observer = PROBES["plugin_answer"], Observer()
        checks.test_monitoring_plugin(
            expected, probe.look(**{name: getattr(expected, name) for name in probe.arguments}), observer
        )
        return observer

    return asked


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (0, Outcome.OK),
        (1, Outcome.WARNING),
        (2, Outcome.CRITICAL),
        (3, Outcome.UNKNOWN),
        (4, Outcome.UNKNOWN),
        (255, Outcome.UNKNOWN),
    ],
)
def test_the_exit_status_is_the_verdict(ask: Ask, status: int, outcome: Outcome) -> None:
    seen = ask(f"echo 'THING SAYS - so | a=1;2;3'; exit {status}")
    assert seen.outcome is outcome
    assert "THING SAYS - so" in seen.summary
    assert [each.name for each in seen.observations] == ["plugin", "a"]


@pytest.mark.parametrize("output", ["", "  \n\n", "| a=1"])
def test_ok_without_a_word_is_not_ok(ask: Ask, output: str) -> None:
    seen = ask(f"printf '{output}'; echo 'Can'\"'\"'t locate Foo.pm' >&2")
    assert seen.outcome is Outcome.UNKNOWN
    assert "Can't locate Foo.pm" in seen.summary


def test_a_plugin_that_is_not_there_is_a_matter_of_the_runbook(ask: Ask) -> None:
    with pytest.raises(RunbookDisagrees, match="cannot be found on app"):
        ask("/usr/lib/nagios/plugins/check_nothing", "-w", 1)


def test_figures_are_recorded_with_the_plugin_s_thresholds_and_change_no_verdict(ask: Ask) -> None:
    seen = ask("echo \"OK | 'used space'=95MB;80;90 users=U;;5 broken\"")
    space, users = seen.observations[1:]
    assert (space.name, space.value, space.unit, space.verdict) == ("used space", 95e6, "B", Outcome.OK)
    assert space.note == "written 95MB; warns outside 0 to 80; critical outside 0 to 90"
    assert (users.value, users.verdict) == ("not determined", Outcome.OK)
    assert "pieces that are none: broken" in seen.observations[0].note


def test_a_limit_of_the_row_is_a_further_verdict(ask: Ask) -> None:
    line = "echo 'OK | used=95MB time=2s users=U'"
    assert ask(line, limits={"used": {"at_most": "100 MB", "unit": "B"}}).outcome is Outcome.OK
    assert ask(line, limits={"used": {"at_most": "90 MB", "unit": "B"}}).outcome is Outcome.CRITICAL
    assert ask(line, limits={"time": {"at_most": {"warning": "1s"}, "unit": "s"}}).outcome is Outcome.WARNING


def test_a_limit_on_what_is_not_told_is_never_ok(ask: Ask) -> None:
    line = "echo 'OK | used=95MB users=U'"
    assert ask(line, limits={"free": {"at_least": 1}}).outcome is Outcome.CRITICAL
    assert ask(line, limits={"users": {"at_most": 5}}).outcome is Outcome.UNKNOWN
    assert ask(line, limits={"used": {"at_most": "80%", "unit": "%"}}).outcome is Outcome.UNKNOWN


def test_hundreds_of_figures_are_not_all_kept_but_those_with_a_limit_are(ask: Ask) -> None:
    line = "echo \"OK |$(seq -f ' table%g=1' 1 400)\" | tr '\\n' ' '"
    seen = ask(line, limits={"table399": {"at_most": 0}})
    assert len(seen.observations) == 2 + checks.MOST_FIGURES
    assert seen.outcome is Outcome.CRITICAL


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/" else 500)
        self.end_headers()
        self.wfile.write(b"all is well")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture
def closed_port() -> Iterator[int]:
    with socket.socket() as bound:  # and nobody listens at it
        bound.bind(("127.0.0.1", 0))
        yield int(bound.getsockname()[1])


def test_check_disk_tells_of_a_full_and_of_a_roomy_disk(ask: Ask, plugins: Path) -> None:
    roomy = ask(plugins / "check_disk", "-w", "1", "-c", "1", "-p", "/")
    assert roomy.outcome is Outcome.OK
    assert (roomy.observations[1].name, roomy.observations[1].unit) == ("/", "B")
    assert float(str(roomy.observations[1].value)) > 1e6
    assert ask(plugins / "check_disk", "-w", "100%", "-c", "1", "-p", "/").outcome is Outcome.WARNING
    assert ask(plugins / "check_disk", "-w", "100%", "-c", "100%", "-p", "/").outcome is Outcome.CRITICAL
    assert ask(plugins / "check_disk", "-w", "1", "-c", "1", "-p", "/there/is/none").outcome in (
        Outcome.CRITICAL,
        Outcome.UNKNOWN,
    )


def test_check_load_and_check_procs_tell_figures(ask: Ask, plugins: Path) -> None:
    load = ask(plugins / "check_load", "-w", "900,900,900", "-c", "999,999,999")
    assert load.outcome is Outcome.OK
    assert [each.name for each in load.observations] == ["plugin", "load1", "load5", "load15"]
    assert ask(plugins / "check_load", "-w", "0,0,0", "-c", "999,999,999").outcome in (Outcome.WARNING, Outcome.OK)
    assert ask(plugins / "check_procs", "-w", "1:", "-c", "1:").outcome is Outcome.OK
    none = ask(plugins / "check_procs", "-c", "1:", "-C", "no-such-daemon")
    assert none.outcome is Outcome.CRITICAL
    assert "critical below 1" in none.observations[1].note


def test_check_http_and_check_tcp_tell_of_real_servers(ask: Ask, plugins: Path, port: int, closed_port: int) -> None:
    page = ask(
        plugins / "check_http",
        "-H",
        "127.0.0.1",
        "-p",
        port,
        "-s",
        "all is well",
        limits={"time": {"at_most": "5s", "unit": "s"}},
    )
    assert page.outcome is Outcome.OK
    assert [each.name for each in page.observations] == ["plugin", "time", "size"]
    assert ask(plugins / "check_http", "-H", "127.0.0.1", "-p", port, "-u", "/broken").outcome is Outcome.CRITICAL
    assert ask(plugins / "check_http", "-H", "127.0.0.1", "-p", port, "-s", "other words").outcome is Outcome.CRITICAL
    assert ask(plugins / "check_tcp", "-H", "127.0.0.1", "-p", port).outcome is Outcome.OK
    assert ask(plugins / "check_tcp", "-H", "127.0.0.1", "-p", closed_port).outcome is Outcome.CRITICAL


def test_wrong_arguments_of_a_plugin_are_unknown(ask: Ask, plugins: Path) -> None:
    assert ask(plugins / "check_disk", "--no-such-option").outcome is Outcome.UNKNOWN
    assert ask(plugins / "check_procs", "--help").outcome is Outcome.UNKNOWN
