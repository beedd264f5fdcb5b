from collections.abc import Iterator
from contextlib import AbstractContextManager

from ...fault import fault
from ...prometheus import growing
from .. import metrics
from ..estate import Renec
from .machine import running

DAY, HALF_AN_HOUR = 86_400, 1_800


@fault("a tenth of the spiders' requests is answered with 500", "renec.data-quality.spider-success")
def source_fails(estate: Renec) -> Iterator[None]:
    every = sum(metrics.ANSWERS.values())
    changed = [("200", metrics.ANSWERS["200"] - every / 10), ("500", metrics.ANSWERS["500"] + every / 10)]
    fewer = [metrics.answers(code, growing(metrics.ANSWERS[code], {DAY: rate})) for code, rate in changed]
    with estate.prometheus.changed(*fewer):
        yield


@fault("yesterday's spider stopped after one page; today's began half an hour ago", "renec.data-quality.items-per-hour")
def one_page_only(estate: Renec) -> Iterator[None]:
    rate = metrics.ITEMS["ec_standards"]
    with estate.prometheus.changed(metrics.items("ec_standards", growing(rate, {DAY: 0.0, HALF_AN_HOUR: rate}))):
        yield


@fault("the spider of the centres has been stopped for two days", "renec.data-quality.freshness")
def harvest_two_days_old(estate: Renec) -> Iterator[None]:
    move = "UPDATE centros SET harvested_at = harvested_at {} interval '2 days'"
    with estate.database.meanwhile(move.format("-"), move.format("+")):
        yield


@fault("a row says that it was harvested next week", "renec.data-quality.freshness")
def row_from_the_future(estate: Renec) -> Iterator[None]:
    move = "UPDATE centros SET harvested_at = harvested_at {} interval '7 days' WHERE centro_id = 'CE1'"
    with estate.database.meanwhile(move.format("+"), move.format("-")):
        yield


@fault("a tenth of the centres is gone", "renec.data-quality.coverage")
def centres_deleted(estate: Renec) -> Iterator[None]:
    rows = estate.database.query(
        "WITH gone AS (DELETE FROM centros WHERE centro_id LIKE '%5' RETURNING *) SELECT json_agg(gone)::text FROM gone"
    )
    yield
    estate.database.query(
        "INSERT INTO centros SELECT * FROM json_populate_recordset(NULL::centros, %s::json)", rows[0][0]
    )


@fault("nobody has computed the statistics of the spiders for two weeks", "renec.data-quality.spider-statistics")
def statistics_skipped(estate: Renec) -> Iterator[None]:
    move = "UPDATE spider_statistics SET computed_at = computed_at {} interval '14 days'"
    with estate.database.meanwhile(move.format("-"), move.format("+")):
        yield


def _incident(estate: Renec) -> AbstractContextManager[None]:
    return estate.database.meanwhile(
        "INSERT INTO data_incidents (id, opened_at) VALUES ('DQ-8', now() - interval '20 minutes')",
        "DELETE FROM data_incidents WHERE id = 'DQ-8'",
    )


@fault("a data incident is declared, and one spider was left running", "renec.data-quality.harvest-stopped")
def spider_left_running(estate: Renec) -> Iterator[None]:
    with _incident(estate), running(estate, "scrapy crawl centros", 16):
        yield


@fault("a data incident is declared, and something still writes", "renec.data-quality.harvest-stopped")
def harvest_goes_on(estate: Renec) -> Iterator[None]:
    with _incident(estate):
        ((before,),) = estate.database.query("SELECT harvested_at::text FROM centros WHERE centro_id = 'CE1'")
        estate.database.query("UPDATE centros SET harvested_at = now() WHERE centro_id = 'CE1'")
        yield
        estate.database.query("UPDATE centros SET harvested_at = %s::timestamptz WHERE centro_id = 'CE1'", before)


@fault("rows are written without the run that they are of", "renec.data-quality.affected-identified")
def rows_without_run(estate: Renec) -> Iterator[None]:
    added = (
        "INSERT INTO centros (centro_id, cert_id, nombre, harvested_at) "
        "SELECT 'CEX' || n, 'ECE001', 'Centro', now() - interval '1 hour' FROM generate_series(1, 3) n"
    )
    with estate.database.meanwhile(added, "DELETE FROM centros WHERE centro_id LIKE 'CEX%'"):
        yield


@fault("only half of what the bad run brought was harvested again", "renec.data-quality.reharvested")
def half_harvested_again(estate: Renec) -> Iterator[None]:
    ((run, when),) = estate.database.query("SELECT DISTINCT run_id, harvested_at::text FROM ec_standards_v2")
    estate.database.query(
        "UPDATE ec_standards_v2 SET run_id = bad_run, harvested_at = opened_at - interval '1 hour' "
        "FROM data_incidents WHERE right(ec_clave, 1) IN ('0', '2', '4', '6', '8')"
    )
    yield
    estate.database.query("UPDATE ec_standards_v2 SET run_id = %s, harvested_at = %s::timestamptz", run, when)
