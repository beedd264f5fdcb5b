"""What PriceWatch's Grafana answers: its health, one data source, two dashboards, and data for their panels."""

from typing import Any

SOURCE = {"uid": "prom", "name": "Prometheus", "type": "prometheus", "isDefault": True}
SOURCE_HEALTH = "GET /api/datasources/uid/prom/health"
QUERY = "POST /api/ds/query"
BOARDS = {
    "PriceWatch Overview": {"Queue": "queue_size", "Errors": "sum(rate(scraper_errors_total[5m]))"},
    "PriceWatch Proxies": {"Requests": "sum(rate(scraper_requests_total[5m]))"},
}
FRAME = {"data": {"values": [[1, 2, 3], [41, 40, 42]]}}
REFUSED = "dial tcp 127.0.0.1:9099: connect: connection refused"


def routes(token: str) -> dict[str, Any]:
    """By method and path; all but the health want a token."""
    found = [{"uid": _uid(title), "title": title, "type": "dash-db"} for title in BOARDS]
    closed: dict[str, dict[str, Any]] = {
        "GET /api/datasources": {"json": [SOURCE]},
        SOURCE_HEALTH: {"json": {"status": "OK", "message": "Successfully queried the Prometheus API."}},
        "GET /api/search": {"json": found},
        QUERY: {"json": {"results": {"A": {"status": 200, "frames": [FRAME]}}}},
        **{f"GET /api/dashboards/uid/{_uid(title)}": {"json": {"dashboard": _board(title)}} for title in BOARDS},
    }
    health = {"json": {"database": "ok", "version": "11.3.0"}}
    return {"GET /api/health": health} | {name: {**route, "bearer": token} for name, route in closed.items()}


def _uid(title: str) -> str:
    return title.lower().replace(" ", "-")


def _board(title: str) -> dict[str, Any]:
    source = {"type": SOURCE["type"], "uid": SOURCE["uid"]}
    panels = [
        {"title": panel, "type": "timeseries", "datasource": source, "targets": [{"refId": "A", "expr": expression}]}
        for panel, expression in BOARDS[title].items()
    ]
    return {"uid": _uid(title), "title": title, "panels": panels}
