"""From rounds to alerts: grouped by cause, recorded first, sent once, and quiet while a window is open."""

import threading
import time

import pytest

from rounds.alerting.after_round import tell
from rounds.alerting.alert import Kind, Level
from rounds.alerting.sending import Outbox
from rounds.alerting.telling import record_flips
from rounds.alerting.windows import close_windows, keep_window, new_window
from rounds.history import History
from rounds.outcome import Outcome
from rounds.senders.sender import NotDelivered
from tests.alerting.conftest import BEGUN, a_record, a_round

OK, CRITICAL, UNKNOWN, WARNING = Outcome.OK, Outcome.CRITICAL, Outcome.UNKNOWN, Outcome.WARNING
DAY = 86400.0
CAUSE = {"target": "shop/database", "words": "connection refused"}


def kinds(receiver):
    return [(str(alert.kind), alert.key) for alert in receiver.taken]


def test_a_change_is_told_to_every_channel_once_and_its_end_with_how_long_it_lasted(store, channels, alerting):
    for day, outcome in enumerate((OK, CRITICAL, CRITICAL, OK, OK)):
        record = a_record("shop.resources.disk", outcome, BEGUN + day * DAY)
        assert tell(a_round(BEGUN + day * DAY, record), alerting(policy={"remind": None}), store).problems == []
    for receiver in channels.values():
        assert kinds(receiver) == [("bad", "shop.resources.disk"), ("recovered", "shop.resources.disk")]
        bad, good = receiver.taken
        assert bad.level is Level.CRITICAL
        assert "used is 91 %, allowed is at most 90 %" in bad.title
        assert good.lasted_seconds == pytest.approx(2 * DAY)
        assert good.since == bad.since


def test_what_is_good_in_the_first_round_is_not_told(store, channels, alerting):
    records = [a_record("shop.a.good", OK, BEGUN), a_record("shop.a.bad", CRITICAL, BEGUN)]
    tell(a_round(BEGUN, *records), alerting(), store)
    assert kinds(channels["pager"]) == [("bad", "shop.a.bad")]


def test_rows_behind_one_target_are_one_alert_from_begin_to_end(store, channels, alerting):
    def look(day, outcome, count, **given):
        rows = [a_record(f"shop.a.row{n}", outcome, BEGUN + day * DAY, **given) for n in range(count)]
        tell(a_round(BEGUN + day * DAY, *rows), alerting(), store)

    look(0, OK, 5)
    look(1, UNKNOWN, 5, cause=CAUSE, summary="database cannot be reached")
    look(1.2, UNKNOWN, 6, cause=CAUSE, summary="database cannot be reached")  # a further row is behind it
    look(1.4, OK, 6)
    bad, good = channels["pager"].taken
    assert (bad.kind, bad.key, len(bad.rows), bad.level) == (Kind.BAD, "shop/database", 5, Level.UNKNOWN)
    assert (good.kind, good.key, len(good.rows)) == (Kind.RECOVERED, "shop/database", 6)


def test_a_row_that_is_broken_behind_a_cause_is_told_for_itself_and_the_cause_is_over(store, channels, alerting):
    first = a_record("shop.a.row", UNKNOWN, BEGUN, cause=CAUSE, summary="cannot be reached")
    tell(a_round(BEGUN, first), alerting(), store)
    tell(a_round(BEGUN + DAY, a_record("shop.a.row", CRITICAL, BEGUN + DAY)), alerting(), store)
    tell(a_round(BEGUN + 2 * DAY, a_record("shop.a.row", OK, BEGUN + 2 * DAY)), alerting(), store)
    assert kinds(channels["pager"]) == [
        ("bad", "shop/database"), ("bad", "shop.a.row"), ("recovered", "shop/database"), ("recovered", "shop.a.row"),
    ]  # fmt: skip


def test_routes_choose_the_channels_and_the_end_goes_where_the_beginning_went(store, channels, alerting):
    said = alerting(routes=[
        {"channels": ["pager"], "levels": ["critical"]}, {"channels": ["chat"], "systems": ["sh*"]},
    ])  # fmt: skip
    for day, (mine, other) in enumerate([(CRITICAL, WARNING), (OK, OK)]):
        at = BEGUN + day * DAY
        rows = [a_record("shop.a.one", mine, at), a_record("bank.a.two", other, at), a_record("bank.a.three", mine, at)]
        tell(a_round(at, *rows), said, store)
    assert kinds(channels["pager"]) == [
        ("bad", "shop.a.one"), ("bad", "bank.a.three"), ("recovered", "shop.a.one"), ("recovered", "bank.a.three"),
    ]  # fmt: skip
    assert kinds(channels["chat"]) == [("bad", "shop.a.one"), ("recovered", "shop.a.one")]


def test_a_crash_between_recording_and_sending_loses_nothing_and_tells_nothing_twice(store, channels, alerting):
    said = alerting()
    record_flips(a_round(BEGUN, a_record("shop.a.row", CRITICAL, BEGUN)), said, store)  # and here it died
    for _ in range(2):
        Outbox(store, said.channels, time.monotonic() + 5).send_all()
    assert kinds(channels["pager"]) == [("bad", "shop.a.row")]
    tell(a_round(BEGUN + DAY, a_record("shop.a.row", CRITICAL, BEGUN + DAY / 2)), said, store)
    assert kinds(channels["pager"]) == [("bad", "shop.a.row")]


