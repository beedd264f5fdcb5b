"""Queries of rows on SQLite: read in its own dialect, held against its schema, and only looking."""

import pytest

from rounds.checks import test_sql as checks
from rounds.fixtures.sql import QueryRows
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, CouldNotLook, RunbookDisagrees
from rounds.sql import SQLITE, relations_and_columns
from rounds.targets import Redis, Sqlite

from .conftest import LEADS, change, listing

BOTH = """SELECT l.id FROM leads l JOIN archived a ON a.id = l.id"""
EVER = "SELECT count(*) FROM (SELECT id FROM leads UNION ALL SELECT id FROM archived)"


def look(database, query):
    return PROBES["query_rows"].look(database, query)


def test_values_come_as_plain_figures_and_text(database, file):
    before = listing(file.parent)
    found = look(
        database, "SELECT id, name, owner_id * 1.5 AS [a figure], NULL AS empty FROM leads WHERE rowid = 1 -- one"
    )
    assert found == QueryRows(("id", "name", "a figure", "empty"), ((1, "lead 1", 3.0, None),))
    assert listing(file.parent) == before


def test_no_more_than_a_thousand_rows_come(database):
    found = look(database, "SELECT id FROM LEADS")
    assert (len(found.rows), found.more) == (1000, True)
    assert PROBES["examined_rows"].look(database, EVER) == LEADS


@pytest.mark.parametrize(
    "query",
    [
        "SELECT strftime('%Y', 'now') || '%' AS year, iif(id > 1, 2, 3) AS n FROM main.leads INDEXED BY leads_by_name WHERE name GLOB 'lead 1*' LIMIT 1",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i FROM n WHERE i IS NOT 2",
        "SELECT e.value FROM leads, json_each('[1, 2]') AS e WHERE leads.id = 1",
        "SELECT name FROM sqlite_master WHERE type = 'index'",
        "SELECT name FROM pragma_table_info('leads')",
        'SELECT id, oid, `name`, "note" FROM leads LIMIT 1',
    ],
)
def test_what_only_sqlite_understands_is_understood(row, database, query):
    written = row(checks.SqlFigures, database=database, query=query, figures={"n": {"at_most": 3}}).query
    assert look(database, written).rows


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT id FROM leeds", "table leeds does not exist"),
        ("SELECT id FROM other.leads", r"table other\.leads does not exist"),
        ("SELECT l.stauts FROM leads l", "column stauts of table leads does not exist"),
        ("SELECT count(*) AS n FROM leads WHERE \"stauts\" = 'won'", "column stauts of table leads does not exist"),
    ],
)
def test_what_the_schema_does_not_know_is_told(database, query, words):
    with pytest.raises(RunbookDisagrees, match=words):
        look(database, query)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("DELETE FROM leads", "one SELECT is due"),
        ("ATTACH '/tmp/x.db' AS x", "one SELECT is due"),
        ("PRAGMA journal_mode = WAL", "one SELECT is due"),
        ("VACUUM INTO '/tmp/x.db'", "one SELECT is due"),
        ("SELECT 1; SELECT 2", "one SELECT is due"),
        ("SELECT load_extension('x')", r"only looks, but this has load_extension\(\)"),
        ("SELECT WriteFile('/tmp/x', name) FROM leads", r"only looks, but this has writefile\(\)"),
        ("SELECT FROM WHERE", "is no SQL that SQLite would take"),
    ],
)
def test_a_query_that_does_not_only_look_is_refused_in_the_row(row, database, query, words):
    with pytest.raises(ValueError, match=words):
        row(checks.SqlFigures, database=database, query=query, figures={"n": {"at_most": 1}})


@pytest.mark.parametrize(
    "query",
    ["SELECT load_extension('x') AS n", "SELECT * FROM pragma_journal_mode", "SELECT * FROM pragma_wal_checkpoint"],
)
def test_sqlite_itself_holds_a_query_back_that_would_act(database, query):
    with pytest.raises(CouldNotLook):
        look(database, query)


def test_a_missing_database_makes_its_rows_unknown_and_is_not_made(tmp_path):
    with pytest.raises(CouldNotLook, match="there is no file"):
        look(Sqlite(name="x", system="perera", path=str(tmp_path / "x.db")), "SELECT 1 AS one")
    assert list(tmp_path.iterdir()) == []


def test_names_are_compared_as_sqlite_does():
    assert relations_and_columns('SELECT "A", b FROM Main.[Leads] INDEXED BY i WHERE C = 1', SQLITE) == (
        ["main.leads"],
        ["a", "b", "c"],
    )


def test_another_kind_of_target_is_refused_with_both_words(row):
    with pytest.raises(ValueError, match="target 'cache' is a redis, but a postgres or sqlite is due here"):
        row(
            checks.SqlFigures,
            database=Redis(name="cache", url="redis://h:1/0"),
            query="SELECT 1 AS n",
            figures={"n": {"at_most": 1}},
        )


@pytest.fixture
def complete(row, database):
    """No lead is both active and archived."""

    def judged():
        expected, observer = (
            row(checks.SqlNoViolations, database=database, query=BOTH, among=EVER, show=["id"]),
            Observer(),
        )
        rows, examined = look(database, expected.query), PROBES["examined_rows"].look(database, expected.among)
        checks.test_sql_no_violations(expected, rows, examined, observer)
        return observer

    return judged


def test_a_lead_that_is_active_and_archived_is_found(complete, file):
    change(file, "INSERT INTO archived SELECT id, name FROM leads WHERE id < 10", "DELETE FROM leads WHERE id < 10")
    assert complete().outcome is Outcome.OK
    change(file, "INSERT INTO leads (id, name) VALUES (7, 'back')")
    observer = complete()
    assert observer.outcome is Outcome.CRITICAL
    assert "such as id 7" in observer.summary


def test_leads_that_were_deleted_without_being_archived_are_found(row, database, file):
    """Active, archived and purged are together as many as were ever created: the highest number that was given."""
    change(
        file,
        "CREATE TABLE purged (id INTEGER PRIMARY KEY)",
        "DELETE FROM leads WHERE id = 5",
        "INSERT INTO purged VALUES (5)",
    )
    query = """SELECT (SELECT count(*) FROM leads) + (SELECT count(*) FROM archived) + (SELECT count(*) FROM purged) AS known,
                      (SELECT max(id) FROM (SELECT id FROM leads UNION ALL SELECT id FROM archived UNION ALL SELECT id FROM purged))
                      - ((SELECT count(*) FROM leads) + (SELECT count(*) FROM archived) + (SELECT count(*) FROM purged)) AS lost"""
    expected = row(
        checks.SqlFigures, database=database, query=query, figures={"lost": {"exactly": 0}, "known": {"at_least": 1}}
    )

    def judged():
        observer = Observer()
        checks.test_sql_figures(expected, look(database, expected.query), observer)
        return observer

    assert judged().outcome is Outcome.OK, judged().summary
    change(file, "DELETE FROM leads WHERE id < 100")
    assert judged().outcome is Outcome.CRITICAL
    assert "lost" in judged().summary
