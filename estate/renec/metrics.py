"""What RENEC's Prometheus knows: five weeks of its machines, its API and its spider, and the rules of the guide."""

from pathlib import Path

from ..ground import Servant
from ..prometheus import Prometheus, Series, Value, growing, level

GIB = 1024.0**3
TIERS = ("api", "spider", "database")
INSTANCES = ("api-1", "api-2", "api-3")
REQUESTS = 40.0 / len(INSTANCES)  # a second
ERRORS = {"timeout": 0.001, "validation": 0.0005}
UNKNOWN = 0.0001
ITEMS = {"centros": 1.6, "certificadores": 0.5, "ec_standards": 2.1}  # a second
ANSWERS = {"200": 3.9, "404": 0.04, "500": 0.01}  # to the spiders, a second
TRAFFIC = 400_000.0  # bytes a second, each way
PACKET = 700.0  # bytes
RULES = {
    "renec_harvester": [
        {"alert": "HighAPIErrorRate", "expr": "rate(api_errors_total[5m]) > 0.05", "for": "10m",
         "labels": {"severity": "warning"}},
        {"alert": "SpiderStalled", "expr": "rate(spider_items_scraped_total[10m]) == 0", "for": "20m",
         "labels": {"severity": "critical"}},
        {"alert": "DatabaseConnectionPoolExhausted", "expr": "db_connection_pool_available == 0", "for": "5m",
         "labels": {"severity": "critical"}},
    ],
    "meta": [{"alert": "Watchdog", "expr": "vector(1)", "labels": {"severity": "none"}}],
}  # fmt: skip


def prometheus(root: Path, servant: Servant) -> Prometheus:
    series = [each for tier in TIERS for each in machine(tier)]
    series += network() + application()
    return Prometheus(root, servant, series, rules=RULES)


def machine(tier: str) -> list[Series]:
    return [idle(tier, 0.75), *memory(tier, 0.55), *volume(tier, 0.48)]


def idle(tier: str, share: float) -> Series:
    labels = {"tier": tier, "instance": f"{tier}-node", "cpu": "0", "mode": "idle"}
    return Series("node_cpu_seconds_total", labels, growing(share))


def memory(tier: str, used: float) -> list[Series]:
    labels = {"tier": tier, "instance": f"{tier}-node"}
    figures = {"MemTotal": 16 * GIB, "MemAvailable": 16 * GIB * (1 - used)}
    return [Series(f"node_memory_{name}_bytes", labels, level(figure)) for name, figure in figures.items()]


def volume(tier: str, used: float) -> list[Series]:
    """A volume with a twentieth kept for root, so much of the rest used."""
    labels = {"tier": tier, "instance": f"{tier}-node", "fstype": "ext4", "mountpoint": "/var/lib/renec"}
    size, room = 100 * GIB, 95 * GIB
    figures = {"size": size, "free": size - room * used, "avail": room * (1 - used)}
    return [Series(f"node_filesystem_{name}_bytes", labels, level(figure)) for name, figure in figures.items()]


def network() -> list[Series]:
    figures = {"bytes": TRAFFIC, "packets": TRAFFIC / PACKET, "drop": 0.002, "errs": 0.0}
    return [counted(way, what, growing(each)) for way in ("transmit", "receive") for what, each in figures.items()]


def counted(way: str, what: str, value: Value) -> Series:
    labels = {"tier": "api", "instance": "api-node", "device": "eth0"}
    return Series(f"node_network_{way}_{what}_total", labels, value)


def application() -> list[Series]:
    requests = [Series("api_requests_total", {"instance": each}, growing(REQUESTS)) for each in INSTANCES]
    known = [errors(kind, instance, growing(each)) for kind, each in ERRORS.items() for instance in INSTANCES]
    gauges = {"renec_harvest_scheduled": 1.0, "db_connection_pool_available": 38.0}
    return [
        *requests,
        *known,
        errors("unknown", INSTANCES[0], growing(UNKNOWN)),
        *(items(spider, growing(each)) for spider, each in ITEMS.items()),
        Series("spider_requests_total", {}, growing(sum(ANSWERS.values()))),
        *(answers(code, growing(each)) for code, each in ANSWERS.items()),
        *(Series(name, {}, level(value)) for name, value in gauges.items()),
    ]


def items(spider: str, value: Value) -> Series:
    return Series("spider_items_scraped_total", {"spider": spider}, value)


def answers(code: str, value: Value) -> Series:
    return Series("spider_responses_total", {"code": code}, value)


def errors(kind: str, instance: str, value: Value) -> Series:
    return Series("api_errors_total", {"type": kind, "instance": instance}, value)
