# SPDX-License-Identifier: Apache-2.0
"""The enforcer's reading of networking.k8s.io/v1, rule by rule, without packets."""

import pytest

from testbed.netpol.objects import Pod, pod_of, selects
from testbed.netpol.rules import EGRESS, INGRESS, World, allowed, block_match, policy_types, port_match, ruleset

WEB = Pod("shop", "web", "10.0.0.1", {"app": "web"}, {("http", "TCP"): (8080,)})
DB = Pod("shop", "db", "10.0.0.2", {"app": "db"}, {("http", "TCP"): (9090,), ("http", "UDP"): (53,)})
PROMETHEUS = Pod("monitoring", "prometheus", "10.0.0.3", {"app": "prometheus"})
NAMESPACES = {"shop": {"team": "shop"}, "monitoring": {"team": "ops"}}


def policy(namespace="shop", **spec):
    return {"metadata": {"namespace": namespace, "name": "p"}, "spec": {"podSelector": {}, **spec}}


def rules_of(*policies, pod=WEB, direction=INGRESS):
    return allowed(World([WEB, DB, PROMETHEUS], NAMESPACES, policies), pod, direction)


@pytest.mark.parametrize(
    "selector, expected",
    [
        (None, True),
        ({}, True),
        ({"matchLabels": {"app": "web"}}, True),
        ({"matchLabels": {"app": "db"}}, False),
        ({"matchLabels": {"absent": "x"}}, False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["web", "db"]}]}, True),
        ({"matchExpressions": [{"key": "absent", "operator": "In", "values": ["web"]}]}, False),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}, False),
        ({"matchExpressions": [{"key": "absent", "operator": "NotIn", "values": ["web"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}, False),
        ({"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "tier", "operator": "Exists"}]}, False),
    ],
)
def test_a_selector_needs_all_its_labels_and_expressions(selector, expected):
    assert selects(selector, {"app": "web"}) is expected


def test_an_unknown_selector_operator_is_an_error():
    with pytest.raises(ValueError, match="Near"):
        selects({"matchExpressions": [{"key": "app", "operator": "Near"}]}, {})


@pytest.mark.parametrize(
    "spec, expected",
    [
        ({}, ["Ingress"]),
        ({"egress": []}, ["Ingress"]),
        ({"egress": [{}]}, ["Ingress", "Egress"]),
        ({"policyTypes": ["Egress"], "ingress": [{}]}, ["Egress"]),
    ],
)
def test_policy_types_default_to_ingress_and_to_egress_only_with_egress_rules(spec, expected):
    assert policy_types(spec) == expected


def test_a_pod_that_no_policy_selects_is_not_isolated():
    assert rules_of() is None
    assert rules_of(policy(podSelector={"matchLabels": {"app": "db"}})) is None
    assert rules_of(policy(namespace="monitoring")) is None
    assert rules_of(policy(policyTypes=["Egress"])) is None


def test_a_policy_without_rules_allows_nothing():
    assert rules_of(policy()) == []
    assert rules_of(policy(ingress=[])) == []
    assert rules_of(policy(policyTypes=["Egress"]), direction=EGRESS) == []


def test_an_empty_rule_allows_everything():
    assert rules_of(policy(ingress=[{}])) == [""]
    assert rules_of(policy(ingress=[{"from": [], "ports": []}])) == [""]


@pytest.mark.parametrize(
    "peer, addresses",
    [
        ({"podSelector": {}}, "{ 10.0.0.1, 10.0.0.2 }"),
        ({"podSelector": {"matchLabels": {"app": "db"}}}, "{ 10.0.0.2 }"),
        ({"namespaceSelector": {}}, "{ 10.0.0.1, 10.0.0.2, 10.0.0.3 }"),
        ({"namespaceSelector": {"matchLabels": {"team": "ops"}}}, "{ 10.0.0.3 }"),
        (
            {"namespaceSelector": {"matchLabels": {"team": "shop"}}, "podSelector": {"matchLabels": {"app": "db"}}},
            "{ 10.0.0.2 }",
        ),
    ],
)
def test_a_peer_means_the_pods_of_its_selectors(peer, addresses):
    assert rules_of(policy(ingress=[{"from": [peer]}])) == [f"ip saddr {addresses}"]


def test_a_peer_that_means_no_pod_allows_nothing_and_not_everything():
    nobody = {"podSelector": {"matchLabels": {"app": "nobody"}}}
    assert rules_of(policy(ingress=[{"from": [nobody]}])) == []
    assert rules_of(policy(ingress=[{"from": [nobody], "ports": [{"port": "http"}]}])) == []
    assert rules_of(policy(ingress=[{"from": [{"namespaceSelector": {}, **nobody}]}])) == []


def test_peers_of_a_rule_are_alternatives_and_policies_add_up():
    two = policy(
        ingress=[{"from": [{"podSelector": {"matchLabels": {"app": "db"}}}, {"ipBlock": {"cidr": "192.0.2.0/24"}}]}]
    )
    third = policy(ingress=[{"ports": [{"port": 80}]}])
    assert rules_of(two, third, policy()) == ["ip saddr { 10.0.0.2 }", "ip saddr 192.0.2.0/24", "tcp dport 80"]


def test_egress_matches_the_other_end():
    spec = {
        "policyTypes": ["Egress"],
        "egress": [{"to": [{"ipBlock": {"cidr": "192.0.2.7/32"}}], "ports": [{"protocol": "UDP", "port": 53}]}],
    }
    assert rules_of(policy(**spec), direction=EGRESS) == ["ip daddr 192.0.2.7/32 udp dport 53"]


@pytest.mark.parametrize(
    "block, expected",
    [
        ({"cidr": "192.168.242.213/24"}, "ip saddr 192.168.242.0/24"),
        ({"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}, "ip saddr 10.0.0.0/8 ip saddr != { 10.1.0.0/16 }"),
        (
            {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16", "10.1.2.0/24"]},
            "ip saddr 10.0.0.0/8 ip saddr != { 10.1.0.0/16 }",
        ),
        ({"cidr": "10.0.0.0/8", "except": []}, "ip saddr 10.0.0.0/8"),
        ({"cidr": "2001:db8::/32"}, None),
    ],
)
def test_an_ip_block_is_its_network_without_the_exceptions(block, expected):
    assert block_match(block, "saddr") == expected


@pytest.mark.parametrize(
    "port, expected",
    [
        ({"port": 80}, "tcp dport 80"),
        ({"protocol": "UDP", "port": 53}, "udp dport 53"),
        ({"protocol": "SCTP", "port": 7}, "sctp dport 7"),
        ({"port": 80, "endPort": 90}, "tcp dport 80-90"),
        ({"protocol": "UDP"}, "meta l4proto udp"),
        ({}, "meta l4proto tcp"),
    ],
)
def test_a_port_is_a_number_a_range_or_a_whole_protocol(port, expected):
    assert port_match(port) == expected


def test_a_named_port_of_ingress_is_the_isolated_pods_own():
    named = policy(ingress=[{"ports": [{"port": "http"}]}])
    assert rules_of(named) == ["tcp dport 8080"]
    assert rules_of(named, pod=DB) == ["tcp dport 9090"]
    assert rules_of(named, pod=Pod("shop", "other", "10.0.0.9")) == []


def test_a_named_port_of_egress_is_looked_up_on_each_destination():
    named = policy(policyTypes=["Egress"], egress=[{"to": [{"podSelector": {}}], "ports": [{"port": "http"}]}])
    assert rules_of(named, direction=EGRESS) == [
        "ip daddr { 10.0.0.1, 10.0.0.2 } ip daddr 10.0.0.1 tcp dport 8080",
        "ip daddr { 10.0.0.1, 10.0.0.2 } ip daddr 10.0.0.2 tcp dport 9090",
    ]


def test_a_named_port_is_known_by_name_and_protocol():
    assert rules_of(policy(ingress=[{"ports": [{"port": "http", "protocol": "UDP"}]}]), pod=DB) == ["udp dport 53"]
    assert rules_of(policy(ingress=[{"ports": [{"port": "http", "protocol": "UDP"}]}])) == []


def test_the_ruleset_drops_what_no_rule_of_an_isolated_pod_allows():
    text = ruleset(
        World(
            [WEB, DB],
            NAMESPACES,
            [policy(podSelector={"matchLabels": {"app": "web"}}, ingress=[{"ports": [{"port": 80}]}])],
        )
    )
    chain = text[text.index("chain ingress_0") :]
    lines = [line.strip() for line in chain[: chain.index("\n  }")].splitlines()[1:]]
    assert lines == ["ip saddr 10.0.0.1 return", "tcp dport 80 return", "counter drop"]
    assert "ip daddr 10.0.0.1 jump ingress_0" in text
    assert "10.0.0.2 jump" not in text


def test_egress_is_also_asked_of_what_goes_to_the_node_and_ingress_never_of_what_comes_from_it():
    text = ruleset(World([WEB], NAMESPACES, [policy(policyTypes=["Ingress", "Egress"])]))
    to_node = text[text.index("chain input") :]
    assert "jump egress_0" in to_node and "jump ingress_0" not in to_node
    assert "hook output" not in text


def pod_item(**changes):
    item = {
        "metadata": {"namespace": "n", "name": "p"},
        "spec": {"containers": []},
        "status": {"phase": "Running", "podIP": "10.0.0.4"},
    }
    for part, values in changes.items():
        item[part] = {**item[part], **values}
    return item


def test_pods_without_an_address_of_their_own_are_no_pods_to_policies():
    assert pod_of(pod_item()).ip == "10.0.0.4"
    assert pod_of(pod_item(spec={"hostNetwork": True})) is None
    assert pod_of(pod_item(status={"phase": "Succeeded"})) is None
    assert pod_of(pod_item(status={"phase": "Failed"})) is None
    assert pod_of(pod_item(status={"podIP": ""})) is None


def test_an_address_announced_by_the_network_counts_before_the_api_knows_it():
    assert pod_of(pod_item(status={"podIP": "", "phase": "Pending"}), "10.0.0.8").ip == "10.0.0.8"


def test_named_ports_come_from_containers_and_from_sidecars_but_not_from_other_init_containers():
    def port(name, number):
        return {"ports": [{"name": name, "containerPort": number}]}

    pod = pod_of(
        pod_item(
            spec={
                "containers": [port("a", 1)],
                "initContainers": [{**port("b", 2), "restartPolicy": "Always"}, port("c", 3)],
            }
        )
    )
    assert pod.ports == {("a", "TCP"): (1,), ("b", "TCP"): (2,)}
