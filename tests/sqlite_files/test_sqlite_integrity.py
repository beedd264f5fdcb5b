"""Live databases: sound ones are ok, and each damage turns the row red with words that say what it is."""

import pytest

from rounds.checks import test_sqlite as checks
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, CouldNotLook
from rounds.targets import Sqlite

from .conftest import LEADS, change, listing


@pytest.fixture
def judged(row):
    def of(database, tables=("leads",), **given):
        expected, observer = row(checks.SqliteIntegrity, database=database, tables=tables, **given), Observer()
        seen = PROBES["live_sqlite"].look(database, expected.tables)
        checks.test_sqlite_integrity(expected, seen, observer)
        return observer

    return of


def test_a_sound_database_is_ok_and_left_as_it_was(judged, database, file):
    before = listing(file.parent)
    observer = judged(database, {"leads": LEADS, "Owners": 10, "archived": 0})
    assert observer.outcome is Outcome.OK, observer.summary
    told = {each.name: each.value for each in observer.observations}
    assert told["rows of leads"] == LEADS
    assert told["pages"] > 100
    assert "journal: rollback" in observer.summary
    assert listing(file.parent) == before


def test_a_database_with_a_log_is_ok(judged, wal):
    assert judged(Sqlite(name="leads", system="perera", path=str(wal))).outcome is Outcome.OK


def test_a_missing_database_is_critical_and_is_not_made(judged, tmp_path):
    observer = judged(Sqlite(name="leads", system="perera", path=str(tmp_path / "leads.db")))
    assert observer.outcome is Outcome.CRITICAL
    assert "there is no file" in observer.summary
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"id,name\n1,eve\n"])
def test_an_empty_file_and_a_text_are_critical(judged, database, file, content):
    file.write_bytes(content)
    assert judged(database).outcome is Outcome.CRITICAL


def test_a_page_overwritten_in_the_middle_is_found(judged, database, file, overwrite):
    overwrite(file, file.stat().st_size // 4096 // 2)
    observer = judged(database)
    assert observer.outcome is Outcome.CRITICAL
    assert "damage found" in observer.summary or "is damaged" in observer.summary


def test_a_file_without_its_last_page_is_found_and_the_missing_part_is_told(judged, database, file):
    with file.open("r+b") as shortened:
        shortened.truncate(file.stat().st_size - 4096)
    observer = judged(database)
    assert observer.outcome is Outcome.CRITICAL
    assert "it is cut short" in observer.summary
    assert "4.1 kB of them are missing" in observer.summary


def test_an_index_that_lost_its_entries_is_found(judged, database, file):
    hides = "UPDATE sqlite_schema SET sql = 'CREATE TABLE x (a)', type = 'table', name = 'x', tbl_name = 'x' WHERE name = 'leads_by_name'"
    shows = "UPDATE sqlite_schema SET sql = 'CREATE INDEX leads_by_name ON leads (name)', type = 'index', name = 'leads_by_name', tbl_name = 'leads' WHERE name = 'x'"
    change(file, "PRAGMA writable_schema = ON", hides)
    change(file, "DELETE FROM leads WHERE id = 7", "PRAGMA writable_schema = ON", shows)
    observer = judged(database)
    assert observer.outcome is Outcome.CRITICAL
    assert "wrong # of entries in index leads_by_name" in observer.summary


def test_a_row_whose_parent_is_gone_is_found_and_named(judged, database, file):
    change(file, "DELETE FROM owners WHERE id = 3")
    observer = judged(database)
    assert observer.outcome is Outcome.CRITICAL
    assert "leads row 2 names no row of owners" in observer.summary
    assert judged(database, orphans=LEADS).outcome is Outcome.OK


def test_keys_that_cannot_be_followed_are_not_taken_for_good(judged, database, file):
    change(file, "CREATE TABLE notes (owner TEXT REFERENCES owners (name))")
    observer = judged(database)
    assert observer.outcome is Outcome.UNKNOWN
    assert "foreign key mismatch" in observer.summary


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        (["lead"], "there is no such table"),
        ({"leads": LEADS + 1}, "rows of leads"),
        (["archived"], "rows of archived"),
    ],
)
def test_missing_tables_and_too_few_rows_are_critical(judged, database, tables, words):
    observer = judged(database, tables)
    assert observer.outcome is Outcome.CRITICAL
    assert words in observer.summary


def test_what_cannot_be_looked_at_in_time_is_no_finding(database, file):
    change(file, "PRAGMA journal_mode = WAL")
    with pytest.raises(CouldNotLook, match="no answer within"):
        PROBES["live_sqlite"].look(database, {"leads": 1}, 0.000_001)


@pytest.mark.parametrize("tables", [[], {}, {"leads": -1}, "leads", None])
def test_a_row_says_which_tables_matter(row, database, tables):
    with pytest.raises(ValueError, match="tables"):
        row(checks.SqliteIntegrity, database=database, tables=tables)
