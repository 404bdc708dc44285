// SPDX-License-Identifier: Apache-2.0
// What networking.k8s.io/v1 says about each corner, one world a case: pods web, db and prober, one policy or two.
#include <gtest/gtest.h>

#include <algorithm>

#include "network/doors.h"
#include "network/explain.h"
#include "network/plugin_notes.h"
#include "network/reach_text.h"

namespace raykeep::network {
namespace {

constexpr const char* kWorld = R"(
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: shop}}
---
apiVersion: v1
kind: Namespace
metadata: {name: ops, labels: {team: ops}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web, tier: front}}
spec: {containers: [{name: c, image: i, ports: [{name: http, containerPort: 8080}, {name: dns, containerPort: 53, protocol: UDP}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {containers: [{name: c, image: i}]}
---
apiVersion: v1
kind: Pod
metadata: {name: prober, namespace: ops, labels: {app: prober}}
spec: {containers: [{name: c, image: i}]}
)";

std::string policy(const std::string& spec, const std::string& name = "p") {
  return "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: " + name + ", namespace: shop}\nspec: " + spec + "\n";
}

struct World {
  explicit World(const std::string& text, ReachOptions options = {}) {
    manifests.add("world.yaml", text);
    reach = std::make_unique<Reach>(manifests, options);
  }
  std::string lines() {
    std::string out;
    write_connections_text(*reach, {}, [&](std::string_view text) { out += text; });
    return out;
  }
  // What `from` may send to `to`; "-" for nothing.
  std::string between(const std::string& from, const std::string& to) {
    std::string found = "-";
    reach->each_connection(*reach->networks().front(), [&](const Connection& connection) {
      const Network& network = reach->networks().front()->network();
      if (reach->title(connection.from, network).starts_with(from) && reach->title(connection.to, network).starts_with(to)) found = reach->text(connection.answer);
    });
    return found;
  }
  kube::Manifests manifests;
  std::unique_ptr<Reach> reach;
};

struct Case {
  const char* name;
  const char* spec;
  const char* db;       // what shop/db may send to shop/web
  const char* prober;   // what ops/prober may
  const char* outside;  // what 0.0.0.0 may
};

constexpr const char* kAll = "All Connections";

class Ingress : public testing::TestWithParam<Case> {};

TEST_P(Ingress, OfOnePolicy) {
  World world(kWorld + policy(GetParam().spec));
  EXPECT_EQ(world.reach->errors().size(), 0U);
  EXPECT_EQ(world.between("shop/db", "shop/web"), GetParam().db);
  EXPECT_EQ(world.between("ops/prober", "shop/web"), GetParam().prober);
  EXPECT_EQ(world.between("0.0.0.0", "shop/web"), GetParam().outside);
  EXPECT_EQ(world.between("shop/web", "ops/prober"), kAll) << "no case here closes egress";
}

INSTANTIATE_TEST_SUITE_P(
    Corners, Ingress,
    testing::Values(
        Case{"another_pod", "{podSelector: {matchLabels: {app: db}}}", kAll, kAll, kAll},
        Case{"no_types_no_rules", "{podSelector: {}}", "-", "-", "-"},
        Case{"no_types_empty_egress", "{podSelector: {}, egress: []}", "-", "-", "-"},
        Case{"empty_rules", "{podSelector: {}, policyTypes: [Ingress], ingress: []}", "-", "-", "-"},
        Case{"an_empty_rule", "{podSelector: {}, ingress: [{}]}", kAll, kAll, kAll},
        Case{"empty_from", "{podSelector: {}, ingress: [{from: [], ports: [{port: 80}]}]}", "TCP 80", "TCP 80", "TCP 80"},
        Case{"empty_ports", "{podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: []}]}", kAll, "-", "-"},
        Case{"protocol_without_port", "{podSelector: {}, ingress: [{ports: [{protocol: UDP}]}]}", "UDP 1-65535", "UDP 1-65535", "UDP 1-65535"},
        Case{"own_namespace", "{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}", kAll, "-", "-"},
        Case{"other_namespace", "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: ops}}}]}]}", "-", kAll, "-"},
        Case{"all_namespaces", "{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}", kAll, kAll, "-"},
        Case{"metadata_name", "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}}]}]}", "-", kAll, "-"},
        Case{"both_in_one_item", "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: ops}}, podSelector: {matchLabels: {app: db}}}]}]}", "-", "-", "-"},
        Case{"in_two_items", "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: ops}}}, {podSelector: {matchLabels: {app: db}}}]}]}", kAll, kAll, "-"},
        Case{"null_selector_is_absent", "{podSelector: {}, ingress: [{from: [{namespaceSelector: null, podSelector: {}}]}]}", kAll, "-", "-"},
        Case{"named_port", "{podSelector: {}, ingress: [{ports: [{port: http}]}]}", "TCP 8080", "TCP 8080", "TCP 8080"},
        Case{"named_port_of_another_protocol", "{podSelector: {}, ingress: [{ports: [{port: dns}]}]}", "-", "-", "-"},
        Case{"named_port_udp", "{podSelector: {}, ingress: [{ports: [{port: dns, protocol: UDP}]}]}", "UDP 53", "UDP 53", "UDP 53"},
        Case{"range", "{podSelector: {}, ingress: [{ports: [{port: 80, endPort: 90}]}]}", "TCP 80-90", "TCP 80-90", "TCP 80-90"},
        Case{"all_of_all_protocols", "{podSelector: {}, ingress: [{ports: [{port: 1, endPort: 65535}, {protocol: UDP}, {protocol: SCTP}]}]}", kAll, kAll, kAll},
        Case{"not_in_takes_absent", "{podSelector: {}, ingress: [{from: [{podSelector: {matchExpressions: [{key: tier, operator: NotIn, values: [front]}]}}]}]}", kAll, "-", "-"},
        Case{"exists", "{podSelector: {}, ingress: [{from: [{podSelector: {matchExpressions: [{key: tier, operator: Exists}]}}]}]}", "-", "-", "-"},
        Case{"egress_only", "{podSelector: {matchLabels: {app: db}}, policyTypes: [Egress], ingress: [], egress: [{}]}", kAll, kAll, kAll}),
    [](const auto& one) { return one.param.name; });

TEST(Reach, PoliciesAddUpInAnyOrder) {
  const std::string a = policy("{podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: [{port: 80}]}]}", "a");
  const std::string b = policy("{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 90}]}]}", "b");
  EXPECT_EQ(World(kWorld + a + b).lines(), World(kWorld + b + a).lines());
  EXPECT_EQ(World(kWorld + a + b).between("shop/db", "shop/web"), "TCP 80,90");
}

TEST(Reach, AConnectionNeedsEgressAndIngress) {
  const std::string out = policy("{podSelector: {matchLabels: {app: db}}, policyTypes: [Egress], egress: [{ports: [{port: 80}, {port: 443}]}]}", "out");
  const std::string in = policy("{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 80}, {port: 22}]}]}", "in");
  EXPECT_EQ(World(kWorld + out + in).between("shop/db", "shop/web"), "TCP 80");
}

TEST(Reach, WhetherAnIpBlockTakesPodsIsLeftOpen) {
  const std::string block = policy("{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]}]}");
  World world(kWorld + block);
  EXPECT_EQ(world.between("shop/db", "shop/web"), "may: All Connections");
  EXPECT_EQ(world.between("10.0.0.0-10.0.255.255", "shop/web"), kAll);
  EXPECT_EQ(world.between("10.1.", "shop/web"), "-");
  EXPECT_EQ(world.between("::/0", "shop/web"), "-");

  ReachOptions elsewhere;
  elsewhere.pod_addresses.add(parse_cidr("172.16.0.0/12")->range);
  EXPECT_EQ(World(kWorld + block, elsewhere).between("shop/db", "shop/web"), "-");
  ReachOptions np_guard;
  np_guard.semantics = Semantics::kNpGuard;
  EXPECT_EQ(World(kWorld + block, np_guard).between("shop/db", "shop/web"), "-");
}

TEST(Reach, AnIpv6NetworkTakesNoIpv4Address) {
  World world(kWorld + policy("{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: '::/0'}}]}]}"));
  EXPECT_EQ(world.between("::/0", "shop/web"), kAll);
  EXPECT_EQ(world.between("0.0.0.0", "shop/web"), "-");
}

TEST(Reach, PodsOnTheHostsNetworkAreNodes) {
  const std::string host = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: agent, namespace: shop}\nspec: {hostNetwork: true, containers: [{name: c, image: i}]}\n";
  World world(kWorld + host + policy("{podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: [{port: 80}]}]}"));
  EXPECT_EQ(world.between("shop/agent", "shop/web"), "may: All Connections");
  EXPECT_EQ(world.between("shop/db", "shop/web"), "TCP 80");
}

struct Refused {
  const char* name;
  const char* spec;
  const char* says;
};
class Invalid : public testing::TestWithParam<Refused> {};

TEST_P(Invalid, IsToldAndProtectsNothing) {
  World world(kWorld + policy(GetParam().spec));
  ASSERT_EQ(world.reach->errors().size(), 1U);
  const Error& error = world.reach->errors().front();
  EXPECT_NE(error.text().find(GetParam().says), std::string::npos) << error.text();
  EXPECT_TRUE(error.at() && error.at()->file == "world.yaml" && error.at()->line > 1);
  EXPECT_EQ(world.between("ops/prober", "shop/web"), kAll);
}

INSTANTIATE_TEST_SUITE_P(
    Specs, Invalid,
    testing::Values(Refused{"empty_peer", "{podSelector: {}, ingress: [{from: [{}]}]}", "a peer needs"},
                    Refused{"block_and_selector", "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}]}]}", "does not stand beside"},
                    Refused{"except_outside", "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}]}]}", "does not lie inside"},
                    Refused{"no_cidr", "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.1}}]}]}", "CIDR"},
                    Refused{"port_zero", "{podSelector: {}, ingress: [{ports: [{port: 0}]}]}", "ports are 1 to 65535"},
                    Refused{"end_below_start", "{podSelector: {}, ingress: [{ports: [{port: 80, endPort: 79}]}]}", "below port"},
                    Refused{"end_without_port", "{podSelector: {}, ingress: [{ports: [{endPort: 79}]}]}", "endPort needs a port"},
                    Refused{"end_of_a_name", "{podSelector: {}, ingress: [{ports: [{port: http, endPort: 79}]}]}", "a number"},
                    Refused{"protocol", "{podSelector: {}, ingress: [{ports: [{port: 80, protocol: tcp}]}]}", "no protocol"},
                    Refused{"type", "{podSelector: {}, policyTypes: [ingress]}", "policyTypes"},
                    Refused{"operator", "{podSelector: {matchExpressions: [{key: a, operator: Is}]}}", "operator"}),
    [](const auto& one) { return one.param.name; });

constexpr const char* kAdmin = R"(---
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: admin}
spec:
  tier: Admin
  priority: 10
  subject: {namespaces: {matchLabels: {team: shop}}}
  ingress:
  - {name: keep, action: Accept, from: [{namespaces: {matchLabels: {team: ops}}}], protocols: [{tcp: {destinationPort: {number: 22}}}]}
  - {name: leave, action: Pass, from: [{namespaces: {matchLabels: {team: ops}}}], protocols: [{tcp: {destinationPort: {range: {start: 80, end: 90}}}}]}
  - {name: close, action: Deny, from: [{namespaces: {}}]}
)";

