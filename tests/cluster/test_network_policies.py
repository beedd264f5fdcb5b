"""Network policies are read as the API defines them, and what they leave is judged."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rounds.checks import test_network_policies as checks
from rounds.fixtures.network_policies import Direction, Door, Peer, Policy, allows, deciding, policy_of, selector_of
from rounds.judge import Observer
from rounds.outcome import Outcome
from rounds.targets import Kubernetes

API = (("app", "api"),)
DNS = {"namespace": "kube-system", "labels": {"k8s-app": "kube-dns"}, "port": 53, "protocols": ["UDP", "TCP"]}
NEEDED = {
    "dns": DNS,
    "redis": {"labels": {"app": "redis"}, "port": 6379},
    "database": {"address": "10.20.0.15", "port": 5432},
    "sentry": {"address": "203.0.113.10", "port": 443},
}
SCRAPE = {"prometheus": {"namespace": "monitoring", "labels": {"app.kubernetes.io/name": "prometheus"}, "port": 8000}}

Judge = Callable[..., Observer]
Change = Callable[..., None]


def policy(**spec: Any) -> Policy:
    return policy_of({"metadata": {"name": "p", "namespace": "shop"}, "spec": {"podSelector": {}} | spec})


def door(port: int = 80, protocol: str = "TCP", names: frozenset[str] | None = frozenset()) -> Door:
    return Door(port, protocol, names)


def may(spec: dict[str, Any], peer: Peer, asked: Door | None = None) -> bool:
    direction: Direction = "ingress" if "from" in spec else "egress"
    whole = policy(policyTypes=["Ingress", "Egress"], **{direction: [spec]})
    return allows(whole, direction, peer, asked or door())


def inside(namespace: str = "shop", **labels: str) -> Peer:
    return Peer(tuple(sorted(labels.items())), namespace)


def test_a_pod_that_no_policy_selects_may_do_all() -> None:
    assert deciding([], API, "egress") == []
    assert deciding([policy(podSelector={"matchLabels": {"app": "ui"}}, policyTypes=["Egress"])], API, "egress") == []


def test_a_policy_decides_only_in_its_directions() -> None:
    ingress_only = policy(policyTypes=["Ingress"])
    assert deciding([ingress_only], API, "ingress") == [ingress_only]
    assert deciding([ingress_only], API, "egress") == []


def test_directions_that_are_not_named_follow_from_the_rules() -> None:
    assert set(policy().rules) == {"ingress"}
    assert set(policy(egress=[{}]).rules) == {"ingress", "egress"}


def test_no_rule_allows_nothing_and_an_empty_rule_all() -> None:
    assert not allows(policy(policyTypes=["Egress"]), "egress", inside(app="db"), door())
    assert may({}, inside(app="db"))
    assert may({}, Peer(address="203.0.113.1"), door(53, "UDP"))


@pytest.mark.parametrize(
    ("ports", "port", "protocol", "fits"),
    [
        ([{"port": 80}], 80, "TCP", True), ([{"port": 80}], 80, "UDP", False), ([{"port": 80}], 81, "TCP", False),
        ([{"protocol": "UDP", "port": 53}], 53, "UDP", True), ([{"protocol": "UDP"}], 9, "UDP", True),
        ([{"protocol": "UDP"}], 9, "TCP", False), ([], 9, "SCTP", True),
        ([{"port": 8000, "endPort": 8010}], 8010, "TCP", True), ([{"port": 8000, "endPort": 8010}], 8011, "TCP", False),
        ([{"port": 1}, {"port": 80}], 80, "TCP", True),
    ],
)  # fmt: skip
def test_ports(ports: list[dict[str, Any]], port: int, protocol: str, fits: bool) -> None:
    assert may({"ports": ports}, inside(), door(port, protocol)) is fits


def test_a_port_by_name_is_that_of_the_pod() -> None:
    rule = {"ports": [{"port": "web"}]}
    assert may(rule, inside(), door(names=frozenset({"web"})))
    assert not may(rule, inside(), door(names=frozenset({"admin"})))
    assert may(rule, inside(), door(names=None))


@pytest.mark.parametrize(
    ("peer", "fits"),
    [
        (inside(app="db"), True), (inside(app="web"), False), (inside("other", app="db"), False),
        (Peer(address="10.0.0.1"), False),
    ],
)  # fmt: skip
def test_pods_of_the_own_namespace(peer: Peer, fits: bool) -> None:
    assert may({"to": [{"podSelector": {"matchLabels": {"app": "db"}}}]}, peer) is fits


def test_an_empty_pod_selector_is_all_pods_of_the_own_namespace() -> None:
    assert may({"to": [{"podSelector": {}}]}, inside(app="any"))
    assert not may({"to": [{"podSelector": {}}]}, inside("other"))
    assert not may({"to": [{"podSelector": {}}]}, Peer(address="203.0.113.1"))


def test_namespaces_are_selected_by_their_labels_and_their_name_is_one() -> None:
    named = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    assert may({"from": [named]}, inside("monitoring", app="x"))
    assert not may({"from": [named]}, inside("shop", app="x"))
    team = {"namespaceSelector": {"matchLabels": {"team": "ops"}}}
    assert not may({"from": [team]}, inside("monitoring"))
    assert may({"from": [team]}, Peer((), "monitoring", (("team", "ops"),)))
    assert may({"from": [{"namespaceSelector": {}}]}, inside("anywhere"))


def test_both_selectors_in_one_peer_must_hold_and_of_two_peers_one() -> None:
    both = {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "db"}}}
    assert may({"to": [both]}, inside("other", app="db"))
    assert not may({"to": [both]}, inside("other", app="web"))
    apart = [{"namespaceSelector": {}}, {"podSelector": {"matchLabels": {"app": "db"}}}]
    assert may({"to": apart}, inside("other", app="web"))


@pytest.mark.parametrize(
    ("address", "fits"),
    [
        ("203.0.113.10", True), ("10.20.0.7", False), ("10.20.0.0/16", False), ("0.0.0.0/0", False),
        ("203.0.113.0/24", True), ("2001:db8::1", False),
    ],
)  # fmt: skip
def test_blocks_of_addresses_and_their_exceptions(address: str, fits: bool) -> None:
    block = {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8", "192.168.0.0/16"]}}
    assert may({"to": [block]}, Peer(address=address)) is fits


def test_a_block_of_addresses_is_no_promise_for_pods() -> None:
    assert not may({"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}, inside(app="db"))


@pytest.mark.parametrize(
    ("expression", "labels", "holds"),
    [
        ({"key": "app", "operator": "In", "values": ["api", "ui"]}, API, True),
        ({"key": "app", "operator": "In", "values": ["ui"]}, API, False),
        ({"key": "app", "operator": "NotIn", "values": ["ui"]}, API, True),
        ({"key": "tier", "operator": "NotIn", "values": ["x"]}, API, True),
        ({"key": "app", "operator": "Exists"}, API, True),
        ({"key": "tier", "operator": "Exists"}, API, False),
        ({"key": "tier", "operator": "DoesNotExist"}, API, True),
    ],
)
def test_expressions_of_selectors(expression: dict[str, Any], labels: tuple[tuple[str, str], ...], holds: bool) -> None:
    assert selector_of({"matchExpressions": [expression]}).selects(labels) is holds


@pytest.fixture
def judge(look: Callable[..., Any], cluster: Kubernetes, row: Callable[..., Any]) -> Judge:
    def judged(namespace: str = "renec", **given: Any) -> Observer:
        observer = Observer()
        given = {"pods": {"app": "api"}, "egress": NEEDED, "ingress": SCRAPE} | given
        checks.test_k8s_network_policy(
            row(checks.K8sNetworkPolicy, cluster=cluster, **given), look(namespace=namespace), observer
        )
        return observer

    return judged


def said(seen: Observer) -> dict[str, Any]:
    return {each.name: each.value for each in seen.observations}


def test_policies_that_leave_all_that_is_needed_are_ok(judge: Judge) -> None:
    seen = judge()
    assert seen.outcome is Outcome.OK, seen.summary
    assert set(said(seen).values()) == {"allowed"}
    assert "egress dns UDP/53" in said(seen)


def test_a_policy_as_it_is_often_printed_is_too_tight(judge: Judge, answers: Path) -> None:
    shutil.copy(answers / "networkpolicies-too-tight.json", answers / "networkpolicies.json")
    seen = judge()
    assert seen.outcome is Outcome.CRITICAL
    assert set(said(seen).values()) == {"blocked"}, "DNS, Redis, Sentry, the database outside and the scrape"
    assert "api has no egress rule" in seen.summary


def test_policies_add_up(judge: Judge, change: Change) -> None:
    change("networkpolicies", "api", lambda item: item["spec"]["egress"].pop(0))
    assert said(judge())["egress dns UDP/53"] == "blocked"
    change(
        "networkpolicies",
        "redis",
        lambda item: item["spec"].update(
            podSelector={}, policyTypes=["Egress"], egress=[{"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53}]}]
        ),
    )
    assert judge().outcome is Outcome.OK


def test_without_policies_all_is_allowed_and_what_must_be_blocked_is_red(judge: Judge, answers: Path) -> None:
    (answers / "networkpolicies.json").unlink()
    assert judge().outcome is Outcome.OK
    stranger = {"stranger": {"labels": {"app": "redis"}, "port": 8000, "allowed": False}}
    assert judge(egress={}, ingress=stranger).outcome is Outcome.CRITICAL


def test_what_must_be_blocked_and_is_blocked_is_ok(judge: Judge) -> None:
    stranger = {"stranger": {"labels": {"app": "redis"}, "port": 8000, "allowed": False}}
    assert judge(egress={}, ingress=stranger).outcome is Outcome.OK


def test_the_other_end_has_a_say_when_it_is_in_the_namespace(judge: Judge, change: Change) -> None:
    change("networkpolicies", "redis", lambda item: item["spec"].update(ingress=[]))
    seen = judge()
    assert said(seen)["egress redis TCP/6379"] == "blocked"
    assert "redis has no ingress rule that lets it through at redis-0" in seen.summary


def test_a_port_by_name_on_pods_that_are_not_seen_is_unknown(judge: Judge, change: Change) -> None:
    change(
        "networkpolicies",
        "api",
        lambda item: item["spec"]["egress"][0].update(ports=[{"port": "dns", "protocol": "UDP"}, {"port": "dns-tcp"}]),
    )
    seen = judge()
    assert seen.outcome is Outcome.UNKNOWN
    assert said(seen)["egress dns UDP/53"] == "unclear"


def test_pods_that_are_not_there_leave_nothing_to_say(judge: Judge) -> None:
    assert judge(pods={"app": "worker"}).outcome is Outcome.UNKNOWN
    assert judge(egress={"db": {"labels": {"app": "postgres"}, "port": 5432}}).outcome is Outcome.UNKNOWN
    assert judge("renek").outcome is Outcome.UNKNOWN


def test_policies_that_may_not_be_listed_are_not_no_policies(judge: Judge, answers: Path) -> None:
    (answers / "forbidden.txt").write_text("networkpolicies.networking.k8s.io\n")
    assert judge().outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    "given",
    [
        {"egress": {}, "ingress": {}}, {"pods": {}}, {"egress": {"x": {"port": 80}}},
        {"egress": {"x": {"port": 80, "address": "db.example.com"}}},
        {"egress": {"x": {"port": 80, "address": "10.0.0.1", "labels": {"a": "b"}}}},
        {"egress": {"x": {"port": 0, "address": "10.0.0.1"}}},
    ],
)  # fmt: skip
def test_a_row_that_asks_nothing_sensible_is_refused(judge: Judge, given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        judge(**({"egress": {}, "ingress": {}} | given))
