"""Queries of rows: what they may be, what they give, and how it is judged."""

import pytest

from rounds.checks import test_sql as checks
from rounds.fixtures import sql
from rounds.fixtures.sql import QueryRows
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, CouldNotLook, RunbookDisagrees
from rounds.sql import relations_and_columns

PROXIES = """
CREATE TABLE IF NOT EXISTS proxies (id int, country text, active bool, seconds numeric, seen interval);
TRUNCATE proxies;
INSERT INTO proxies VALUES (1, 'de', true, 0.5, '1 hour'), (2, 'nl', true, 2.5, NULL), (3, 'nl', false, 9, NULL);
GRANT SELECT ON proxies TO reader;
"""
assert sql


@pytest.fixture
def proxies(server, database):
    server.run(PROXIES)
    yield database
    server.run("DROP TABLE proxies")


def look(database, query):
    return PROBES["query_rows"].look(database, query)


def test_values_come_as_plain_figures_and_text(proxies):
    found = look(proxies, "SELECT country, seconds, seen, active FROM proxies WHERE id = 1")
    assert found == QueryRows(("country", "seconds", "seen", "active"), (("de", 0.5, 3600.0, True),))


def test_a_percent_sign_in_a_query_is_only_a_percent_sign(proxies):
    assert look(proxies, "SELECT id FROM proxies WHERE country LIKE 'n%' ORDER BY id").rows == ((2,), (3,))


def test_no_more_than_a_thousand_rows_come(proxies):
    found = look(proxies, "SELECT generate_series(1, 5000) AS n")
    assert (len(found.rows), found.more) == (1000, True)


@pytest.mark.parametrize(
    "query",
    ["SELECT max(id) AS id FROM proxies -- newest", "SELECT max(id) AS id FROM proxies; -- newest\n/* last */"],
)
def test_a_comment_at_the_end_does_no_harm(row, proxies, query, errors_logged):
    written = row(checks.SqlFigures, database=proxies, query=query, figures={"id": {"at_most": 3}}).query
    assert look(proxies, written).rows == ((3,),)
    assert errors_logged() == 0


def test_columns_of_functions_and_whole_rows_are_known_to_nobody_but_the_server(proxies):
    exploded = "SELECT key, value FROM proxies, jsonb_each_text(to_jsonb(proxies)) WHERE id = 1 AND key = 'country'"
    assert look(proxies, exploded).rows == (("country", "de"),)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT id FROM proxys", "relation proxys does not exist"),
        ("SELECT p.latency FROM proxies p", "column latency of relation proxies does not exist"),
        ("WITH x AS (SELECT id AS n FROM proxies) SELECT n, m FROM x", "column m of relation proxies does not exist"),
    ],
)
def test_the_catalog_is_asked_first_so_that_the_log_holds_no_trace_of_us(proxies, errors_logged, query, words):
    with pytest.raises(RunbookDisagrees, match=words):
        look(proxies, query)
    assert errors_logged() == 0


def test_a_table_that_our_role_may_not_read_is_told(proxies, errors_logged):
    with pytest.raises(CouldNotLook, match="our role may not read relation hidden"):
        look(proxies, "SELECT id FROM hidden")
    assert errors_logged() == 0


def test_what_was_examined_is_one_number(proxies):
    assert PROBES["examined_rows"].look(proxies, "SELECT count(*) FROM proxies WHERE active") == 2
    with pytest.raises(CouldNotLook, match="one row with one number"):
        PROBES["examined_rows"].look(proxies, "SELECT id FROM proxies")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("DELETE FROM proxies", "one SELECT is due"),
        (
            "WITH gone AS (DELETE FROM proxies RETURNING id) SELECT * FROM gone",
            "a query only looks, but this has DELETE",
        ),
        ("SELECT 1; SELECT 2", "one SELECT is due"),
        ("SELECT * FROM proxies FOR UPDATE", "a query only looks, but this has LOCK"),
        ("SELECT * INTO copy FROM proxies", "a query only looks, but this has INTO"),
        ("SELECT FROM WHERE", "is no SQL that PostgreSQL would take"),
        ("DROP TABLE proxies", "one SELECT is due"),
        (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity",
            r"only looks, but this has pg_terminate_backend\(\)",
        ),
        ("SELECT Pg_Catalog.set_config('x.y', '1', false)", r"only looks, but this has set_config\(\)"),
        ("SELECT count(*) AS n FROM proxies WHERE nextval('s') > 1", r"only looks, but this has nextval\(\)"),
    ],
)
def test_a_query_that_does_not_only_look_is_refused_in_the_row(row, database, query, words):
    with pytest.raises(ValueError, match=words):
        row(checks.SqlFigures, database=database, query=query, figures={"n": {"at_most": 1}})


