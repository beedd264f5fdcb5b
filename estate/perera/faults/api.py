from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from ...estate import ask
from ...fault import fault
from ..estate import Perera
from ..routes import jobs

HEALTH = "GET /api/health"
STATS = "GET /api/stats"
COMPONENTS = {"orchestrator": "healthy", "storage": "healthy", "monitoring": "healthy"}


@fault(
    "the health endpoint answers 500, with a body that says operational",
    "perera.health.api-status-operational",
    "perera.health.all-components-healthy",
    "perera.health.post-update-api",
)
def health_answers_500(estate: Perera) -> Iterator[None]:
    body = {"status": "operational", "components": COMPONENTS}
    with estate.api.told(route=HEALTH, status=500, json=body):
        yield


@fault(
    "the database has another address than the API was told",
    "perera.health.api-status-operational",
    "perera.health.all-components-healthy",
    "perera.health.post-update-api",
    "perera.health.component-storage",
    "perera.integrity.sqlite-live-check",
    "perera.integrity.db-integrity-cli",
    "perera.data-quality.duplicates",
    "perera.data-quality.lead-quality",
    "perera.data-quality.leads-valid",
    may_redden=dict.fromkeys(
        ("perera.integrity.archive-complete", "perera.backup.rows-match-live", "perera.backup.separate-volume"),
        "there is no live database to look at",
    ),
)
def database_lost(estate: Perera) -> Iterator[None]:
    moved = estate.leads.rename(estate.home / "leads-moved.db")
    yield
    moved.rename(estate.leads)


@fault("one component is degraded, and the status says operational", "perera.health.all-components-healthy")
def component_degraded(estate: Perera) -> Iterator[None]:
    body = {"status": "operational", "components": COMPONENTS | {"storage": "degraded"}}
    with estate.api.told(route=HEALTH, json=body):
        yield


@fault("the health endpoint lists no component any more", "perera.health.all-components-healthy")
def components_vanish(estate: Perera) -> Iterator[None]:
    with estate.api.told(route=HEALTH, json={"status": "operational", "components": {}}):
        yield


@fault("the cache of the statistics is switched off", "perera.cache.stats-endpoint")
def stats_uncached(estate: Perera) -> Iterator[None]:
    with estate.api.told(route=STATS, cache=None):
        yield


@fault("the cache of the statistics never expires", "perera.cache.stats-endpoint")
def stats_stale(estate: Perera) -> Iterator[None]:
    stamp = (datetime.now(UTC) - timedelta(minutes=20)).isoformat()
    with estate.api.told(route=STATS, json={"leads": 240, "sources": 4, "generated_at": stamp}, cache=None):
        yield
    with estate.api.told(route=STATS, cache=None):  # what it holds is made anew
        ask(estate.api.url + "/api/stats", estate.env["PERERA_API_KEY"])


@fault("an export is done within its request", "perera.queue.export-accepted-async")
def export_inline(estate: Perera) -> Iterator[None]:
    with estate.api.told(route="POST /api/export", delay=2.2):
        yield


@fault("the API was restarted in the middle of an export three hours ago", "perera.queue.export-jobs-finish")
def export_abandoned(estate: Perera) -> Iterator[None]:
    with estate.api.told(route="GET /api/export/jobs", json={"jobs": jobs("{{now-10800}}")}):
        yield
