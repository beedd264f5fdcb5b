import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...fault import fault
from ...ground import write
from ..estate import Renec


@contextmanager
def kept(*paths: Path) -> Iterator[None]:
    before = {path: path.read_text() for path in paths}
    try:
        yield
    finally:
        for path, text in before.items():
            write(path, text)


def items(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text())["items"]
    return found


def save(path: Path, changed: list[dict[str, Any]]) -> None:
    write(path, json.dumps({"apiVersion": "v1", "kind": "List", "items": changed, "metadata": {"resourceVersion": ""}}))


@contextmanager
def reduced(estate: Renec, name: str, replicas: int, wanted: int) -> Iterator[None]:
    """Leave a deployment so many replicas, and the pods of these."""
    deployments, pods = estate.kubernetes / "deployments.json", estate.kubernetes / "pods.json"
    with kept(deployments, pods):
        changed = items(deployments)
        for item in changed:
            if item["metadata"]["name"] == name:
                item["spec"]["replicas"] = wanted
                item["status"].update(dict.fromkeys(("replicas", "readyReplicas", "availableReplicas"), replicas))
        save(deployments, changed)
        own = [item for item in items(pods) if item["metadata"]["labels"]["app"] == name]
        save(pods, [item for item in items(pods) if item not in own[replicas:]])
        yield


@fault("the deployment api is scaled to one replica", "renec.availability.api-replicas")
def api_scaled_down(estate: Renec) -> Iterator[None]:
    with reduced(estate, "api", 1, 1):
        yield


@fault("one of the two UI servers is gone", "renec.availability.ui-replicas")
def ui_server_gone(estate: Renec) -> Iterator[None]:
    with reduced(estate, "ui", 1, 2):
        yield


@fault("the network policy of the guide is applied as printed", "renec.availability.network-policy-not-too-tight")
def policy_too_tight(estate: Renec) -> Iterator[None]:
    path = estate.kubernetes / "networkpolicies.json"
    with kept(path):
        write(path, (estate.kubernetes / "networkpolicies-too-tight.json").read_text())
        yield
