from collections.abc import Iterator

import pytest
from shop import SCHEMA, Shop

from rounds.estate.bigshot.estate import BigShot
from rounds.estate.ground import raze, servant, settle
from rounds.estate.postgres import Postgres
from rounds.estate.valkey import Valkey
from tests.scratch_postgres.conftest import _quick_init, clusters

__all__ = ["_quick_init", "clusters"]


@pytest.fixture(scope="session")
def estate() -> Iterator[BigShot]:
    with BigShot() as running:
        yield running


@pytest.fixture(scope="session")
def shop() -> Iterator[Shop]:
    root = settle(servant())
    database, cache = Postgres(root, servant(), "shop"), Valkey(root, servant())
    try:
        database.begin_init()
        cache.start()
        database.finish_init()
        database.await_ready()
        database.fill(SCHEMA)
        cache.await_ready()
        with cache.client() as client:
            client.mset({f"key:{n}": f"value {n}" * 3 for n in range(500)})
        yield Shop(root, database, cache)
    finally:
        cache.part.stop()
        database.part.stop()
        raze(root)
