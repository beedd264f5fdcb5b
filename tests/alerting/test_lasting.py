"""What lasts: who hears of it again and until when, whatever rounds, routes, rows and runners come and go meanwhile."""

import time

from rounds.alerting.alert import Kind, Level
from rounds.alerting.ledger import Taken, take, waiting
from rounds.alerting.sending import Outbox
from rounds.alerting.telling import record_flips
from rounds.inventory.dependencies import Needs
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


def test_a_weekly_row_lasts_for_its_week_whatever_other_rounds_there_are(seen, lasting):
    seen(0, {"shop.a.weekly": (CRITICAL, {})}, batch="weekly")
    for minutes in range(5, 60, 5):
        seen(minutes * 60, {"shop.a.often": (CRITICAL, {})}, batch="continuous")
    ends = {alert.key: alert.ends_at for alert, _ in lasting(HOUR)}
    assert ends == {"shop.a.weekly": "2026-01-13T06:00:00.000Z", "shop.a.often": "2026-01-05T07:10:00.000Z"}
    assert [alert.key for alert, _ in lasting(7 * DAY)] == ["shop.a.weekly"]  # the continuous ones have stopped
    assert lasting(8 * DAY + 1) == []


def test_only_those_who_were_told_hear_again_and_hear_the_end(seen, channels, lasting, alerting):
    said = alerting(routes=[
        {"channels": ["pager"], "batches": ["weekly"]}, {"channels": ["chat"], "batches": ["daily"]},
    ])  # fmt: skip
    seen(0, {"shop.a.row": (CRITICAL, {})}, batch="weekly", said=said)
    assert [names for _, names in lasting(HOUR)] == [{"pager"}]
    seen(DAY, {"shop.a.row": (OK, {})}, batch="daily", said=said)
    assert told(channels["pager"]) == [("bad", "shop.a.row"), ("recovered", "shop.a.row")]
    assert told(channels["chat"]) == []


def test_who_heard_that_it_is_critical_hears_that_it_is_only_a_warning_now_and_the_end(seen, channels, alerting):
    said = alerting(routes=[
        {"channels": ["pager"], "levels": ["critical"]}, {"channels": ["chat"], "levels": ["warning"]},
    ])  # fmt: skip
    for day, outcome in enumerate((CRITICAL, WARNING, OK)):
        seen(day * DAY, {"shop.a.row": (outcome, {})}, said=said)
    assert [(str(alert.kind), alert.level) for alert in channels["pager"].taken] == [
        ("bad", Level.CRITICAL), ("bad", Level.WARNING), ("recovered", Level.GOOD),
    ]  # fmt: skip
    assert told(channels["chat"]) == [("bad", "shop.a.row"), ("recovered", "shop.a.row")]


def test_a_row_that_the_inventory_has_no_more_is_ended(seen, channels, lasting):
    seen(0, {"shop.a.old": (CRITICAL, {}), "shop.a.other": (OK, {}), "bank.a.row": (CRITICAL, {})})
    seen(
        HOUR, {"shop.a.other": (OK, {})}, declared={"shop.a.other": Needs(), "shop.a.old": Needs()}
    )  # not judged, but there
    assert told(channels["pager"]) == [("bad", "shop.a.old"), ("bad", "bank.a.row")]
    seen(2 * HOUR, {"shop.a.other": (OK, {})}, declared={"shop.a.other": Needs()})
    (*_, ended) = channels["pager"].taken
    assert (ended.kind, ended.key, ended.lasted_seconds) == (Kind.ENDED, "shop.a.old", 2 * HOUR)
    assert ended.rows[0].summary == "the inventory has no such row any more"
    assert [alert.key for alert, _ in lasting(2 * HOUR)] == ["bank.a.row"]  # of a system that is not ours
    seen(3 * HOUR, {"shop.a.other": (OK, {})}, declared={"shop.a.other": Needs()})
    assert len(channels["pager"].taken) == 3


def test_a_target_that_comes_and_goes_is_one_alert_for_all_rows_behind_it(seen, channels, alerting, lasting):
    said = alerting(policy={"remind": None, "flapping": {"changes": 4, "within": "6h", "calm": "1h"}})

    def look(minutes, is_down):
        outcome = unreachable("shop/database") if is_down else (OK, {})
        seen(minutes * 60, {f"shop.a.row{n}": outcome for n in range(5)}, said=said)

    for number in range(20):
        look(number * 10, is_down=number % 2 == 1)
    assert told(channels["pager"]) == [
        ("bad", "shop/database"), ("recovered", "shop/database"), ("bad", "shop/database"), ("flapping", "shop/database"),
    ]  # fmt: skip
    flapping = channels["pager"].taken[-1]
    assert (len(flapping.rows), flapping.level) == (5, Level.WARNING)
    assert flapping.title == "shop/database comes and goes (5 rows)"
    assert [(str(alert.kind), alert.key) for alert, _ in lasting(200 * 60)] == [("flapping", "shop/database")]
    for minutes in range(200, 300, 10):
        look(minutes, is_down=False)
    assert told(channels["pager"])[4:] == [("recovered", "shop/database")]
    assert lasting(300 * 60) == []


def test_a_target_that_came_and_went_and_stays_away_is_told(seen, channels, alerting):
    said = alerting(policy={"remind": None, "flapping": {"changes": 2, "within": "6h", "calm": "1h"}})
    for number in range(20):
        is_down = number in (1, 3) or number > 5
        outcome = unreachable("shop/database") if is_down else (OK, {})
        seen(number * 600, {f"shop.a.row{n}": outcome for n in range(5)}, said=said)
    assert told(channels["pager"])[1:] == [("flapping", "shop/database"), ("bad", "shop/database")]


def test_a_cause_that_moves_to_another_target_is_told_there_and_is_over_here(seen, channels):
    seen(0, {f"shop.a.row{n}": unreachable("shop/host") for n in range(3)})
    seen(HOUR, {f"shop.a.row{n}": unreachable("shop/database") for n in range(3)})
    seen(2 * HOUR, {f"shop.a.row{n}": (UNKNOWN, {"summary": "no answer in time"}) for n in range(3)})  # no new cause
    seen(3 * HOUR, {f"shop.a.row{n}": (OK, {}) for n in range(3)})
    assert told(channels["pager"]) == [
        ("bad", "shop/host"), ("bad", "shop/database"), ("ended", "shop/host"), ("recovered", "shop/database"),
    ]  # fmt: skip


def test_a_row_that_is_late_to_be_told_is_told_under_its_cause(seen, channels, alerting):
    said = alerting(policy={"remind": None, "after": 3})
    for number in range(3):
        seen(number * HOUR, {f"shop.a.row{n}": unreachable("shop/database") for n in range(3)}, said=said)
    assert told(channels["pager"]) == [("bad", "shop/database")]


def test_what_another_runner_sends_just_now_is_not_overtaken(store, channels, alerting):
    said = alerting()
    for number, outcome in enumerate((CRITICAL, OK)):
        at = BEGUN + number * HOUR
        record_flips(a_round(at, a_record("shop.a.row", outcome, at)), said, store)
    with store.transaction() as statements:
        due = [each for each in waiting(statements) if each.channel == "pager"]
        assert take(statements, due[0], time.time() + 60) is Taken.OURS  # the other runner, before we come to it
    Outbox(store, said.channels, time.monotonic() + 5)._send(said.channels["pager"], due)
    assert channels["pager"].taken == []
