"""A row's own `waived` is a waiver like those of the file: the same rules, and the same is pointed out."""

import json

import pytest

ROW = "- id: shop.health.disk\n  check: disk-usage\n  host: web\n  when: [daily]\n  runbook: Daily\n  waived:\n"
GOOD = {"owner": "eve", "reason": "r", "from": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}


@pytest.fixture
def said(shop):
    """What is wrong with a row whose waiver is changed so."""

    def of(**changed):
        lines = [f"    {key}: {value}\n" for key, value in (GOOD | changed).items() if value is not None]
        mistakes = sorted(set(shop(expectations=ROW + "".join(lines)).mistakes))
        return [str(each).removeprefix("systems/shop/expectations.yaml:") for each in mistakes]

    return of


def test_a_good_waiver_has_no_mistakes(said):
    assert said() == said(ticket=4711) == said(until="2026-01-01T06:00Z") == []
    assert said(until="2020-01-01T00:00:00Z", **{"from": None}) == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"owner": None}, "6: [0].waived.owner: owner is missing"),
        ({"reason": "' '"}, "8: [0].waived.reason: is empty: a waiver says who answers for it, and why"),
        ({"form": "x", "from": None}, "10: [0].waived.form: there is no key 'form' here; did you mean 'from'?"),
        ({"until": "2026-02-01"}, "10: [0].waived.until: 2026-02-01 has no time: write 2026-02-01T00:00:00Z (UTC)"),
        ({"until": "2026-02-01T00:00:00"},
         "10: [0].waived.until: 2026-02-01 00:00:00 has no time zone: UTC is due, such as 2026-02-01T00:00:00Z"),
        ({"until": "2026-02-01T00:00:00+01:00"},
         "10: [0].waived.until: 2026-02-01 00:00:00+01:00 is not in UTC: write 2026-01-31T23:00:00Z"),
        ({"from": "2026-02-01T00:00:00Z"},
         "10: [0].waived.until: ends at 2026-02-01T00:00:00Z, which is not after its start at 2026-02-01T00:00:00Z"),
        ({"until": "2026-04-01T00:00:01Z"},
         "10: [0].waived.until: 2026-04-01T00:00:01Z is too long: 90 d from its start is the most (rounds_longest_waiver), which is 2026-04-01T00:00:00Z"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_it(said, changed, expected):
    assert said(**changed) == [expected]


def test_what_the_rows_model_finds_too_is_told_once_and_an_id_is_none_of_its_keys(project):
    project.rows({"id": "bad", "shows": 11, "waived": {"owner": "eve", "reason": "r", "until": "Friday"}})
    done = project.run("run", "daily")
    assert done.returncode == 4
    assert (done.stdout + done.stderr).count("[0].waived.until: 'Friday' is no time") == 1
    project.rows({"id": "bad", "waived": {"id": "x", "owner": "eve", "reason": "r", "until": "2026-12-01T00:00:00Z"}})
    done = project.run("run", "daily")
    assert "[0].waived.id: there is no key 'id' here" in done.stdout + done.stderr


def test_what_ends_soon_has_ended_has_not_begun_or_is_ok_again_is_pointed_out(project, at):
    def waived(**more):
        return {"owner": "eve", "reason": "disk is ordered"} | more

    project.rows(
        {"id": "soon", "shows": 11, "waived": waived(until=at(2))},
        {"id": "later", "shows": 11, "waived": waived(until=at(9))},
        {"id": "ended", "shows": 11, "waived": waived(until=at(-1))},
        {"id": "not-yet", "shows": 11, "waived": waived(until=at(9), **{"from": at(1)})},
        {"id": "good", "shows": 1, "waived": waived(until=at(9))},
    )
    project.run("run", "daily")
    assert project.outcomes() == {
        "soon": "waived", "later": "waived", "ended": "critical", "not-yet": "critical", "good": "ok"
    }  # fmt: skip
    assert "the waiver of eve ended" in project.summary(".ended")
    assert "waiver" not in project.summary(".not-yet")
    notices = json.loads((project.latest / "results.json").read_text())["round"]["notices"]
    lines = sorted(notice.partition("the waiver of mine.area.")[2][:22] for notice in notices)
    assert lines == ["ended by eve ended 202", "good by eve can be rem", "soon by eve ends 20" + at(2)[2:5]]
    assert all(notice.startswith("systems/mine/expectations.yaml:") for notice in notices)


def test_it_lasts_as_long_as_the_setting_says_and_is_listed(project, at):
    project.rows({"id": "bad", "shows": 11, "waived": {"owner": "eve", "reason": "r", "until": at(91)}})
    done = project.run("run", "daily")
    assert done.returncode == 4
    assert "[0].waived.until: " in done.stderr + done.stdout
    assert "90 d from now is the most (rounds_longest_waiver)" in done.stderr + done.stdout
    assert not (project.folder / "looks").exists()
    (project.folder / "pytest.toml").write_text(
        '[pytest]\nrounds_systems = "systems"\nrounds_longest_waiver = "120d"\n'
    )
    assert project.run("run", "daily", "--", "-p", "rounds.plugin").returncode == 0
    assert project.outcomes() == {"bad": "waived"}
    (listed,) = project.run("waive", "--list").stdout.splitlines()
    assert listed.startswith("ends in 9")
    assert "mine.area.bad: r (eve) systems/mine/expectations.yaml:" in listed
