"""Backups that are not there, not whole, or not what they seem."""

from collections.abc import Iterator

import psycopg

from ... import dumps
from ...damage import (
    Victim,
    archive_without_members,
    changed,
    cut_by_1_kb,
    cut_in_half,
    set_aside,
    without_rows_of_a_table,
)
from ...fault import fault
from ..backups import BEFORE_MAINTENANCE, CONFIGURATION, SUMS, nightly
from ..estate import PriceWatch

DAMAGED = "it is the newest backup that is damaged"


@fault(
    "the newest dump lost its last kilobyte",
    "pricewatch.backup.integrity",
    may_redden={"pricewatch.backup.restore-tested": DAMAGED, "pricewatch.backup.emergency-backup": DAMAGED},
)
def dump_truncated(estate: PriceWatch) -> Iterator[None]:
    with cut_by_1_kb(nightly(estate.home)[-1]):
        yield


@fault("the newest dump is whole, and holds no prices", "pricewatch.backup.restore-tested")
def dump_without_prices(estate: PriceWatch) -> Iterator[None]:
    newest = nightly(estate.home)[-1]
    sums = newest.with_name(SUMS)
    damage = without_rows_of_a_table(Victim(newest, "packed", database=estate.database, table="price_history"))
    with damage, changed(sums, lambda path: dumps.checksums(path, [newest])):
        yield


@fault("nothing was saved before the fix: the newest backup is yesterday's", "pricewatch.backup.emergency-backup")
def emergency_without_backup(estate: PriceWatch) -> Iterator[None]:
    with set_aside(nightly(estate.home)[-1]):
        yield


@fault("the dump before maintenance was interrupted halfway", "pricewatch.backup.pre-maintenance-dump")
def dump_interrupted(estate: PriceWatch) -> Iterator[None]:
    with cut_in_half(estate.home / BEFORE_MAINTENANCE):
        yield


@fault("an empty folder was packed instead of the configuration", "pricewatch.backup.pre-maintenance-config")
def configuration_not_packed(estate: PriceWatch) -> Iterator[None]:
    with archive_without_members(estate.home / CONFIGURATION):
        yield


@fault("a page is watched no more, and its prices were left", "pricewatch.integrity.price-history-orphans")
def prices_orphaned(estate: PriceWatch) -> Iterator[None]:
    query = estate.database.query
    page = query(
        "INSERT INTO monitored_urls (url, domain, priority, check_interval) "
        "VALUES ('https://shop-beta.example/item/gone', 'shop-beta.example', 'low', '1 hour') RETURNING id"
    )[0][0]
    query(
        "INSERT INTO price_history (url_id, price, checked_at) "
        "SELECT %s, 9.99, now() - interval '9 days' FROM generate_series(1, 30)",
        page,
    )
    with psycopg.connect(estate.database.superuser, autocommit=True) as server:
        server.execute("SET session_replication_role = replica")  # keys are not watched, as with triggers off
        server.execute("DELETE FROM monitored_urls WHERE id = %s", [page])
    yield
    query("DELETE FROM price_history WHERE url_id = %s", page)
