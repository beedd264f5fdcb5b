"""Mistakes in `waivers.yaml`, each with its line and what would be right."""

import pytest

GOOD = {
    "id": "shop.health.disk",
    "owner": "eve",
    "reason": "r",
    "from": "2026-01-01T00:00:00Z",
    "until": "2026-02-01T00:00:00Z",
}


@pytest.fixture
def said(shop):
    """What is wrong with such a file of waivers."""

    def of(text):
        mistakes = sorted(set(shop(waivers=text).mistakes))
        return [str(each).removeprefix("systems/shop/waivers.yaml:") for each in mistakes]

    return of


def entry(**changed):
    return "- " + "\n  ".join(f"{key}: {value}" for key, value in (GOOD | changed).items() if value is not None) + "\n"


def test_a_good_file_an_empty_one_and_none_have_no_mistakes(said):
    assert said(entry()) == said("# nothing is waived\n") == said("[]") == said(entry(ticket=4711)) == []
    assert said(entry(id="shop.*")) == said(entry(until="2026-01-01T06:00Z")) == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"owner": None}, "1: [0].owner: owner is missing"),
        ({"reason": None}, "1: [0].reason: reason is missing"),
        ({"until": None}, "1: [0].until: until is missing"),
        ({"reason": "' '"}, "3: [0].reason: is empty: a waiver says who answers for it, and why"),
        ({"owner": 7}, "2: [0].owner: text is due; put it in quotes"),
        ({"form": "x", "from": None}, "5: [0].form: there is no key 'form' here; did you mean 'from'?"),
        ({"until": "2026-02-01"}, "5: [0].until: 2026-02-01 has no time: write 2026-02-01T00:00:00Z (UTC)"),
        ({"until": "2026-02-01T00:00:00"},
         "5: [0].until: 2026-02-01 00:00:00 has no time zone: UTC is due, such as 2026-02-01T00:00:00Z"),
        ({"until": "2026-02-01T00:00:00+01:00"},
         "5: [0].until: 2026-02-01 00:00:00+01:00 is not in UTC: write 2026-01-31T23:00:00Z"),
        ({"until": "Friday"}, "5: [0].until: 'Friday' is no time such as 2026-12-01T00:00:00Z"),
        ({"until": 7}, "5: [0].until: 7 is no time such as 2026-12-01T00:00:00Z"),
        ({"until": "'0001-01-01T00:00:00+14:00'"}, "5: [0].until: 0001-01-01T00:00:00+14:00 is no time that a waiver can have"),
        ({"until": "2026-01-01T00:00:00Z"},
         "5: [0].until: ends at 2026-01-01T00:00:00Z, which is not after its start at 2026-01-01T00:00:00Z"),
        ({"until": "2026-04-01T00:00:01Z"},
         "5: [0].until: 2026-04-01T00:00:01Z is too long: 90 d from its start is the most (rounds_longest_waiver), which is 2026-04-01T00:00:00Z"),
        ({"until": "2036-04-01T00:00:01Z"},
         "5: [0].until: 2036-04-01T00:00:01Z is too long: 90 d from its start is the most (rounds_longest_waiver), which is 2026-04-01T00:00:00Z"),
        ({"id": "shp.health.disk"}, "1: [0].id: 'shp.health.disk' is of another system: an id of shop is due here"),
        ({"id": "disk"}, "1: [0].id: 'disk' is neither an id nor a pattern with *, such as shop.backup.*"),
        ({"id": "shop.health.dis[kc]"}, "1: [0].id: 'shop.health.dis[kc]' is neither an id nor a pattern with *, such as shop.backup.*"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_entry(said, changed, expected):
    assert said(entry(**changed)) == [expected]


def test_what_is_wrong_with_the_file(said):
    assert said("shop.health.disk: eve\n") == ["1: is not a list of waivers (- id: …)"]
    assert said("- shop.health.disk\n") == ["1: [0]: is not a waiver: a waiver has id, owner, reason and until"]
    assert "is not YAML" in said("- {id: [")[0]


def test_an_id_that_is_no_row_any_more_is_no_mistake(said):
    assert said(entry(id="shop.health.gone")) == []
