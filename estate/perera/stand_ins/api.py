"""Perera's API: routes as a file describes them (estate/site.py), and a health endpoint that asks its components."""

import json
import os
import sys
from pathlib import Path

from ...stand_ins import site
from ...stand_ins.ballast import Hog
from . import cli
from .records import say

HEALTH = "GET /api/health"


class Api(site.Service):
    """The routes of the file come first, so that a fault can answer in place of the health endpoint."""

    home: Path
    hog = Hog()

    def answer(self) -> None:
        self.hog.hold(int(json.loads((self.home / "control.json").read_text()).get("api_worker_mib", 0)))
        asked = f"{self.command} {self.path}"
        if asked == HEALTH and HEALTH not in json.loads(self.routes.read_text()):
            self.say(*self.health())
        else:
            super().answer()

    def health(self) -> tuple[int, dict[str, str], str]:
        """An API without its database is not operational; one whose components are ill still says that it is."""
        states = {name: "unhealthy" if fails(self.home) else "healthy" for name, fails in cli.COMPONENTS.items()}
        is_stored = (self.home / "data" / "leads.db").exists()
        body = {"status": "operational" if is_stored else "error", "components": states}
        return 200 if is_stored else 503, {}, json.dumps(body)

    do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_HEAD = answer  # noqa: N815 - http.server's names


def main(port: str, routes: str) -> None:
    Api.home, Api.routes = Path(os.environ["PERERA_HOME"]), Path(routes)
    server = site.Server(("127.0.0.1", int(port)), Api)
    say("api", "INFO", f"listening on port {port}")
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
