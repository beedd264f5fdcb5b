"""BigShot's visitors: one page a second, so that logs and hit figures go on while an estate lives."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from .frontend import Frontend

PERIOD = 1.0
AT_ONCE = 64


@dataclass
class Visitors:
    """A thread that asks for real pages through the front."""

    frontend: Frontend
    ended: threading.Event = field(default_factory=threading.Event)
    visit: threading.Lock = field(default_factory=threading.Lock)
    """Held while the thread waits for a page: who takes it knows that nothing is in flight."""

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._run, name="estate-visitors", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        self.ended.set()
        if self.thread.is_alive():
            self.thread.join(20)

    def crowd(self, count: int) -> list[int]:
        """Let many come at once, and give the status each of them saw."""
        with ThreadPoolExecutor(AT_ONCE) as crowd:
            return list(crowd.map(lambda n: self.frontend.visit(f"/domains/{1 + n % 2000}"), range(count)))

    def _run(self) -> None:
        for number in itertools.count():
            if self.ended.wait(PERIOD):
                return
            with self.visit:
                self.frontend.visit(f"/domains/{1 + number * 7 % 2000}")
