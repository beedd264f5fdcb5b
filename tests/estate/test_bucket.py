"""The S3 server of an estate: what its faults do is seen through its own API, and goes again."""

import time
from collections.abc import Iterator

import pytest

from rounds.estate import bucket
from rounds.estate.bucket import BucketServer
from rounds.estate.ground import raze, servant, settle
from rounds.estate.part import EstateError

NAME = "shop-backups"


@pytest.fixture(scope="module")
def server() -> Iterator[BucketServer]:
    root = settle(servant())
    running = BucketServer(root)
    try:
        running.start()
        running.await_ready()
        running.make(NAME)
        running.put(NAME, "a", b"as it was", 1e9)
        yield running
    finally:
        running.stop()
        raze(root)


def held(server, key="a"):
    return server.client.get_object(Bucket=NAME, Key=key)["Body"].read(), server.modified(NAME, key)


def test_an_object_has_the_date_it_was_given_and_a_file_its_own(server, tmp_path):
    assert held(server) == (b"as it was", 1e9)
    (tmp_path / "x").write_bytes(b"x")
    server.put(NAME, "x", tmp_path / "x")
    assert abs(server.modified(NAME, "x") - time.time()) < 60
    server.copy(NAME, "x", "y")
    assert server.names(NAME) == ["a", "x", "y"]
    server.delete(NAME, "y")
    server.delete(NAME, "x")


def test_faults_go_again_without_a_trace(server):
    before = held(server)
    with server.without(NAME, "a"):
        assert server.names(NAME) == []
    with server.holding(NAME, "a", b"other"):
        assert held(server) == (b"other", 1e9)
    with server.holding(NAME, "new", b"new", 1e9 + 5):
        assert server.modified(NAME, "new") == 1e9 + 5
    with server.dated(NAME, "a", 2e9):
        assert held(server)[1] == 2e9
    with server.denied(), pytest.raises(server.client.exceptions.ClientError, match="AccessDenied"):
        server.names(NAME)
    assert (server.names(NAME), held(server)) == (["a"], before)


def test_without_its_packages_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(bucket, "package", lambda _: None)
    with pytest.raises(EstateError, match=r"pip install '\.\[demo\]'"):
        BucketServer(tmp_path)
