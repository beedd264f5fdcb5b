"""Signals: SIGTERM, SIGHUP and the round's own deadline end a round in order, with all reports."""

import faulthandler
import signal
from types import FrameType
from typing import Any

_AGAIN_SECONDS = 10.0  # for a check that swallows the first one
_LAST_SECONDS = 30.0
_ENDING = ("SIGTERM", "SIGHUP", "SIGALRM")


class Interrupts:
    """Turns signals into KeyboardInterrupt while a round runs, and keeps them off while its reports are written."""

    def __init__(self) -> None:
        self._before: dict[int, Any] = {}

    def catch(self, after_seconds: float) -> None:
        """From now on, signals and the given time end the round; a signal that is ignored (nohup) stays so."""
        for name in _ENDING:
            number = getattr(signal, name)
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, _interrupt)
        signal.setitimer(signal.ITIMER_REAL, after_seconds, _AGAIN_SECONDS)
        # What holds the interpreter itself (a regular expression that never ends) lets no handler run.
        faulthandler.dump_traceback_later(after_seconds + _LAST_SECONDS, exit=True)

    def ignore(self) -> None:
        """Reports are being written: one more signal must not leave half of one."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        faulthandler.cancel_dump_traceback_later()
        self._before.setdefault(signal.SIGINT, signal.getsignal(signal.SIGINT))
        for number in self._before:
            signal.signal(number, signal.SIG_IGN)

    def restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    name = "its own deadline passed" if number == signal.SIGALRM else signal.Signals(number).name
    raise KeyboardInterrupt(name)
