"""What runs in Kubernetes is what was meant to run, and there is a way back."""

import re
from typing import Annotated

from pydantic import Field

from rounds.checks.workloads import OneWorkload, is_told, observe_failing_pods, workload_of
from rounds.expectation import Expectation
from rounds.fixtures.kubernetes import Namespace
from rounds.fixtures.registry import ImagesKept
from rounds.fixtures.rollouts import Image, Revision
from rounds.judge import Observer
from rounds.limits import Limit, at_least, at_most
from rounds.pattern import Pattern
from rounds.targets import Endpoint, Kubernetes

DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
VERSION = r"^v?\d+\.\d+\.\d+([-+._][0-9A-Za-z._+-]+)?$|^(sha-|git-)?[0-9a-f]{7,40}$"


class RolloutComplete(OneWorkload):
    """A deployment or stateful set whose newest spec must run everywhere; `retry` says how long that may take."""


def test_rollout_complete(expected: RolloutComplete, namespace: Namespace, observe: Observer) -> None:
    """All replicas that are wanted are of the newest spec, ready and available, and none of an older one is left.

    Remedy: `kubectl -n NAMESPACE rollout status deployment/NAME` tells what it waits for, `kubectl describe pod` why a
    new pod does not start. `kubectl rollout undo` goes back to what worked; find out why in peace.
    """
    workload = workload_of(*expected.workload, namespace, observe)
    if workload is None or not is_told(workload, observe):
        return
    rollout = workload.rollout
    if rollout.is_paused:
        observe.critical("rollout", "it is paused: no change of its spec is carried out", "paused")
    if workload.stuck:
        observe.critical("rollout", workload.stuck[:300], "stuck")
    if not rollout.is_whole:
        observe.critical("rollout", "it has pods of two revisions", "under way")
    observe("replicas wanted", workload.wanted, at_least(1))
    for name, count in (("updated", rollout.updated), ("ready", workload.ready), ("available", workload.available)):
        observe(f"replicas {name}", count, at_least(workload.wanted), note=f"{workload.wanted} are wanted")
    observe("replicas of an older spec", max(0, workload.present - rollout.updated), at_most(0))
    if complaint := namespace.complaint("pods"):
        observe.unknown("pods", complaint)
    else:
        observe_failing_pods(workload, namespace, observe)


class ImagePinned(OneWorkload):
    """How an image is named so that it stays the same: by its digest, or by a tag that is a version."""

    version: Annotated[Pattern, Field(description="tags that nobody moves; at least 1.2.3, or a commit")] = VERSION


def test_image_pinned(expected: ImagePinned, namespace: Namespace, observe: Observer) -> None:
    """Every container runs an image that cannot become another under the same name.

    Remedy: deploy `IMAGE@sha256:…` (`kubectl get pods -o jsonpath='{..imageID}'` tells what runs now), or a tag
    with the whole version. To set `stable` again changes nothing, and a restart on another day may bring another
    program.
    """
    workload = workload_of(*expected.workload, namespace, observe)
    if workload is None:
        return
    for image in workload.rollout.images:
        why = _why_not_pinned(image, expected.version)
        if why:
            observe.critical(f"image of {image.container}", why, image.name)
        else:
            observe(f"image of {image.container}", image.name)


def _why_not_pinned(image: Image, version: str) -> str:
    if "@" in image.name:
        return "" if DIGEST.fullmatch(image.digest) else "that is no digest"
    if not image.tag:
        return "it has no tag, which means latest: whatever that is on the day"
    return "" if re.search(version, image.tag) else f"the tag {image.tag} can become another image at any time"


class RollbackPossible(Expectation):
    """A deployment that can go back: earlier revisions are kept, and a `registry`, if named, has their images."""

    cluster: Kubernetes
    deployment: str
    registry: Annotated[Endpoint | None, Field(description="asked whether it still has the images")] = None
    revisions: Annotated[Limit, Field(description="earlier ones that can be gone back to")] = at_least(1)
    kept: Annotated[Limit, Field(description="its revisionHistoryLimit")] = at_least(1)


def test_rollback_possible(
    expected: RollbackPossible, namespace: Namespace, images_kept: ImagesKept | None, observe: Observer
) -> None:
    """There is an earlier revision to go back to, and its images can still be had.

    Remedy: give the deployment a revisionHistoryLimit of a few again, and let the registry keep the images of the last
    releases. Until then write down how the last release is deployed by hand.
    """
    workload = workload_of("deployment", expected.deployment, namespace, observe)
    if workload is None:
        return
    rollout = workload.rollout
    observe("revisions that are to be kept", rollout.revisions_kept, expected.kept)
    if complaint := namespace.complaint("replicasets"):
        observe.unknown("earlier revisions", complaint)
        return
    name = "earlier revisions to go back to"
    seen = images_kept or ImagesKept({})
    possible = [each for each in rollout.earlier if _is_kept(each, seen)]
    note = _told(possible, rollout.earlier, images_kept)
    if seen.elsewhere and not seen.kept:
        observe.unknown(name, f"none of the images is of the registry: {', '.join(seen.elsewhere[:3])}")
    elif seen.not_asked and expected.revisions.verdict(len(possible)).badness:
        count = len(seen.kept) + len(seen.not_asked)
        observe.unknown(name, f"{len(seen.not_asked)} of {count} images were not asked for; {note}", len(possible))
    else:
        observe(name, len(possible), expected.revisions, note=note)
    now = {image.name for image in rollout.images}
    if possible and all(set(each.names) == now for each in possible):
        numbers = ", ".join(str(each.number) for each in possible)
        why = f"revisions {numbers} run the image of today: only settings go back"
        observe.warning("revisions with another image", why, 0)


def _is_kept(revision: Revision, seen: ImagesKept) -> bool:
    return not any(seen.kept.get(name) is False or name in seen.not_asked for name in revision.names)


def _told(possible: list[Revision], earlier: tuple[Revision, ...], seen: ImagesKept | None) -> str:
    said = [f"revision {possible[0].number}: {', '.join(possible[0].names)}"] if possible else []
    if seen is None:
        unproven = "no registry is named, so that the image can still be pulled is not proven"
        return "; ".join([*said, unproven]) if said else ""
    others = [each for each in earlier if each not in possible]
    gone = [each for each in others if any(seen.kept.get(name) is False for name in each.names)]
    for words, revisions in (
        ("the registry no longer has", gone),
        ("no time for", [each for each in others if each not in gone]),
    ):
        told = [f"revision {each.number}: {', '.join(each.names)}" for each in revisions]
        said += [f"{words} {'; '.join(told[:3])}"] if told else []
    if seen.elsewhere:
        said.append(f"not asked of the registry: {', '.join(seen.elsewhere[:3])}")
    return "; ".join(said)
