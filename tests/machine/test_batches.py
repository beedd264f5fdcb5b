"""A part of a batch is not the batch, and quiet is quiet."""


def test_a_part_of_a_batch_does_not_speak_for_all_of_it(project):
    project.rows({"id": "good", "shows": 1}, {"id": "bad", "shows": 11})
    project.run("run", "daily")
    assert project.run("status", "daily").returncode == 2
    for narrowed in (
        ["--id", "mine.area.good"],
        ["--", "-k", "good"],
        ["--", "--deselect", "nothing"],
        ["--system", "mine"],
    ):
        project.run("run", "daily", *narrowed)
        assert project.run("status", "daily").returncode == 2, narrowed
    assert project.run("status", "daily-part").returncode in (0, 2)
    assert project.run("status", "daily-mine").returncode == 2


def test_quiet_says_not_one_byte_of_a_good_round(project):
    project.rows({"id": "good", "shows": 1})
    for extra in ([], ["--", "-n", "2"]):
        done = project.run("run", "daily", "--quiet", *extra)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_quiet_tells_what_is_not_ok_and_what_went_wrong(project):
    project.rows({"id": "warns", "shows": 7})
    assert "mine.area.warns" in project.run("run", "daily", "--quiet").stdout
    done = project.run("run", "weekly", "--quiet")
    assert (done.returncode, "nothing was selected" in done.stdout) == (5, True)
    project.rows({"id": "bad", "shows": 11, "thing": "onne"})
    done = project.run("run", "daily", "--quiet")
    assert (done.returncode, "did you mean 'one'?" in done.stderr) == (4, True)


def test_cadences_are_typed_as_they_are_written(project):
    project.rows({"id": "good", "shows": 1, "when": ["post-maintenance"]})
    assert project.run("run", "post-maintenance").returncode == 0
    assert project.run("status", "post-maintenance").returncode == 0


def test_a_word_that_is_no_marker_is_a_mistake_with_the_nearest_word(project):
    project.rows({"id": "good", "shows": 1})
    for extra in ([], ["--", "-n", "1"]):
        done = project.run("run", "dayly", *extra)
        assert done.returncode == 4
        assert "'dayly' is no cadence, severity, area or system; did you mean 'daily'?" in done.stdout + done.stderr


def test_an_expression_that_cannot_be_read_leaves_no_round(project):
    project.rows({"id": "good", "shows": 1})
    assert project.run("run", "daily and").returncode == 4
    assert not (project.folder / "reports").exists()


def test_folders_elsewhere_do_not_move_the_round(project, tmp_path_factory):
    project.rows({"id": "good", "shows": 1})
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for config in ("", '[pytest]\nrounds_systems = "systems"\naddopts = ["--import-mode=importlib"]\n'):
        if config:
            (project.folder / "pytest.toml").write_text(config)
        for _ in range(2):  # in the second round they are there, and pytest would look for its root among them
            done = project.run("run", "daily", "--reports", f"{elsewhere}/reports", "--state", f"{elsewhere}/state")
            assert done.returncode == 0, done.stdout + done.stderr
    assert len([each for each in (elsewhere / "reports").iterdir() if not each.is_symlink()]) == 4
