"""Machines and what runs containers on them."""

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from rounds.inventory.mistakes import nearest
from rounds.targets.target import Target

# What testinfra can reach a host with (tests hold this against testinfra itself, which a round may not need).
REACHED_BY = (
    "local", "ssh", "safe-ssh", "paramiko", "docker", "podman", "kubectl", "openshift", "salt", "winrm", "lxc",
    "ansible", "chroot",
)  # fmt: skip


def _connection(given: object) -> object:
    scheme, found, _ = str(given).partition("://")
    if not found:
        raise ValueError("begins with how to reach the host: local://, ssh://ops@web1, docker://name")
    if scheme not in REACHED_BY:
        raise ValueError(f"no host is reached by {scheme!r}{nearest(scheme, REACHED_BY) or '; ssh is one way'}")
    return given


class Host(Target):
    """A machine, reached through testinfra (`local://`, `ssh://user@host`, …)."""

    kind: Literal["host"] = "host"
    connection: Annotated[str, BeforeValidator(_connection)] = "local://"
    ssh_config: str | None = None
    procfs: Annotated[str, Field(description="where /proc is mounted, e.g. /host/proc inside a container")] = "/proc"
    path: Annotated[str, Field(description="folders put first in PATH, separated by colons")] = ""
    pid_files: Annotated[
        tuple[str, ...], Field(description="pid files that rows name, besides those in /run and its folders")
    ] = ()
    client: ClassVar[tuple[str, ...]] = ("testinfra.backend.base", "testinfra.host")

    @property
    def place(self) -> str:
        return f"{self.name} ({self.connection.rpartition('@')[2]})"


class Compose(Target):
    """A Docker Compose project on a host."""

    kind: Literal["compose"] = "compose"
    host: Annotated[Host, Field(description="the name of a host target of the same inventory")]
    file: Annotated[str, Field(description="the compose file that is deployed")]

    @property
    def place(self) -> str:
        return f"{self.name} ({self.file})"


class Kubernetes(Target):
    """A namespace of a Kubernetes cluster, as kubectl on a host sees it."""

    kind: Literal["kubernetes"] = "kubernetes"
    host: Annotated[Host, Field(description="the name of a host target that has kubectl and its configuration")]
    namespace: str
    context: Annotated[str | None, Field(description="of the kubectl configuration; its current one when left out")] = (
        None
    )

    @property
    def place(self) -> str:
        return f"{self.name} (namespace {self.namespace})"
