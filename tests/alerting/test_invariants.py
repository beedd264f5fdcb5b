"""Whatever happens in whatever order: what is bad is known to whoever is told, and nothing is called good that is not."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from rounds.alerting.alert import Kind, Level
from rounds.alerting.configuration import Alerting, Telling
from rounds.alerting.keys import Rows
from rounds.alerting.ledger import waiting
from rounds.alerting.telling import record_flips
from rounds.inventory.dependencies import Needs
from rounds.outcome import Outcome
from rounds.store import Store
from rounds.store_tables import MIGRATIONS
from tests.alerting.conftest import BEGUN, Memory, Receiver, a_record, a_round

TARGETS = ("shop/host", "shop/database")
ROWS = {
    "shop.a.disk": Needs(), "shop.a.load": Needs(("shop/host",)), "shop.b.orders": Needs((), ("shop/host",)),
    "shop.b.prices": Needs(("shop/database",), ("shop/host",)), "shop.c.mail": Needs(("shop/database",)),
    "shop.c.login": Needs((), ("shop/database", "shop/host")),
}  # fmt: skip
SEEN = ("ok", "ok", "ok", "critical", "warning", "unknown", "skipped", "waived", "same words", *TARGETS)
ROUND = some.tuples(
    some.sampled_from(("daily", "weekly")),
    some.dictionaries(some.sampled_from(sorted(ROWS)), some.sampled_from(SEEN), min_size=1),
)
GOOD = ("ok", "skipped", "waived")
BEGINS = (Kind.BAD, Kind.FLAPPING)


def record_of(name, seen, at):
    if seen in TARGETS:
        words = f"{seen} cannot be reached"
        return a_record(name, Outcome.UNKNOWN, at, cause={"target": seen, "words": "connection refused"}, summary=words)
    if seen == "same words":
        return a_record(name, Outcome.CRITICAL, at, summary="no answer: connection refused")
    return a_record(name, Outcome(seen), at)


class Listener:
    """Somebody who hears every alert, and believes it."""

    def __init__(self):
        self.open = {}
        self.newest = {}
        self.causes = {name: set() for name in ROWS}  # what each row was last seen behind, since it was good

    def hear(self, alert):
        rows = {row.id for row in alert.rows}
        if alert.kind in BEGINS:
            self.open[alert.key] = rows | self.open.get(alert.key, set())
        elif alert.is_over:
            assert alert.key in self.open, f"the end of what never began: {alert.title}"
            del self.open[alert.key]
            for row in alert.rows if alert.kind is Kind.RECOVERED else ():
                assert row.level is not Level.GOOD or self.newest[row.id] in GOOD, f"not good at all: {row}"

    def see(self, rows):
        for name, seen in rows.items():
            self.newest[name] = seen
            self.causes[name] |= {seen}
            if seen in GOOD:
                self.causes[name].clear()

    def knows_of(self, name):
        """By its own name, or by what it is behind: further rows of a cause are not told one by one."""
        roots = {name, *self.causes[name], *ROWS[name].own, *ROWS[name].behind}
        return any(key in roots or name in rows for key, rows in self.open.items())


def listened(rounds, tmp_path, **policy):
    Memory.receivers.update(chat=Receiver())
    store = Store(MIGRATIONS, tmp_path / "history.sqlite")
    store.path.unlink(missing_ok=True)
    telling = Telling.model_validate({"policy": {"remind": None, "flapping": None, **policy}})
    said = Alerting({"chat": Memory(name="chat")}, telling)
    listener = Listener()
    for number, (batch, rows) in enumerate(rounds):
        at = BEGUN + number * 3600
        listener.see(rows)
        told = a_round(at, *(record_of(name, seen, at) for name, seen in rows.items()), batch=batch)
        for alert in record_flips(told, said, store, Rows(ROWS, are_all=True)):
            listener.hear(alert)
        yield listener, rows
    with store.reading() as statements:
        assert {each.channel for each in waiting(statements)} <= {"chat"}


ALL_GOOD = ("daily", dict.fromkeys(ROWS, "ok"))
of_any = settings(
    max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@of_any
@given(rounds=some.lists(ROUND, max_size=12))
def test_what_is_bad_is_known_and_in_the_end_all_is_over(rounds, tmp_path):
    for listener, rows in listened(rounds, tmp_path):
        for name, seen in rows.items():
            if seen not in GOOD:
                assert listener.knows_of(name), (name, seen, listener.open)
    *_, (listener, _) = listened([*rounds, ALL_GOOD], tmp_path)
    assert listener.open == {}


@of_any
@given(rounds=some.lists(ROUND, max_size=12), after=some.integers(1, 3), good=some.integers(1, 3))
def test_nothing_ends_that_never_began_and_all_ends(rounds, after, good, tmp_path):
    policy = {"after": after, "recovered_after": good, "flapping": {"changes": 3, "within": "6h", "calm": "2h"}}
    *_, (listener, _) = listened([*rounds, *[ALL_GOOD] * 6], tmp_path, **policy)
    assert listener.open == {}
