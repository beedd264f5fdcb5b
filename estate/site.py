"""A web service of an estate, described by its routes: what a small application answers, for the systems' APIs.

A route is `GET /path`; its description is JSON: `status` (200), `json` or `text`, `headers`, `delay` in seconds,
`bearer` (a token that is asked for: 401 without any, 403 with another), `basic` (user:password), `cache` in seconds
(the body is made anew only then). A path that ends in `*` fits whatever begins so. In bodies and headers `{{now}}`,
`{{now-3600}}`, `{{epoch}}`, `{{uuid}}` and `{{count}}` are replaced.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from .ground import write
from .part import Part, free_port

Route = Mapping[str, Any]
PROGRAM = Path(__file__).with_name("stand_ins") / "site.py"


class Site:
    """The service: a part of its own, told anew what to answer by the file that it reads at each request."""

    def __init__(self, root: Path, name: str, routes: Mapping[str, Route]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.routes = root / f"{name}-routes.json"
        write(self.routes, json.dumps(routes))
        command = [sys.executable, "-I", "-S", str(PROGRAM), str(self.port), str(self.routes)]
        self.part = Part(name, command, root, root / f"{name}.log")

    def start(self) -> None:
        self.part.start()
        self.await_ready()

    def await_ready(self) -> None:
        self.part.await_ready(self._answers)

    @contextmanager
    def told(self, **changes: Any) -> Iterator[None]:
        """Change what one route answers: `with site.told(route="GET /api/health", status=500):`; None drops a key.

        A route that is not described yet is added; `gone=True` takes it away.
        """
        before = self.routes.read_text()
        routes = json.loads(before)
        route = changes.pop("route")
        if changes.pop("gone", False):
            routes.pop(route)
        else:
            known = routes.get(route, {}) | changes
            routes[route] = {name: value for name, value in known.items() if value is not None}
        write(self.routes, json.dumps(routes))
        try:
            yield
        finally:
            write(self.routes, before)

    def _answers(self) -> bool:
        try:
            urlopen(self.url, timeout=2).close()  # noqa: S310 - our own service on 127.0.0.1
        except HTTPError:
            return True
        except (URLError, OSError):
            return False
        return True
