"""Backups in a bucket, and every way in which a bucket is not there for us."""

import socket
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rounds.fixtures import backup_buckets
from rounds.fixtures.backup_buckets import BucketPlace
from rounds.fixtures.backup_places import place_of
from rounds.fixtures.backups import archives_of
from rounds.probe import CouldNotLook, RunbookDisagrees, Unreachable
from rounds.targets import Backups
from rounds.targets.backups import Bucket

PATTERN = r"shop_backup_(?P<time>\d{8}_\d{6})\.sql\.gz"
KEY = "daily/shop_backup_20261122_053000.sql.gz"


@pytest.fixture
def copies(bucket: Bucket) -> Backups:
    return Backups(name="backups", system="shop", path="daily", pattern=PATTERN, bucket=bucket)


@pytest.fixture
def upload(s3_client: Any, bucket: Bucket) -> Callable[..., None]:
    def made(key: str, data: bytes = b"an archive", **other: Any) -> None:
        s3_client.put_object(Bucket=bucket.bucket, Key=key, Body=data, **other)

    return made


def test_the_objects_of_a_prefix_are_its_entries(copies: Backups, upload: Callable[..., None]) -> None:
    for key in (
        KEY,
        "daily/",
        "daily/old/one.gz",
        "daily/old/older/two.gz",
        "daily-other/x",
        "other",
        "daily/a b%ä.gz",
    ):
        upload(key, key.encode())
    for path in ("daily", "/daily/", "daily/"):
        found = {each.name: each for each in place_of(copies.model_copy(update={"path": path})).entries()}
        assert found.keys() == {"shop_backup_20261122_053000.sql.gz", "old", "a b%ä.gz"}
        assert (found["old"].kind, found["a b%ä.gz"].kind) == ("folder", "file")
        assert found["a b%ä.gz"].path == "daily/a b%ä.gz"
    below = {each.name for each in place_of(copies).below()}
    assert below == {"shop_backup_20261122_053000.sql.gz", "old/one.gz", "old/older/two.gz", "a b%ä.gz"}
    assert {each.name for each in place_of(copies).below("daily/old")} == {"one.gz", "older/two.gz"}
    assert len({each.name for each in place_of(copies.model_copy(update={"path": "/"})).below()}) == 7


def test_more_objects_than_a_page_holds_are_listed(
    copies: Backups, upload: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup_buckets, "PAGE", 3)
    for number in range(10):
        upload(f"daily/{number}")
    assert len(list(place_of(copies).entries())) == 10
    monkeypatch.setattr(backup_buckets, "MOST_ENTRIES", 5)
    with pytest.raises(CouldNotLook, match="has more than 5 objects below daily/"):
        list(place_of(copies).entries())


def test_an_object_is_read_as_a_stream(copies: Backups, upload: Callable[..., None]) -> None:
    upload(KEY, bytes(range(256)) * 1000)
    with place_of(copies).opened(KEY) as stream:
        assert stream.read(3) == b"\0\1\2"
        assert stream.read() == (bytes(range(256)) * 1000)[3:]
    upload(KEY, b"")
    with place_of(copies).opened(KEY) as stream:
        assert stream.read() == b""
    with pytest.raises(RunbookDisagrees, match="there is no such object"), place_of(copies).opened("daily/gone"):
        pass


def test_the_newest_is_found_among_what_is_none(copies: Backups, upload: Callable[..., None]) -> None:
    upload(KEY)
    upload("daily/shop_backup_20261123_053000.sql.gz", b"")
    upload("daily/shop_backup_20261124_053000.sql.gz/part", b"x")
    upload("daily/shop_backup_20261125_053000.sql.gz.tmp", b"x")
    seen = archives_of(copies)
    assert (seen.count, seen.newest.name, seen.folder) == (
        1,
        KEY.rpartition("/")[2],
        f"s3://{copies.bucket.bucket}/daily",
    )
    assert {each.name[12:20]: each.why for each in seen.left_out} == {
        "20261123": "is empty",
        "20261124": "is a folder",
        "20261125": "has the name of an unfinished one",
    }


