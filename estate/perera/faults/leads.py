"""Leads that are bad, double, old or malformed, and exports that hold none of them."""

import datetime as dt
import os
from collections.abc import Iterator

from ...damage import added, changed
from ...dumps import stamp
from ...fault import fault
from .. import exports
from ..databases import altered
from ..estate import Perera

TWENTY = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 20)"
NEW = f"INSERT INTO leads (name, source, created_at, quality_score) {TWENTY} "


@fault(
    "an export job opened its file ten minutes ago, and wrote nothing into it",
    "perera.data-quality.exports-nonempty",
    "perera.data-quality.exports-parse",
)
def export_empty(estate: Perera) -> Iterator[None]:
    with added(estate.home / "exports" / "leads.csv") as path:
        path.touch()
        stamp(path, dt.datetime.now(dt.UTC) - dt.timedelta(minutes=10))
        yield


@fault(
    "nothing was exported for three days",
    "perera.data-quality.exports-fresh",
    "perera.data-quality.exports-nonempty",
    may_redden={"perera.backup.exports-archived": "early in a month it is the last one's, and not as it was archived"},
)
def exports_stopped(estate: Perera) -> Iterator[None]:
    paths = [path for path in (estate.home / "exports").iterdir() if path.is_file()]
    before = {path: path.stat().st_mtime for path in paths}
    for path, when in before.items():
        os.utime(path, (when - 3 * 86400, when - 3 * 86400))
    yield
    for path, when in before.items():
        stamp(path, when)


@fault("the newest workbook is half of what it should be", "perera.data-quality.exports-parse")
def workbook_cut(estate: Perera) -> Iterator[None]:
    newest = exports.nightly(estate.home, "xlsx")
    with changed(newest, lambda path: os.truncate(path, path.stat().st_size // 2)):
        yield


@fault("the newest CSV and JSON exports hold no lead", "perera.data-quality.exports-parse")
def exports_without_leads(estate: Perera) -> Iterator[None]:
    header = "name,source,created_at\r\n"
    with (
        changed(exports.nightly(estate.home, "csv"), lambda path: path.write_text(header)),
        changed(exports.nightly(estate.home, "json"), lambda path: path.write_text("[]")),
    ):
        yield


@fault("twenty leads came with a score of 0", "perera.data-quality.lead-quality")
def leads_score_nothing(estate: Perera) -> Iterator[None]:
    rows = "SELECT 'Bid ' || n, 'city_permits', datetime('now', '-' || n || ' hours'), 0 FROM n"
    with altered(estate.leads, NEW + rows):
        yield


@fault("the newest leads were not scored", "perera.data-quality.lead-quality")
def leads_not_scored(estate: Perera) -> Iterator[None]:
    newest = "UPDATE leads SET quality_score = NULL WHERE id IN (SELECT id FROM leads ORDER BY id DESC LIMIT 5)"
    with altered(estate.leads, newest):
        yield


@fault("no lead came for nine days, so there is no score to compare", "perera.data-quality.lead-quality")
def leads_stopped(estate: Perera) -> Iterator[None]:
    with altered(estate.leads, "UPDATE leads SET created_at = datetime(created_at, '-9 days')"):
        yield


@fault("fifty leads were stored a second time, in other letters", "perera.data-quality.duplicates")
def leads_stored_twice(estate: Perera) -> Iterator[None]:
    again = """INSERT INTO leads (name, source, created_at, quality_score)
        SELECT upper(name) || ' ', source, created_at, quality_score FROM leads ORDER BY id DESC LIMIT 50"""
    with altered(estate.leads, again):
        yield


@fault(
    "leads came without a source or with a malformed time",
    "perera.data-quality.leads-valid",
    "perera.data-quality.duplicates",  # nobody can say which leads are of this month
)
def leads_malformed(estate: Perera) -> Iterator[None]:
    rows = """SELECT 'Bid ' || n, iif(n % 2, '', 'news_feed'),
        iif(n % 2, datetime('now', '-' || n || ' hours'), '22/11/26 8am'), 72 FROM n"""
    with altered(estate.leads, NEW + rows):
        yield
