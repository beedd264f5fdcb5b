"""What every system's estate is: real parts on free ports of 127.0.0.1, under one directory, gone without a trace."""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Protocol, Self
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from . import containers
from .ground import Servant, raze, servant, settle, sweep
from .part import EstateError, Part, python_env


class Helper(Protocol):
    """A thread of ours that keeps something going."""

    def stop(self) -> None: ...


class Estate:
    """Start with `with Estate() as estate:`, from the main thread: the parts end with the thread that started them.

    A system's own class lays out its parts in `_lay_out` (which sets `env`, what the system's inventory asks for) and
    starts them in `_start_parts`, what takes long first.
    """

    system: ClassVar[str]
    root: Path
    home: Path
    env: dict[str, str]

    def __init__(self) -> None:
        self._running = False
        self._helpers: list[Helper] = []
        self._parts: list[Part] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        if self._running:
            raise EstateError("this estate is already running")
        sweep()
        self._running = True
        self._helpers, self._parts = [], []
        self.servant: Servant = servant()
        self.root = settle(self.servant)
        self.home = self.root / self.system
        self.home.mkdir()
        try:
            self._lay_out()
            self._start_parts()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End everything and leave nothing; may be called again."""
        if not self._running:
            return
        self._running = False
        for helper in self._helpers:
            helper.stop()
        for part in reversed(self._parts):
            part.changed = lambda: None
            part.end_signal = part.quick_end  # nothing is kept, so nobody needs to finish
        for part in reversed(self._parts):
            part.stop(3)
        raze(self.root)

    def live_a_day(self) -> None:
        """Do at once what a day brings, for figures that are told as growth."""

    @property
    def written(self) -> Mapping[Path, re.Pattern[str]]:
        """The logs that parts write, and what an ordinary line of each looks like: a fault's lines are forgotten."""
        return {}

    def _lay_out(self) -> None:
        raise NotImplementedError

    def _start_parts(self) -> None:
        raise NotImplementedError

    def _keep(self, *parts: Part) -> None:
        """Take parts into account: they are ended with the estate, and noted for the docker stand-in."""
        self._parts += parts
        for part in parts:
            part.changed = lambda: containers.record(self.root, self._parts)

    def _program(self, name: str, module: str, env: Mapping[str, str], arguments: Sequence[str] = ()) -> Part:
        """A program of ours as a part: a module of this package, such as `bigshot.stand_ins.backend`."""
        command = [sys.executable, "-m", f"{__package__}.{module}", *arguments]
        return Part(name, command, self.home, self.root / f"{name}.log", python_env() | self.env | dict(env))


def ask(url: str, token: str = "") -> tuple[int, dict[str, Any]]:
    """Ask a service of the estate for JSON; status 0 stands for no answer."""
    request = Request(url, headers={"Authorization": f"Bearer {token}"})  # noqa: S310 - our own service on 127.0.0.1
    try:
        with urlopen(request, timeout=5) as answer:  # noqa: S310 - our own service on 127.0.0.1
            return answer.status, json.loads(answer.read())
    except HTTPError as error:
        return error.code, json.loads(error.read())
    except (URLError, OSError):
        return 0, {}