TEST(Reach, TheAdminTierDecidesBeforeNetworkPolicies) {
  World alone(std::string(kWorld) + kAdmin);
  EXPECT_EQ(alone.between("ops/prober", "shop/web"), "TCP 22,80-90");
  EXPECT_EQ(alone.between("shop/db", "shop/web"), "-");
  World with(kWorld + std::string(kAdmin) + policy("{podSelector: {}, ingress: [{ports: [{port: 85}]}]}"));
  EXPECT_EQ(with.between("ops/prober", "shop/web"), "TCP 22,85");
}

TEST(Reach, APassThatMayTakeAPodLeavesBothAnswersOpen) {
  const std::string admin = "---\napiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {name: admin}\nspec:\n  tier: Admin\n  priority: 1\n"
                            "  subject: {namespaces: {matchLabels: {team: shop}}}\n  egress:\n  - {action: Pass, to: [{networks: [10.0.0.0/8]}]}\n  - {action: Accept, to: [{namespaces: {}}]}\n";
  World world(kWorld + admin + policy("{podSelector: {}, policyTypes: [Egress]}"));
  EXPECT_EQ(world.between("shop/db", "ops/prober"), "may: All Connections") << "passed on, the NetworkPolicy closes it";
}

constexpr const char* kMixedOwner = R"(---
apiVersion: v1
kind: Pod
metadata: {name: a-1, namespace: shop, labels: {app: a, tier: front}, ownerReferences: [{kind: StatefulSet, name: a, controller: true}]}
spec: {containers: [{name: c, image: i}]}
---
apiVersion: v1
kind: Pod
metadata: {name: a-2, namespace: shop, labels: {app: a}, ownerReferences: [{kind: StatefulSet, name: a, controller: true}]}
spec: {containers: [{name: c, image: i}]}
)";

