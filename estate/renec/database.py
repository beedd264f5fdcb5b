"""RENEC's PostgreSQL, with a month of harvests, and the standby that follows it."""

from ..postgres import READER, Postgres

SCHEMA = b"""
CREATE TABLE harvest_runs (
    id bigserial PRIMARY KEY, spider text NOT NULL, started_at timestamptz NOT NULL, heartbeat_at timestamptz NOT NULL,
    finished_at timestamptz, finish_reason text, items integer NOT NULL, pages integer NOT NULL,
    requests integer NOT NULL, throttled integer NOT NULL, network_errors integer NOT NULL, log_errors integer NOT NULL
);
INSERT INTO harvest_runs (spider, started_at, heartbeat_at, finished_at, finish_reason, items, pages, requests,
                          throttled, network_errors, log_errors)
SELECT spider, begun, begun + interval '80 minutes', begun + interval '80 minutes', 'finished',
       pages * 9 + day % 5, pages, pages * 2, day % 3, day % 4, 0
FROM generate_series(1, 30) day, unnest(ARRAY['centros', 'certificadores', 'ec_standards']) spider,
     LATERAL (SELECT now() - day * interval '1 day' + interval '20 hours' AS begun, 400 + day * 7 % 50 AS pages) sizes;
-- One that is going on now
INSERT INTO harvest_runs (spider, started_at, heartbeat_at, items, pages, requests, throttled, network_errors,
                          log_errors)
VALUES ('centros', now() - interval '10 minutes', now() + interval '1 hour', 310, 40, 80, 0, 0, 0);
-- What was harvested: each row with the run that saw it last
CREATE TABLE ec_standards_v2 (
    ec_clave text PRIMARY KEY, titulo text NOT NULL, sector text NOT NULL, first_seen timestamptz NOT NULL,
    run_id bigint REFERENCES harvest_runs, harvested_at timestamptz
);
CREATE TABLE certificadores_v2 (
    cert_id text PRIMARY KEY, nombre text NOT NULL, tipo text NOT NULL,
    run_id bigint REFERENCES harvest_runs, harvested_at timestamptz
);
CREATE TABLE centros (
    centro_id text PRIMARY KEY, cert_id text NOT NULL REFERENCES certificadores_v2, nombre text NOT NULL,
    run_id bigint REFERENCES harvest_runs, harvested_at timestamptz
);
CREATE INDEX centros_by_certificador ON centros (cert_id);
INSERT INTO ec_standards_v2
SELECT format('EC%s', lpad(n::text, 4, '0')), 'Estandar ' || n, 'Sector ' || n % 20, now() - n % 300 * interval '1 day'
FROM generate_series(1, 1500) n;
INSERT INTO certificadores_v2
SELECT format('ECE%s', lpad(n::text, 3, '0')), 'Certificador ' || n, CASE WHEN n % 4 = 0 THEN 'OC' ELSE 'ECE' END
FROM generate_series(1, 400) n;
INSERT INTO centros
SELECT 'CE' || n, format('ECE%s', lpad((1 + n % 400)::text, 3, '0')), 'Centro ' || n FROM generate_series(1, 1200) n;
"""
QUALITY = b"""
CREATE VIEW newest AS SELECT DISTINCT ON (spider) spider, id, finished_at FROM harvest_runs
    WHERE finished_at IS NOT NULL ORDER BY spider, started_at DESC;
UPDATE ec_standards_v2 SET run_id = id, harvested_at = finished_at FROM newest WHERE spider = 'ec_standards';
UPDATE certificadores_v2 SET run_id = id, harvested_at = finished_at FROM newest WHERE spider = 'certificadores';
UPDATE centros SET run_id = id, harvested_at = finished_at FROM newest WHERE spider = 'centros';
DROP VIEW newest;
-- How many items the source's own index lists, noted by each run before it reads the first of them
CREATE TABLE source_listings (spider text NOT NULL, listed_at timestamptz NOT NULL, listed integer NOT NULL);
INSERT INTO source_listings
SELECT spider, started_at, CASE spider WHEN 'centros' THEN 1210 WHEN 'certificadores' THEN 402 ELSE 1512 END
FROM harvest_runs;
CREATE TABLE spider_statistics (
    spider text NOT NULL, computed_at timestamptz NOT NULL, runs integer NOT NULL, mean_items numeric NOT NULL
);
INSERT INTO spider_statistics
SELECT spider, now() - interval '2 days' - week * interval '7 days', 7, 3800
FROM generate_series(0, 4) week, unnest(ARRAY['centros', 'certificadores', 'ec_standards']) spider;
-- One that is over: its run was bad, and all of it was harvested again
CREATE TABLE data_incidents (
    id text PRIMARY KEY, opened_at timestamptz NOT NULL, closed_at timestamptz, bad_run bigint REFERENCES harvest_runs
);
INSERT INTO data_incidents
SELECT 'DQ-7', finished_at + interval '2 hours', finished_at + interval '30 hours', id
FROM harvest_runs WHERE spider = 'ec_standards' AND started_at < now() - interval '5 days'
ORDER BY started_at DESC LIMIT 1;
"""
HARVESTED = ("ec_standards_v2", "certificadores_v2", "centros")
TABLES = ("harvest_runs", *HARVESTED, "source_listings", "spider_statistics", "data_incidents")
GRANTS = (f"GRANT pg_monitor TO {READER}", f"GRANT SELECT ON {', '.join(TABLES)} TO {READER}")


class Database(Postgres):
    """The primary."""

    def fill_a_month(self) -> None:
        self.fill(SCHEMA + QUALITY, GRANTS)

    def standbys(self) -> int:
        return int(self.query("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'")[0][0])
