"""Serve the routes that a JSON file describes; it is read anew for each request (its form: estate/site.py)."""

import base64
import json
import re
import signal
import sys
import time
import uuid
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

Route = dict[str, Any]
HOLE = re.compile(r"\{\{(now|epoch|uuid|count)(?:([+-]\d+))?\}\}")
made: dict[str, tuple[float, str]] = {}
numbers = count(1)


def filled(text: str) -> str:
    """Replace the holes of a body: times, ids, numbers."""

    def fill(hole: re.Match[str]) -> str:
        moment = datetime.now(UTC) + timedelta(seconds=int(hole[2] or 0))
        values = {"uuid": str(uuid.uuid4()), "count": str(next(numbers)), "epoch": str(int(moment.timestamp()))}
        return values.get(hole[1], moment.isoformat(timespec="milliseconds"))

    return HOLE.sub(fill, text)


def body_of(name: str, route: Route) -> str:
    text = json.dumps(route["json"]) if "json" in route else str(route.get("text", ""))
    kept = float(route.get("cache", 0))
    when, body = made.get(name, (0.0, ""))
    if not kept or time.time() - when > kept:
        body = filled(text)
        made[name] = time.time(), body
    return body


def found(routes: dict[str, Route], asked: str) -> tuple[str, Route] | None:
    """Give the route itself, or the longest that ends in * and fits."""
    if asked in routes:
        return asked, routes[asked]
    fitting = [name for name in routes if name.endswith("*") and asked.startswith(name[:-1])]
    return (max(fitting, key=len), routes[max(fitting, key=len)]) if fitting else None


class Service(BaseHTTPRequestHandler):
    """Answers as the file says."""

    protocol_version = "HTTP/1.1"
    routes: Path

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        route = found(json.loads(self.routes.read_text()), f"{self.command} {self.path.partition('?')[0]}")
        if route is None:
            self.say(404, {}, '{"detail": "Not Found"}')
            return
        name, said = route
        refused = self.refused(said)
        if refused:
            self.say(refused, {}, json.dumps({"detail": "not allowed"}))
            return
        time.sleep(float(said.get("delay", 0)))
        self.say(int(said.get("status", 200)), said.get("headers", {}), body_of(name, said), "json" in said)

    def refused(self, said: Route) -> int:
        """Give 401 without credentials, 403 with wrong ones, 0 when they are right or none are asked for."""
        given = self.headers.get("Authorization", "")
        wanted = f"Bearer {said['bearer']}" if "bearer" in said else ""
        if "basic" in said:
            wanted = f"Basic {base64.b64encode(said['basic'].encode()).decode()}"
        if not wanted or given == wanted:
            return 0
        return 403 if given else 401

    def say(self, status: int, headers: dict[str, str], body: str, is_json: bool = True) -> None:
        data = body.encode()
        kind = {"Content-Type": "application/json" if is_json else "text/plain; charset=utf-8"}
        self.send_response(status)
        for name, value in (kind | headers | {"Content-Length": str(len(data))}).items():
            self.send_header(name, filled(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_HEAD = answer  # noqa: N815 - http.server's names

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - http.server's name
        """Say nothing: these services write no access log."""


class Server(ThreadingHTTPServer):
    """Many at once, and quickly gone."""

    daemon_threads = True
    request_queue_size = 128


def main(port: str, routes: str) -> None:
    Service.routes = Path(routes)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Server(("127.0.0.1", int(port)), Service).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