def test_an_upload_that_was_not_completed_is_told(
    copies: Backups, upload: Callable[..., None], s3_client: Any, bucket: Bucket
) -> None:
    upload(KEY)
    s3_client.create_multipart_upload(Bucket=bucket.bucket, Key="daily/shop_backup_20261123_053000.sql.gz")
    s3_client.create_multipart_upload(Bucket=bucket.bucket, Key="daily/other")
    seen = archives_of(copies)
    assert [(each.name, each.why) for each in seen.left_out] == [
        ("shop_backup_20261123_053000.sql.gz", "is an upload that was not completed")
    ]
    assert seen.count == 1


def test_what_the_server_knows_of_an_object_is_told(copies: Backups, upload: Callable[..., None]) -> None:
    upload(KEY, b"an archive", ChecksumAlgorithm="SHA256", Metadata={"sha256": "mine"})
    place = place_of(copies)
    assert isinstance(place, BucketPlace)
    known = place.checksums(KEY)
    assert known["etag"] == "05b6d3d14f2c7e9eb8f9e2a7f2ccd0ed" or len(known["etag"]) == 32
    assert known["sha256"] == "Kd6RlzVgBm7OIhHHRfcs0M1s/WtrmB4FWi0mj1TSPcY=" or len(known["sha256"]) == 44
    assert known["meta sha256"] == "mine"
    with pytest.raises(RunbookDisagrees, match="no such object"):
        place.checksums("daily/gone")


def test_a_bucket_that_is_not_there_is_a_mistake_of_the_runbook(copies: Backups, bucket: Bucket) -> None:
    gone = bucket.model_copy(update={"bucket": "shop-gone"})
    with pytest.raises(RunbookDisagrees, match="there is no bucket shop-gone at http"):
        list(place_of(copies.model_copy(update={"bucket": gone})).entries())
    bad = bucket.model_copy(update={"bucket": "no bucket!"})
    with pytest.raises(RunbookDisagrees, match="can be no bucket's name"):
        list(place_of(copies.model_copy(update={"bucket": bad})).entries())


def refusing(copies: Backups, bucket: Bucket, **other: Any) -> BucketPlace:
    return BucketPlace(bucket.model_copy(update=other), copies.path)


