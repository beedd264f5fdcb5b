"""What is behind a target that cannot be reached, or depends on one: told once, hidden never, good only when it was seen."""

import time

import pytest

from rounds.alerting import sending
from rounds.alerting.alert import Level
from rounds.alerting.ledger import Taken, take, waiting
from rounds.alerting.sending import Outbox
from rounds.alerting.telling import record_flips
from rounds.alerting.windows import close_windows, keep_window, new_window
from rounds.inventory.dependencies import Needs
from rounds.outcome import Outcome
from rounds.senders.sender import NotDelivered
from tests.alerting.conftest import (
    BEGUN,
    CRITICAL,
    DAY,
    HOUR,
    OK,
    UNKNOWN,
    WARNING,
    a_record,
    a_round,
    told,
    unreachable,
)


def test_what_was_broken_and_cannot_be_looked_at_now_is_neither_news_nor_good(seen, channels):
    disks = [f"shop.a.disk{n}" for n in range(3)]
    seen(0, dict.fromkeys(disks, (CRITICAL, {})))
    seen(HOUR, dict.fromkeys([*disks, "shop.a.load"], unreachable("shop/host")))
    seen(2 * HOUR, {**dict.fromkeys(disks, (UNKNOWN, {"summary": "not judged: Ctrl-C"})), "shop.a.load": (OK, {})})
    seen(3 * HOUR, {disks[0]: (OK, {}), **dict.fromkeys(disks[1:], (CRITICAL, {}))})
    assert told(channels["pager"])[3:] == [("bad", "shop/host"), ("recovered", "shop/host"), ("recovered", disks[0])]


def test_when_all_that_is_behind_a_target_was_broken_one_row_tells_that_it_is_down(seen, channels):
    disks = [f"shop.a.disk{n}" for n in range(2)]
    seen(0, dict.fromkeys(disks, (CRITICAL, {})))
    seen(HOUR, dict.fromkeys(disks, unreachable("shop/host")))
    seen(2 * HOUR, {disks[0]: (CRITICAL, {}), disks[1]: (OK, {})})
    assert told(channels["pager"])[2:] == [
        ("bad", "shop/host"), ("ended", disks[0]),
        ("bad", disks[0]), ("recovered", disks[1]), ("recovered", "shop/host"),
    ]  # fmt: skip
    ended = channels["pager"].taken[3]
    assert ended.title == "shop.a.disk0: told under shop/host from now on: shop/host cannot be reached"


def test_what_depends_on_a_target_that_is_down_is_told_under_it_and_what_stays_broken_for_itself(seen, channels):
    behind = {
        "shop.a.login": Needs(("shop/api",), ("shop/database", "shop/host")),
        "shop.a.orders": Needs(("shop/database",), ("shop/host",)),
        "shop.a.size": Needs(("shop/database",), ("shop/host",)), "shop.a.mail": Needs(),
    }  # fmt: skip
    rows = {
        "shop.a.login": (CRITICAL, {}), "shop.a.orders": unreachable("shop/database"),
        "shop.a.size": unreachable("shop/database"), "shop.a.mail": (CRITICAL, {}),
    }  # fmt: skip
    seen(0, rows, declared=behind)
    assert [(alert.key, [row.id for row in alert.rows]) for alert in channels["pager"].taken] == [
        ("shop/database", ["shop.a.login", "shop.a.orders", "shop.a.size"]), ("shop.a.mail", ["shop.a.mail"]),
    ]  # fmt: skip
    assert "3 rows" in channels["pager"].taken[0].title
    good = {"shop.a.orders": (OK, {}), "shop.a.size": (OK, {})}
    seen(HOUR, {"shop.a.login": (CRITICAL, {}), **good}, declared=behind)
    assert told(channels["pager"])[2:] == [("bad", "shop.a.login"), ("recovered", "shop/database")]
    seen(2 * HOUR, {"shop.a.login": (OK, {}), "shop.a.mail": (OK, {})}, declared=behind)
    assert told(channels["pager"])[4:] == [("recovered", "shop.a.login"), ("recovered", "shop.a.mail")]


def test_what_depends_on_a_target_that_another_batch_found_down_waits_for_it(seen, channels):
    behind = {"shop.a.login": Needs((), ("shop/database",)), "shop.a.orders": Needs()}
    seen(0, {"shop.a.orders": unreachable("shop/database")}, batch="daily", declared=behind)
    for seconds in (600, 900):
        seen(seconds, {"shop.a.login": (CRITICAL, {})}, batch="continuous", declared=behind)
    assert [(alert.key, alert.level) for alert in channels["pager"].taken] == [
        ("shop/database", Level.UNKNOWN), ("shop/database", Level.CRITICAL),  # worse than whoever heard it knew
    ]  # fmt: skip
    seen(1200, {"shop.a.orders": (OK, {})}, batch="daily", declared=behind)
    seen(1500, {"shop.a.login": (CRITICAL, {})}, batch="continuous", declared=behind)
    assert told(channels["pager"])[2:] == [("recovered", "shop/database"), ("bad", "shop.a.login")]


