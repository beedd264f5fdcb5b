"""What Perera's API answers while nothing is broken; its health endpoint looks at the components itself."""

from typing import Any

from ..site import Route


def of(key: str) -> dict[str, Route]:
    routes: dict[str, dict[str, Any]] = {
        "GET /api/stats": {"json": {"leads": 240, "sources": 4, "generated_at": "{{now}}"}, "cache": 300},
        "POST /api/export": {"json": {"job_id": "{{uuid}}", "status": "processing"}, "status": 202},
        "GET /api/export/jobs": {"json": {"jobs": jobs()}},
    }
    return {name: {"bearer": key, **route} for name, route in routes.items()}


def jobs(oldest: str = "{{now-240}}") -> list[dict[str, str]]:
    """A finished job, a failed one, and one that began so long ago."""
    return [
        {"job_id": "5f0c2f4e-8f55-4b7e-9d0a-1c0f6a7b2d11", "status": "completed", "created_at": "{{now-86000}}"},
        {"job_id": "0a9d7c52-3b1e-4f86-a2c4-7e5d9b813f22", "status": "failed", "created_at": "{{now-43000}}"},
        {"job_id": "c1e8b7a6-6d2f-4c39-8b50-2f4a1d6e9c33", "status": "processing", "created_at": oldest},
    ]
