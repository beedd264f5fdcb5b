"""`rounds alert`: send what waits, tell the changes that a JUnit file shows, or try each channel with a test."""

import argparse
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rounds.alerting.after_round import tell
from rounds.alerting.alert import Alert, AlertRow, Kind, Level
from rounds.alerting.configuration import FILE, Alerting, read_alerting
from rounds.alerting.grouping import seconds_of, stamp
from rounds.alerting.junit import NoJUnit, read_junit
from rounds.alerting.ledger import new_id, read_states, waiting
from rounds.alerting.sending import Outbox, Sent, beside_each_other
from rounds.history_place import add_place, history_of
from rounds.reports.text import line
from rounds.round import Round
from rounds.senders.sender import Channel
from rounds.store import Store, StoreError
from rounds.text import say


def add(commands: Any) -> None:
    words = commands.add_parser("alert", help="send alerts that wait, or those of a JUnit file", description=__doc__)
    words.add_argument("junit", nargs="?", type=Path, metavar="JUNIT", help="a JUnit file, ours or a foreign one")
    words.add_argument("--test", action="store_true", help="send a marked test through each channel")
    words.add_argument("--batch", metavar="NAME", default="", help="of the JUnit file (default: what it says)")
    words.add_argument("--system", metavar="NAME", default="", help="of foreign tests (default: their suite's name)")
    words.add_argument("--link", metavar="URL", default="", help="where people find what the JUnit file tells of")
    words.add_argument("--systems", metavar="DIR", type=Path, default=Path("systems"), help=f"the folder with {FILE}")
    add_place(words)
    words.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    alerting, mistakes = read_alerting(options.systems)
    for mistake in mistakes:
        say(str(mistake), sys.stderr)
    if alerting is None:
        if not mistakes:
            say(f"there is no {options.systems / FILE}: nobody is told anything", sys.stderr)
        return 4
    if options.test:
        return _test(alerting)
    try:
        sent = _sent(options, alerting)
    except (ValueError, StoreError) as error:
        say(line(str(error)), sys.stderr)
        return 4
    for name, count in sorted(sent.taken.items()):
        say(f"{name} took {count} alert{'s' if count != 1 else ''}")
    for problem in sent.problems:
        say(line(problem), sys.stderr)
    left = _left(options)
    if left:
        say(f"{left} still to be taken by a channel that did not answer; each round tries again")
    elif not sent.taken and not sent.problems:
        say("nothing is to be told")
    return 1 if sent.problems else 0


def _sent(options: argparse.Namespace, alerting: Alerting) -> Sent:
    store = history_of(options).store
    if options.junit is not None:
        told = read_junit(options.junit, options.batch, options.system)
        telling = alerting.telling.model_copy(update={"link": options.link})  # ours leads to rounds: this is none
        return tell(_news(told, store), replace(alerting, telling=telling), store)
    return Outbox(store, alerting.channels, time.monotonic() + alerting.telling.budget, insists=True).send_all()


def _news(told: Round, store: Store) -> Round:
    """The round without what is known from it already, or from a later one. Raises NoJUnit when that is all."""
    with store.reading() as statements:
        known = {name: each.state.judged_at for name, each in read_states(statements).items()}
    told.records = [each for each in told.records if known.get(each.id, 0.0) < seconds_of(each.judged_at)]
    if not told.records:
        raise NoJUnit(f"nothing is told: what the file says, of {told.finished_at}, is known, or there is newer")
    return told


def _left(options: argparse.Namespace) -> int:
    with history_of(options).store.reading() as statements:
        return len(waiting(statements))


@dataclass
class _Answers:
    """How long each channel took to take a test, in seconds."""

    test: Alert
    taken: dict[str, float] = field(default_factory=dict)

    def ask(self, name: str, channel: Channel) -> None:
        begun = time.monotonic()
        channel.sender().send(self.test)
        self.taken[name] = time.monotonic() - begun


def _test(alerting: Alerting) -> int:
    answers = _Answers(_a_test(alerting.telling.link_to("test")))
    jobs = {name: (lambda name=name, each=each: answers.ask(name, each)) for name, each in alerting.channels.items()}
    longest = max((each.deadline for each in alerting.channels.values()), default=0.0)
    problems = beside_each_other(jobs, time.monotonic() + longest + 5)
    for name, seconds in sorted(answers.taken.items()):
        say(f"{name} took it in {seconds:.1f} s")
    for problem in problems:
        say(line(problem), sys.stderr)
    return 1 if problems else 0


def _a_test(link: str) -> Alert:
    at = stamp(time.time())
    row = AlertRow(
        "rounds.alerting.test", Level.WARNING, "this is a test of Rounds: nothing is wrong", "", "", "", "warning", at
    )
    return Alert(
        new_id(), row.id, Kind.TEST, Level.WARNING, "rounds", "a test of Rounds: nothing is wrong", (row,),
        since=at, at=at, ends_at=stamp(time.time() + 60), link=link,
    )  # fmt: skip
