"""What stands in deploy/ is read by the programs it is for, and its command lines run real rounds."""

import contextlib
import http.server
import json
import re
import shlex
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rounds.estate.part import free_port
from rounds.outcome import Outcome
from rounds.record import Observation, Record
from rounds.reports import metrics
from rounds.round import Round

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


@pytest.fixture(scope="session")
def deploy() -> Path:
    return DEPLOY


@pytest.fixture
def said() -> Callable[..., str]:
    """Run a program and return all it says; fails if it ends otherwise than given."""

    def run(*words: Any, code: int = 0, **given: Any) -> str:
        done = subprocess.run(
            [str(word) for word in words], capture_output=True, text=True, timeout=120, check=False, **given
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    return run


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder like /srv/rounds: systems/, environment, and the program in .venv/bin."""
    folder = tmp_path / "srv"
    (folder / "systems" / "shop").mkdir(parents=True)
    (folder / "systems" / "shop" / "inventory.yaml").write_text("targets:\n  web: {kind: host}\n")
    row = {"id": "shop.resources.disk", "check": "disk-usage", "host": "web", "used": "100%", "runbook": "Daily",
           "when": ["daily", "weekly", "monthly", "quarterly", "continuous", "post-maintenance"]}  # fmt: skip
    (folder / "systems" / "shop" / "expectations.yaml").write_text(json.dumps([row]))
    (folder / "environment").write_text("SHOP_TOKEN='a $token with %'\n")
    program = folder / ".venv" / "bin" / "rounds"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m rounds "$@"\n')
    program.chmod(0o755)
    return folder


def a_record(name: str, outcome: Outcome, *seen: Observation) -> Record:
    system, area, check = name.split(".")
    return Record(
        id=name, system=system, area=area, check=check, when=["daily"], severity="critical", runbook="Daily", remedy="look",
        target="app", outcome=outcome, summary="", observations=list(seen), since="2026-11-20T03:00:00.000Z",
    )  # fmt: skip


@pytest.fixture(scope="session")
def told() -> Round:
    """A round that has just ended, of two systems, with every outcome and a slow answer."""
    slow = Observation("response time", 2.5, "s", None, "", Outcome.OK)
    records = [a_record(f"shop.health.{outcome}", outcome, slow) for outcome in Outcome]
    records += [a_record("blog.health.api", Outcome.OK), a_record("blog.health.page", Outcome.SKIPPED)]
    ended = datetime.now(UTC).isoformat()
    return Round(id="x", batch="daily", started_at=ended, finished_at=ended, seconds=3, version="1", records=records)


@pytest.fixture(scope="session")
def written(told: Round) -> dict[str, set[str]]:
    """Every series that Rounds writes, with its labels, and those that a scrape adds."""
    good = Round(
        id="y", batch="daily", started_at=told.started_at, finished_at=told.finished_at, records=told.records[:1]
    )
    labels: dict[str, set[str]] = {}
    for each in (told, good):
        for name, given, _ in metrics._series(each):
            labels.setdefault(name, {"batch", "job", "instance"}).update(given)
    assert set(metrics._HELP) == set(labels), "no series is left out"
    return labels


@pytest.fixture(scope="session")
def named() -> Callable[[str], list[tuple[str, set[str]]]]:
    """The series of an expression in PromQL, each with the labels it is asked for, and those it is grouped by."""

    def found(expression: str) -> list[tuple[str, set[str]]]:
        groups = re.findall(r"\b(?:by|on|without|ignoring|group_left|group_right)\s*\(([^)]*)\)", expression)
        grouped = {word.strip() for group in groups for word in group.split(",") if word.strip()}
        series = re.findall(r"\b((?:rounds|node)[a-z_]*(?::[a-z_]+)*|ALERTS)\b(?:\{([^}]*)\})?", expression)
        assert series, expression
        at_all = [(name, set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", asked))) for name, asked in series]
        return [*at_all, *((name, grouped) for name, _ in at_all[:1] if len(at_all) == 1)]

    return found


@dataclass
class Server:
    """A real server on a port of this machine."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def get(self, path: str, **asked: str) -> Any:
        with urllib.request.urlopen(
            f"http://127.0.0.1:{self.port}{path}?{urllib.parse.urlencode(asked)}", timeout=10
        ) as reply:
            return json.loads(reply.read())

    def post(self, path: str, body: Any) -> None:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 - the same

    def wait(self, what: Callable[[], Any], seconds: float = 30) -> Any:
        """What comes true in time; a server that does not answer yet is asked again."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            assert self.process.poll() is None, self.log.read_text()
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                if found := what():
                    return found
            time.sleep(0.1)
        raise AssertionError(self.log.read_text()[-3000:])


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Start a server until the tests of the file are over: `serve(lambda port, folder: [program, …])`."""
    running: list[subprocess.Popen[bytes]] = []

    def start(command: Callable[[int, Path], list[str]]) -> Server:
        folder, port = tmp_path_factory.mktemp("server"), free_port()
        log = folder / "log"
        with log.open("wb") as said:
            process = subprocess.Popen(command(port, folder), cwd=folder, stdout=said, stderr=said)
        running.append(process)
        return Server(port, process, log)

    yield start
    for process in running:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(scope="module")
def metrics_page(told: Round) -> Iterator[int]:
    """The metrics.prom of a round as a page, on the port that is given back."""
    text = "".join(metrics.lines(told))

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