TEST(Reach, PodsOfOneOwnerThatPoliciesTellApartAreToldApart) {
  const std::string front = policy("{podSelector: {matchLabels: {tier: front}}}");
  World world(kWorld + std::string(kMixedOwner) + front);
  EXPECT_EQ(world.between("ops/prober", "shop/a[StatefulSet]"), "-");
  EXPECT_EQ(world.between("ops/prober", "shop/a-2[Pod]"), kAll);
}

constexpr const char* kJob = R"(---
apiVersion: ray.io/v1
kind: RayJob
metadata: {name: hello, namespace: shop}
spec:
  entrypoint: python x.py
  rayClusterSpec: {rayVersion: 2.60.0, headGroupSpec: {rayStartParams: {}, template: {spec: {containers: [{name: h, image: r}]}}}}
)";

TEST(Reach, ASubmitterIsOneEndpoint) {
  const std::string lines = World(std::string(kWorld) + kJob).lines();
  EXPECT_NE(lines.find("shop/hello/submitter[RayJob] => shop/hello/head[RayJob]"), std::string::npos);
  EXPECT_EQ(lines.find("shop/hello[Job]"), std::string::npos);
}

TEST(Reach, PoliciesAndRulesThatDoNothingAreFound) {
  World world(kWorld + policy("{podSelector: {matchLabels: {app: ray-head}}}", "nobody") +
              policy("{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: gone}}}]}]}", "stale"));
  const std::vector<Note> idle = find_idle(*world.reach);
  ASSERT_EQ(idle.size(), 2U);
  EXPECT_NE(idle[0].text.find("shop/nobody selects no pod"), std::string::npos);
  EXPECT_NE(idle[1].text.find("shop/stale: this ingress rule takes no pod"), std::string::npos);
}

