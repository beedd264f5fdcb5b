"""Facts of a healthy drill, to be spoilt by tests."""

import time
from dataclasses import replace
from typing import Any

from pydantic import SecretStr

from rounds.fixtures.backups import Archive
from rounds.fixtures.restore_alone import TableAlone
from rounds.fixtures.restore_figures import Condition, Counts, NewestRow
from rounds.fixtures.restore_soundness import Soundness
from rounds.fixtures.restored import Restored, Times
from rounds.targets import Backups, Postgres, RestoreDrill

NOW = time.time()
HOUR = 3600.0
LIVE = Postgres(name="database", system="shop", dsn=SecretStr("host=nowhere"))
BACKUPS = Backups(name="dumps", system="shop", path="/backups", pattern=r"shop-(?P<time>\d{8})\.sql")
DRILL = RestoreDrill(name="drill", system="shop", backups=BACKUPS, live=LIVE, alone=("orders",))
ARCHIVE = Archive("shop-20261122.sql", "/backups/shop-20261122.sql", NOW - 6 * HOUR, NOW - 6 * HOUR, 5000)
ALONE = TableAlone(
    "orders", 100, 100, has_primary_key=True, indexes=2, constraints=3, missing_against_live=(), seconds=2
)
HEALTHY = Restored(
    "/backups", ARCHIVE, kind="plain", server_version="18.6", loaded_bytes=9_000_000,
    times=Times(1, 0.2, 4, 1), counts=Counts({"orders": 100, "customers": 20}),
    live=Counts({"orders": 102, "customers": 20}), newest_rows=(NewestRow("orders", "made_at", NOW - 7 * HOUR),),
    soundness=Soundness(indexes_verified=4), conditions=(Condition("no order without a total", holds=True),),
    alone={"orders": ALONE}, looked_at_epoch_seconds=NOW,
)  # fmt: skip


def spoilt(**given: Any) -> Restored:
    return replace(HEALTHY, **given)
