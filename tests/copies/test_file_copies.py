"""Copies of single files: beside them, under dates, in the folder of a month."""

import datetime as dt
import os
from pathlib import Path

import pytest

from rounds.checks import test_file_copies as check
from rounds.judge import Earlier, EarlierFigure
from rounds.outcome import Outcome
from rounds.probe import CouldNotLook, RunbookDisagrees
from rounds.targets import Backups, Folder

CONFIG = b"sources:\n  - name: permits\n"
LAST = "time since the last change"


@pytest.fixture
def folder(tmp_path, put):
    put(tmp_path / "app", "config.yml", 48, CONFIG)
    return Folder(name="app", system="shop", path=str(tmp_path / "app"))


def figure(observe, name):
    return next(each for each in observe.observations if each.name == name)


class TestCopyBeside:
    @pytest.fixture
    def look(self, judged, folder):
        given = {"folder": folder, "file": "config.yml", "copied_to": "config.yml.bak", "parses": "yaml"}
        return lambda **more: judged(check.test_file_copy, check.CopyOfFile, **given | more)

    def test_a_fresh_equal_copy_is_good(self, look, folder, put):
        put(folder.path, "config.yml.bak", 0.1, CONFIG)
        assert look().outcome is Outcome.OK

    def test_none_is_critical(self, look):
        assert "there is no config.yml.bak" in look().summary

    def test_one_of_last_year_is_critical(self, look, folder, put):
        put(folder.path, "config.yml.bak", 365 * 24, CONFIG)
        seen = look()
        assert seen.outcome is Outcome.CRITICAL
        assert figure(seen, "copy").verdict is Outcome.OK

    def test_one_of_another_content_is_critical(self, look, folder, put):
        put(folder.path, "config.yml.bak", 0.1, CONFIG[:-1])
        assert figure(look(), "copy").value == "another content"

    def test_one_that_is_empty_like_its_source_is_critical(self, look, folder, put):
        for name in ("config.yml", "config.yml.bak"):
            put(folder.path, name, 0.1, b"")
        assert "config.yml.bak: it holds nothing" in look().summary

    @pytest.mark.parametrize(
        "case",
        [
            ("yaml", b"a: 1", b"a: [1"),
            ("json", b'{"a": 1}', b'{"a": 1'),
            ("toml", b"a = 1", b"a ="),
            ("yaml", b"- 1", b"\xff"),
        ],
    )
    def test_a_copy_is_parsed(self, look, folder, put, case):
        parses, good, bad = case
        for content, outcome in ((good, Outcome.OK), (bad, Outcome.CRITICAL)):
            for name in ("config.yml", "config.yml.bak"):
                put(folder.path, name, 0.1, content)
            assert look(parses=parses).outcome is outcome
        assert f"it is not {parses.upper()}" in look(parses=parses).summary

    def test_without_the_file_itself_nobody_can_tell(self, look, folder):
        Path(folder.path, "config.yml").unlink()
        with pytest.raises(RunbookDisagrees, match="there is no file"):
            look()

    def test_a_folder_is_no_copy(self, look, folder):
        Path(folder.path, "config.yml.bak").mkdir()
        with pytest.raises(CouldNotLook, match="is no file"):
            look()


class TestDatedCopies:
    """The file was changed 48 h ago."""

    @pytest.fixture
    def look(self, judged, folder):
        copies = Backups(name="copies", system="shop", path=folder.path, pattern=r"config\.yml\.(?P<time>\d{8})")
        given = {"folder": folder, "file": "config.yml", "copies": copies, "parses": "yaml"}
        return lambda earlier=None, **more: judged(check.test_dated_copies, check.CopiesByDate, earlier, **given | more)

    @pytest.fixture
    def copy(self, folder, put):
        def made(hours, data=b"sources: [old]\n"):
            day = (dt.datetime.now(dt.UTC) - dt.timedelta(hours=hours)).strftime("%Y%m%d")
            return put(folder.path, f"config.yml.{day}", hours, data)

        return made

    def changed_before(self, hours):
        """A round of yesterday saw that the file had been changed so many hours ago from now."""
        return Earlier({LAST: [EarlierFigure((hours - 24) * 3600, 24 * 3600)]})

    def test_a_copy_from_between_the_last_two_changes_is_good(self, look, copy):
        copy(50)
        assert look(self.changed_before(100)).outcome is Outcome.OK
        assert look().outcome is Outcome.OK  # nobody has seen an earlier change

    def test_a_copy_from_before_the_last_change_but_one_is_not_enough(self, look, copy):
        copy(120)
        assert look().outcome is Outcome.OK
        assert look(self.changed_before(100)).outcome is Outcome.CRITICAL

    def test_a_copy_of_the_state_after_the_change_is_not_enough(self, look, copy):
        copy(2, CONFIG)
        assert look(self.changed_before(100)).outcome is Outcome.CRITICAL
        assert look().outcome is Outcome.OK  # as far as anybody knows, the file was never changed

    def test_that_the_same_change_was_seen_before_is_no_change(self, look, copy):
        copy(120)
        assert look(self.changed_before(48)).outcome is Outcome.OK

    def test_no_copy_at_all_is_critical(self, look):
        seen = look()
        assert seen.outcome is Outcome.CRITICAL
        assert "there is no copy" in seen.summary

    def test_a_copy_that_kept_the_date_of_its_source_counts_by_its_name(self, look, copy):
        path = copy(60)
        os.utime(path, (1e9, 1e9))  # cp -p
        assert look(self.changed_before(500)).outcome is Outcome.OK

    def test_a_copy_that_cannot_be_parsed_is_critical(self, look, copy):
        copy(60, b"sources: [old\n")
        assert "it is not YAML" in look().summary

    def test_an_empty_copy_is_none(self, look, copy):
        copy(60, b"")
        assert look().outcome is Outcome.CRITICAL


