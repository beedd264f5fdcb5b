"""What RENEC's web services answer: the API servers, and what stands around them."""

from typing import Any

Routes = dict[str, dict[str, Any]]
DASHBOARD = "RENEC Harvester Overview"
PANELS = ("API Response Time", "Spider Success Rate")
SOURCE = {"uid": "prom", "type": "prometheus"}
RELEASES = ("2.3.2", "2.4.0", "2.4.1")
API: Routes = {"GET /health": {"json": {"status": "healthy", "time": "{{now}}"}}}
CDN = {"X-Cache": "Hit from cloudfront", "X-Amz-Cf-Id": "{{uuid}}", "Via": "1.1 e1f2.cloudfront.net (CloudFront)"}


def around(token: str) -> Routes:
    """The UI behind its CDN, the store of logs, the registry of images, and Grafana."""
    ui: Routes = {"GET /": {"text": "<!doctype html><title>RENEC</title>", "headers": CDN}}
    store = {f"POST /logs/renec-{name}/_search": {"json": found(-20)} for name in ("api", "spider", "scheduler")}
    images: Routes = {f"HEAD /registry/v2/renec/api/manifests/{each}": {} for each in RELEASES}
    return ui | store | images | {name: {**route, "bearer": token} for name, route in grafana().items()}


def found(age: int) -> dict[str, Any]:
    """What OpenSearch answers to a search for the newest record, which is so old (in seconds, negative)."""
    hit = {"_index": "renec", "_id": "{{uuid}}", "_score": None, "_source": {"@timestamp": f"{{{{now{age:+d}}}}}"}}
    shards = {"total": 3, "successful": 3, "skipped": 0, "failed": 0}
    return {"took": 4, "timed_out": False, "_shards": shards, "hits": {"max_score": None, "hits": [hit]}}


def grafana() -> Routes:
    data = {"schema": {"refId": "A"}, "data": {"values": [[1795325400000, 1795325460000], [0.071, 0.068]]}}
    listed = [{"id": 1, "name": "Prometheus", "isDefault": True, **SOURCE}]
    answers: dict[str, Any] = {
        "GET /grafana/api/health": {"database": "ok", "version": "11.3.0"},
        "GET /grafana/api/datasources": listed,
        "GET /grafana/api/datasources/uid/prom/health": {"status": "OK", "message": "Successfully queried"},
        "GET /grafana/api/search": [{"uid": "overview", "title": DASHBOARD, "type": "dash-db"}],
        "GET /grafana/api/dashboards/uid/overview": dashboard(*PANELS),
        "POST /grafana/api/ds/query": {"results": {"A": {"status": 200, "frames": [data]}}},
    }
    return {route: {"json": answer} for route, answer in answers.items()}


def dashboard(*panels: str) -> dict[str, Any]:
    expressions = {
        PANELS[0]: "histogram_quantile(0.95, sum by (le) (rate(api_response_duration_bucket[5m])))",
        PANELS[1]: "sum(rate(spider_items_scraped_total[5m])) / sum(rate(spider_requests_total[5m]))",
    }
    shown = [
        {"id": number, "title": title, "type": "timeseries", "datasource": SOURCE,
         "targets": [{"refId": "A", "expr": expressions[title]}]}
        for number, title in enumerate(panels, 1)
    ]  # fmt: skip
    return {"dashboard": {"uid": "overview", "title": DASHBOARD, "panels": shown}, "meta": {"slug": "overview"}}
