"""What runs in Kubernetes runs as often as it should."""

from typing import Annotated

from pydantic import Field, model_validator

from rounds.expectation import Expectation
from rounds.fixtures.kubernetes import Namespace, Workload
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most
from rounds.targets import Kubernetes


class K8sReplicas(Expectation):
    """How many replicas of a deployment or a stateful set must be there, and on how many nodes."""

    cluster: Kubernetes
    deployment: str | None = None
    statefulset: str | None = None
    replicas: Annotated[Limit, Field(description="both ready and available")] = at_least()
    nodes: Annotated[Limit, Field(description="on which ready ones run")] = at_least(1)
    unready: Annotated[Limit, Field(description="beyond the ready ones")] = at_most(0)

    @model_validator(mode="after")
    def _one_workload(self) -> "K8sReplicas":
        if (self.deployment is None) == (self.statefulset is None):
            raise ValueError("a row names either a deployment or a statefulset")
        return self

    @property
    def workload(self) -> tuple[str, str]:
        """Its kind and its name."""
        return ("deployment", self.deployment) if self.deployment else ("statefulset", self.statefulset or "")


def test_k8s_replicas(expected: K8sReplicas, namespace: Namespace, observe: Observer) -> None:
    """Enough replicas serve, spread over enough nodes, and no pod of them crashes again and again.

    Remedy: `kubectl -n NAMESPACE get pods -o wide` shows which are missing and where; `kubectl describe pod POD` and
    `kubectl logs POD --previous` show why one does not start. `kubectl rollout undo` goes back to what worked.
    """
    kind, name = expected.workload
    if complaint := namespace.complaint(f"{kind}s"):
        observe.unknown(name, complaint)
        return
    there = {each.name: each for each in namespace.workloads if each.kind == kind}
    if name not in there and not namespace.workloads and not namespace.pods:
        observe.unknown(name, f"the runbook and the system disagree: namespace {namespace.name} is empty, or is none")
        return
    if name not in there:
        observe.critical(
            name, f"there is no such {kind} in {namespace.name}, but {', '.join(there) or 'none'}", "missing"
        )
        return
    _observe_replicas(there[name], expected, observe)
    _observe_pods(there[name], namespace, expected, observe)


def _observe_replicas(workload: Workload, expected: K8sReplicas, observe: Observer) -> None:
    if workload.observed_generation < workload.generation:
        why = f"the cluster tells of generation {workload.observed_generation}, not yet of {workload.generation}"
        observe.unknown("status", f"{why}: look again in a minute", "behind")
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
    pods = [pod for pod in namespace.pods if workload.selector.selects(pod.labels) and not pod.is_leaving]
    nodes = sorted({pod.node for pod in pods if pod.is_ready and pod.node})
    observe("nodes", len(nodes), expected.nodes, note=", ".join(nodes)[:200])
    failing = [f"{pod.name}: {pod.waiting}, {pod.restarts} restarts" for pod in pods if pod.waiting]
    observe("pods that cannot run", len(failing), at_most(0), note="; ".join(failing)[:400])
    observe("restarts", sum(pod.restarts for pod in pods))
