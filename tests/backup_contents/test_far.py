"""The same readings of a bucket: nothing is fetched to disk, and the pointer is compared by what the server knows."""

import gzip
import hashlib
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rounds.estate.bucket import BucketServer
from rounds.fixtures import backup_checksums, backup_pointer, recovery_points  # noqa: F401 - probes
from rounds.fixtures.backup_pointer import Pointer
from rounds.fixtures.content_facts import Contents
from rounds.probe import PROBES
from rounds.targets import Backups
from rounds.targets.backups import Bucket

DUMP = (
    b"--\n-- PostgreSQL database dump\n--\n\n--\n-- Data\n--\n\nCOPY public.a (id) FROM stdin;\n1\n2\n\\.\n\n\n"
    b"--\n-- PostgreSQL database dump complete\n--\n\n"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BucketServer]:
    made = BucketServer(tmp_path_factory.mktemp("s3"))
    made.start()
    made.await_ready()
    yield made
    made.stop()


@pytest.fixture
def backups(server: BucketServer, request: pytest.FixtureRequest) -> Backups:
    name = f"shop-{abs(hash(request.node.nodeid))}"
    server.make(name)
    keys = {"access_key": server.access_key, "secret_key": server.secret_key}
    bucket = Bucket.model_validate({"name": "s3", "system": "shop", "bucket": name, "url": server.url, **keys})
    return Backups(name="far", system="shop", path="daily", pattern=r"shop-(?P<time>\d{8})\.sql\.gz", bucket=bucket)


@pytest.fixture
def put(server: BucketServer, backups: Backups) -> Callable[[str, bytes], None]:
    return lambda name, data: server.put(backups.bucket.bucket, f"daily/{name}", data)  # type: ignore[union-attr]


def look(probe: str, backups: Backups, *arguments: Any) -> Any:
    return PROBES[probe].look(backups, *arguments)


def test_a_dump_in_a_bucket_is_read_as_a_stream(backups: Backups, put: Callable[[str, bytes], None]) -> None:
    put("shop-20261122.sql.gz", gzip.compress(DUMP))
    seen: Contents = look("newest_contents", backups, r"\.sql$", "", 1e9, None)
    assert (seen.fault, seen.layers, seen.dumps[0].rows) == ("", ("gzip",), {"public.a": 2})
    put("shop-20261123.sql.gz", gzip.compress(DUMP)[:-1])
    assert "cut short" in look("newest_contents", backups, r"\.sql$", "", 1e9, None).fault
    point = look("recovery_point", backups, r"\.sql$", "", 1e9, 7, None)
    assert (point.good.name, list(point.damaged)) == ("shop-20261122.sql.gz", ["shop-20261123.sql.gz"])


def test_the_object_that_restore_commands_use_is_compared(backups: Backups, put: Callable[[str, bytes], None]) -> None:
    put("shop-20261121.sql.gz", gzip.compress(DUMP + b"x"))
    put("shop-20261122.sql.gz", packed := gzip.compress(DUMP + b"y"))

    def follow() -> Pointer:
        seen: Pointer = look("pointer", backups, "latest.sql.gz", None)
        return seen

    assert follow().leads_to is None
    assert follow().path.startswith("s3://")
    put("latest.sql.gz", gzip.compress(DUMP + b"x"))
    assert (follow().leads_to, follow().is_newest) == ("latest.sql.gz", False)
    put("latest.sql.gz", packed)
    assert follow().is_newest


def test_a_copy_that_was_uploaded_in_parts_is_compared_by_its_bytes(server: BucketServer, backups: Backups) -> None:
    large = os.urandom(6 << 20)
    bucket = backups.bucket.bucket  # type: ignore[union-attr]
    server.put(bucket, "daily/shop-20261122.sql.gz", large)
    server.put_in_parts(bucket, "daily/latest.sql.gz", large)
    assert look("pointer", backups, "latest.sql.gz", None).is_newest


def test_checksums_in_a_bucket_are_compared(backups: Backups, put: Callable[[str, bytes], None]) -> None:
    put("shop-20261122.sql.gz", DUMP)
    put("shop-20261122.sql.gz.sha256", f"{hashlib.sha256(DUMP).hexdigest()}  shop-20261122.sql.gz\n".encode())
    seen = look("backup_checksums", backups, False, None)
    assert (seen.equal, seen.different, seen.is_newest_named) == (("shop-20261122.sql.gz",), (), True)
