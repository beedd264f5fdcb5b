"""Snapshots, the append-only file and replicas, of real servers."""

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from rounds.checks import test_redis_persistence as checks
from rounds.fixtures import redis_server as facts
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES
from rounds.targets import Redis

from .figures import SAVING, node
from .servers import PASSWORD, Server, serving

Row = Callable[..., Any]
CACHE = Redis(name="cache", url=SecretStr("x"))


def look(server: Server) -> facts.Node:
    (found,) = PROBES["redis_nodes"].look(server.plain())
    return found  # type: ignore[no-any-return]


def awaited(server: Server, holds: Callable[[facts.Node], bool]) -> facts.Node:
    end = time.monotonic() + 15
    while not holds(found := look(server)):
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.1)
    return found


def saved(row: Row, fact: facts.Node, **given: Any) -> Observer:
    observer = Observer()
    checks.test_redis_persistence(row(checks.RedisPersistence, server=CACHE, **given), (fact,), observer)
    return observer


def replicated(row: Row, fact: facts.Node, **given: Any) -> Observer:
    observer = Observer()
    checks.test_redis_replication(row(checks.RedisReplication, server=CACHE, **given), (fact,), observer)
    return observer


def saving(**changes: Any) -> facts.Node:
    return node(saving=replace(SAVING, **changes))


def test_a_snapshot_that_was_written_is_ok_and_one_that_failed_is_critical(row: Row) -> None:
    folder = tempfile.mkdtemp(prefix="rounds-redis-", dir="/tmp")
    with serving(folder=folder) as server, server.client(0) as client:
        client.set("one", "1")
        time.sleep(1.1)  # times are of full seconds: a save of the first one is no other than the start
        assert saved(row, look(server)).outcome is Outcome.UNKNOWN  # status ok, and nothing was ever saved
        client.bgsave()
        written = awaited(server, lambda node: node.saving.last_save_seconds is not None)
        assert written.saving.last_save_seconds == pytest.approx(0, abs=15)
        assert saved(row, written).outcome is Outcome.OK
        shutil.rmtree(folder)
        awaited(server, lambda node: node.saving.save_running_seconds is None)
        client.bgsave()
        failed = awaited(server, lambda node: node.saving.last_save_status != "ok")
    observer = saved(row, failed)
    assert observer.outcome is Outcome.CRITICAL
    assert "last snapshot is err" in observer.summary


def test_an_old_save_and_one_that_never_ends_are_critical(row: Row) -> None:
    assert saved(row, saving()).outcome is Outcome.OK
    assert saved(row, saving(last_save_seconds=90_000.0)).outcome is Outcome.CRITICAL
    assert saved(row, saving(save_running_seconds=60.0)).outcome is Outcome.OK
    assert saved(row, saving(save_running_seconds=900.0)).outcome is Outcome.CRITICAL
    assert saved(row, saving(loading=True)).outcome is Outcome.CRITICAL
    assert saved(row, saving(last_save_status="")).outcome is Outcome.CRITICAL


def test_the_start_of_a_server_is_no_save(row: Row) -> None:
    never = saving(last_save_seconds=None)
    assert saved(row, replace(never, uptime_seconds=600.0)).outcome is Outcome.UNKNOWN
    assert saved(row, replace(never, uptime_seconds=900_000.0)).outcome is Outcome.CRITICAL
    assert saved(row, replace(never, uptime_seconds=None)).outcome is Outcome.UNKNOWN


def test_the_append_only_file_must_be_on_whatever_its_last_rewrite_says(row: Row) -> None:
    with serving() as server, server.client(0) as client:
        client.execute_command("BGREWRITEAOF")
        off = awaited(server, lambda node: node.saving.rewrite_status == "ok")
        assert saved(row, off, snapshots=False, append_only=True).outcome is Outcome.CRITICAL
        client.config_set("appendonly", "yes")
        on = awaited(server, lambda node: node.saving.append_only)
    assert saved(row, on, snapshots=False, append_only=True).outcome is Outcome.OK
    assert saved(row, saving(write_status="err"), append_only=True).outcome is Outcome.CRITICAL
    assert saved(row, saving(rewrite_status="err"), append_only=True).outcome is Outcome.CRITICAL


def test_a_master_and_its_replica_are_ok_until_one_of_them_is_gone(row: Row) -> None:
    with serving() as master:
        alone = look(master)
        assert replicated(row, alone).outcome is Outcome.CRITICAL
        options = ["--replicaof", "127.0.0.1", str(master.port), "--masterauth", PASSWORD]
        with serving(*options) as replica:
            linked = awaited(replica, lambda node: node.replication.link == "up")
            known = awaited(master, lambda node: any(each.state == "online" for each in node.replication.replicas))
            assert replicated(row, linked, role="replica").outcome is Outcome.OK
            assert replicated(row, known).outcome is Outcome.OK
            assert replicated(row, known, replicas=2).outcome is Outcome.CRITICAL
            assert replicated(row, linked).outcome is Outcome.CRITICAL  # a replica, where a master is due
            assert replicated(row, known, role="replica").outcome is Outcome.CRITICAL
            master.process.terminate()
            cut = awaited(replica, lambda node: node.replication.link == "down")
        assert replicated(row, cut, role="replica").outcome is Outcome.CRITICAL


def test_a_replica_that_lags_is_critical(row: Row) -> None:
    def with_lag(seconds: float | None) -> facts.Node:
        replicas = (facts.Replica("10.0.0.2:6379", "online", seconds),)
        return node(replication=facts.Replication("master", "", None, replicas))

    assert replicated(row, with_lag(1)).outcome is Outcome.OK
    assert replicated(row, with_lag(60)).outcome is Outcome.CRITICAL
    assert replicated(row, with_lag(None)).outcome is Outcome.UNKNOWN