def test_a_channel_that_is_down_stops_no_other_and_gets_all_of_it_later_in_order(store, channels, alerting):
    channels["chat"].refuses = lambda: NotDelivered("chat is down", retry_after=60)
    said = alerting(policy={"remind": None})
    for day, outcome in enumerate((CRITICAL, OK)):
        at = BEGUN + day * DAY
        sent = tell(a_round(at, a_record("shop.a.row", outcome, at)), said, store)
    (waits,) = sent.problems  # it said when to come again, which is not yet
    assert waits.startswith("chat: 2 alerts wait for it, next tried after ")
    assert kinds(channels["pager"]) == [("bad", "shop.a.row"), ("recovered", "shop.a.row")]
    channels["chat"].refuses = lambda: None
    Outbox(store, said.channels, time.monotonic() + 5, clock=lambda: time.time() + 3600).send_all()
    assert kinds(channels["chat"]) == kinds(channels["pager"])


def test_what_a_channel_refuses_for_good_is_told_and_not_tried_again(store, channels, alerting):
    channels["chat"].refuses = lambda: NotDelivered("too long", permanent=True)
    sent = tell(a_round(BEGUN, a_record("shop.a.row", CRITICAL, BEGUN)), alerting(), store)
    assert sent.problems == ["chat: too long; given up: shop.a.row: used is 91 %, allowed is at most 90 %"]
    channels["chat"].refuses = lambda: None
    assert Outbox(store, alerting().channels, time.monotonic() + 5).send_all().taken == {}


def test_a_sender_that_breaks_is_told_and_changes_nothing_else(store, channels, alerting):
    def breaks():
        raise ZeroDivisionError

    channels["chat"].refuses = breaks
    sent = tell(a_round(BEGUN, a_record("shop.a.row", CRITICAL, BEGUN)), alerting(), store)
    assert sent.problems == ["chat: the sender itself broke: ZeroDivisionError"]
    assert kinds(channels["pager"]) == [("bad", "shop.a.row")]


def test_a_receiver_that_hangs_takes_no_longer_than_the_budget(store, channels, alerting):
    answers = threading.Event()
    channels["chat"].refuses = lambda: answers.wait(60) and None
    begun = time.monotonic()
    sent = tell(a_round(BEGUN, a_record("shop.a.row", CRITICAL, BEGUN)), alerting(budget="4s"), store)
    assert time.monotonic() - begun < 30
    answers.set()
    assert sent.problems == ["chat: no answer yet; what is left is sent next time"]
    assert kinds(channels["pager"]) == [("bad", "shop.a.row")]


def test_while_a_window_is_open_nothing_is_told_and_afterwards_what_is_still_so(store, channels, alerting):
    with store.transaction() as statements:
        keep_window(statements, new_window("shop", BEGUN, 2 * DAY, "eve", "moving the disks"))
    outcomes = [("inside", CRITICAL, OK, OK), ("lasting", CRITICAL, CRITICAL, CRITICAL)]
    for day in range(3):
        at = BEGUN + (day + 0.1) * DAY
        told = a_round(at, *(a_record(f"shop.a.{name}", seen[day], at) for name, *seen in outcomes),
                       a_record("bank.a.other", CRITICAL, at))  # fmt: skip
        tell(told, alerting(policy={"remind": None}), store)
        if day < 2:
            assert kinds(channels["pager"]) == [("bad", "bank.a.other")]
    assert kinds(channels["pager"]) == [("bad", "bank.a.other"), ("bad", "shop.a.lasting")]


def test_a_window_that_is_closed_early_is_over(store, channels, alerting):
    with store.transaction() as statements:
        keep_window(statements, new_window("shop", BEGUN, 9 * DAY, "eve", "moving the disks"))
        assert len(close_windows(statements, "shop", BEGUN + 60)) == 1
    tell(a_round(BEGUN + 120, a_record("shop.a.row", CRITICAL, BEGUN + 120)), alerting(), store)
    assert kinds(channels["pager"]) == [("bad", "shop.a.row")]


def test_what_was_told_long_ago_is_forgotten_but_not_what_still_waits(tmp_path, channels, alerting):
    history = History(tmp_path, kept_days=30)
    channels["chat"].refuses = lambda: NotDelivered("chat is down", retry_after=1e9)
    record = a_record("shop.a.row", CRITICAL, BEGUN)
    tell(a_round(BEGUN, record), alerting(), history.store)
    for days in (0, 20, 40, 60):  # it forgets at most a week a day when the clock jumps ahead
        for step in range(20):
            history.add(a_round(BEGUN + (days + step) * DAY, record))
    with history.store.transaction() as statements:
        assert statements.rows("SELECT count(*) FROM flips") == [(0,)]
        assert statements.rows("SELECT channel, status FROM deliveries") == [("chat", "waiting")]
        assert statements.rows("SELECT count(*) FROM alerts") == [(1,)]
