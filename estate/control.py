"""What the backend is told to do wrong: a small file it reads anew for each request."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .ground import write


@contextmanager
def told(home: Path, **orders: Any) -> Iterator[None]:
    path = home / "control.json"
    before = json.loads(path.read_text())
    write(path, json.dumps(before | orders))
    try:
        yield
    finally:
        now = json.loads(path.read_text())
        kept = {name: value for name, value in now.items() if name not in orders}
        write(path, json.dumps(kept | {name: before[name] for name in orders if name in before}))