def test_a_row_that_alone_cannot_be_looked_at_when_its_target_answers_again_is_told_for_itself(seen, channels):
    seen(0, {f"shop.a.row{n}": unreachable("shop/host") for n in range(2)})
    seen(HOUR, {"shop.a.row0": (OK, {}), "shop.a.row1": (UNKNOWN, {"summary": "no answer within 10 s"})})
    assert told(channels["pager"]) == [("bad", "shop/host"), ("recovered", "shop/host"), ("bad", "shop.a.row1")]


def test_a_target_that_answered_is_over_although_a_weekly_row_has_not_looked_since(seen, channels):
    both = {"shop.a.daily": unreachable("shop/database"), "shop.a.weekly": unreachable("shop/database")}
    seen(0, both)
    seen(DAY, {"shop.a.daily": (OK, {})})
    seen(2 * DAY, {"shop.a.daily": unreachable("shop/database")})
    seen(3 * DAY, {name: (OK, {}) for name in both}, batch="weekly")
    assert told(channels["pager"]) == [("bad", "shop/database"), ("recovered", "shop/database")] * 2
    assert [(row.id, row.level) for row in channels["pager"].taken[1].rows] == [
        ("shop.a.weekly", Level.UNKNOWN), ("shop.a.daily", Level.GOOD),  # the weekly one is judged when its turn comes
    ]  # fmt: skip


