"""What is usual, by figures alone; tests/data_figures/test_usual_rows.py has tables behind them."""

import math
import random
from collections.abc import Callable

import pytest

from rounds.band import Aged, Kind, Usual, usual

DAY, HOUR = 86400.0, 3600.0
COUNT = Kind(root=True, not_below=0.0)


def chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - the same figures each time, no secret


def daily(days: int, value: Callable[[int], float]) -> list[Aged]:
    """A figure a day at this hour, by how many days ago it was."""
    return [Aged(value(ago), ago * DAY) for ago in range(1, days + 1)]


def noise(ago: int, around: float = 1000.0, spread: float = 30.0) -> float:
    return around + chance(ago).gauss(0, spread)


def closed(ago: int) -> float:
    """A shop that was closed today a week ago, and today every week before."""
    return 0.0 if ago % 7 == 0 else noise(ago)


def test_too_little_history_is_unknown_and_says_how_much_is_due() -> None:
    for days in (0, 1, 6):
        judged = usual(1000, daily(days, noise), COUNT)
        assert judged.fits is None
        assert judged.words == f"history of {days} days, 7 are due"


def test_many_rounds_of_one_day_are_one_day() -> None:
    judged = usual(1000, [Aged(1000, DAY + 60.0 * n) for n in range(500)], COUNT)
    assert judged.words == "history of 1 days, 7 are due"


def test_a_week_at_this_hour_is_enough() -> None:
    history = daily(7, noise)
    assert usual(1010, history, COUNT).fits
    assert usual(100, history, COUNT).fits is False
    assert usual(100, history, COUNT).words == "by 7 days at this hour"


def test_the_hour_of_the_day_counts() -> None:
    """Nights are quiet: what is usual at noon would be odd now."""
    noon = [Aged(9000 + ago, ago * DAY - 12 * HOUR) for ago in range(1, 30)]
    history = [*daily(30, noise), *noon]
    assert usual(1000, history, COUNT).fits
    assert usual(9000, history, COUNT).fits is False


def test_rounds_at_odd_hours_are_compared_with_all_days() -> None:
    history = [Aged(noise(ago), ago * DAY + (ago * 5 % 24 - 12) * HOUR) for ago in range(1, 20)]
    judged = usual(1000, history, COUNT)
    assert judged.fits
    assert "at any hour" in judged.words
    assert usual(300, history, COUNT).fits is False


def test_a_shop_that_is_closed_on_sundays_raises_no_alarm_on_sunday_but_on_monday() -> None:
    for weeks in (2, 3, 4, 8, 30):
        history = daily(weeks * 7, closed)
        assert usual(0, history, COUNT).fits, f"closed as {weeks} times before"
        monday = [Aged(each.value, each.age_seconds + DAY) for each in history]
        assert usual(0, [Aged(0, DAY), *monday[:-1]], COUNT).fits is False, f"after {weeks} weeks"
        assert usual(1000, [Aged(0, DAY), *monday[:-1]], COUNT).fits


def test_a_weekday_that_was_never_seen_is_unknown_where_it_is_odd() -> None:
    history = [each for each in daily(12, noise) if each.days % 7]
    judged = usual(0, history, COUNT)
    assert judged.fits is None
    assert "no earlier day of this weekday" in judged.words
    assert usual(1000, history, COUNT).fits


def test_an_open_shop_on_a_usually_closed_day_is_told() -> None:
    assert usual(1000, daily(60, closed), COUNT).fits is False


def test_a_fault_that_lasts_a_week_does_not_vouch_for_itself() -> None:
    history = daily(24, lambda ago: 100.0 if ago <= 8 else noise(ago))
    assert usual(100, history, COUNT).fits is False


def test_one_bad_day_moves_nothing() -> None:
    """Not even looked at every five minutes."""
    bad_day = [Aged(0, 2 * DAY + 300.0 * n) for n in range(-100, 100)]
    history = [each for each in daily(20, noise) if each.days != 2] + bad_day
    assert usual(1000, history, COUNT).fits
    assert usual(0, history, COUNT).fits is False


def test_a_step_is_told_until_it_is_half_of_the_history() -> None:
    def after(days: int) -> bool | None:
        return usual(500, daily(91, lambda ago: 500.0 if ago <= days else noise(ago)), COUNT).fits

    assert [after(days) for days in (0, 1, 7, 14, 30)] == [False] * 5
    assert after(60)


def test_what_never_changed_may_change_a_little() -> None:
    history = daily(40, lambda _: 400.0)
    assert usual(420, history, COUNT).fits
    assert usual(380, history, COUNT).fits
    assert usual(379, history, COUNT).fits is False
    assert usual(421, history, Kind()).fits is False
    never = daily(40, lambda _: 0.0)
    assert usual(0.5, never, Kind(least=1.0, not_below=0.0)).fits
    assert usual(1.5, never, Kind(least=1.0, not_below=0.0)).fits is False
    assert usual(1, never, Kind()).fits is False


def test_a_share_may_fall_as_far_as_it_likes() -> None:
    share = Kind(least=1.0, not_below=0.0, may_fall=True)
    history = daily(40, lambda ago: 20 + ago % 3)
    assert usual(0, history, share).fits
    assert usual(60, history, share).fits is False


def test_a_history_that_was_poisoned_slowly_is_told_though_each_figure_fits() -> None:
    """A percent less each day: the band goes along."""
    history = daily(91, lambda ago: 1000 * 0.99 ** (91 - ago))
    judged = usual(1000 * 0.99**91, history, COUNT)
    assert judged.fits
    assert judged.drift
    assert usual(1000, daily(91, noise), COUNT).drift == ""


def test_a_history_that_grows_has_a_wide_band_and_still_tells_a_fall() -> None:
    growing = daily(91, lambda ago: 300.0 - 2 * ago)
    assert usual(295, growing, COUNT).fits
    assert usual(120, growing, COUNT).fits is False, "as little as three months ago"


def test_some_poison_does_not_widen_the_band_to_anything() -> None:
    history = daily(56, lambda ago: chance(ago).uniform(0, 5000) if ago % 4 == 1 else noise(ago))
    assert usual(100, history, COUNT).fits is False


def test_figures_of_today_and_those_that_are_none_do_not_count() -> None:
    history = [Aged(5000, 60.0 * n) for n in range(600)] + [Aged(math.nan, 3 * DAY), Aged(math.inf, 5 * DAY)]
    assert usual(5000, history + daily(7, noise), COUNT).fits is False


def test_the_band_holds_what_it_was_made_of_the_oldest_first() -> None:
    judged = usual(103, daily(100, lambda ago: 100.0 + ago / 100), COUNT)
    assert judged.band
    assert judged.band["earlier"] == [100.91, 100.84, *[100 + week * 7 / 100 for week in range(11, 0, -1)]]
    assert judged.band["lowest"] < judged.band["usual"] < judged.band["highest"]


def test_good_figures_are_hardly_ever_called_unusual() -> None:
    drawn = chance(7)

    def one(weeks: int) -> Usual:
        return usual(drawn.gauss(1000, 60), daily(weeks * 7, lambda _: drawn.gauss(1000, 60)), Kind())

    for weeks, at_most in ((1, 14), (4, 8), (13, 3)):
        wrong = sum(one(weeks).fits is False for _ in range(1000))
        assert wrong <= at_most, f"{wrong} of 1000 with a history of {weeks} weeks"


@pytest.mark.parametrize("weeks", [1, 4, 13])
def test_half_of_the_usual_is_told_where_the_figure_is_steady(weeks: int) -> None:
    assert usual(500, daily(weeks * 7, noise), COUNT).fits is False
