"""`rounds window`: open or close a maintenance window of a system; while it is open, rounds look and tell nothing."""

import argparse
import getpass
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rounds.alerting.after_round import silence_of
from rounds.alerting.configuration import Alerting, read_alerting
from rounds.alerting.sending import beside_each_other
from rounds.alerting.windows import Window, close_windows, keep_window, new_window, open_windows
from rounds.history_place import add_place, history_of
from rounds.inventory.mistakes import nearest
from rounds.quantities import read, shown
from rounds.reports.text import line
from rounds.store import Store, StoreError
from rounds.text import say

_LONGEST = 7 * 86400.0
_SENDING_SECONDS = 20.0


def add(commands: Any) -> None:
    words = commands.add_parser(
        "window", help="maintenance windows: looking goes on, telling waits", description=__doc__
    )
    words.add_argument("what", choices=("open", "close", "list"))
    words.add_argument("system", nargs="?", help="which system; list needs none")
    words.add_argument("--for", dest="seconds", metavar="TIME", help="how long at most, e.g. 2h (7d is the longest)")
    words.add_argument("--by", metavar="WHO", default="", help="who does the work (default: who you are here)")
    words.add_argument("--reason", metavar="TEXT", default="")
    words.add_argument("--systems", metavar="DIR", type=Path, default=Path("systems"), help="where the systems are")
    add_place(words)
    words.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    try:
        return {"open": _open, "close": _close, "list": _list}[options.what](options, history_of(options).store)
    except (ValueError, StoreError) as error:
        say(line(str(error)), sys.stderr)
        return 4


def _open(options: argparse.Namespace, store: Store) -> int:
    system = _system(options)
    if not options.seconds or not options.reason:
        raise ValueError("--for and --reason are due: how long at most, and why")
    seconds = read(options.seconds, "s")
    if not 0 < seconds <= _LONGEST:
        raise ValueError(f"--for: at most {shown(_LONGEST, 's')}: what takes longer is no maintenance")
    window = new_window(system, time.time(), seconds, options.by or _who(), options.reason)
    with store.transaction() as statements:
        ((rounds,),) = statements.rows("SELECT count(*) FROM outcomes WHERE expectation LIKE ?", f"{system}.%")
        keep_window(statements, window)
    say(f"open: {_said(window)}")
    if not rounds:
        say(f"no round of {system} was ever recorded in {store.place}: is that where its rounds keep their state?")
    return _told(options, "silence", [window], "the window is open, but this Alertmanager has no silence")


def _who() -> str:
    """The person who types, not the account that sudo lends. Raises ValueError where it has no name."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        raise ValueError("--by is due: who does the work") from None


def _close(options: argparse.Namespace, store: Store) -> int:
    system = _system(options)
    with store.transaction() as statements:
        closed = close_windows(statements, system, time.time())
    for window in closed:
        say(f"closed: {_said(window)}")
    if not closed:
        say(f"no window of {system} is open")
    return _told(options, "lift", closed, "the window is closed, and the silence is lifted with the next round")


def _list(options: argparse.Namespace, store: Store) -> int:
    if options.system is not None:
        _system(options)
    with store.reading() as statements:
        found = open_windows(statements, time.time())
    found = [each for each in found if options.system in (None, each.system)]
    for window in found:
        say(_said(window))
    if not found:
        say("no window is open")
    return 0


def _system(options: argparse.Namespace) -> str:
    known = sorted(path.parent.name for path in options.systems.glob("*/inventory.yaml"))
    if options.system is None:
        raise ValueError(f"which system? there is {', '.join(known) or f'none in {options.systems}'}")
    if options.system not in known:
        raise ValueError(f"there is no system {options.system!r} in {options.systems}{nearest(options.system, known)}")
    return str(options.system)


def _said(window: Window) -> str:
    ends = datetime.fromtimestamp(window.ends_at, UTC)
    left = shown(round(max(window.ends_at - time.time(), 0.0)), "s")
    who, why = line(window.opened_by), line(window.reason)
    return f"{window.system} until {ends:%Y-%m-%d %H:%M} UTC (in {left}), by {who}: {why}"


def _told(options: argparse.Namespace, verb: str, windows: list[Window], but: str) -> int:
    """Let each Alertmanager have the window as a silence, or lift it; that it cannot is told, and the window stands."""
    alerting, mistakes = read_alerting(options.systems)
    problems = [str(mistake) for mistake in mistakes] + (_silenced(alerting, verb, windows) if alerting else [])
    for problem in problems:
        say(f"{but}: {line(problem)}", sys.stderr)
    return 1 if problems else 0


def _silenced(alerting: Alerting, verb: str, windows: list[Window]) -> list[str]:
    senders: dict[str, Any] = {name: channel.sender() for name, channel in alerting.channels.items()}

    def each(sender: Any) -> None:
        for window in windows:
            getattr(sender, verb)(silence_of(window))

    jobs = {name: (lambda sender=sender: each(sender)) for name, sender in senders.items() if hasattr(sender, verb)}
    return beside_each_other(jobs, time.monotonic() + _SENDING_SECONDS)
