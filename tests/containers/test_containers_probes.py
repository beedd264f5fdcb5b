"""The looks at containers, with a docker command that replays recorded answers."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rounds.fixtures import containers
from rounds.probe import PROBES, CouldNotLook, RunbookDisagrees
from rounds.targets import Compose, Host

RECORDED = Path(__file__).with_name("recorded")
GIB = 2**30
Look = Callable[..., Any]


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    """The folder of the replaying docker command and of its answers, which a test may change."""
    folder = tmp_path / "bin"
    shutil.copytree(RECORDED, folder)
    return folder


@pytest.fixture
def compose(answers: Path) -> Compose:
    (answers / "stat").write_text("cpu  1 1 1 1 1\ncpu0 1 1\ncpu1 1 1\ncpu2 1 1\ncpu3 1 1\n")
    return Compose(name="compose", host=Host(name="app", path=str(answers), procfs=str(answers)), file="/srv/prod.yml")


@pytest.fixture
def look(compose: Compose) -> Look:
    return lambda name, *more: PROBES[name].look(compose, *more)


def refusing(answers: Path, words: str, status: int) -> None:
    (answers / "docker").write_text(f"#!/bin/sh\necho '{words}' >&2\nexit {status}\n")


def test_services_come_from_the_compose_file_that_is_named(look: Look, answers: Path) -> None:
    seen = look("services")
    assert seen.names == ("database", "redis", "backend", "worker", "migrate")
    assert "compose -f /srv/prod.yml config --services" in (answers / "asked").read_text()


def ageless(container: containers.Container) -> containers.Container:
    """A container without its ages: a second may pass between two looks."""
    ages = {"created_seconds": None, "started_seconds": None, "finished_seconds": None}
    return replace(container, inside=replace(container.inside, **ages) if container.inside else None)


def test_both_forms_of_compose_ps_say_the_same(look: Look, answers: Path) -> None:
    in_lines = look("services")
    shutil.copy(answers / "ps-before-2.21.txt", answers / "ps.txt")
    as_a_list = look("services")
    assert [ageless(each) for each in as_a_list.containers] == [ageless(each) for each in in_lines.containers]
    assert {each.health for each in in_lines.containers} == {"healthy", ""}


@pytest.mark.parametrize("nothing", ["", "[]\n", "null\n", "\n"])
def test_a_project_without_containers_has_none(look: Look, answers: Path, nothing: str) -> None:
    (answers / "ps.txt").write_text(nothing)
    assert look("services").containers == ()
    assert look("resource_use", 0.0) == ()


def test_a_container_of_compose_run_serves_nobody(look: Look, answers: Path) -> None:
    shutil.copy(answers / "ps-redis-stopped.txt", answers / "ps.txt")
    redis = [each for each in look("services").containers if each.service == "redis"]
    assert [(each.state, each.exit_code) for each in redis] == [("exited", 137)]


def test_use_is_told_with_the_limits_that_were_given(look: Look) -> None:
    use = {each.service: each for each in look("resource_use", 0.0)}
    assert set(use) == {"database", "redis", "backend", "worker"}
    assert (use["redis"].memory_bytes, use["redis"].memory_limit_bytes) == (45.8 * 2**20, 256 * 2**20)
    assert (use["database"].cpu_cores, use["database"].cpu_limit_cores) == (pytest.approx(0.0094), 1.5)
    assert (use["backend"].cpu_cores, use["backend"].cpu_limit_cores) == (pytest.approx(1.615), 2.0)


def test_without_limits_memory_has_none_and_the_processor_is_the_host_s(look: Look) -> None:
    worker = next(each for each in look("resource_use", 0.0) if each.service == "worker")
    assert worker.memory_limit_bytes is None
    assert worker.cpu_limit_cores == 4


def test_a_container_that_docker_stats_cannot_measure_has_no_figures(look: Look, answers: Path) -> None:
    stats = answers / "stats.txt"
    stats.write_text(stats.read_text().replace("45.8MiB / 256MiB", "-- / --").replace("0.42%", "--"))
    redis = next(each for each in look("resource_use", 0.0) if each.service == "redis")
    assert (redis.memory_bytes, redis.cpu_cores) == (None, None)


def test_only_the_workers_count_not_the_master_and_not_a_shell(look: Look) -> None:
    seen = look("worker_memory", "backend", "gunicorn: worker")
    assert seen.workers_bytes == (412880 * 1024, 408112 * 1024)
    assert seen.processes == 4
    assert seen.containers[0].memory_limit_bytes == 1.5 * GIB


def test_a_service_that_does_not_run_has_no_workers_to_look_at(look: Look) -> None:
    with pytest.raises(CouldNotLook, match="migrate has no running container"):
        look("worker_memory", "migrate", "x")


def test_a_service_s_log_is_handed_over_as_it_is(compose: Compose, answers: Path) -> None:
    (answers / "logs.txt").write_bytes(b"first \xff\0\nlast without an end")
    assert containers.service_log(compose, "database", 86400) == b"first \xff\0\nlast without an end"
    assert "--since 24h database" in (answers / "asked").read_text()


def test_too_long_a_log_is_told_and_not_judged_in_part(
    compose: Compose, answers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (answers / "logs.txt").write_bytes(b"a line\n" * 1000)
    monkeypatch.setattr(containers, "LARGEST_LOG_BYTES", 5000)
    with pytest.raises(CouldNotLook, match="logged more than"):
        containers.service_log(compose, "database", 86400)


@pytest.mark.parametrize(
    ("answer", "kind", "told"),
    [
        (("sh: docker: not found", 127), CouldNotLook, "there is no docker command on app"),
        (("Cannot connect to the Docker daemon at unix:///var/run/docker.sock.", 1), CouldNotLook, "Cannot connect"),
        (("docker: unknown command: docker compose", 1), CouldNotLook, "no compose plugin"),
        (("open /srv/prod.yml: no such file or directory", 14), RunbookDisagrees, r"/srv/prod\.yml does not exist"),
        (("no such service: database", 1), RunbookDisagrees, "no such service: database"),
        (("", 1), CouldNotLook, "it said nothing"),
    ],
)
def test_a_docker_that_refuses_is_told_in_plain_words(
    compose: Compose, answers: Path, answer: tuple[str, int], kind: type[Exception], told: str
) -> None:
    refusing(answers, *answer)
    with pytest.raises(kind, match=told):
        PROBES["services"].look(compose)
    with pytest.raises(kind, match=told):
        containers.service_log(compose, "database", 3600)


def test_an_answer_that_is_no_json_is_no_look(look: Look, answers: Path) -> None:
    (answers / "ps.txt").write_text("NAME   STATUS\nredis  Up\n")
    with pytest.raises(CouldNotLook, match="answered no JSON"):
        look("services")


def test_inspect_tells_limits_restarts_and_ages_by_the_hosts_clock(look: Look, answers: Path) -> None:
    inspected = answers / "inspect.txt"
    dates = '"StartedAt": "2026-11-19T06:12:45.5Z", "FinishedAt": "0001-01-01T00:00:00Z", "Pid": 4211'
    inspected.write_text(inspected.read_text().replace('"Pid": 4211', dates))
    redis = next(each for each in look("services").containers if each.service == "redis").inside
    assert (redis.restarts, redis.memory_limit_bytes, redis.cpu_limit_cores) == (0, 256 * 2**20, 0.5)
    assert redis.is_first_start
    assert redis.finished_seconds is None
    assert redis.created_seconds - redis.started_seconds == pytest.approx(1)


def test_a_container_of_compose_run_is_told_apart(look: Look, answers: Path) -> None:
    shutil.copy(answers / "ps-redis-stopped.txt", answers / "ps.txt")
    assert [each.name for each in look("services").one_off] == ["bigshot-redis-run-4f1c"]


def test_use_over_some_time_is_a_mean(look: Look, answers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "SAMPLE_EVERY_SECONDS", 0.2)
    one = next(each for each in look("resource_use", 0.0) if each.service == "redis")
    docker = answers / "docker"
    higher = 'test "$(grep -c stats "$answers/asked")" -lt 3 || sed -i s/\\"0.42%/\\"30.42%/ "$answers/stats.txt"\ncase'
    docker.write_text(docker.read_text().replace("case", higher, 1))
    mean = next(each for each in look("resource_use", 0.6) if each.service == "redis")
    assert one.cpu_cores < mean.cpu_cores < 0.3042