def test_a_cause_is_reminded_of_once_whenever_its_rows_joined(seen, channels, alerting):
    said = alerting(policy={"remind": "24h"})
    for hour in range(0, 72, 6):
        rows = {f"shop.a.row{n}": unreachable("shop/database") for n in range(1 + min(hour // 6, 3))}
        seen(hour * HOUR, rows, said=said)
    assert told(channels["pager"])[1:] == [("reminder", "shop/database")] * 2
    assert {alert.since for alert in channels["pager"].taken} == {"2026-01-05T06:00:00.000Z"}


def test_a_level_that_changes_again_and_again_is_flapping_too(seen, channels):
    for number in range(40):
        level = WARNING if number % 2 else CRITICAL
        seen(number * 300, {"shop.a.row": (level, {})})
    assert told(channels["pager"])[-1] == ("flapping", "shop.a.row")
    assert len(channels["pager"].taken) == 7


def test_a_cause_that_moves_to_and_fro_is_flapping_too(seen, channels):
    for number in range(40):
        seen(number * 300, {"shop.a.row": unreachable("shop/host" if number % 2 else "shop/database")})
    assert "flapping" in [kind for kind, _ in told(channels["pager"])]
    assert len(channels["pager"].taken) < 20


def test_what_comes_first_is_told_first_also_when_the_clock_went_back(seen, channels, alerting, store):
    channels["chat"].refuses = lambda: NotDelivered("chat is down")
    seen(0, {"shop.a.row": (CRITICAL, {})})
    seen(-2 * HOUR, {"shop.a.row": (OK, {})})
    channels["chat"].refuses = lambda: None
    Outbox(store, alerting().channels, time.monotonic() + 5, clock=lambda: time.time() + DAY).send_all()
    assert told(channels["chat"]) == [("bad", "shop.a.row"), ("recovered", "shop.a.row")]


def test_skipped_rounds_neither_hide_nor_delay_what_is_bad(seen, channels, alerting):
    said = alerting(policy={"remind": None, "after": 3})
    for day, outcome in enumerate((CRITICAL, CRITICAL, Outcome.SKIPPED, CRITICAL)):
        seen(day * DAY, {"shop.a.row": (outcome, {})}, said=said)
    assert told(channels["pager"]) == [("bad", "shop.a.row")]


def test_what_was_judged_in_a_window_is_not_told_when_the_round_ends_after_it(store, alerting):
    with store.transaction() as statements:
        keep_window(statements, new_window("shop", BEGUN, HOUR, "eve", "moving"))
        close_windows(statements, "shop", BEGUN + 100)
    inside, outside = (a_record(f"shop.a.at{at}", CRITICAL, BEGUN + at) for at in (50, 105))
    told_round = a_round(BEGUN + 110, inside, outside)
    told_round.started_at = inside.judged_at
    assert [alert.key for alert in record_flips(told_round, alerting(), store)] == ["shop.a.at105"]


def test_what_is_broken_for_the_reason_that_others_could_not_look_is_one_alert_with_them(seen, channels):
    rows = {
        "shop.a.ping": Needs(("shop/cache",)),
        "shop.a.keys": Needs(("shop/cache",)),
        "shop.a.api": Needs(("shop/api",)),
    }
    refused = (CRITICAL, {"summary": "answer to PING is missing: nobody listens there"})
    words = {
        "cause": {"target": "shop/cache", "words": "nobody listens there"},
        "summary": "shop/cache cannot be reached",
    }
    both = {"shop.a.ping": refused, "shop.a.keys": (UNKNOWN, words), "shop.a.api": refused}
    seen(0, both, declared=rows)
    seen(HOUR, {"shop.a.ping": refused}, batch="continuous", declared=rows)  # others were not looked at
    assert [(alert.key, len(alert.rows), alert.level) for alert in channels["pager"].taken] == [
        ("shop/cache", 2, Level.CRITICAL), ("shop.a.api", 1, Level.CRITICAL),
    ]  # fmt: skip
    seen(2 * HOUR, {"shop.a.ping": (CRITICAL, {"summary": "full"}), "shop.a.keys": (OK, {})}, declared=rows)
    assert told(channels["pager"])[2:] == [("bad", "shop.a.ping"), ("recovered", "shop/cache")]


def test_what_a_weekly_round_could_not_reach_hides_nothing_when_a_daily_row_can(seen, channels):
    rows = {
        "shop.a.weekly": Needs(("shop/host",)), "shop.a.load": Needs(("shop/host",)),
        "shop.a.orders": Needs(("shop/database",), ("shop/host",)),
    }  # fmt: skip
    seen(0, {"shop.a.weekly": unreachable("shop/host")}, batch="weekly", declared=rows)
    seen(HOUR, {"shop.a.load": (OK, {}), "shop.a.orders": (CRITICAL, {})}, declared=rows)
    assert told(channels["pager"]) == [("bad", "shop/host"), ("bad", "shop.a.orders"), ("recovered", "shop/host")]


def test_what_was_found_down_long_ago_hides_nothing(seen, channels):
    rows = {"shop.a.often": Needs(("shop/host",)), "shop.a.orders": Needs((), ("shop/host",))}
    seen(0, {"shop.a.often": unreachable("shop/host")}, batch="continuous", declared=rows)
    seen(600, {"shop.a.orders": (CRITICAL, {})}, declared=rows)
    assert told(channels["pager"]) == [("bad", "shop/host")] * 2
    seen(HOUR, {"shop.a.orders": (CRITICAL, {})}, declared=rows)  # no continuous round came any more
    assert told(channels["pager"])[2:] == [("bad", "shop.a.orders")]


def test_what_was_broken_behind_a_target_and_not_looked_at_since_is_not_called_good(seen, channels):
    rows = {"shop.a.disk": Needs(("shop/host",)), "shop.a.weekly": Needs((), ("shop/host",))}
    seen(0, {"shop.a.disk": unreachable("shop/host"), "shop.a.weekly": (CRITICAL, {})}, batch="weekly", declared=rows)
    seen(DAY, {"shop.a.disk": (OK, {})}, declared=rows)
    assert told(channels["pager"])[1:] == [("recovered", "shop/host"), ("bad", "shop.a.weekly")]
    recovered = channels["pager"].taken[1]
    assert [row.id for row in recovered.rows] == ["shop.a.disk"]


def test_a_row_that_was_waived_meanwhile_has_seen_nothing_of_its_target(seen, channels):
    seen(0, {f"shop.a.row{n}": unreachable("shop/host") for n in range(2)})
    waived = (Outcome.WAIVED, {"real_outcome": UNKNOWN, "cause": {"target": "shop/host", "words": "refused"}})
    seen(HOUR, {"shop.a.row0": waived})
    seen(2 * HOUR, {"shop.a.row1": unreachable("shop/host")})
    assert told(channels["pager"]) == [("bad", "shop/host")]


def test_a_slower_round_is_no_news_of_a_target_either(seen, channels):
    seen(600, {f"shop.a.row{n}": unreachable("shop/host") for n in range(2)})
    seen(0, {"shop.a.row0": (OK, {})})  # judged before, and ended after
    assert told(channels["pager"]) == [("bad", "shop/host")]


def test_a_target_that_a_held_back_row_cannot_reach_is_not_over(seen, channels):
    seen(0, {"shop.a.disk": (CRITICAL, {})})
    seen(HOUR, {"shop.a.disk": unreachable("shop/host"), "shop.a.load": unreachable("shop/host")})
    seen(2 * HOUR, {"shop.a.disk": unreachable("shop/host"), "shop.a.load": (OK, {})})
    seen(3 * HOUR, {"shop.a.disk": (OK, {}), "shop.a.load": (OK, {})})
    assert told(channels["pager"]) == [
        ("bad", "shop.a.disk"), ("bad", "shop/host"), ("ended", "shop.a.disk"), ("recovered", "shop/host"),
    ]  # fmt: skip


def test_every_channel_that_heard_of_a_cause_hears_its_end(seen, channels, alerting):
    said = alerting(routes=[
        {"channels": ["pager"], "batches": ["daily"]}, {"channels": ["chat"], "batches": ["weekly"]},
    ], policy={"remind": "1h"})  # fmt: skip
    seen(0, {"shop.a.mail": unreachable("shop/database")}, said=said)
    seen(DAY, {"shop.a.disk": unreachable("shop/database")}, said=said)
    seen(2 * DAY, {"shop.a.disk": (UNKNOWN, {"summary": "no answer"})}, batch="weekly", said=said)
    seen(3 * DAY, {"shop.a.disk": (UNKNOWN, {"summary": "not judged: killed"})}, batch="weekly", said=said)
    seen(4 * DAY, {"shop.a.disk": (OK, {}), "shop.a.mail": (OK, {})}, said=said)
    for receiver in channels.values():
        open_ = {alert.key for alert in receiver.taken} - {alert.key for alert in receiver.taken if alert.is_over}
        assert open_ == set()
    assert "shop/database" in {alert.key for alert in channels["chat"].taken}


def test_an_alert_that_a_channel_cannot_take_is_passed_by_others_and_not_lost(channels, alerting, store, monkeypatch):
    monkeypatch.setattr(sending, "_PAUSES", ())
    said = alerting()

    def send(day):
        Outbox(store, said.channels, time.monotonic() + 5, clock=lambda: time.time() + day * DAY).send_all()

    channels["chat"].refuses = lambda: NotDelivered("554 looks like spam")
    record_flips(a_round(BEGUN, a_record("shop.a.first", CRITICAL, BEGUN)), said, store)
    for day in range(3):
        send(day)
    record_flips(a_round(BEGUN + DAY, a_record("shop.a.second", CRITICAL, BEGUN + DAY)), said, store)
    channels["chat"].refuses = lambda: None
    send(2)  # the first one rests for hours after its third try
    assert told(channels["chat"]) == [("bad", "shop.a.second"), ("bad", "shop.a.first")]


def test_a_row_that_came_and_went_and_was_not_looked_at_is_not_called_good(seen, channels, alerting):
    said = alerting(policy={"remind": None, "flapping": {"changes": 3, "within": "6h", "calm": "2h"}})
    rows = {"shop.a.login": Needs((), ("shop/host",)), "shop.a.load": Needs(("shop/host",))}
    for number, outcome in enumerate([(OK, {}), (CRITICAL, {}), (OK, {}), unreachable("shop/host")]):
        seen(number * 600, {"shop.a.login": outcome}, said=said, declared=rows)
    seen(HOUR, {"shop.a.load": (OK, {})}, said=said, declared=rows)
    over = channels["pager"].taken[-1]
    assert (over.key, [(row.id, row.level) for row in over.rows]) == ("shop/host", [("shop.a.login", Level.UNKNOWN)])


@pytest.mark.parametrize("insists", [False, True])
def test_what_another_runner_tries_once_more_is_not_sent_beside_it(channels, alerting, store, monkeypatch, insists):
    monkeypatch.setattr(sending, "_PAUSES", ())
    said = alerting()
    channels["chat"].refuses = lambda: NotDelivered("554 looks like spam")
    record_flips(a_round(BEGUN, a_record("shop.a.first", CRITICAL, BEGUN)), said, store)
    for day in range(3):
        Outbox(store, said.channels, time.monotonic() + 5, clock=lambda day=day: time.time() + day * DAY).send_all()
    present = time.time() + 4 * DAY
    with store.transaction() as statements:
        (stuck,) = waiting(statements)
        assert take(statements, stuck, present + 60) is Taken.OURS  # the other runner
    channels["chat"].refuses = lambda: None
    record_flips(a_round(BEGUN + DAY, a_record("shop.a.second", CRITICAL, BEGUN + DAY)), said, store)
    Outbox(store, said.channels, time.monotonic() + 5, clock=lambda: present, insists=insists).send_all()
    assert told(channels["chat"]) == [("bad", "shop.a.second")]
