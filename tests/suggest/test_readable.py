"""Figures as a person would write them, and what names suggest."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rounds.suggest import column_names, figures

NUMBERS = st.floats(min_value=-1e12, max_value=1e12, allow_nan=False).filter(
    lambda value: not value or abs(value) > 1e-9
)


@given(NUMBERS)
def test_figures_are_rounded_outwards(value):
    air = abs(value) * 1e-9
    assert figures.below(value) <= value + air
    assert value - air <= figures.above(value) <= max(value + abs(value), 0)


@pytest.mark.parametrize(
    ("value", "above", "below"),
    [
        (847.2, 1000, 800),
        (13, 15, 12),
        (0, 0, 0),
        (0.97, 1, 0.8),
        (-3.4, -3, -4),
        (1000, 1000, 1000),
        (0.03, 0.03, 0.03),
    ],
)
def test_figures_are_plain(value, above, below):
    assert figures.above(value) == above
    assert figures.below(value) == below


@given(st.floats(min_value=1e-6, max_value=100))
def test_a_share_has_air_above_it(percent):
    text = figures.share_above(percent)
    assert percent <= float(text.removesuffix("%")) <= max(percent * 2.05, percent + 2)


def test_shares_counts_and_durations():
    assert [figures.share_above(each) for each in (2.9, 0.12, 47, 99.9)] == ["3%", "0.2%", "48%", "100%"]
    assert [figures.two_digits_below(each) for each in (7, 99, 12_345, 200_000)] == [7, 99, 12_000, 200_000]
    assert figures.duration_above(5400) == "2h"
    assert figures.duration_above(1e9) is None
    assert figures.duration("36h") == 36 * 3600
    assert math.isclose(float(figures.said(12.345)), 12.3)


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "userEmail",
        "E_MAIL",
        "api_key",
        "reset_token",
        "phone_numbers",
        "first_name",
        "ip",
        "PasswordHash",
        "iban",
    ],
)
def test_private_names(name):
    assert column_names.is_private(name)


@pytest.mark.parametrize(
    "name", ["status", "shop", "mailbox_size", "price", "shipment", "name", "description", "hashtag"]
)
def test_names_that_are_not_private(name):
    assert not column_names.is_private(name)


def test_pairs_in_an_order():
    assert column_names.is_at_most("pix_price", "price")
    assert column_names.is_at_most("min_price", "max_price")
    assert column_names.is_at_most("price", "list_price")
    assert column_names.is_at_most("paid_price", "price")
    assert not column_names.is_at_most("price", "pix_price")
    assert not column_names.is_at_most("price", "amount")
    assert column_names.is_before("created_at", "updated_at")
    assert not column_names.is_before("updated_at", "created_at")
    assert column_names.is_before("startedAt", "finishedAt")


def test_moments():
    assert column_names.moment_rank("created_at") == 0
    assert column_names.moment_rank("expires_at") is None
    assert column_names.moment_rank("price") is None
    assert column_names.says_moment("checkedAt")
    assert not column_names.says_moment("category")
    assert column_names.referred_tables("category_id") == ("category", "categorys", "categoryes", "categories")
    assert column_names.referred_tables("_id") == ()
