"""Whether there is a way back: earlier revisions, and their images in a registry."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from rounds.checks import test_rollouts as checks
from rounds.fixtures import registry as registries
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.probe import PROBES, CouldNotLook, Unreachable
from rounds.targets import Endpoint, Kubernetes

Judge = Callable[..., Observer]
Change = Callable[..., None]
Item = dict[str, Any]
NAME = "registry.example.com/renec/api"
assert registries


@pytest.fixture
def rollback(look: Callable[..., Any], cluster: Kubernetes, row: Callable[..., Any]) -> Judge:
    def judged(registry: Endpoint | None = None, **given: Any) -> Observer:
        observer = Observer()
        named = {"registry": registry} if registry else {}
        expected = row(checks.RollbackPossible, cluster=cluster, **({"deployment": "api"} | named | given))
        kept = PROBES["images_kept"].look(registry, cluster, expected.deployment)
        checks.test_rollback_possible(expected, look(), kept, observer)
        return observer

    return judged


def images(*names: str) -> Callable[[Item], None]:
    def change(item: Item) -> None:
        first = item["spec"]["template"]["spec"]["containers"][0]
        containers = [first | {"image": name, "name": f"{first['name']}{at or ''}"} for at, name in enumerate(names)]
        item["spec"]["template"]["spec"]["containers"] = containers

    return change


def test_an_earlier_revision_is_a_way_back_but_its_image_is_not_proven(rollback: Judge) -> None:
    seen = rollback()
    assert seen.outcome is Outcome.OK
    assert f"revision 3: {NAME}:2.4.0" in seen.summary
    assert "is not proven" in seen.summary
    assert [each.value for each in seen.observations] == [10, 2]


def test_without_history_there_is_no_way_back(rollback: Judge, change: Change) -> None:
    change("deployments", "api", lambda item: item["spec"].update(revisionHistoryLimit=0))
    assert "revisions that are to be kept is 0" in rollback().summary
    change("deployments", "api", lambda item: item["spec"].update(revisionHistoryLimit=10))
    for name in ("api-5b", "api-6f"):
        change("replicasets", name, lambda item: item["metadata"].update(ownerReferences=[]))
    seen = rollback()
    assert seen.outcome is Outcome.CRITICAL
    assert "earlier revisions to go back to is 0" in seen.summary


def test_replica_sets_that_may_not_be_listed_leave_it_unknown(rollback: Judge, answers: Path) -> None:
    (answers / "forbidden.txt").write_text("replicasets.apps\n")
    assert rollback().outcome is Outcome.UNKNOWN


def test_earlier_revisions_of_the_same_image_are_told(rollback: Judge, change: Change) -> None:
    for kind, name in (("deployments", "api"), ("replicasets", "api-")):
        change(kind, name, images(f"{NAME}:stable"))
    seen = rollback()
    assert seen.outcome is Outcome.WARNING
    assert "revisions 3, 2 run the image of today" in seen.summary


@pytest.fixture
def serve() -> Iterator[Callable[..., Endpoint]]:
    """A registry that has some manifests; it speaks as the distribution specification has it."""
    servers: list[ThreadingHTTPServer] = []

    def start(*manifests: str, status: int = 404, **given: Any) -> Endpoint:
        class Registry(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                login = given.get("bearer")
                asked = self.path.removeprefix("/v2/").replace("/manifests/", ":")
                known = asked in manifests and "manifest.v2+json" in self.headers["Accept"]
                allowed = login is None or self.headers.get("Authorization") == f"Bearer {login.get_secret_value()}"
                self.send_response(200 if known and allowed else status)
                self.send_header("Content-Length", "1234" if known else "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Registry))
        servers[-1].daemon_threads = True
        threading.Thread(target=servers[-1].serve_forever, args=(0.02,), daemon=True).start()
        return Endpoint(name="registry", url=f"http://127.0.0.1:{servers[-1].server_port}", **given)

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_registry_that_has_an_earlier_image_proves_it(rollback: Judge, serve: Callable[..., Endpoint]) -> None:
    seen = rollback(serve("renec/api:2.4.0"))
    assert seen.outcome is Outcome.OK
    assert "proven" not in seen.summary
    assert f"no longer has revision 2: {NAME}:2.3.2" in seen.summary
    assert rollback(serve("renec/api:2.4.0", bearer=SecretStr("hush-hush"))).outcome is Outcome.OK


def test_images_that_are_gone_are_no_way_back(rollback: Judge, serve: Callable[..., Endpoint]) -> None:
    seen = rollback(serve("renec/ui:2.4.0"))
    assert seen.outcome is Outcome.CRITICAL
    assert f"the registry no longer has revision 3: {NAME}:2.4.0" in seen.summary


def test_images_of_another_registry_are_not_asked_of_this_one(
    rollback: Judge, serve: Callable[..., Endpoint], change: Change
) -> None:
    change("replicasets", "api-", images(f"{NAME}:2.4.0", "docker.io/envoyproxy/envoy:v1.30.1"))
    seen = rollback(serve("renec/api:2.4.0"))
    assert seen.outcome is Outcome.OK, seen.summary
    assert "not asked of the registry: docker.io/envoyproxy/envoy:v1.30.1" in seen.summary
    change("replicasets", "api-", images("redis:7.4"))
    seen = rollback(serve("renec/api:2.4.0"))
    assert seen.outcome is Outcome.UNKNOWN
    assert "none of the images is of the registry: redis:7.4" in seen.summary


def test_images_for_which_there_is_no_time_do_not_count_as_kept(
    rollback: Judge, serve: Callable[..., Endpoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registries, "_MOST_IMAGES", 1)
    registry = serve("renec/api:2.4.0")
    seen = rollback(registry)
    assert seen.outcome is Outcome.OK
    assert f"no time for revision 2: {NAME}:2.3.2" in seen.summary
    seen = rollback(registry, revisions={"critical": 2})
    assert seen.outcome is Outcome.UNKNOWN
    assert "1 of 2 images were not asked" in seen.summary


def test_a_registry_that_does_not_say_is_no_look(rollback: Judge, serve: Callable[..., Endpoint]) -> None:
    with pytest.raises(CouldNotLook, match="it wants a login"):
        rollback(serve(status=401))
    with pytest.raises(CouldNotLook, match="answers 500"):
        rollback(serve(status=500))
    with pytest.raises(Unreachable, match="cannot be reached"):
        rollback(Endpoint(name="registry", url="http://127.0.0.1:1"))
