"""Alerts in words, for people who were just woken up."""

from dataclasses import replace

import pytest

from rounds.alerting.alert import Kind, Level
from rounds.senders.texts import duration, moment, short_key, told

SINCE = "2026-11-20T03:00:00.000Z"
HOSTILE = "\x1b[31mred\x1b[0m \x00\x07 \u202egnp \udc80 a\r\nBcc: all@example.com"


def test_what_where_since_value_limit_runbook_remedy_and_link_are_told(alert):
    text = told(alert(since=SINCE))
    assert text.title == "CRITICAL: bigshot.resources.disk-usage: used is 91 %"
    assert text.body.splitlines() == [
        "bigshot.resources.disk-usage is broken (critical) since 2026-11-20 03:00 UTC.",
        "Seen: used is 91 %, allowed is at most 90 %",
        "Where: app (local://)",
        "Runbook: Daily > Morning Checklist",
        "Remedy: find what grew; prune old exports",
        "Report: https://reports.example/daily/report.html",
    ]


def test_a_title_without_the_system_gets_it(alert):
    assert told(alert(title="disk is full")).title == "CRITICAL: bigshot: disk is full"


def test_could_not_look_is_said_otherwise_than_is_broken(alert):
    text = told(alert(level=Level.UNKNOWN, since=SINCE))
    assert text.title.startswith("COULD NOT LOOK: ")
    assert text.body.startswith(
        "Rounds could not look at bigshot.resources.disk-usage, since 2026-11-20 03:00 UTC. Whether it is broken is not known."
    )
    assert "broken (critical)" not in text.body


@pytest.mark.parametrize(
    ("given", "title", "words"),
    [
        ({"level": Level.WARNING}, "WARNING: ", "is past its warning limit since"),
        ({"kind": Kind.REMINDER}, "STILL CRITICAL: ", "is still broken (critical) since"),
        ({"kind": Kind.REMINDER, "level": Level.UNKNOWN}, "STILL CANNOT LOOK: ", "Rounds still could not look at"),
        ({"kind": Kind.FLAPPING, "level": Level.GOOD}, "FLAPPING: ", "comes and goes since"),
        ({"kind": Kind.TEST}, "TEST: ", "This is a test of the channel"),
        (
            {"kind": Kind.ENDED, "level": Level.GOOD},
            "ENDED: ",
            "is not told any more since",
        ),
    ],
)
def test_each_kind_has_its_words(alert, given, title, words):
    text = told(alert(**given))
    assert text.title.startswith(title)
    assert words in text.body


def test_a_recovery_says_how_long_it_lasted_and_needs_no_remedy(alert):
    over = alert(kind=Kind.RECOVERED, level=Level.GOOD, since=SINCE, at="2026-11-20T05:10:00Z", lasted_seconds=7800.0)
    text = told(over)
    assert text.title.startswith("RECOVERED: ")
    assert text.body.startswith(
        "bigshot.resources.disk-usage is good again since 2026-11-20 05:10 UTC."
        " It was not good for 2 h 10 min, since 2026-11-20 03:00 UTC.\n"
    )
    assert "Remedy" not in text.body


def test_a_test_says_nothing_of_what_is_broken(alert):
    assert "disk" not in told(alert(kind=Kind.TEST)).body


def test_many_rows_of_one_cause_are_the_first_few_and_how_many_more(of_many):
    text = told(of_many(22, since=SINCE))
    assert text.body.splitlines()[:3] == [
        "Rounds could not look at bigshot/database, since 2026-11-20 03:00 UTC. Whether it is broken is not known.",
        "22 expectations:",
        "- bigshot.area.name-0 (could not look): database (postgresql://db:5432/shop) cannot be reached: connection refused [Daily > Morning Checklist]",
    ]
    assert "\nand 12 more\n" in text.body
    assert "Remedy: let Rounds reach bigshot/database again" in text.body
    assert "find what grew" not in text.body  # the remedy of a disk is none for a database


