"""A drill of a backup that lies in a bucket: a real S3 API, a real dump."""

import gzip
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from rounds.estate.bucket import BucketServer
from rounds.outcome import Outcome
from rounds.targets import Backups, Bucket, RestoreDrill

from .drills import carried_out, judged
from .servers import PATTERN, Server

Row = Callable[..., Any]


def test_the_newest_object_of_a_bucket_is_restored(row: Row, server: Server, tmp_path: Path) -> None:
    store = BucketServer(tmp_path)
    store.start()
    try:
        store.await_ready()
        store.make("shop-backups")
        made = time.time() - 7200
        name = time.strftime("shop-%Y%m%d_%H%M%S.sql.gz", time.gmtime(made))
        whole = gzip.compress(server.dump())
        store.put("shop-backups", f"backups/{name}", whole, modified=made)
        keys = {"access_key": SecretStr(store.access_key), "secret_key": SecretStr(store.secret_key)}
        bucket = Bucket(name="s3", system="shop", bucket="shop-backups", url=store.url, **keys)
        backups = Backups(name="dumps", system="shop", path="backups/", pattern=PATTERN, bucket=bucket)
        drill = RestoreDrill(name="drill", system="shop", backups=backups, live=server.target())
        seen = carried_out(drill)
        assert judged(row, drill, seen).outcome is Outcome.OK
        assert seen.archive is not None
        assert seen.archive.name == name
        store.put("shop-backups", f"backups/{name}", whole[:-500], modified=made)
        observer = judged(row, drill, carried_out(drill))
    finally:
        store.stop()
    assert observer.outcome is Outcome.CRITICAL
    assert f"{name} cannot be restored" in observer.summary
