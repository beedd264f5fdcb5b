"""Waivers of a system's file in real rounds: what they cover, when they end, and what is pointed out."""

import json
from xml.etree import ElementTree as ET

import pytest

ENTRY = "- {{id: {id}, owner: eve, reason: disk is ordered, ticket: OPS-12, until: {until}}}\n"


def notices(project):
    told = json.loads((project.latest / "results.json").read_text())["round"]["notices"]
    page = (project.latest / "report.html").read_text()
    assert all(notice.split("waivers.yaml:")[1][2:40] in page for notice in told)
    return [notice.removeprefix("systems/mine/waivers.yaml:") for notice in told]


@pytest.mark.parametrize("extra", [[], ["--", "-n", "2"]], ids=["alone", "xdist"])
def test_a_waived_row_is_looked_at_and_its_real_outcome_is_shown(project, file, at, extra):
    project.rows({"id": "bad", "shows": 11}, {"id": "hidden", "shows": -1}, {"id": "other", "shows": 12})
    file.write_text("# agreed on Monday\n" + ENTRY.format(id="mine.area.*d*", until=at(10)))
    done = project.run("run", "daily", *extra)
    assert done.returncode == 1
    assert project.outcomes() == {"bad": "waived", "hidden": "waived", "other": "critical"}
    record = next(each for each in project.told().records if each.id == "mine.area.bad")
    assert (record.real_outcome, record.waiver["entry"], record.waiver["ticket"]) == (
        "critical",
        "mine.area.*d*",
        "OPS-12",
    )
    assert "by eve (disk is ordered, OPS-12): first figure is 11 %" in record.summary
    cases = ET.parse(project.latest / "junit.xml").iter("testcase")  # noqa: S314
    case = next(each for each in cases if each.get("name") == record.id)
    assert ("waiver:ticket", "OPS-12") in [(each.get("name"), each.get("value")) for each in case.iter("property")]
    assert notices(project) == []
    assert "NOTICE" not in done.stdout


def test_what_ends_soon_has_ended_covers_nothing_or_is_ok_again_is_pointed_out_and_changes_no_outcome(
    project, file, at
):
    project.rows(
        *({"id": name, "shows": 11} for name in ("soon", "later", "ended", "not-yet")), {"id": "good", "shows": 1}
    )
    file.write_text(
        ENTRY.format(id="mine.area.soon", until=at(days=2, hours=1))
        + ENTRY.format(id="mine.area.later", until=at(days=3, hours=1))
        + ENTRY.format(id="mine.area.ended", until=at(hours=-1))
        + ENTRY.format(id="mine.area.good", until=at(1))
        + ENTRY.format(id="mine.area.laten", until=at(1))
        + ENTRY.format(id="mine.gone.*", until=at(1))
        + f"- {{id: mine.area.not-yet, owner: eve, reason: r, from: {at(1)}, until: {at(2)}}}\n"
    )
    done = project.run("run", "daily")
    assert project.outcomes() == {
        "soon": "waived", "later": "waived", "ended": "critical", "not-yet": "critical", "good": "ok"
    }  # fmt: skip
    assert "the waiver of eve ended" in project.summary(".ended")
    said = sorted(notices(project))
    assert [line[:50] for line in said] == [
        f"1: the waiver of mine.area.soon by eve ends {at(days=2, hours=1)[:6]}"[:50],
        "3: the waiver of mine.area.ended by eve ended 2026"[:46] + at(hours=-1)[:4],
        "4: the waiver of mine.area.good by eve can be remo",
        "5: the waiver of mine.area.laten covers no row of ",
        "6: the waiver of mine.gone.* covers no row of mine",
    ]
    assert said[2].endswith("can be removed: it is ok again")
    assert said[3].endswith("did you mean 'mine.area.later'?")
    assert done.stdout.count("\nNOTICE   systems/mine/waivers.yaml:") == 5
    project.rows({"id": "good", "shows": 1})
    assert project.run("run", "daily").returncode == 0


@pytest.mark.parametrize(("batch", "is_told"), [("daily", True), ("continuous", False)])
def test_a_quiet_round_that_is_ok_tells_of_a_waiver_that_ends_soon_but_not_every_few_minutes(
    project, file, at, batch, is_told
):
    project.rows(*({"id": name, "shows": shows, "when": [batch]} for name, shows in (("soon", 11), ("fine", 1))))
    file.write_text(ENTRY.format(id="mine.area.soon", until=at(days=4)))
    done = project.run("run", batch, "--quiet")
    assert (done.returncode, done.stdout) == (0, "")
    file.write_text(ENTRY.format(id="mine.area.soon", until=at(days=2)))
    done = project.run("run", batch, "--quiet")
    assert done.returncode == 0
    assert ("the waiver of mine.area.soon by eve ends" in done.stdout) == is_told


def test_a_pattern_can_be_removed_only_when_all_its_rows_are_ok(project, file, at):
    file.write_text(ENTRY.format(id="mine.area.*", until=at(20)))
    rows = [{"id": "a", "shows": 1}, {"id": "b", "shows": 1, "when": ["weekly"]}, {"id": "c", "shows": 1}]
    project.rows(*rows[:2], rows[2] | {"shows": 11})
    project.run("run")
    assert notices(project) == []
    project.rows(*rows)
    project.run("run", "daily")
    assert notices(project) == [], "the weekly row was not looked at"
    project.run("run")
    assert notices(project) == ["1: the waiver of mine.area.* by eve can be removed: its 3 rows are ok again"]


def test_of_several_waivers_of_a_row_the_one_that_ends_last_counts(project, file, at):
    inline = {"owner": "ann", "reason": "r", "until": at(1)}
    project.rows(
        {"id": "a", "shows": 11, "waived": inline}, {"id": "b", "shows": 11, "waived": inline | {"until": at(60)}}
    )
    file.write_text(ENTRY.format(id="mine.area.*", until=at(-1)) + ENTRY.format(id="mine.area.*", until=at(20)))
    project.run("run", "daily")
    owners = {record.id[-1]: (str(record.outcome), record.waiver["owner"]) for record in project.told().records}
    assert owners == {"a": ("waived", "eve"), "b": ("waived", "ann")}


def test_a_mistake_in_the_file_is_told_before_anything_is_looked_at(project, file, at):
    project.rows({"id": "bad", "shows": 11})
    file.write_text(f"# why\n- id: mine.area.bad\n  ownr: eve\n  reason: r\n  until: {at(91)}\n")
    done = project.run("run", "daily")
    assert done.returncode == 4
    assert (
        "systems/mine/waivers.yaml:3: [0].ownr: there is no key 'ownr' here; did you mean 'owner'?"
        in done.stderr + done.stdout
    )
    assert not (project.folder / "looks").exists()


def test_the_longest_waiver_is_a_setting(project, file, at):
    project.rows({"id": "bad", "shows": 11})
    file.write_text(ENTRY.format(id="mine.area.bad", until=at(91)))
    done = project.run("run", "daily")
    assert done.returncode == 4
    assert "90 d from now is the most (rounds_longest_waiver)" in done.stderr + done.stdout
    (project.folder / "pytest.toml").write_text(
        '[pytest]\nrounds_systems = "systems"\nrounds_longest_waiver = "120d"\n'
    )
    assert project.run("run", "daily", "--", "-p", "rounds.plugin").returncode == 0
    assert project.outcomes() == {"bad": "waived"}
    assert project.run("waive", "mine.area.bad", "--for", "119d", "--owner", "eve", "--reason", "r").returncode == 0
