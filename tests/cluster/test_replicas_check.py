"""What is said of replicas."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_kubernetes as checks
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.targets import Kubernetes

Judge = Callable[..., Observer]
Change = Callable[..., None]


@pytest.fixture
def judge(look: Callable[..., Any], cluster: Kubernetes, row: Callable[..., Any]) -> Judge:
    def judged(namespace: str = "renec", **given: Any) -> Observer:
        observer = Observer()
        given = {"deployment": "api", "replicas": 3, "nodes": 2} | given
        checks.test_k8s_replicas(row(checks.K8sReplicas, cluster=cluster, **given), look(namespace=namespace), observer)
        return observer

    return judged


def scaled_to(ready: int, wanted: int) -> Callable[[dict[str, Any]], None]:
    def change(item: dict[str, Any]) -> None:
        item["spec"]["replicas"] = wanted
        item["status"].update(replicas=wanted, readyReplicas=ready, availableReplicas=ready)

    return change


def test_enough_replicas_on_enough_nodes_are_ok(judge: Judge) -> None:
    assert judge().outcome is Outcome.OK
    assert judge(deployment="ui", replicas=2).outcome is Outcome.OK
    assert judge(deployment=None, statefulset="redis", replicas=1, nodes=1).outcome is Outcome.OK


def test_a_deployment_that_was_scaled_down_is_critical_though_all_it_wants_is_there(
    judge: Judge, change: Change
) -> None:
    change("deployments", "api", scaled_to(1, 1))
    assert judge().outcome is Outcome.CRITICAL


def test_replicas_that_are_not_ready_are_critical(judge: Judge, change: Change) -> None:
    change("deployments", "api", scaled_to(2, 3))
    assert judge().outcome is Outcome.CRITICAL
    change("deployments", "api", scaled_to(3, 4))
    assert judge().outcome is Outcome.CRITICAL, "not all are ready"
    assert judge(unready={"warning": 0, "critical": 1}).outcome is Outcome.WARNING


def test_ready_but_not_yet_available_is_not_enough(judge: Judge, change: Change) -> None:
    change("deployments", "api", lambda item: item["status"].update(availableReplicas=2))
    assert judge().outcome is Outcome.CRITICAL


def test_all_on_one_node_is_critical(judge: Judge, change: Change) -> None:
    change("pods", "api-", lambda pod: pod["spec"].update(nodeName="worker-a"))
    assert judge().outcome is Outcome.CRITICAL


def test_nodes_count_by_their_ready_pods(judge: Judge, change: Change) -> None:
    change("pods", "api-7c9d6b5f84-h7m4z", lambda pod: pod["status"]["conditions"][1].update(status="False"))
    change("pods", "api-7c9d6b5f84-vw9ld", lambda pod: pod["metadata"].update(deletionTimestamp="2026-11-22T10:00:00Z"))
    assert judge().outcome is Outcome.CRITICAL


def test_a_status_of_an_older_generation_is_unknown(judge: Judge, change: Change) -> None:
    change("deployments", "api", lambda item: item["metadata"].update(generation=5))
    assert judge().outcome is Outcome.UNKNOWN


def test_a_pod_that_crashes_again_and_again_is_named(judge: Judge, change: Change) -> None:
    waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s"}}
    change(
        "pods",
        "api-7c9d6b5f84-2xk8q",
        lambda pod: pod["status"]["containerStatuses"][0].update(state=waiting, restartCount=42),
    )
    seen = judge()
    assert seen.outcome is Outcome.CRITICAL
    assert "api-7c9d6b5f84-2xk8q: api CrashLoopBackOff, 42 restarts" in seen.summary


def test_a_rollout_that_is_stuck_is_critical(judge: Judge, change: Change) -> None:
    why = {"reason": "ProgressDeadlineExceeded", "status": "False", "type": "Progressing", "message": "timed out"}
    change("deployments", "api", lambda item: item["status"]["conditions"].append(why))
    seen = judge()
    assert seen.outcome is Outcome.CRITICAL
    assert "ProgressDeadlineExceeded" in seen.summary


def test_a_deployment_that_is_missing_among_others_is_critical(judge: Judge) -> None:
    seen = judge(deployment="worker")
    assert seen.outcome is Outcome.CRITICAL
    assert "api, ui" in seen.summary


def test_a_namespace_that_holds_nothing_is_unknown(judge: Judge) -> None:
    seen = judge("renek")
    assert seen.outcome is Outcome.UNKNOWN
    assert "the runbook and the system disagree" in seen.summary


def test_what_may_not_be_listed_is_unknown(judge: Judge, answers: Path) -> None:
    (answers / "forbidden.txt").write_text("pods\n")
    assert judge().outcome is Outcome.UNKNOWN
    (answers / "forbidden.txt").write_text("deployments.apps\n")
    assert judge().outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("given", [{}, {"deployment": "a", "statefulset": "b", "replicas": 1}, {"deployment": "a"}])
def test_a_row_names_one_workload_and_a_limit(
    row: Callable[..., Any], cluster: Kubernetes, given: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError):
        row(checks.K8sReplicas, cluster=cluster, **given)