def test_the_worst_rows_come_first_with_the_place_of_each(of_many, alert):
    rows = of_many(3).rows
    worst = replace(rows[2], level=Level.CRITICAL, target="app", remedy="restart it")
    text = told(alert(key="bigshot/database", rows=(*rows[:2], worst)))
    assert "3 expectations:\n- bigshot.area.name-2 (critical) at app: " in text.body
    assert "Remedy: let Rounds reach bigshot/database again" in text.body  # the cause of all of them


def test_a_cause_with_one_row_names_the_row_and_can_be_looked_at_again(of_many):
    text = told(of_many(1))
    assert "\n1 expectation:\n- bigshot.area.name-0 (could not look): database" in text.body
    assert "Remedy: let Rounds reach bigshot/database again" in text.body
    over = told(of_many(1, kind=Kind.RECOVERED, level=Level.GOOD))
    assert over.body.startswith("bigshot/database can be looked at again since ")


@pytest.mark.parametrize("longest", [3500, 1000, 500, 300, 160, 40])
@pytest.mark.parametrize("size", [len, lambda text: len(text.encode())], ids=["characters", "bytes"])
def test_what_matters_stays_when_a_text_is_cut(of_many, alert, longest, size):
    wordy = "Ünser Räumchen " * 200
    many = of_many(50)
    many = replace(many, rows=tuple(replace(row, summary=wordy, remedy=wordy, runbook=wordy) for row in many.rows))
    single = alert(
        rows=(replace(alert().rows[0], summary=f"used is 91 %, allowed is at most 90 % {wordy}", remedy=wordy),)
    )
    for each in (many, single):
        text = told(each, longest_title=60, longest=longest, size=size)
        assert size(text.body) <= longest
        assert size(text.title) <= 60
        assert text.body.startswith("Rounds could not" if each is many else "bigshot.resources.disk-usage")
    if longest >= 300:
        assert "used is 91 %, allowed is at most 90 %" in text.body
        assert "Where: app" in text.body
        assert text.body.endswith("Report: https://reports.example/daily/report.html")


def test_a_text_is_as_rich_as_fits(alert):
    long = alert(rows=(replace(alert().rows[0], remedy="do this, then that. " * 100),))
    sizes = [len(told(long, longest=longest).body) for longest in (400, 700, 3500)]
    assert sizes == sorted(set(sizes))
    assert "…" in told(long, longest=700).body


def test_hostile_text_has_no_control_characters_and_no_lines_of_its_own(alert):
    row = replace(alert().rows[0], id=HOSTILE, summary=HOSTILE, target=HOSTILE, runbook=HOSTILE, remedy=HOSTILE)
    hostile = alert(title=HOSTILE, key=HOSTILE, system=HOSTILE, link=HOSTILE, since=HOSTILE, rows=(row,))
    text = told(hostile)
    assert text.title.isprintable()
    assert all(each.isprintable() for each in text.body.split("\n"))
    assert not [each for each in text.body.splitlines() if each.startswith("Bcc:")]
    text.body.encode()


def test_an_alert_without_rows_title_and_times_is_told_all_the_same(alert):
    bare = alert(rows=(), title="", since="", at="", ends_at="", link="", system="")
    text = told(bare)
    assert text.title == "CRITICAL: bigshot.resources.disk-usage"
    assert text.body == "bigshot.resources.disk-usage is broken (critical) since a time that is not known."


def test_labels_and_other_configuration_are_not_told(alert):
    assert "payments" not in told(alert(labels=(("team", "payments"),))).body


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (7800, "2 h 10 min"),
        (7200, "2 h"),
        (273600, "3 d 4 h"),
        (-5, "0 s"),
    ],
)
def test_durations_are_said_as_people_say_them(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("2026-11-20T05:00:00+02:00", "2026-11-20 03:00 UTC"),
        ("2026-11-20T03:00:00", "2026-11-20 03:00 UTC"),
        ("soon", "soon"),
    ],
)
def test_moments_are_told_in_utc(given, words):
    assert moment(given) == words


def test_keys_that_are_cut_stay_different():
    one, other = (short_key("x" * 500 + end, 200) for end in "ab")
    assert one != other
    assert len(one) <= 200
    assert short_key("bigshot.area.name", 200) == "bigshot.area.name"
