"""What is said of rollouts, of images, and of the way back."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_rollouts as checks
from rounds.fixtures import registry as registries
from rounds.fixtures.rollouts import Image
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.targets import Kubernetes

Judge = Callable[..., Observer]
Change = Callable[..., None]
Item = dict[str, Any]
NAME = "registry.example.com/renec/api"
assert registries


@pytest.fixture
def complete(look: Callable[..., Any], cluster: Kubernetes, row: Callable[..., Any]) -> Judge:
    def judged(namespace: str = "renec", **given: Any) -> Observer:
        observer = Observer()
        expected = row(checks.RolloutComplete, cluster=cluster, **(given or {"deployment": "api"}))
        checks.test_rollout_complete(expected, look(namespace=namespace), observer)
        return observer

    return judged


@pytest.fixture
def pinned(look: Callable[..., Any], cluster: Kubernetes, row: Callable[..., Any]) -> Judge:
    def judged(**given: Any) -> Observer:
        observer = Observer()
        expected = row(checks.ImagePinned, cluster=cluster, **({"deployment": "api"} | given))
        checks.test_image_pinned(expected, look(), observer)
        return observer

    return judged


def status(**figures: Any) -> Callable[[Item], None]:
    return lambda item: item["status"].update(figures)


def images(*names: str) -> Callable[[Item], None]:
    def change(item: Item) -> None:
        first = item["spec"]["template"]["spec"]["containers"][0]
        containers = [first | {"image": name, "name": f"{first['name']}{at or ''}"} for at, name in enumerate(names)]
        item["spec"]["template"]["spec"]["containers"] = containers

    return change


def test_a_finished_rollout_is_ok(complete: Judge) -> None:
    assert complete().outcome is Outcome.OK
    assert complete(deployment="ui").outcome is Outcome.OK
    assert complete(statefulset="redis").outcome is Outcome.OK


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ({"updatedReplicas": 1, "replicas": 4}, "replicas updated is 1"),
        ({"readyReplicas": 2}, "replicas ready is 2"),
        ({"availableReplicas": 2}, "replicas available is 2"),
        ({"replicas": 4}, "replicas of an older spec is 1"),
    ],
)
def test_a_rollout_under_way_is_critical(complete: Judge, change: Change, figures: Item, said: str) -> None:
    change("deployments", "api", status(**figures))
    seen = complete()
    assert seen.outcome is Outcome.CRITICAL
    assert said in seen.summary


def test_an_image_that_crashes_is_told_with_its_pod(complete: Judge, change: Change) -> None:
    """As the API tells it, while three old pods still serve."""
    why = {"reason": "ProgressDeadlineExceeded", "status": "False", "type": "Progressing", "message": "timed out"}
    change("deployments", "api", status(replicas=4, updatedReplicas=1, unavailableReplicas=1))
    change("deployments", "api", lambda item: item["status"]["conditions"].append(why))
    waiting = {"waiting": {"reason": "CrashLoopBackOff"}}
    change("pods", "api-7c9d6b5f84-2xk8q", lambda pod: pod["status"]["containerStatuses"][0].update(state=waiting))
    seen = complete()
    assert seen.outcome is Outcome.CRITICAL
    assert "ProgressDeadlineExceeded" in seen.summary
    assert "api CrashLoopBackOff" in seen.summary


def test_a_paused_deployment_is_critical(complete: Judge, change: Change) -> None:
    change("deployments", "api", lambda item: item["spec"].update(paused=True))
    assert "it is paused" in complete().summary


def test_a_status_of_an_older_generation_is_unknown_not_done(complete: Judge, change: Change) -> None:
    change("deployments", "api", lambda item: item["metadata"].update(generation=5))
    assert complete().outcome is Outcome.UNKNOWN


def test_nothing_that_is_wanted_is_nothing_that_is_done(complete: Judge, change: Change) -> None:
    change("deployments", "api", lambda item: item["spec"].update(replicas=0))
    none = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), 0)
    change("deployments", "api", status(**none))
    assert complete().outcome is Outcome.CRITICAL


def test_a_stateful_set_of_two_revisions_is_critical(complete: Judge, change: Change) -> None:
    change("statefulsets", "redis", status(currentRevision="redis-1", updateRevision="redis-2"))
    assert "pods of two revisions" in complete(statefulset="redis").summary


def test_what_is_not_there_or_may_not_be_seen(complete: Judge, answers: Path) -> None:
    assert complete(deployment="worker").outcome is Outcome.CRITICAL
    assert complete("renek", deployment="api").outcome is Outcome.UNKNOWN
    (answers / "forbidden.txt").write_text("pods\n")
    assert complete().outcome is Outcome.UNKNOWN
    (answers / "forbidden.txt").write_text("replicasets.apps\n")
    assert complete().outcome is Outcome.OK, "that is none of its business"
    (answers / "forbidden.txt").write_text("deployments.apps\n")
    assert complete().outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    "name",
    [f"{NAME}:2.4.1", f"{NAME}:v2.4.1-rc.1", "localhost:5000/api:2.4.1", f"{NAME}@sha256:{'a1' * 32}",
     f"{NAME}:stable@sha256:{'a1' * 32}", f"{NAME}:sha-0c1d2e3", f"{NAME}:0c1d2e3f4a5b"],
)  # fmt: skip
def test_a_pinned_image_is_ok(pinned: Judge, change: Change, name: str) -> None:
    change("deployments", "api", images(name))
    assert pinned().outcome is Outcome.OK


@pytest.mark.parametrize(
    "name",
    [f"{NAME}:stable", f"{NAME}:latest", f"{NAME}:main", f"{NAME}:2", f"{NAME}:2.4", f"{NAME}:2.4-alpine", NAME,
     "localhost:5000/api", f"{NAME}:", f"{NAME}@sha256:abc", f"{NAME}@", f"{NAME}:2.4.1@sha256:abc"],
)  # fmt: skip
def test_an_image_that_can_become_another_is_critical(pinned: Judge, change: Change, name: str) -> None:
    change("deployments", "api", images(f"{NAME}:2.4.1", name))
    seen = pinned()
    assert seen.outcome is Outcome.CRITICAL
    assert "image of api1" in seen.summary


def test_containers_that_prepare_a_pod_count(pinned: Judge, change: Change) -> None:
    inner = {"name": "migrate", "image": f"{NAME}:latest"}
    change("deployments", "api", lambda item: item["spec"]["template"]["spec"].update(initContainers=[inner]))
    assert "image of migrate" in pinned().summary


def test_a_row_may_have_its_own_versions_and_a_stateful_set(pinned: Judge) -> None:
    assert pinned(deployment=None, statefulset="redis").outcome is Outcome.CRITICAL
    assert pinned(deployment=None, statefulset="redis", version=r"^\d+\.\d+-alpine$").outcome is Outcome.OK


@pytest.mark.parametrize(
    ("name", "repository", "tag"),
    [
        ("redis:7.4", "library/redis", "7.4"),
        ("redis", "library/redis", ""),
        ("shop/api:1", "shop/api", "1"),
        ("registry:5000/api:1", "api", "1"),
        ("localhost/shop/api", "shop/api", ""),
        ("registry.example.com/a/b/c:1@sha256:00", "a/b/c", "1"),
    ],
)
def test_the_name_of_an_image_is_taken_apart(name: str, repository: str, tag: str) -> None:
    assert (Image("c", name).repository, Image("c", name).tag) == (repository, tag)


def test_the_recorded_replica_sets_are_as_the_deployments_say(answers: Path) -> None:
    told = {
        kind: json.loads((answers / f"{kind}.json").read_text())["items"] for kind in ("deployments", "replicasets")
    }
    for deployment in told["deployments"]:
        uid, number = (
            deployment["metadata"]["uid"],
            deployment["metadata"]["annotations"]["deployment.kubernetes.io/revision"],
        )
        own = [each for each in told["replicasets"] if each["metadata"]["ownerReferences"][0]["uid"] == uid]
        (newest,) = [
            each for each in own if each["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == number
        ]
        assert newest["spec"]["replicas"] == deployment["spec"]["replicas"]
        assert not any(each["spec"]["replicas"] for each in own if each is not newest)


def test_a_row_names_one_workload(row: Callable[..., Any], cluster: Kubernetes) -> None:
    with pytest.raises(ValidationError, match="either a deployment or a statefulset"):
        row(checks.RolloutComplete, cluster=cluster)