def test_aliases_and_common_tables_are_no_columns_of_real_ones():
    query = """WITH d AS (SELECT domain, count(*) AS n FROM logs.scrapes GROUP BY 1)
               SELECT d.domain, n * 1.0 / total AS share FROM d, (SELECT count(*) AS total FROM pages) AS t ORDER BY share"""
    assert relations_and_columns(query) == (["logs.scrapes", "pages"], ["domain"])


FOUND = QueryRows(("country", "share"), (("de", 30.0), ("nl", 40.0)))


def judged(row, database, found, **given):
    observer = Observer()
    expected = row(checks.SqlFigures, database=database, query="SELECT 1 AS one", **given)
    checks.test_sql_figures(expected, found, observer)
    return observer


def test_every_row_is_within_its_limit(row, database):
    observer = judged(row, database, FOUND, figures={"share": {"at_most": 50}}, per="country", rows=2)
    assert observer.outcome is Outcome.OK


def test_the_row_beyond_its_limit_is_named(row, database):
    observer = judged(row, database, FOUND, figures={"share": {"at_most": 35}}, per="country")
    assert observer.outcome is Outcome.CRITICAL
    assert "nl: 40" in observer.summary


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        (QueryRows(("country", "share"), ()), Outcome.CRITICAL),
        (QueryRows(("country", "share"), (("de", None),)), Outcome.UNKNOWN),
        (QueryRows(("country",), (("de",),)), Outcome.UNKNOWN),
    ],
)
def test_no_rows_no_value_and_no_column_are_never_good(row, database, found, outcome):
    assert judged(row, database, found, figures={"share": {"at_most": 50}}, per="country").outcome is outcome


def test_what_was_not_read_to_its_end_is_never_good(row, database):
    found = QueryRows(("country", "share"), tuple((f"c{n}", 1.0) for n in range(1000)), more=True)
    observer = judged(row, database, found, figures={"share": {"at_most": 50}}, per="country")
    assert observer.outcome is Outcome.UNKNOWN
    assert "only the first 1000 rows were read" in observer.summary
    ill = QueryRows(("country", "share"), tuple((f"c{n}", 99.0) for n in range(1000)), more=True)
    assert judged(row, database, ill, figures={"share": {"at_most": 50}}).outcome is Outcome.CRITICAL


@pytest.mark.parametrize(("allowed", "outcome"), [(5000, Outcome.UNKNOWN), (999, Outcome.CRITICAL)])
def test_more_violations_than_were_read_are_no_thousand(row, database, allowed, outcome):
    given = {"query": "SELECT id FROM t", "among": "SELECT count(*) FROM t", "violations": allowed}
    expected, observer = row(checks.SqlNoViolations, database=database, **given), Observer()
    found = QueryRows(("id",), tuple((n,) for n in range(1000)), more=True)
    checks.test_sql_no_violations(expected, found, 100_000, observer)
    assert observer.outcome is outcome


@pytest.mark.parametrize(("rows", "examined", "outcome"), [
    ((), 7, Outcome.OK), ((), 0, Outcome.CRITICAL), (((3, "x"),), 7, Outcome.CRITICAL),
])  # fmt: skip
def test_violations_are_bad_and_so_is_having_examined_nothing(row, database, rows, examined, outcome):
    given = {"query": "SELECT id, url FROM t", "among": "SELECT count(*) FROM t", "show": ["id"]}
    expected, observer = row(checks.SqlNoViolations, database=database, **given), Observer()
    checks.test_sql_no_violations(expected, QueryRows(("id", "url"), rows), examined, observer)
    assert observer.outcome is outcome
    assert ("such as id 3" in observer.summary) == bool(rows)


def test_names_are_the_first_column_of_a_query(proxies):
    listed = PROBES["listed_names"].look(proxies, "SELECT DISTINCT country FROM proxies ORDER BY country")
    assert listed == ("de", "nl")
    assert PROBES["listed_names"].look(None, None) is None
