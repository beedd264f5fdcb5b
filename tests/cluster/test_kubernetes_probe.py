"""How a namespace is looked at, and what is said where it cannot be."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rounds.probe import CouldNotLook, RunbookDisagrees, Unreachable

Look = Callable[..., Any]
REFUSALS = Path(__file__).resolve().parents[2] / "estate" / "recorded" / "kubectl" / "refusals"


def test_one_question_gathers_workloads_pods_and_policies(look: Look, answers: Path) -> None:
    seen = look()
    assert [(each.kind, each.name, each.ready, each.available) for each in seen.workloads] == [
        ("deployment", "api", 3, 3), ("deployment", "ui", 2, 2), ("statefulset", "redis", 1, 1),
    ]  # fmt: skip
    assert len(seen.pods) == 6
    assert sorted({pod.node for pod in seen.pods}) == ["worker-a", "worker-b", "worker-c"]
    assert [policy.name for policy in seen.policies] == ["api", "redis"]
    assert not seen.complaints
    assert len((answers.parent / "asked").read_text().splitlines()) == 1
    assert "--context production -n renec get " in (answers.parent / "asked").read_text()


def test_the_current_context_is_taken_when_none_is_named(look: Look, answers: Path) -> None:
    assert look(context=None).workloads
    assert "--context" not in (answers.parent / "asked").read_text()


def test_pods_that_are_done_serve_nobody(look: Look, change: Callable[..., None]) -> None:
    change("pods", "ui-", lambda pod: pod["status"].update(phase="Succeeded"))
    assert len(look().pods) == 4


def test_what_a_waiting_container_waits_for_is_told_unless_it_just_starts(
    look: Look, change: Callable[..., None]
) -> None:
    def crashes(pod: dict[str, Any]) -> None:
        container = pod["status"]["containerStatuses"][0]
        container.update(restartCount=17, ready=False, state={"waiting": {"reason": "CrashLoopBackOff"}})

    change("pods", "redis-0", crashes)
    change(
        "pods",
        "ui-",
        lambda pod: pod["status"]["containerStatuses"][0].update(state={"waiting": {"reason": "ContainerCreating"}}),
    )
    waiting = {pod.name[:5]: (pod.waiting, pod.restarts) for pod in look().pods}
    assert waiting == {"api-7": ("", 0), "ui-5d": ("", 0), "redis": ("redis CrashLoopBackOff", 17)}


def test_a_pod_that_is_not_placed_yet_has_no_node(look: Look, change: Callable[..., None]) -> None:
    def pends(pod: dict[str, Any]) -> None:
        del pod["spec"]["nodeName"]
        pod["status"] = {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False"}]}

    change("pods", "redis-0", pends)
    pod = next(pod for pod in look().pods if pod.name == "redis-0")
    assert (pod.node, pod.is_ready, pod.waiting) == ("", False, "")


def test_figures_that_the_server_leaves_out_are_0(look: Look, change: Callable[..., None]) -> None:
    change("deployments", "api", lambda item: item.update(status={"observedGeneration": 4, "unavailableReplicas": 3}))
    change("statefulsets", "redis", lambda item: item["status"].pop("availableReplicas"))
    seen = {each.name: (each.ready, each.available) for each in look().workloads}
    assert seen["api"] == (0, 0)
    assert seen["redis"] == (1, 1), "servers before 1.22 tell only the ready ones"


def test_a_namespace_that_does_not_exist_looks_empty_as_with_kubectl(look: Look) -> None:
    seen = look(namespace="renek")
    assert not seen.workloads
    assert not seen.pods
    assert not seen.policies


def test_a_kind_that_may_not_be_listed_hides_nothing_of_the_others(look: Look, answers: Path) -> None:
    (answers / "forbidden.txt").write_text("networkpolicies.networking.k8s.io\n")
    seen = look()
    assert len(seen.workloads) == 3
    assert 'cannot list resource "networkpolicies"' in seen.complaint("networkpolicies")
    assert not seen.complaint("pods", "deployments")


@pytest.mark.parametrize(
    ("refusal", "kind", "told"),
    [
        ("connection-refused", Unreachable, "kubectl on ops does not reach the cluster: .*was refused"),
        ("timeout", Unreachable, "does not reach the cluster: .*i/o timeout"),
        ("unauthorized", Unreachable, "You must be logged in"),
        ("no-discovery", Unreachable, "does not reach the cluster"),
        ("no-configuration", Unreachable, "does not reach the cluster"),
        ("no-context", RunbookDisagrees, "kubectl on ops knows no context production"),
    ],
)
def test_a_kubectl_that_refuses_is_told_in_plain_words(
    look: Look, answers: Path, refusal: str, kind: type[Exception], told: str
) -> None:
    (answers / "refusal.txt").write_text((REFUSALS / f"{refusal}.txt").read_text())
    with pytest.raises(kind, match=told):
        look()


def test_a_context_that_is_not_there_is_a_matter_of_the_runbook(look: Look) -> None:
    with pytest.raises(RunbookDisagrees, match="knows no context staging"):
        look(context="staging")


def test_a_host_without_kubectl_is_told(look: Look, answers: Path) -> None:
    (answers.parent / "bin" / "kubectl").write_text("#!/bin/sh\nexec no-such-kubectl\n")  # one may be on this machine
    with pytest.raises(RunbookDisagrees, match=r"cannot be found on ops: .*kubectl"):
        look()


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo NAME READY", "answered no list in JSON"),
        ('echo \'{"items": [{"kind": "Deployment", "metadata": {}}]}\'', "of another form"),
        ("echo strange >&2; exit 1", "kubectl failed on ops: strange"),
        ("exit 1", "it said nothing"),
        ("echo 'Please enter Username: '; echo EOF >&2; exit 1", "does not reach the cluster"),
    ],
)
def test_strange_answers_are_no_look(look: Look, answers: Path, script: str, told: str) -> None:
    (answers.parent / "bin" / "kubectl").write_text(f"#!/bin/sh\n{script}\n")
    with pytest.raises(CouldNotLook, match=told):
        look()