class TestMonthlyCopies:
    @pytest.fixture
    def exports(self, tmp_path, put):
        put(tmp_path / "exports", "important_export.xlsx", 300, b"cells")
        return Folder(name="exports", system="shop", path=str(tmp_path / "exports"))

    @pytest.fixture
    def archive(self, tmp_path):
        (tmp_path / "archives").mkdir()
        return Folder(name="archive", system="shop", path=str(tmp_path / "archives"))

    @pytest.fixture
    def look(self, judged, exports, archive):
        given = {"folder": exports, "archive": archive}
        return lambda **more: judged(check.test_monthly_copies, check.CopiesByMonth, **given | more)

    @pytest.fixture
    def copy(self, archive, put):
        def made(data=b"cells", *, months=0, name="important_export.xlsx", hours=1):
            month = dt.datetime.now().astimezone().replace(day=1)
            for _ in range(months):
                month = (month - dt.timedelta(days=1)).replace(day=1)
            return put(Path(archive.path, f"{month:%Y%m}"), name, hours, data)

        return made

    @pytest.mark.parametrize("months", [0, 1])
    def test_an_equal_copy_of_this_or_the_last_month_is_good(self, look, copy, months):
        copy(months=months)
        seen = look()
        assert seen.outcome is Outcome.OK
        assert "1 equal to a source" in figure(seen, "copies").note

    def test_one_of_the_month_before_is_too_old(self, look, copy):
        copy(months=2)
        assert "has none of this month or the last" in look().summary

    def test_an_empty_folder_is_critical(self, look, copy):
        copy().unlink()
        assert figure(look(), "copies").value == 0

    def test_an_empty_copy_is_critical(self, look, copy):
        copy(b"")
        assert {each.name for each in look().observations if each.verdict is Outcome.CRITICAL} == {
            "copies",
            "empty copies",
        }

    @pytest.mark.parametrize("data", [b"cell", b"bells"])
    def test_a_copy_that_differs_from_a_source_that_was_not_changed_since_is_critical(self, look, copy, data):
        copy(data)
        assert figure(look(), "copies that differ").value == 1

    def test_a_copy_of_what_was_changed_or_removed_since_is_kept(self, look, copy, exports):
        copy(b"older", hours=500)
        assert look().outcome is Outcome.OK
        Path(exports.path, "important_export.xlsx").unlink()
        seen = look()
        assert (seen.outcome, figure(seen, "copies").note[:17]) == (Outcome.OK, "0 equal to a sour")

    def test_only_files_that_fit_are_counted(self, look, copy):
        copy(name="notes.txt")
        assert look(files="**/*.xlsx").outcome is Outcome.CRITICAL

    def test_without_the_folder_the_row_is_wrong(self, look, copy, exports):
        copy()
        with pytest.raises(RunbookDisagrees):
            look(folder=exports.model_copy(update={"path": "/nowhere"}))

    def test_what_cannot_be_read_is_unknown(self, judged, copy, exports, archive, as_nobody):
        copy()
        assert os.geteuid() != 0 or Path(archive.path).chmod(0o700) is None
        with as_nobody(), pytest.raises(CouldNotLook):
            judged(check.test_monthly_copies, check.CopiesByMonth, folder=exports, archive=archive)
