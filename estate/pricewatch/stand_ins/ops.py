"""PriceWatch's own programs for its operators; their addresses come from the environment (.env)."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener, urlopen

TABLES = ("monitored_urls", "proxies", "price_history")
BEFORE = Path("state/rows-before.json")
FETCH_SECONDS = 10


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def rows(statement: str) -> list[list[str]]:
    """Ask psql, which starts ten times faster than a client library."""
    place = urlsplit(os.environ["PRICEWATCH_DATABASE_URL"])
    login = {"PGUSER": place.username or "", "PGPASSWORD": place.password or "", "PGDATABASE": place.path.strip("/")}
    address = {"PGHOST": place.hostname or "", "PGPORT": str(place.port), "PGCONNECT_TIMEOUT": "5"}
    asked = ["psql", "-XAtF", "\t", "-c", statement]
    done = subprocess.run(asked, env=os.environ | address | login, capture_output=True, text=True, check=True)
    return [line.split("\t") for line in done.stdout.splitlines()]


def counts() -> dict[str, int]:
    one = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in TABLES)  # noqa: S608 - our own names
    return {table: int(count) for table, count in rows(one)}


def answers(name: str, path: str) -> None:
    urlopen(os.environ[f"PRICEWATCH_{name}_URL"] + path, timeout=5).close()  # noqa: S310 - our own service on 127.0.0.1


PARTS: dict[str, Callable[[], object]] = {
    "database": lambda: rows("SELECT 1"),
    "scraper": lambda: answers("SCRAPER", "/metrics"),
    "prometheus": lambda: answers("PROMETHEUS", "/-/ready"),
    "grafana": lambda: answers("GRAFANA", "/api/health"),
}


def complaint(part: str) -> str:
    try:
        PARTS[part]()
    except Exception as error:  # noqa: BLE001 - whatever is wrong, it is told
        return type(error).__name__
    return ""


def verify_health() -> int:
    found = {part: complaint(part) for part in ("database", "scraper")}
    for part, why in found.items():
        tell(f"{part}: {f'unhealthy ({why})' if why else 'healthy'}")
    return 1 if any(found.values()) else 0


def system_check() -> int:
    found = {part: complaint(part) for part in PARTS}
    for part, why in found.items():
        tell(f"{'FAIL' if why else 'PASS'} {part} {why}")
    failures = sum(bool(why) for why in found.values())
    tell(f"{len(found)} checks, {failures} {'failure' if failures == 1 else 'failures'}")
    return 1 if failures else 0


def verify_restoration() -> int:
    """It ends with 0 whatever it finds, as such programs do."""
    before, now = json.loads(BEFORE.read_text()), counts()
    for table, count in now.items():
        tell(f"table {table}: {count} rows, {before[table]} before, {max(0, before[table] - count)} lost")
    return 0


def fetched(address: str) -> str:
    begin = time.monotonic()
    opener = build_opener(ProxyHandler({"http": f"http://{address}"}))
    try:
        opener.open(os.environ["PRICEWATCH_KNOWN_PAGE"], timeout=FETCH_SECONDS).close()
    except OSError as error:
        return f"failed: {error}"
    return f"{time.monotonic() - begin:.2f} s"


def check_proxy_health() -> int:
    active = [address for (address,) in rows("SELECT address FROM proxies WHERE status = 'active' ORDER BY id")]
    with ThreadPoolExecutor(32) as pool:
        results = list(pool.map(fetched, active))
    for address, result in zip(active, results, strict=True):
        tell(f"{address} {result}")
    good = sum(not result.startswith("failed") for result in results)
    share = 100 * good / len(active) if active else 0
    tell(f"{good} of {len(active)} active proxies fetched the known page ({share:.1f} %)")
    return 0


if __name__ == "__main__":
    sys.exit(globals()[Path(sys.argv[0]).stem]())
