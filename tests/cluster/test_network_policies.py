# SPDX-License-Identifier: Apache-2.0
"""NetworkPolicies on real packets: the enforcer against the cases whose answers networking.k8s.io/v1 gives."""

from dataclasses import dataclass

import pytest

from testbed.cluster import Namespace, Pod
from testbed.network import (
    API_SERVICE_ADDRESS,
    CONTROL_ADDRESS,
    DNS_ADDRESS,
    METADATA_ADDRESS,
    NODE_ADDRESS,
    OUTSIDE_ADDRESS,
)
from testbed.reachability import Door
from testbed.waiting import until

pytestmark = pytest.mark.node

METADATA = Door("metadata", METADATA_ADDRESS, 80)
OUTSIDE = Door("outside", OUTSIDE_ADDRESS, 80)
SHOP, OPS = "np-shop", "np-ops"


@dataclass(frozen=True)
class Scene:
    """web and db in one namespace, prober in another; web answers at 80 and 81, TCP and UDP."""

    shop: Namespace
    web: Pod
    db: Pod
    prober: Pod

    def who_reaches(self, *doors: Door) -> list[set[str]]:
        """The short names of the scene's pods and of the outside that reach each door."""
        matrix = self.shop.cluster.reachability(doors)
        known = {
            str(self.web): "web",
            str(self.db): "db",
            str(self.prober): "prober",
            "outside": "outside",
            "node": "node",
        }
        return [{known[source] for source in matrix.who_reaches(door) if source in known} for door in doors]


@pytest.fixture(scope="module")
def scene(shared_node) -> Scene:
    shop, ops = shared_node.namespace(SHOP, team="shop"), shared_node.namespace(OPS, team="ops")
    return Scene(
        shop, shop.start_pod("web", app="web"), shop.start_pod("db", app="db"), ops.start_pod("prober", app="prober")
    )


@pytest.fixture
def apply(scene, cluster):
    """Applies policies to web, or to the pods named, and takes them away after the test."""
    applied = []

    def policy(name="p", pods="web", **spec):
        selector = {"matchLabels": {"app": pods}} if pods else {}
        scene.shop.apply(
            {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "NetworkPolicy",
                "metadata": {"name": name},
                "spec": {"podSelector": selector, **spec},
            }
        )
        applied.append(name)

    yield policy
    for name in applied:
        scene.shop.delete(f"networkpolicy/{name}")


EVERYONE = {"web", "db", "prober", "outside", "node"}
ALWAYS = {"web", "node"}  # A pod reaches itself, and its node reaches it.


def test_without_policies_everyone_reaches_everything(scene, cluster):
    assert scene.who_reaches(scene.web.door(80, stand_in=True), scene.web.door(80, "UDP", stand_in=True)) == [
        EVERYONE,
        EVERYONE,
    ]


@pytest.mark.parametrize(
    "ingress, tcp80, tcp81, udp80",
    [
        pytest.param([], ALWAYS, ALWAYS, ALWAYS, id="no rules"),
        pytest.param([{}], EVERYONE, EVERYONE, EVERYONE, id="an empty rule"),
        pytest.param(
            [{"from": [{"podSelector": {}}]}], ALWAYS | {"db"}, ALWAYS | {"db"}, ALWAYS | {"db"}, id="own namespace"
        ),
        pytest.param(
            [{"from": [{"namespaceSelector": {"matchLabels": {"team": "ops"}}}]}],
            ALWAYS | {"prober"},
            ALWAYS | {"prober"},
            ALWAYS | {"prober"},
            id="another namespace",
        ),
        pytest.param(
            [{"from": [{"namespaceSelector": {}}]}],
            EVERYONE - {"outside"},
            EVERYONE - {"outside"},
            EVERYONE - {"outside"},
            id="all pods are not the outside",
        ),
        pytest.param([{"ports": [{"port": 80}]}], EVERYONE, ALWAYS, ALWAYS, id="a port is TCP by default"),
        pytest.param([{"ports": [{"port": 80, "protocol": "UDP"}]}], ALWAYS, ALWAYS, EVERYONE, id="UDP"),
        pytest.param([{"ports": [{"port": 80, "endPort": 81}]}], EVERYONE, EVERYONE, ALWAYS, id="a range"),
        pytest.param([{"ports": [{"protocol": "UDP"}]}], ALWAYS, ALWAYS, EVERYONE, id="a whole protocol"),
        pytest.param([{"ports": [{"port": 80, "protocol": "SCTP"}]}], ALWAYS, ALWAYS, ALWAYS, id="SCTP opens neither"),
        pytest.param(
            [{"from": [{"ipBlock": {"cidr": "203.0.113.0/24"}}]}],
            ALWAYS | {"outside"},
            ALWAYS | {"outside"},
            ALWAYS | {"outside"},
            id="outside addresses",
        ),
        pytest.param(
            [{"from": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["203.0.113.0/24"]}}]}],
            EVERYONE - {"outside"},
            EVERYONE - {"outside"},
            EVERYONE - {"outside"},
            id="an exception",
        ),
        pytest.param(
            [
                {"from": [{"podSelector": {"matchLabels": {"app": "db"}}}], "ports": [{"port": 80}]},
                {"ports": [{"port": 81}]},
            ],
            ALWAYS | {"db"},
            EVERYONE,
            ALWAYS,
            id="rules add up",
        ),
    ],
)
def test_ingress_is_open_to_whom_a_rule_names(scene, apply, ingress, tcp80, tcp81, udp80):
    apply(policyTypes=["Ingress"], ingress=ingress)
    web = scene.web
    assert scene.who_reaches(
        web.door(80, stand_in=True), web.door(81, stand_in=True), web.door(80, "UDP", stand_in=True)
    ) == [tcp80, tcp81, udp80]