constexpr const char* kRay = R"(---
apiVersion: ray.io/v1
kind: RayCluster
metadata: {name: demo, namespace: shop}
spec:
  rayVersion: 2.60.0
  headGroupSpec: {rayStartParams: {}, template: {spec: {containers: [{name: ray-head, image: r}]}}}
  workerGroupSpecs:
  - {groupName: small, replicas: 2, maxReplicas: 2, rayStartParams: {}, template: {spec: {containers: [{name: ray-worker, image: r}]}}}
)";

const Door& door_of(const std::vector<EndpointDoors>& doors, std::string_view endpoint, std::string_view name) {
  for (const EndpointDoors& one : doors) {
    if (one.endpoint->title() != endpoint) continue;
    for (const Door& door : one.doors) {
      if (door.name == name) return door;
    }
  }
  ADD_FAILURE() << endpoint << " has no door " << name;
  static const Door none;
  return none;
}

TEST(Doors, OfAnUnprotectedClusterAreOpen) {
  World world(std::string(kWorld) + kRay);
  const auto doors = find_doors(*world.reach);
  for (const char* name : {"gcs", "dashboard", "client", "agent", "serve", "metrics"}) EXPECT_TRUE(door_of(doors, "shop/demo/head[RayCluster]", name).is_open()) << name;
  EXPECT_NE(write_doors_text(doors, false).find("entire-cluster: no policy closes it"), std::string::npos);
  EXPECT_NE(write_doors_svg(doors).find("9 open doors"), std::string::npos);
}

