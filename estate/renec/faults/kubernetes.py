import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...fault import fault
from ...ground import write
from ..estate import Renec

REVISION = "deployment.kubernetes.io/revision"


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


def pod_of(item: dict[str, Any]) -> dict[str, Any]:
    """What stands in the template of a deployment, about its pods."""
    found: dict[str, Any] = item["spec"]["template"]["spec"]
    return found


@fault("recovery deployed the tag stable, as the guide prints it", "renec.recovery.image-pinned")
def tag_stable_deployed(estate: Renec) -> Iterator[None]:
    path = estate.kubernetes / "deployments.json"
    with kept(path):
        changed = items(path)
        pod_of(changed[0])["containers"][0]["image"] = "registry.example.com/renec/api:stable"
        save(path, changed)
        yield


@fault(
    "a release was deployed whose program ends at once",
    "renec.recovery.rollout-complete",
    may_redden={"renec.availability.api-replicas": "a pod that crashes is no replica"},
)
def release_crashes(estate: Renec) -> Iterator[None]:
    """One pod more, of the new image; none of the old ones goes before it is ready."""
    deployments, pods = estate.kubernetes / "deployments.json", estate.kubernetes / "pods.json"
    with kept(deployments, pods):
        changed, running = items(deployments), items(pods)
        image = "registry.example.com/renec/api:2.5.0"
        pod_of(changed[0])["containers"][0]["image"] = image
        changed[0]["metadata"].update(generation=5, annotations={REVISION: "5"})
        changed[0]["status"].update(observedGeneration=5, replicas=4, updatedReplicas=1, unavailableReplicas=1)
        save(deployments, changed)
        save(pods, [*running, crashing(running[0], image)])
        yield


def crashing(model: dict[str, Any], image: str) -> dict[str, Any]:
    pod = copy.deepcopy(model)
    pod["metadata"].update(name="api-5f6c7d8e9a-t4w2c", labels={"app": "api", "pod-template-hash": "5f6c7d8e9a"})
    pod["spec"]["containers"][0]["image"] = image
    for condition in pod["status"]["conditions"]:
        if condition["type"] in {"Ready", "ContainersReady"}:
            condition["status"] = "False"
    waits = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 2m40s restarting failed container=api"}}
    container = pod["status"]["containerStatuses"][0]
    container.update(image=image, ready=False, started=False, restartCount=5, state=waits)
    return pod


@fault("the deployment keeps no earlier revision", "renec.recovery.rollback-possible")
def no_revision_kept(estate: Renec) -> Iterator[None]:
    deployments, sets = estate.kubernetes / "deployments.json", estate.kubernetes / "replicasets.json"
    with kept(deployments, sets):
        changed = items(deployments)
        changed[0]["spec"]["revisionHistoryLimit"] = 0
        save(deployments, changed)
        save(sets, [item for item in items(sets) if item["spec"]["replicas"]])
        yield


@fault("the network policy of the guide is applied as printed", "renec.availability.network-policy-not-too-tight")
def policy_too_tight(estate: Renec) -> Iterator[None]:
    path = estate.kubernetes / "networkpolicies.json"
    with kept(path):
        write(path, (estate.kubernetes / "networkpolicies-too-tight.json").read_text())
        yield
