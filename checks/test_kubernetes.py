"""What runs in Kubernetes runs as often as it should."""

from typing import Annotated

from pydantic import Field

from rounds.checks.workloads import OneWorkload, is_told, observe_failing_pods, workload_of
from rounds.fixtures.kubernetes import Namespace, Workload
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most


class K8sReplicas(OneWorkload):
    """How many replicas of a deployment or a stateful set must be there, and on how many nodes."""

    replicas: Annotated[Limit, Field(description="both ready and available")] = at_least()
    nodes: Annotated[Limit, Field(description="on which ready ones run")] = at_least(1)
    unready: Annotated[Limit, Field(description="beyond the ready ones")] = at_most(0)


def test_k8s_replicas(expected: K8sReplicas, namespace: Namespace, observe: Observer) -> None:
    """Enough replicas serve, spread over enough nodes, and no pod of them crashes again and again.

    Remedy: `kubectl -n NAMESPACE get pods -o wide` shows which are missing and where; `kubectl describe pod POD` and
    `kubectl logs POD --previous` show why one does not start. `kubectl rollout undo` goes back to what worked.
    """
    workload = workload_of(*expected.workload, namespace, observe)
    if workload is None:
        return
    _observe_replicas(workload, expected, observe)
    _observe_pods(workload, namespace, expected, observe)


def _observe_replicas(workload: Workload, expected: K8sReplicas, observe: Observer) -> None:
    is_told(workload, observe)
    note = f"{workload.wanted} are wanted"
    observe("replicas available", workload.available, expected.replicas, note=note)
    observe("replicas ready", workload.ready, expected.replicas, note=note)
    missing = max(workload.wanted, workload.present) - workload.ready
    observe("replicas not ready", max(0, missing), expected.unready)
    if workload.stuck:
        observe.critical("rollout", workload.stuck[:300], "stuck")


def _observe_pods(workload: Workload, namespace: Namespace, expected: K8sReplicas, observe: Observer) -> None:
    if complaint := namespace.complaint("pods"):
        observe.unknown("pods", complaint)
        return
    pods = observe_failing_pods(workload, namespace, observe)
    nodes = sorted({pod.node for pod in pods if pod.is_ready and pod.node})
    observe("nodes", len(nodes), expected.nodes, note=", ".join(nodes)[:200])
    observe("restarts", sum(pod.restarts for pod in pods))
