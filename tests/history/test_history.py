"""What is kept of rounds, the same in a file and in a PostgreSQL."""

import pytest

from rounds.outcome import Outcome

from .conftest import moment, record

DISK = "mine.area.disk"


def test_an_empty_history_knows_nothing(place, round_of):
    history = place.new()
    assert history.since() == {}
    assert history.names() == []
    assert history.entries(DISK, 10) == []
    assert not history.earlier(DISK).figures
    assert history.past(round_of(0, record("disk"))).outcomes == {}


def test_what_rounds_saw_is_there_for_the_next_one(place, round_of):
    place.new().add(round_of(2, record("disk", figure=70)))
    place.new().add(round_of(1, record("disk", Outcome.CRITICAL, 95), record("log")))
    history = place.new()
    assert history.since()[DISK][0] == "critical"
    assert history.since(moment(1.5))[DISK][0] == "ok"
    assert set(history.since()) == {DISK, "mine.area.log"} == set(history.names())
    newest, oldest = history.earlier(DISK).figures["used"]
    assert (newest.value, oldest.value) == (95, 70)
    assert newest.age_seconds == pytest.approx(86400, abs=60)
    entries = history.entries(DISK, 10)
    assert [(entry.outcome, entry.figures) for entry in entries] == [("ok", {"used": 70}), ("critical", {"used": 95})]
    assert [entry.outcome for entry in history.entries(DISK, 1)] == ["critical"]
    assert history.known(DISK)["used"].allowed == "at most 90 % (warning at 80 %)"


def test_a_round_that_is_added_twice_is_there_once(place, round_of):
    told = round_of(1, record("disk", figure=70))
    place.new().add(told)
    told.records[0].outcome = Outcome.WARNING
    place.new().add(told)
    assert [entry.outcome for entry in place.new().entries(DISK, 10)] == ["warning"]


def test_the_past_of_a_page_is_of_the_rounds_before_and_the_oldest_is_first(place, round_of):
    for days in range(40, 0, -1):
        place.new().add(round_of(days, record("disk", Outcome.OK if days > 1 else Outcome.CRITICAL, figure=days)))
    now = round_of(0, record("disk", figure=5), record("new"))
    past = place.new().past(now)
    assert past.outcomes == {DISK: ["ok"] * 28 + ["critical"]}
    assert past.figures == {(DISK, "used"): [float(days) for days in range(40, 0, -1)]}
    assert place.new().past(round_of(39.5, record("disk"))).outcomes == {DISK: ["ok"]}


def test_what_is_too_old_is_forgotten(place, round_of):
    place.new(kept_days=10).add(round_of(12, record("disk")))
    place.new(kept_days=10).add(round_of(1, record("disk")))
    assert len(place.new().entries(DISK, 10)) == 2  # a week at a time
    place.new(kept_days=10).add(round_of(0, record("disk")))
    assert len(place.new().entries(DISK, 10)) == 2


def test_a_clock_that_jumps_ahead_does_not_forget_everything(place, round_of):
    for days in (9, 8, 1):
        place.new(kept_days=30).add(round_of(days, record("disk")))
    place.new(kept_days=30).add(round_of(-3650, record("disk")))
    place.new(kept_days=30).add(round_of(0, record("disk")))
    assert len(place.new().entries(DISK, 10)) == 5


def test_age_makes_everything_older(place, round_of):
    place.new().add(round_of(0, record("disk")))
    place.new().age(86400)
    assert place.new().earlier(DISK).figures["used"][0].age_seconds == pytest.approx(86400, abs=60)


def test_text_of_any_kind_is_kept(place, round_of):
    name = "mine.area.100% ? ' \" ; --"
    told = round_of(1, record("x"))
    told.records[0].id = name
    place.new().add(told)
    assert place.new().names() == [name]
    assert place.new().entries(name, 1)[0].outcome == "ok"
