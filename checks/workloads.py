"""What rows on workloads of Kubernetes have in common: they name one, and it must be there."""

from pydantic import model_validator

from rounds.expectation import Expectation
from rounds.fixtures.kubernetes import Namespace, Pod, Workload
from rounds.judge import Observer
from rounds.limits import at_most
from rounds.targets import Kubernetes


class OneWorkload(Expectation):
    """A deployment or a stateful set of a namespace."""

    cluster: Kubernetes
    deployment: str | None = None
    statefulset: str | None = None

    @model_validator(mode="after")
    def _one_workload(self) -> "OneWorkload":
        if (self.deployment is None) == (self.statefulset is None):
            raise ValueError("a row names either a deployment or a statefulset")
        return self

    @property
    def workload(self) -> tuple[str, str]:
        """Its kind and its name."""
        return ("deployment", self.deployment) if self.deployment else ("statefulset", self.statefulset or "")


def workload_of(kind: str, name: str, namespace: Namespace, observe: Observer) -> Workload | None:
    """The workload, if it is there; else what its absence means is observed."""
    if complaint := namespace.complaint(f"{kind}s"):
        observe.unknown(name, complaint)
        return None
    there = {each.name: each for each in namespace.workloads if each.kind == kind}
    if name in there:
        return there[name]
    if not namespace.workloads and not namespace.pods:
        observe.unknown(name, f"the runbook and the system disagree: namespace {namespace.name} is empty, or is none")
    else:
        others = ", ".join(there) or "none"
        observe.critical(name, f"there is no such {kind} in {namespace.name}, but {others}", "missing")
    return None


def is_told(workload: Workload, observe: Observer) -> bool:
    """Whether what the cluster tells is of the newest spec; what it tells of an older one is observed as unknown."""
    if workload.observed_generation >= workload.generation:
        return True
    why = f"the cluster tells of generation {workload.observed_generation}, not yet of {workload.generation}"
    observe.unknown("status", f"{why}: look again in a minute", "behind")
    return False


def observe_failing_pods(workload: Workload, namespace: Namespace, observe: Observer) -> list[Pod]:
    """Observe pods of a workload that cannot run; returns all of its pods that stay."""
    pods = [pod for pod in namespace.pods if workload.selector.selects(pod.labels) and not pod.is_leaving]
    failing = [f"{pod.name}: {pod.waiting}, {pod.restarts} restarts" for pod in pods if pod.waiting]
    observe("pods that cannot run", len(failing), at_most(0), note="; ".join(failing)[:400])
    return pods
