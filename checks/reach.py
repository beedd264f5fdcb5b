"""Who may connect with whom: a connection as a row names it, and what network policies say of it."""

import ipaddress
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from rounds.fixtures.kubernetes import Namespace, Pod
from rounds.fixtures.network_policies import Direction, Door, Peer, allows, deciding

OTHER: dict[Direction, Direction] = {"egress": "ingress", "ingress": "egress"}
UNCLEAR = "unclear"


class Connection(BaseModel):
    """A connection that pods need, or must not have: with pods by their labels, or with an address outside."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    labels: Annotated[dict[str, str], Field(default_factory=dict, description="of the pods at the other end")]
    namespace: Annotated[str, Field(description="of those pods; the own one when left out")] = ""
    namespace_labels: Annotated[dict[str, str], Field(default_factory=dict, description="besides its name")]
    address: Annotated[str, Field(description="an IP address or CIDR, for what is no pod")] = ""
    port: Annotated[int, Field(ge=1, le=65535)]
    protocols: Annotated[tuple[Literal["TCP", "UDP", "SCTP"], ...], Field(min_length=1)] = ("TCP",)
    allowed: Annotated[bool, Field(description="false: it must be blocked")] = True

    @model_validator(mode="after")
    def _one_end(self) -> "Connection":
        if bool(self.labels or self.namespace) == bool(self.address):
            raise ValueError("the other end is either pods (labels, namespace) or an address")
        if self.address:
            ipaddress.ip_network(self.address)  # its own ValueError says what is wrong
        return self


@dataclass(frozen=True)
class Link:
    """A connection between two pods; the other one is None where it is outside, or in another namespace."""

    direction: Direction
    connection: Connection
    protocol: str
    pod: Pod
    other: Pod | None

    def door(self) -> Door:
        """The port; it may have a name on the pod that it belongs to, if that one is seen."""
        served = self.other if self.direction == "egress" else self.pod
        port = (self.protocol, self.connection.port)
        if served is None:
            names = frozenset[str]() if self.connection.address else None
        else:
            names = frozenset(name for name, protocol, number in served.ports if (protocol, number) == port)
        return Door(self.connection.port, self.protocol, names)

    def sides(self, namespace: str) -> list[tuple[Pod, Direction, Peer]]:
        """Who has a say, and of whom: both ends, where both are seen."""
        asked = self.connection
        if self.other:
            here, there = Peer(self.pod.labels, namespace), Peer(self.other.labels, namespace)
            return [(self.pod, self.direction, there), (self.other, OTHER[self.direction], here)]
        labels, more = (tuple(sorted(each.items())) for each in (asked.labels, asked.namespace_labels))
        return [(self.pod, self.direction, Peer(labels, asked.namespace, more, asked.address))]


def verdict_on(link: Link, namespace: Namespace) -> tuple[str, str]:
    """`allowed`, `blocked` or `unclear`, and why."""
    door, unclear = link.door(), ""
    strict = replace(door, names=door.names or frozenset())
    for pod, direction, peer in link.sides(namespace.name):
        policies = deciding(namespace.policies, pod.labels, direction)
        names = ", ".join(policy.name for policy in policies)
        if not policies or any(allows(policy, direction, peer, strict) for policy in policies):
            continue
        if not any(allows(policy, direction, peer, door) for policy in policies):
            return "blocked", f"{names} has no {direction} rule that lets it through at {pod.name}"
        unclear = f"{names} names a port by its name on pods of another namespace, which are not seen"
    return (UNCLEAR, unclear) if unclear else ("allowed", "")
