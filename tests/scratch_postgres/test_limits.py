"""A drill has a budget of time and of disk. Over it, it ends by itself, and what it could not see is not called good."""

import shutil
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from rounds.fixtures import scratch_watch
from rounds.fixtures.loading import Limits
from rounds.fixtures.postgres_programs import installed
from rounds.fixtures.scratch_postgres import scratch
from rounds.probe import CouldNotLook

DUMP = "-- PostgreSQL database dump\n{}\n-- PostgreSQL database dump complete\n"


def in_vain(drilled, path, limits):
    with pytest.raises(CouldNotLook) as told, drilled(path, limits=limits):
        pytest.fail("it was loaded")
    return str(told.value)


def test_a_load_that_takes_too_long(drilled, tmp_path):
    path = tmp_path / "slow.sql"
    path.write_text(DUMP.format("SELECT pg_sleep(300);"))
    begun = time.monotonic()
    assert in_vain(drilled, path, Limits(4, 4e9)) == "the restore was not done within 4 s"
    assert time.monotonic() - begun < 30


def test_a_load_that_works_when_its_time_is_up(drilled, tmp_path):
    """A backend that computes sees late that its server is gone."""
    path = tmp_path / "busy.sql"
    path.write_text(DUMP.format("DO $$ BEGIN LOOP END LOOP; END $$;"))
    assert in_vain(drilled, path, Limits(4, 4e9)) == "the restore was not done within 4 s"


def test_a_load_that_needs_more_disk(drilled, tmp_path):
    path = tmp_path / "large.sql"
    path.write_text(
        DUMP.format("CREATE TABLE t AS SELECT repeat(md5(i::text), 20) FROM generate_series(1, 3000000) i;")
    )
    said = in_vain(drilled, path, Limits(120, 130e6))
    assert said == "the restore needs more than the 130 MB of disk it may use"


def test_an_archive_that_unpacks_to_more_disk_than_there_may_be(drilled, tmp_path, dumps18):
    path = tmp_path / "bomb.dump"
    shutil.copy(dumps18 / "shop.dump", path)
    with path.open("r+b") as file:
        file.truncate(2_000_000_000)
        file.seek(0)
        path.chmod(0o600)
    tmp_path.chmod(0o700)
    if scratch_watch.os.geteuid() == 0:  # others can read it where it is
        said = in_vain(drilled, path, Limits(120, 100e6))
        assert said == "the restore needs more than the 100 MB of disk it may use"


def test_a_disk_that_is_nearly_full(drilled, dumps18, monkeypatch):
    monkeypatch.setattr(scratch_watch.shutil, "disk_usage", lambda _: SimpleNamespace(free=150e6))
    assert in_vain(drilled, dumps18 / "shop.sql", Limits(60, 4e9)).endswith(
        " has 150 MB free: too little for a restore"
    )


def test_no_time_at_all(drilled, dumps18):
    assert in_vain(drilled, dumps18 / "shop.sql", Limits(0, 4e9)) == "the restore was not done within 0 s"


def test_a_look_that_never_comes_back_leaves_nothing(monkeypatch):
    """The engine abandons a look over its deadline: its thread may hang in a read for ever."""
    monkeypatch.setattr(scratch_watch, "_GRACE_SECONDS", 0.2)
    found: list[Path] = []
    told: list[str] = []
    come_back = threading.Event()

    def look():
        try:
            with scratch(8, 4e9) as server:
                found.append(server.folder)
                server.use(installed()[-1])
                server.init()
                server.start()
                come_back.wait(60)
                (server.folder / "more").write_text("it goes on")
        except CouldNotLook as error:
            told.append(str(error))

    thread = threading.Thread(target=look)
    thread.start()
    ends_at = time.monotonic() + 40
    while not (found and not found[0].exists()) and time.monotonic() < ends_at:
        time.sleep(0.05)
    assert not found[0].exists()
    come_back.set()
    thread.join(20)
    assert told == ["the restore was not done within 8 s"]
