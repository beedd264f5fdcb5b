"""Alerts to send, and those who take them: real servers of Debian, and receivers that behave well or badly."""

import contextlib
import http.server
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from rounds.alerting.alert import Alert, AlertRow, Kind, Level
from rounds.estate.ground import raze, servant, settle
from rounds.estate.part import Part, free_port, wait_until
from rounds.limits import at_most
from rounds.outcome import Outcome
from rounds.record import Observation, Record
from rounds.round import Round

DISK = AlertRow(
    id="bigshot.resources.disk-usage",
    level=Level.CRITICAL,
    summary="used is 91 %, allowed is at most 90 %",
    target="app (local://)",
    runbook="Daily > Morning Checklist",
    remedy="find what grew; prune old exports",
    severity="critical",
    since="2026-11-20T03:00:00.000Z",
)


def stamp(**later: float) -> str:
    moment = datetime.now(UTC) + timedelta(**later)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def an_alert(**given: Any) -> Alert:
    """An alert about a disk, an hour old and to be told again within a day; `given` is what is otherwise."""
    usual: dict[str, Any] = {
        "id": "flip-17", "key": DISK.id, "kind": Kind.BAD, "level": Level.CRITICAL, "system": "bigshot",
        "title": "bigshot.resources.disk-usage: used is 91 %", "rows": (DISK,), "since": stamp(hours=-1), "at": stamp(),
        "ends_at": stamp(days=1), "batch": "daily", "round": "20261122T030000Z-daily",
        "link": "https://reports.example/daily/report.html",
    }  # fmt: skip
    return Alert(**(usual | given))


@pytest.fixture
def alert() -> Callable[..., Alert]:
    return an_alert


@pytest.fixture
def later() -> Callable[..., str]:
    return stamp


@pytest.fixture
def of_many() -> Callable[..., Alert]:
    """An alert with one cause and many rows behind it."""

    def made(count: int, **given: Any) -> Alert:
        seen = "database (postgresql://db:5432/shop) cannot be reached: connection refused"
        rows = [
            replace(DISK, id=f"bigshot.area.name-{number}", level=Level.UNKNOWN, summary=seen, target="database")
            for number in range(count)
        ]
        about = {"key": "bigshot/database", "level": Level.UNKNOWN, "title": "database cannot be reached"}
        return an_alert(**(about | {"rows": tuple(rows)} | given))

    return made


@pytest.fixture
def a_round() -> Callable[..., Round]:
    """A round whose rows have these outcomes."""

    def made(*outcomes: Outcome, **given: Any) -> Round:
        records = [
            Record(
                id=f"bigshot.area.row-{number}", system="bigshot", area="area", check="row", when=["daily"],
                severity="critical", runbook="Daily", remedy="look", target="app", outcome=outcome,
                summary=f"used is 9{number} %, allowed is at most 90 %", judged_at=stamp(), since=stamp(hours=-1),
                observations=[Observation.of("used", 90.0 + number, at_most(90, warning=80, unit="%"), "%", "")],
            )
            for number, outcome in enumerate(outcomes)
        ]  # fmt: skip
        usual: dict[str, Any] = {
            "id": "20261122T030000Z-daily", "batch": "daily", "started_at": stamp(), "finished_at": stamp(), "version": "1",
        }  # fmt: skip
        return Round(**(usual | given), records=records)

    return made


@dataclass(frozen=True)
class Seen:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """An HTTP server in a thread. `answers` are given one after the other, the last one again and again.

    An answer is a status, `(status, headers, body)`, raw bytes that are sent instead of an HTTP answer, or a function of the
    handler that does what it likes.
    """

    answers: list[Any] = field(default_factory=lambda: [200])
    seen: list[Seen] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.address}"
        self._lock = threading.Lock()
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def next_answer(self) -> Any:
        with self._lock:
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def _any(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.seen.append(Seen(self.command, self.path, headers, self.rfile.read(length)))
                answer = receiver.next_answer()
                if callable(answer):
                    answer(self)
                elif isinstance(answer, bytes):
                    self.wfile.write(answer)
                else:
                    self._plain(answer)

            def _plain(self, answer: Any) -> None:
                status, headers, body = (answer, {}, b"") if isinstance(answer, int) else answer
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(body))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any  # noqa: N815 - the names that http.server calls

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def end(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.end()


@pytest.fixture
def receivers() -> Iterator[Callable[[], Receiver]]:
    started: list[Receiver] = []

    def another() -> Receiver:
        started.append(Receiver())
        return started[-1]

    yield another
    for each in started:
        each.end()


@pytest.fixture
def drips() -> Callable[[Any], None]:
    """An answer that never ends: a byte now and then, so that no timeout of a socket ever comes."""

    def dripping(handler: Any) -> None:
        with contextlib.suppress(OSError):
            for _ in range(3000):
                handler.wfile.write(b"H")
                handler.wfile.flush()
                time.sleep(0.02)

    return dripping


@dataclass
class Server:
    """A program of Debian that runs unprivileged on a free port of loopback."""

    url: str
    part: Part
    folder: Path

    def get(self, path: str) -> Any:
        return httpx.get(f"{self.url}/{path}", timeout=5, trust_env=False).raise_for_status()


@contextlib.contextmanager
def running(name: str, command: Callable[[int, Path], list[str]], prepare: Callable[[Path], None]) -> Iterator[Server]:
    who = servant()
    root = settle(who)
    port = free_port()
    prepare(root)
    part = Part(name, command(port, root), root, root / "log", servant=who)
    server = Server(f"http://127.0.0.1:{port}", part, root)

    def answers() -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return bool(server.get("-/ready"))
        return False

    try:
        part.start()
        wait_until(answers, f"{name} does not get ready: {part.log.read_text()[-500:]}")
        yield server
    finally:
        part.stop()
        raze(root)


@pytest.fixture(scope="session")
def notices() -> Iterator[Receiver]:
    """Where the real Alertmanager sends its notices to."""
    taking = Receiver()
    yield taking
    taking.end()


@pytest.fixture(scope="session")
def alertmanager(needed: Callable[..., str], notices: Receiver) -> Iterator[Server]:
    program = needed("prometheus-alertmanager", "prometheus-alertmanager")
    needed("amtool", "prometheus-alertmanager")
    config = (
        "route: {receiver: hook, group_by: [alertname, expectation, cause, system], group_wait: 20ms,"
        " group_interval: 50ms, repeat_interval: 1h}\n"
        f"receivers: [{{name: hook, webhook_configs: [{{url: '{notices.url}/', send_resolved: true}}]}}]\n"
    )

    def command(port: int, root: Path) -> list[str]:
        return [
            program, f"--config.file={root}/am.yml", f"--storage.path={root}", "--cluster.listen-address=",
            f"--web.listen-address=127.0.0.1:{port}",
        ]  # fmt: skip

    with running("alertmanager", command, lambda root: (root / "am.yml").write_text(config) and None) as server:
        yield server


@pytest.fixture(scope="session")
def gateway(needed: Callable[..., str]) -> Iterator[Server]:
    program = needed("prometheus-pushgateway", "prometheus-pushgateway")
    with running(
        "pushgateway", lambda port, _: [program, f"--web.listen-address=127.0.0.1:{port}"], lambda _: None
    ) as server:
        yield server
