"""Loggers by name, for whoever goes through them while look threads import libraries, which make more of them.

pytest does so at each phase of each item, without the lock of `logging`: now and then a row would break of it.
"""

import logging
from typing import Any


class _Loggers(dict[str, Any]):
    """Goes through those that are there now."""

    def values(self) -> Any:
        return self.copy().values()


def let_look_threads_make_loggers() -> None:
    """To be called before the first thread looks."""
    manager = logging.root.manager
    manager.loggerDict = _Loggers(manager.loggerDict)