TEST(Doors, AreWhereTheStartParametersPutThem) {
  std::string moved = kRay;
  moved.replace(moved.find("rayStartParams: {}"), 18, "rayStartParams: {port: '7379', dashboard-port: '9265'}");
  World world(std::string(kWorld) + moved);
  const auto doors = find_doors(*world.reach);
  EXPECT_EQ(door_of(doors, "shop/demo/head[RayCluster]", "gcs").port, 7379U);
  EXPECT_EQ(door_of(doors, "shop/demo/head[RayCluster]", "dashboard").port, 9265U);
  EXPECT_EQ(door_of(doors, "shop/demo/head[RayCluster]", "client").port, 10001U);
}

TEST(Doors, AreClosedToAllButTheClusterByItsLabel) {
  World world(std::string(kWorld) + kRay + policy("{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {ray.io/cluster: demo}}}]}]}"));
  const auto doors = find_doors(*world.reach);
  const Door& dashboard = door_of(doors, "shop/demo/head[RayCluster]", "dashboard");
  EXPECT_FALSE(dashboard.is_open());
  ASSERT_EQ(dashboard.visitors.size(), 1U);
  EXPECT_EQ(dashboard.visitors[0].who, "shop/demo/small[RayCluster]");
  EXPECT_EQ(dashboard.visitors[0].reasons.front().at.file, "world.yaml");
  EXPECT_EQ(door_of(doors, "shop/demo/small[RayCluster]", "agent").visitors.size(), 2U) << "the head, and worker to worker";
}

TEST(Doors, AdmittingTheNamespaceOpensThem) {
  World world(std::string(kWorld) + kRay + policy("{podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: [{port: 8265}]}]}"));
  const auto doors = find_doors(*world.reach);
  EXPECT_TRUE(door_of(doors, "shop/demo/head[RayCluster]", "dashboard").is_open());
  EXPECT_FALSE(door_of(doors, "shop/demo/head[RayCluster]", "client").is_open());
}

TEST(Doors, LoadBalancersLeadToThem) {
  const std::string service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: out, namespace: shop}\nspec: {type: LoadBalancer, selector: {ray.io/node-type: head}, "
                              "ports: [{port: 80, targetPort: 8265}]}\n";
  World world(std::string(kWorld) + kRay + service);
  const auto doors = find_doors(*world.reach);
  const auto& visitors = door_of(doors, "shop/demo/head[RayCluster]", "dashboard").visitors;
  EXPECT_TRUE(std::any_of(visitors.begin(), visitors.end(), [](const Visitor& visitor) { return visitor.who == "through LoadBalancer Service shop/out"; }));
}

TEST(Cidr, TextOfRanges) {
  EXPECT_EQ(cidr_text(parse_cidr("10.0.0.0/8")->range), "10.0.0.0/8");
  EXPECT_EQ(cidr_text({parse_cidr("10.0.0.1/32")->range.first, parse_cidr("10.0.0.4/32")->range.first}), "10.0.0.1/32, 10.0.0.2/31, 10.0.0.4/32");
  EXPECT_TRUE(parse_cidr("192.168.1.7/24")->host_bits_set);
  EXPECT_FALSE(parse_cidr("10.0.0.0/33"));
  EXPECT_FALSE(parse_cidr("10.0.0.0/"));
}

}  // namespace
}  // namespace raykeep::network