def test_both_ends_must_agree(scene, apply):
    door = scene.web.door(80, stand_in=True)
    apply(
        "egress",
        pods="db",
        policyTypes=["Egress"],
        egress=[{"to": [{"podSelector": {"matchLabels": {"app": "web"}}}], "ports": [{"port": 81}]}],
    )
    assert scene.who_reaches(door) == [EVERYONE - {"db"}]
    apply(
        "more",
        pods="db",
        policyTypes=["Egress"],
        egress=[{"to": [{"podSelector": {"matchLabels": {"app": "web"}}}], "ports": [{"port": 80}]}],
    )
    assert scene.who_reaches(door) == [EVERYONE]
    apply("ingress", policyTypes=["Ingress"])
    assert scene.who_reaches(door) == [ALWAYS]


def test_egress_keeps_a_pod_from_the_metadata_address_and_not_from_the_rest(scene, apply):
    assert "web" in scene.who_reaches(METADATA)[0]
    apply(policyTypes=["Egress"], egress=[{"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16"]}}]}])
    metadata, outside = scene.who_reaches(METADATA, OUTSIDE)
    assert "web" not in metadata and "web" in outside


def test_closed_egress_also_closes_cluster_dns_the_api_server_and_the_node_until_they_are_named(scene, apply):
    dns, api, kubelet = (
        Door("dns", DNS_ADDRESS, 53, "UDP"),
        Door("api", API_SERVICE_ADDRESS, 443),
        Door("kubelet", NODE_ADDRESS, 10250),
    )
    assert all("db" in names for names in scene.who_reaches(dns, api, kubelet))
    apply(pods="db", policyTypes=["Egress"])
    assert not any("db" in names for names in scene.who_reaches(dns, api, kubelet))
    system = {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}
    to_dns = {
        "to": [{"namespaceSelector": system, "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}],
        "ports": [{"port": "dns", "protocol": "UDP"}],
    }
    apply("dns", pods="db", policyTypes=["Egress"], egress=[to_dns])
    assert ["db" in names for names in scene.who_reaches(dns, api, kubelet)] == [True, False, False]
    to_api = {"to": [{"ipBlock": {"cidr": f"{CONTROL_ADDRESS}/32"}}], "ports": [{"port": 6443}]}
    apply("api", pods="db", policyTypes=["Egress"], egress=[to_api])
    assert ["db" in names for names in scene.who_reaches(dns, api, kubelet)] == [True, True, False]


def test_the_api_servers_host_reaches_a_service_only_where_policies_let_it_in(scene, apply, cluster):
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}}
    scene.shop.apply({**service, "spec": {"selector": {"app": "web"}, "ports": [{"port": 443, "targetPort": 80}]}})
    behind = scene.web.door(80, stand_in=True)
    door = Door("service", scene.shop.get("service/web")["spec"]["clusterIP"], 443)

    def from_control() -> str:
        return cluster.reachability([behind, door]).verdict("control", door)

    until("kube-proxy knows the service", lambda: from_control() == "open", 30)
    apply(policyTypes=["Ingress"], ingress=[{"from": [{"namespaceSelector": {}}]}])
    assert from_control() == "blocked"
    apply("api", policyTypes=["Ingress"], ingress=[{"from": [{"ipBlock": {"cidr": f"{CONTROL_ADDRESS}/32"}}]}])
    assert from_control() == "open"


def first_answer(shop: Namespace, name: str) -> str:
    """What a new pod gets when its first act is to connect to the API server, which answers everyone."""
    knock = f"nc -z -w 1 {API_SERVICE_ADDRESS} 443; echo ended $? >/tmp/first; sleep infinity"
    pod = shop.start_pod(name, command=["sh", "-c", knock], app=name)
    answered = pod.exec("sh", "-c", "until [ -s /tmp/first ]; do :; done; cat /tmp/first", seconds=10).text.strip()
    shop.delete(f"pod/{name}")
    return answered


def test_a_new_pod_is_isolated_from_its_first_packet(scene, apply):
    apply(pods="isolated", policyTypes=["Egress"])
    assert first_answer(scene.shop, "open") == "ended 0"
    assert first_answer(scene.shop, "isolated") == "ended 1"
