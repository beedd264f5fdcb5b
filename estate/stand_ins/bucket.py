"""Serve S3 by moto, and take orders that its API has none for: how old an object is, and that nobody is let in.

An order is a POST to /estate/orders: `{"bucket": …, "key": …, "modified": epoch seconds}` or `{"denied": true}`.
"""

import json
import signal
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler, create_backend_app
from moto.s3.models import s3_backends
from werkzeug.serving import make_server

DENIED = b'<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>'


class Server:
    """moto's S3, with a door of its own for orders."""

    def __init__(self) -> None:
        self.moto = create_backend_app("s3")
        self.denied = False

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/estate/orders":
            self.obey(json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))))
            start_response("204 No Content", [])
            return []
        if self.denied:
            start_response("403 Forbidden", [("Content-Type", "application/xml"), ("Content-Length", str(len(DENIED)))])
            return [] if environ["REQUEST_METHOD"] == "HEAD" else [DENIED]
        answer: Iterable[bytes] = self.moto(environ, start_response)
        return answer

    def obey(self, order: dict[str, Any]) -> None:
        if "denied" in order:
            self.denied = order["denied"]
            return
        bucket = next(each["global"].buckets[order["bucket"]] for each in s3_backends.values())
        bucket.keys[order["key"]].last_modified = datetime.fromtimestamp(order["modified"], UTC).replace(tzinfo=None)


def main(port: str) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    make_server("127.0.0.1", int(port), Server(), threaded=True, request_handler=MotoRequestHandler).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
