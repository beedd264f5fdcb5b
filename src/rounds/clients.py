"""Client libraries, imported by one thread at a time.

Looks begin in many threads at once, and each needs the library that speaks to its target. When one thread imports a
package while another imports a part of it, Python 3.13 ends one of them with a _DeadlockError (python/cpython#83065),
and older ones may show it a module that is half made. So what a target's kind names as its `client` is imported here,
before the look itself begins.
"""

import importlib
import threading
from collections.abc import Iterable
from contextlib import suppress

from rounds.targets import Target

_importing = threading.Lock()
_imported: set[str] = set()


def import_clients_of(targets: Iterable[Target]) -> None:
    """Import what the looks at these targets will need; what cannot be imported is for the look to tell."""
    wanted = [name for target in targets for name in _clients_of(target)]
    if _imported.issuperset(wanted):
        return
    with _importing:
        for name in wanted:
            with suppress(Exception):
                importlib.import_module(name)
        _imported.update(wanted)


def _clients_of(target: Target) -> list[str]:
    """Its own, and those of the targets that it leads to (a dataset's database, a backup's bucket)."""
    led_to = [value for _, value in target if isinstance(value, Target)]
    return [*target.client, *(name for each in led_to for name in _clients_of(each))]