def test_a_server_that_is_not_there_is_unreachable(copies: Backups, bucket: Bucket) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    with pytest.raises(Unreachable, match=f"http://127.0.0.1:{port} gives no answer") as raised:
        list(refusing(copies, bucket, url=f"http://127.0.0.1:{port}").entries())
    assert raised.value.target == "shop/copies"
    with pytest.raises(CouldNotLook, match="does not answer as S3 does"):
        list(refusing(copies, bucket, url="no address").entries())


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """A server that says the same to everybody, whatever it is asked."""
    servers: list[socket.socket] = []

    def begun(*said: bytes) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        servers.append(listener)
        threading.Thread(target=_answer, args=(listener, said), daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield begun
    for listener in servers:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _answer(listener: socket.socket, said: tuple[bytes, ...]) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        with client:
            client.recv(1 << 16)
            for block in said:
                client.sendall(block)
            if not said:
                client.recv(1 << 16)


def http(status: str, body: str, *, more: int = 0) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nContent-Length: {len(body) + more}\r\n"
    return f"{head}Connection: close\r\n\r\n{body}".encode()


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        ("403 Forbidden: AccessDenied", "refuses ListObjectsV2 to these keys: said so"),
        ("403 Forbidden: InvalidAccessKeyId", r"does not take these keys \(InvalidAccessKeyId\)"),
        ("403 Forbidden: SignatureDoesNotMatch", "does not take these keys"),
        ("500 Internal Server Error: InternalError", "failed at ListObjectsV2: InternalError said so"),
        ("503 Slow Down: SlowDown", "failed at ListObjectsV2: SlowDown said so"),
    ],
)
def test_what_is_refused_is_told(
    copies: Backups, bucket: Bucket, serve: Callable[..., str], refusal: str, words: str
) -> None:
    status, _, code = refusal.partition(": ")
    url = serve(http(status, f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>said so</Message></Error>"))
    with pytest.raises(CouldNotLook, match=words) as raised:
        list(refusing(copies, bucket, url=url).entries())
    assert "a secret of the shop" not in str(raised.value)
    assert not isinstance(raised.value, Unreachable)


@pytest.mark.parametrize("body", ["<html>hello</html", "no XML at all"])
def test_what_is_no_s3_is_told(copies: Backups, bucket: Bucket, serve: Callable[..., str], body: str) -> None:
    with pytest.raises(CouldNotLook, match="failed at ListObjectsV2"):
        list(refusing(copies, bucket, url=serve(http("200 OK", body))).entries())


def test_a_server_that_hangs_is_unreachable(
    copies: Backups, bucket: Bucket, serve: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup_buckets, "READ_SECONDS", 0.3)
    with pytest.raises(Unreachable, match="gives no answer: Read timeout"):
        list(refusing(copies, bucket, url=serve()).entries())


def test_a_large_object_takes_no_memory(copies: Backups, bucket: Bucket, serve: Callable[..., str]) -> None:
    block = b"\0" * (1 << 20)
    place = refusing(copies, bucket, url=serve(http("200 OK", "", more=200 * len(block)), *[block] * 200))
    tracemalloc.start()
    with place.opened(KEY) as stream:
        count = 0
        while data := stream.read(1 << 18):
            count += len(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 200 * len(block)
    assert peak < 20_000_000


def test_an_object_that_breaks_off_is_no_damage(copies: Backups, bucket: Bucket, serve: Callable[..., str]) -> None:
    place = refusing(copies, bucket, url=serve(http("200 OK", "x" * 1000, more=5000)))
    with pytest.raises(CouldNotLook, match="broke off"), place.opened("daily/x") as stream:
        _ = [*iter(lambda: stream.read(100), b"")]


def test_without_keys_it_says_so(
    copies: Backups, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(CouldNotLook, match="there are no keys for copies"):
        list(refusing(copies, bucket, access_key=None, secret_key=None).entries())
    with pytest.raises(CouldNotLook, match="there are no keys for copies"):
        list(refusing(copies, bucket, secret_key=None).entries())


def test_without_boto3_it_says_how_to_get_it(copies: Backups, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in sys.modules if each.partition(".")[0] == "boto3"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(CouldNotLook, match=r"boto3 is not installed here: in the clone, pip install '\.\[backups\]'"):
        list(place_of(copies).entries())


@pytest.mark.parametrize("name", ["your-backup-bucket", "my-bucket", "example-bucket", "my-backup-bucket", "BUCKET_NAME", "<bucket>", "${BUCKET}"])  # fmt: skip
def test_a_placeholder_is_refused(copies: Backups, bucket: Bucket, name: str) -> None:
    left = bucket.model_copy(update={"bucket": name})
    with pytest.raises(RunbookDisagrees, match="is a placeholder"):
        place_of(copies.model_copy(update={"bucket": left}))


@pytest.mark.parametrize(
    "path", ["/path/to/backups", "path/to/backups", "/srv/your-app/backups", "<folder>", "/mnt/$DIR"]
)
def test_a_sample_path_is_refused(path: str) -> None:
    with pytest.raises(RunbookDisagrees, match="is a placeholder"):
        place_of(Backups(name="backups", path=path, pattern=PATTERN))


@pytest.mark.parametrize("name", ["shop-backups", "my-company-backups", "bucket-7", "renec-backup-bucket", "samples"])
def test_a_real_name_is_taken(copies: Backups, bucket: Bucket, name: str) -> None:
    place_of(copies.model_copy(update={"bucket": bucket.model_copy(update={"bucket": name})}))
    place_of(copies.model_copy(update={"path": "/srv/pathto/backups", "bucket": None}))
