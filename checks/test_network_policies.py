"""Network policies of Kubernetes leave pods the connections they need, and no others."""

from typing import Annotated

from pydantic import Field, model_validator

from rounds.checks.reach import UNCLEAR, Connection, Link, verdict_on
from rounds.expectation import Expectation
from rounds.fixtures.kubernetes import Namespace, Pod
from rounds.fixtures.network_policies import Direction
from rounds.judge import Observer
from rounds.limits import exactly
from rounds.targets import Kubernetes


class K8sNetworkPolicy(Expectation):
    """What the network policies of a namespace must leave to the pods that have some labels."""

    cluster: Kubernetes
    pods: Annotated[dict[str, str], Field(min_length=1, description="labels of the pods")]
    egress: Annotated[dict[str, Connection], Field(default_factory=dict, description="from the pods, by a name")]
    ingress: Annotated[dict[str, Connection], Field(default_factory=dict, description="to the pods, by a name")]

    @model_validator(mode="after")
    def _asks_something(self) -> "K8sNetworkPolicy":
        if not self.egress and not self.ingress:
            raise ValueError("a row names connections under egress or ingress")
        return self


def test_k8s_network_policy(expected: K8sNetworkPolicy, namespace: Namespace, observe: Observer) -> None:
    """Network policies leave the pods the connections they need.

    Remedy: `kubectl -n NAMESPACE get networkpolicy -o yaml` shows the rules. Policies add up: add one that allows what
    is blocked here. Pod selectors match no machine outside the cluster; such a one needs an ipBlock.
    """
    if complaint := namespace.complaint("networkpolicies", "pods"):
        observe.unknown("network policies", complaint)
        return
    pods = _labelled(namespace, expected.pods)
    if not pods:
        observe.unknown("pods", f"none in {namespace.name} has the labels {_words(expected.pods)}")
        return
    for name, connection in expected.egress.items():
        _observe_connection("egress", (name, connection), pods, namespace, observe)
    for name, connection in expected.ingress.items():
        _observe_connection("ingress", (name, connection), pods, namespace, observe)


def _labelled(namespace: Namespace, labels: dict[str, str]) -> list[Pod]:
    return [pod for pod in namespace.pods if labels.items() <= dict(pod.labels).items()]


def _words(labels: dict[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in labels.items())


def _observe_connection(
    direction: Direction, asked: tuple[str, Connection], pods: list[Pod], namespace: Namespace, observe: Observer
) -> None:
    """Between each of the pods and each at the other end, where that one is seen, or what the row tells of it."""
    name, connection = asked
    is_inside = not connection.address and connection.namespace in ("", namespace.name)
    others: list[Pod] = _labelled(namespace, connection.labels) if is_inside else []
    wanted = "allowed" if connection.allowed else "blocked"
    for protocol in connection.protocols:
        figure = f"{direction} {name} {protocol}/{connection.port}"
        if is_inside and not others:
            observe.unknown(figure, f"no pod in {namespace.name} has the labels {_words(connection.labels)}")
            continue
        ends: list[Pod | None] = [*others] or [None]
        links = [Link(direction, connection, protocol, pod, other) for pod in pods for other in ends]
        said = [verdict_on(link, namespace) for link in links]
        verdict, why = max(said, key=lambda each: (each[0] != wanted, each[0] != UNCLEAR))
        if verdict == UNCLEAR:
            observe.unknown(figure, why, UNCLEAR)
        else:
            observe(figure, verdict, exactly(wanted), note=why)
