"""`rounds waive`: adds to the file and keeps what is there, or says why it does not."""

import pytest

WHY = ("--owner", "eve", "--reason", "disk is ordered")
BEFORE = b"# whom to ask: ann\n\n- id: mine.area.other   # the old one\n  owner: ann\n  reason: 'r'\n  until: 2026-01-02T00:00:00Z"


@pytest.fixture
def rows(project):
    project.rows({"id": "bad", "shows": 11}, {"id": "other", "shows": 11})


@pytest.mark.usefixtures("rows")
def test_a_waiver_is_written_and_the_next_round_knows_it(project, file):
    done = project.run("waive", "mine.area.bad", "--for", "3d", *WHY, "--ticket", "OPS-12")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("mine.area.bad is waived until 20")
    assert "systems/mine/waivers.yaml:1" in done.stdout
    text = file.read_text()
    assert text.startswith("- id: mine.area.bad\n  owner: eve\n  reason: disk is ordered\n  ticket: OPS-12\n  from: 20")
    project.run("run", "daily")
    assert project.outcomes() == {"bad": "waived", "other": "critical"}


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize(
    "before",
    [BEFORE, BEFORE + b"\n", BEFORE.replace(b"\n", b"\r\n"), BEFORE.replace(b"\n", b"\n   "),
     b"# none yet\n", b"---\n" + BEFORE, b""],
    ids=["no line end", "plain", "CRLF", "indented", "comment", "document", "empty"],
)  # fmt: skip
def test_what_is_there_stays_byte_by_byte(project, file, before):
    file.write_bytes(before)
    file.chmod(0o640)
    done = project.run("waive", "mine.area.bad", "--for", "3d", "--owner", "eve", "--reason", 'a "new": one # é')
    assert done.returncode == 0, done.stderr
    after = file.read_bytes()
    assert after.startswith(before)
    assert file.stat().st_mode & 0o777 == 0o640 or not before
    listed = project.run("waive", "--list").stdout
    assert 'mine.area.bad: a "new": one # é (eve)' in listed
    assert ("mine.area.other: r (ann)" in listed) == (b"other" in before)
    assert [path.name for path in file.parent.iterdir() if path.name.startswith(".")] == []


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("mine.area.bda", "--for", "3d", *WHY), "there is no row 'mine.area.bda'; did you mean 'mine.area.bad'?"),
        (("mine.gone.*", "--for", "3d", *WHY), "there is no row 'mine.gone.*'"),
        (("*", "--for", "3d", *WHY), "must begin with a system"),
        (("mine.area.bad", "--for", "91d", *WHY), "91d is too long: 90 d at most (rounds_longest_waiver): nothing was waived"),
        (("mine.area.bad", "--for", "0", *WHY), "is not after its start"),
        (("mine.area.bad", "--for", "3 GB", *WHY), "a duration such as 26h or 500ms is due here"),
        (("mine.area.bad", "--for", "3d", "--from", "2026-12-01", *WHY), "2026-12-01 has no time"),
        (("mine.area.bad", "--for", "3d"), "--owner and --reason must be given"),
        (("mine.area.bad", "--for", "3d", "--owner", "eve", "--reason", "costs ${HOME}"), "a text with ${ is a variable there"),
    ],
)  # fmt: skip
def test_what_cannot_be_waived_is_refused_and_leaves_the_file_alone(project, file, words, said):
    file.write_bytes(BEFORE)
    done = project.run("waive", *words)
    assert (done.returncode, done.stdout) == (4, "")
    assert said in done.stderr
    assert file.read_bytes() == BEFORE


@pytest.mark.usefixtures("rows")
def test_a_file_that_is_no_list_of_rows_is_left_alone_with_what_to_write(project, file):
    file.write_text("[]\n")
    done = project.run("waive", "mine.area.bad", "--for", "3d", *WHY)
    assert done.returncode == 4
    assert "it is not written as rows with `- id:`. By hand it would be\n- id: mine.area.bad\n" in done.stderr
    assert file.read_text() == "[]\n"


@pytest.mark.usefixtures("rows")
def test_what_a_waiver_covers_already_is_said(project, file, at):
    until = at(5)
    file.write_text(
        f"- {{id: mine.area.*, owner: ann, reason: r, until: {until}}}\n"
        f"- {{id: mine.area.b*, owner: ann, reason: ended, until: {at(-1)}}}\n"
    )
    said = f"mine.area.* was waived until {until[:10]}"
    done = project.run("waive", "mine.area.bad", "--for", "3d", *WHY)
    assert done.returncode == 0
    assert f"{said} {until[11:14]}" in done.stdout
    assert "already (systems/mine/waivers.yaml:1): the one that ends last counts" in done.stdout
    file.write_text(f"- {{id: mine.area.b*, owner: ann, reason: r, until: {at(5)}}}\n")
    assert "already" not in project.run("waive", "mine.area.*", "--for", "3d", *WHY).stdout


@pytest.mark.usefixtures("rows")
def test_two_at_once_lose_none_and_a_link_stays_a_link(project, file):
    real = file.with_name("real.yaml")
    real.write_text("")
    file.symlink_to(real.name)
    started = [project.start("waive", f"mine.area.{name}", "--for", "3d", *WHY) for name in ("bad", "other", "*")]
    assert [(each.communicate()[0], each.returncode)[1] for each in started] == [0, 0, 0]
    assert file.readlink().name == real.name
    assert project.run("waive", "--list").stdout.count("ends in ") == 3


@pytest.mark.usefixtures("rows")
def test_the_list_shows_all_the_one_that_ends_first_on_top(project, file, at):
    assert project.run("waive").stdout == "nothing is waived\n"
    file.write_text(
        f"- {{id: mine.area.bad, owner: eve, reason: later, from: {at(1)}, until: {at(5)}}}\n"
        f"- {{id: mine.area.*, owner: ann, reason: now, ticket: OPS-1, until: {at(2)}}}\n"
    )
    first, second = project.run("waive", "--list").stdout.splitlines()
    assert first.startswith("ends in 4")
    assert first.endswith("mine.area.* (2 rows): now (ann, OPS-1) systems/mine/waivers.yaml:2")
    assert second.startswith("begins in 2")
    file.write_text("- {id: mine.area.bad}\n")
    done = project.run("waive", "--list")
    assert done.returncode == 4
    assert "owner is missing" in done.stderr
