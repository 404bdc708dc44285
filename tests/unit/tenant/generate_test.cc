// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>
#include <gtest/gtest.h>

#include "kube/manifests.h"
#include "tenant/diff.h"
#include "tenant/generate.h"
#include "tenant/import.h"

namespace raykeep::tenant {
namespace {

constexpr const char* kSpec = "tenant:\n  name: team-a\n  manifests: [x.yaml]\n";

std::string cluster(const std::string& more, const std::string& group = "{groupName: small, replicas: 1, maxReplicas: 3, rayStartParams: {}, template: {spec: {containers: "
                                                                        "[{name: w, image: r, resources: {requests: {cpu: 500m, memory: 1Gi}, limits: {cpu: 1, memory: 1Gi}}}]}}}") {
  return "apiVersion: ray.io/v1\nkind: RayCluster\nmetadata: {name: demo}\nspec:\n  rayVersion: 2.60.0\n" + more +
         "  headGroupSpec: {rayStartParams: {}, template: {spec: {containers: [{name: h, image: r, resources: {requests: {cpu: 1, memory: 2Gi}, limits: {cpu: 2, memory: 2Gi}}}]}}}\n"
         "  workerGroupSpecs:\n  - " + group + "\n";
}

Tenant made_of(const std::string& spec, const std::string& manifests) {
  const SpecText read = read_spec(spec, "team.yaml");
  EXPECT_TRUE(read.errors.empty()) << read.errors.front().text();
  kube::Manifests objects;
  objects.add("x.yaml", manifests);
  return generate(read.spec, objects);
}

std::string first_error(const Tenant& tenant) { return tenant.errors.empty() ? "" : tenant.errors.front().text(); }

const document::Node* named(const Tenant& tenant, std::string_view kind, std::string_view name) {
  for (const Made& made : tenant.objects) {
    if (made.object.find("kind")->text() == kind && made.object.find_path({"metadata", "name"})->text() == name) return &made.object;
  }
  return nullptr;
}

TEST(Tenant, IsClosedAndBoundedAtItsLargest) {
  const Tenant tenant = made_of(kSpec, cluster(""));
  ASSERT_EQ(first_error(tenant), "");
  const document::Node* deny = named(tenant, "NetworkPolicy", "default-deny");
  ASSERT_NE(deny, nullptr);
  EXPECT_EQ(deny->find_path({"spec", "ingress"}), nullptr);
  EXPECT_EQ(deny->find_path({"spec", "policyTypes"})->items().size(), 2U);
  const document::Node* hard = named(tenant, "ResourceQuota", "team-a")->find_path({"spec", "hard"});
  EXPECT_EQ(hard->find("pods")->text(), "2");
  EXPECT_EQ(hard->find("requests.cpu")->text(), "1500m");
  EXPECT_EQ(hard->find("requests.memory")->text(), "3Gi");
  EXPECT_EQ(named(tenant, "Namespace", "team-a")->find_path({"metadata", "labels", "pod-security.kubernetes.io/enforce"})->text(), "restricted");
}

TEST(Tenant, BoundsAScalingClusterAtItsMostWorkers) {
  const std::string spec = std::string(kSpec) + "  apiServer: [{cidr: 10.0.0.1/32, ports: [6443]}]\n";
  const Tenant tenant = made_of(spec, cluster("  enableInTreeAutoscaling: true\n"));
  const document::Node* hard = named(tenant, "ResourceQuota", "team-a")->find_path({"spec", "hard"});
  EXPECT_EQ(hard->find("pods")->text(), "4");
  EXPECT_EQ(hard->find("requests.cpu")->text(), "3") << "head 1, autoscaler 500m, three workers 500m each";
}

TEST(Tenant, IsWrittenTheSameEachTime) { EXPECT_EQ(write(made_of(kSpec, cluster(""))), write(made_of(kSpec, cluster("")))); }

TEST(Tenant, OpensTheApiServerToAutoscalingHeadsAlone) {
  const std::string spec = std::string(kSpec) + "  apiServer: [{cidr: 10.0.0.1/32, ports: [6443]}]\n";
  const Tenant tenant = made_of(spec, cluster("  enableInTreeAutoscaling: true\n"));
  ASSERT_EQ(first_error(tenant), "");
  EXPECT_EQ(named(tenant, "NetworkPolicy", "demo-head")->find_path({"spec", "egress"})->items().size(), 3U);
  EXPECT_EQ(named(tenant, "NetworkPolicy", "demo-workers")->find_path({"spec", "egress"})->items().size(), 2U);
  EXPECT_NE(first_error(made_of(kSpec, cluster("  enableInTreeAutoscaling: true\n"))).find("tenant.apiServer"), std::string::npos);
}

TEST(Tenant, RefusesWhatNoQuotaCanHold) {
  const std::string unbounded = "{groupName: small, replicas: 1, rayStartParams: {}, template: {spec: {containers: [{name: w, image: r}]}}}";
  const std::string spec = std::string(kSpec) + "  apiServer: [{cidr: 10.0.0.1/32, ports: [6443]}]\n";
  EXPECT_NE(first_error(made_of(spec, cluster("  enableInTreeAutoscaling: true\n", unbounded))).find("no maxReplicas"), std::string::npos);
}

TEST(Tenant, CountsALimitAsTheRequestOfItsOwnContainer) {
  const std::string two = "{groupName: small, replicas: 1, rayStartParams: {}, template: {spec: {containers: [{name: w, image: r, resources: {requests: {cpu: 1, memory: 1Gi}}}, "
                          "{name: side, image: r, resources: {limits: {cpu: 2, memory: 1Gi}}}]}}}";
  const Tenant tenant = made_of(kSpec, cluster("", two));
  EXPECT_EQ(named(tenant, "ResourceQuota", "team-a")->find_path({"spec", "hard", "requests.cpu"})->text(), "4") << "head 1, worker 1, its side container 2";
}

// A worker group whose pods name an account, and as the head's line in `more` does.
std::string group_with(const std::string& pod) {
  return "{groupName: small, replicas: 1, maxReplicas: 3, rayStartParams: {}, template: {spec: {" + pod + "containers: [{name: w, image: r, resources: {requests: {cpu: 500m, memory: 1Gi}, limits: {cpu: 1, memory: 1Gi}}}]}}}";
}
const std::string kScaling = "  enableInTreeAutoscaling: true\n";
const std::string kWithApi = std::string(kSpec) + "  apiServer: [{cidr: 10.0.0.1/32, ports: [6443]}]\n";

TEST(TenantAccounts, HoldNoToken) {
  const Tenant tenant = made_of(kSpec, cluster("", group_with("serviceAccountName: workers, ")));
  ASSERT_EQ(first_error(tenant), "");
  for (const char* name : {"default", "workers"}) {
    const document::Node* account = named(tenant, "ServiceAccount", name);
    ASSERT_NE(account, nullptr) << name;
    EXPECT_EQ(account->find("automountServiceAccountToken")->as_boolean(), false) << name;
  }
}

TEST(TenantAccounts, AScalingHeadSizesItsOwnClusterAlone) {
  const Tenant tenant = made_of(kWithApi, cluster(kScaling));
  ASSERT_EQ(first_error(tenant), "");
  EXPECT_EQ(named(tenant, "ServiceAccount", "demo")->find("automountServiceAccountToken"), nullptr);
  // The operator makes its own, wider Role only where there is none of the cluster's name.
  const document::Node* rules = named(tenant, "Role", "demo")->find("rules");
  ASSERT_EQ(rules->items().size(), 2U);
  EXPECT_EQ(rules->items()[1].find("resourceNames")->items().front().text(), "demo");
  EXPECT_EQ(named(tenant, "RoleBinding", "demo")->find("subjects")->items().front().find("name")->text(), "demo");
}

TEST(TenantAccounts, AreNotSharedWithAnAutoscaler) {
  EXPECT_NE(first_error(made_of(kWithApi, cluster(kScaling, group_with("serviceAccountName: demo, ")))).find("share ServiceAccount demo with the autoscaler"), std::string::npos);
}

TEST(TenantAccounts, AreOfOneClusterEach) {
  std::string other = cluster("", group_with("serviceAccountName: workers, "));
  other.replace(other.find("demo"), 4, "other");
  EXPECT_NE(first_error(made_of(kSpec, cluster("", group_with("serviceAccountName: workers, ")) + "---\n" + other)).find("share ServiceAccount workers with RayCluster demo"), std::string::npos);
}

TEST(TenantAccounts, TakeRamRolesWhereAsked) {
  const std::string spec = std::string(kSpec) + "  ramRoles: [{account: workers, role: team-a-oss}]\n";
  const Tenant tenant = made_of(spec, cluster("", group_with("serviceAccountName: workers, ")));
  ASSERT_EQ(first_error(tenant), "");
  EXPECT_EQ(named(tenant, "Namespace", "team-a")->find_path({"metadata", "labels", "pod-identity.alibabacloud.com/injection"})->text(), "on");
  EXPECT_EQ(named(tenant, "ServiceAccount", "workers")->find_path({"metadata", "annotations", "pod-identity.alibabacloud.com/role-name"})->text(), "team-a-oss");
  EXPECT_NE(first_error(made_of(std::string(kSpec) + "  ramRoles: [{account: worker, role: x}]\n", cluster("", group_with("serviceAccountName: workers, ")))).find("did you mean workers?"), std::string::npos);
}

TEST(Tenant, AllowsNoPodLargerThanTheLargest) {
  const Tenant tenant = made_of(kSpec, cluster(""));
  const document::Node& limit = named(tenant, "LimitRange", "team-a")->find_path({"spec", "limits"})->items().front();
  EXPECT_EQ(limit.find("type")->text(), "Pod");
  EXPECT_EQ(limit.find_path({"max", "cpu"})->text(), "2");
  EXPECT_EQ(limit.find_path({"max", "memory"})->text(), "2Gi");
}

TEST(Tenant, RefusesAContainerThatItsQuotaWouldRefuse) {
  const std::string silent = "{groupName: small, replicas: 1, rayStartParams: {}, template: {spec: {containers: [{name: w, image: r, resources: {requests: {cpu: 1}}}]}}}";
  EXPECT_NE(first_error(made_of(kSpec, cluster("", silent))).find("container w of small asks for no memory, so the quota would refuse its pods"), std::string::npos);
}

TEST(Tenant, LetsRayReachItsServicesAndLetsThemIn) {
  const Tenant tenant = made_of(std::string(kSpec) + "  services: [{namespace: team-a, labels: {app: redis}, ports: [6379]}, {namespace: stores, labels: {app: minio}, ports: [9000]}]\n", cluster(""));
  ASSERT_EQ(first_error(tenant), "");
  EXPECT_EQ(named(tenant, "NetworkPolicy", "demo-workers")->find_path({"spec", "egress"})->items().size(), 4U) << "its own pods, DNS, and the two";
  const document::Node* redis = named(tenant, "NetworkPolicy", "service-1");
  ASSERT_NE(redis, nullptr);
  EXPECT_EQ(redis->find_path({"spec", "podSelector", "matchLabels", "app"})->text(), "redis");
  EXPECT_EQ(named(tenant, "NetworkPolicy", "service-2"), nullptr) << "of another namespace, whose owner lets Ray in";
}

TEST(Tenant, PromisesItsLeafTheClustersAtTheirFewest) {
  const Tenant fixed = made_of(kSpec, cluster(""));
  EXPECT_EQ(fixed.elastic_quota.find_path({"min", "cpu"})->text(), "1500m") << "it never has fewer workers than replicas";
  const Tenant scaling = made_of(kWithApi, cluster(kScaling));
  EXPECT_EQ(scaling.elastic_quota.find_path({"min", "cpu"})->text(), "1500m") << "head 1 and the autoscaler's 500m";
  EXPECT_EQ(scaling.elastic_quota.find_path({"max", "cpu"})->text(), "3");
  EXPECT_EQ(scaling.elastic_quota.find_path({"max", "kube-queue/max-jobs"}), nullptr) << "there is no RayJob";
}

// The differences of `live`, which is what the tenant writes after `change`.
std::string diff_after(const std::function<void(std::string&)>& change) {
  const std::string spec = std::string(kSpec);
  const Tenant tenant = made_of(spec, cluster(""));
  std::string live = write(tenant);
  change(live);
  kube::Manifests found;
  found.add("live.yaml", live);
  EXPECT_TRUE(found.errors().empty());
  return write_differences(differences(read_spec(spec, "team.yaml").spec, tenant, found));
}

std::function<void(std::string&)> replace(const std::string& from, const std::string& to) {
  return [=](std::string& text) {
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
  };
}

TEST(TenantImport, GivesBackASpecThatWritesTheSame) {
  const std::string spec = R"(tenant:
  name: team-a
  podSecurity: baseline
  manifests: [x.yaml]
  operator: {namespace: ray-system, labels: {app.kubernetes.io/name: kuberay-operator}}
  dns: {namespace: dns, labels: {app: coredns}, nodeLocal: 169.254.20.10}
  apiServer: [{cidr: 10.0.0.1/32, ports: [6443]}]
  guests:
  - {door: dashboard, namespace: raykeep, labels: {app: gateway}}
  - {door: metrics, namespace: monitoring, labels: {app: prometheus}}
  egress: [{cidr: 0.0.0.0/0, ports: [443, 80]}]
  services: [{namespace: team-a, labels: {app: redis}, ports: [6379]}, {namespace: stores, labels: {app: minio}, ports: [9000]}]
  ramRoles: [{account: workers, role: team-a-oss}]
  people: {viewers: [readers], developers: [ml, science], administrators: [platform]}
)";
  const std::string resources = cluster(kScaling, group_with("serviceAccountName: workers, "));
  const std::string written = write(made_of(spec, resources));
  kube::Manifests there;
  std::string live = resources;
  live.replace(live.find("{name: demo}"), 12, "{name: demo, namespace: team-a}");
  there.add("x.yaml", live + written);
  const auto imported = import_spec(there);
  ASSERT_TRUE(imported) << imported.error().text();
  EXPECT_EQ(imported->find('#'), std::string::npos) << *imported;
  EXPECT_EQ(write(made_of(*imported, resources)), written) << *imported;
}

TEST(TenantImport, SaysWhatNoTenantWouldSay) {
  kube::Manifests there;
  there.add("x.yaml", "apiVersion: ray.io/v1\nkind: RayCluster\nmetadata: {name: demo, namespace: team-a}\nspec: {}\n---\n"
                      "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: open, namespace: team-a}\nspec: {podSelector: {}, ingress: [{}, {from: [{podSelector: {}}], ports: [{port: 8265}]}], egress: [{}]}\n---\n"
                      "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: b, namespace: team-a}\nroleRef: {kind: ClusterRole, name: admin}\nsubjects: [{kind: User, name: eve}, {kind: Group, name: all}]\n");
  const auto imported = import_spec(there);
  ASSERT_TRUE(imported);
  for (const char* said : {"NetworkPolicy team-a/open: it lets everybody in", "NetworkPolicy team-a/open: it lets in pods that", "NetworkPolicy team-a/open: it lets pods out to everywhere", "User eve has rights of its own",
                           "its role admin is not among the manifests", "Namespace team-a: it enforces no Pod Security level"})
    EXPECT_NE(imported->find(said), std::string::npos) << said << "\n" << *imported;
}

TEST(TenantImport, IsOfOneNamespaceWithRay) {
  kube::Manifests there;
  there.add("x.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
  EXPECT_FALSE(import_spec(there));
  there.add("y.yaml", "apiVersion: ray.io/v1\nkind: RayJob\nmetadata: {name: a, namespace: one}\n---\napiVersion: ray.io/v1\nkind: RayJob\nmetadata: {name: a, namespace: two}\n");
  EXPECT_NE(import_spec(there).error().message().find("one, two"), std::string::npos);
}

TEST(TenantDiff, IsEmptyForWhatTheTenantWrites) {
  EXPECT_EQ(diff_after([](std::string&) {}), "");
}

TEST(TenantDiff, TakesNoNoticeOfWhatTheApiServerAdds) {
  EXPECT_EQ(diff_after(replace("metadata:\n  name: default-deny\n", "metadata:\n  uid: 5e8\n  resourceVersion: '7'\n  annotations: {kubectl.kubernetes.io/last-applied-configuration: x}\n  name: default-deny\n")), "");
  EXPECT_EQ(diff_after(replace("spec:\n  hard:\n    pods: \"2\"\n", "status: {hard: {pods: 2}}\nspec:\n  hard:\n    pods: 2\n")), "");
  EXPECT_EQ(diff_after(replace("requests.cpu: 1500m", "requests.cpu: '1.5'")), "");
}

TEST(TenantDiff, TellsWhatIsMissingChangedOrNotTheTenants) {
  EXPECT_NE(diff_after(replace("name: default-deny", "name: other")).find("+ NetworkPolicy team-a/default-deny is missing\n"), std::string::npos);
  EXPECT_NE(diff_after(replace("name: default-deny", "name: allow-all")).find("- NetworkPolicy team-a/allow-all (live.yaml:"), std::string::npos);
  EXPECT_NE(diff_after(replace("pods: \"2\"", "pods: \"20\"")).find("spec.hard.pods is 20, the tenant's is 2\n"), std::string::npos);
  EXPECT_NE(diff_after(replace("enforce: restricted", "enforce: privileged")).find("metadata.labels[pod-security.kubernetes.io/enforce] is privileged, the tenant's is restricted\n"), std::string::npos);
  EXPECT_NE(diff_after(replace("automountServiceAccountToken: false", "automountServiceAccountToken: true")).find("automountServiceAccountToken is true, the tenant's is false\n"), std::string::npos);
  EXPECT_NE(diff_after(replace("  podSelector: {}\n", "  podSelector: {}\n  ingress:\n  - {}\n")).find("spec.ingress is [{}], the tenant's has none\n"), std::string::npos);
}

TEST(Tenant, RefusesNamesThatWouldMeet) {
  std::string taken = cluster("");
  taken.replace(taken.find("demo"), 4, "ray-jobs");
  const std::string job = "---\napiVersion: ray.io/v1\nkind: RayJob\nmetadata: {name: hello}\nspec: {entrypoint: x, rayClusterSpec: {rayVersion: 2.60.0, headGroupSpec: {rayStartParams: {}, "
                          "template: {spec: {containers: [{name: h, image: r}]}}}}}\n";
  EXPECT_NE(first_error(made_of(kSpec, taken + job)).find("NetworkPolicy ray-jobs-head"), std::string::npos);
}

std::string cron_job(const std::string& more) {
  return "apiVersion: ray.io/v1\nkind: RayCronJob\nmetadata: {name: nightly}\nspec: {schedule: '0 0 * * *', jobTemplate: {entrypoint: x, " + more +
         "rayClusterSpec: {rayVersion: 2.60.0, headGroupSpec: {rayStartParams: {}, template: {spec: {containers: [{name: h, image: r, resources: {requests: {cpu: 1, memory: 1Gi}}}]}}}}}}\n";
}

TEST(Tenant, SelectsTheSubmittersOfACronJobByTheirOwnLabels) {
  const std::string pod = "spec: {restartPolicy: Never, containers: [{name: s, image: r, resources: {requests: {cpu: 100m, memory: 1Gi}}}]}";
  EXPECT_NE(first_error(made_of(kSpec, cron_job(""))).find("give submitterPodTemplate a label"), std::string::npos);
  const Tenant tenant = made_of(kSpec, cron_job("submitterPodTemplate: {metadata: {labels: {job: nightly}}, " + pod + "}, "));
  ASSERT_EQ(first_error(tenant), "");
  EXPECT_EQ(named(tenant, "NetworkPolicy", "nightly-submitter")->find_path({"spec", "podSelector", "matchLabels", "job"})->text(), "nightly");
  EXPECT_EQ(first_error(made_of(kSpec, cron_job("submissionMode: HTTPMode, "))), "") << "the operator itself submits";
}

TEST(Tenant, NoNameBecomesAnObjectOfItsOwn) {
  std::string evil = cluster("");
  evil.replace(evil.find("{name: demo}"), 12, "{name: \"demo\\n---\\nkind: ClusterRoleBinding\\napiVersion: rbac.authorization.k8s.io/v1\\nmetadata: {name: x}\\n#\"}");
  const Tenant tenant = made_of(kSpec, evil);
  kube::Manifests written;
  written.add("tenant.yaml", write(tenant));
  EXPECT_TRUE(std::none_of(written.objects().begin(), written.objects().end(), [](const kube::Object& object) { return object.kind == "ClusterRoleBinding"; }));
}

TEST(Tenant, RefusesTheSameResourceTwice) {
  EXPECT_NE(first_error(made_of(kSpec, cluster("") + "---\n" + cluster(""))).find("there is another one of this name"), std::string::npos);
}

TEST(Tenant, RefusesResourcesOfAnotherNamespace) {
  std::string other = cluster("");
  other.replace(other.find("{name: demo}"), 12, "{name: demo, namespace: else}");
  EXPECT_NE(first_error(made_of(kSpec, other)).find("namespace else"), std::string::npos);
}

TEST(Tenant, ClosesMetadataAddressesWhateverEgressHolds) {
  const Tenant tenant = made_of(std::string(kSpec) + "  egress: [{cidr: 0.0.0.0/0, ports: [443]}]\n", cluster(""));
  const std::string text = write(tenant);
  EXPECT_NE(text.find("- 169.254.0.0/16\n"), std::string::npos);
  EXPECT_NE(text.find("- 100.100.100.200/32\n"), std::string::npos);
}

struct Wrong {
  const char* name;
  const char* more;
  const char* says;
};
class WrongSpec : public testing::TestWithParam<Wrong> {};
TEST_P(WrongSpec, IsToldAtItsPlace) {
  const SpecText read = read_spec(std::string(kSpec) + GetParam().more, "team.yaml");
  ASSERT_FALSE(read.errors.empty());
  EXPECT_NE(read.errors.front().text().find(GetParam().says), std::string::npos) << read.errors.front().text();
}
INSTANTIATE_TEST_SUITE_P(Specs, WrongSpec,
                         testing::Values(Wrong{"unknown_key", "  gests: []\n", "did you mean \"guests\""}, Wrong{"door", "  guests: [{door: gcs, namespace: a, labels: {a: b}}]\n", "must be one of"},
                                         Wrong{"guest_without_labels", "  guests: [{door: serve, namespace: a, labels: {}}]\n", "needs labels"},
                                         Wrong{"metadata", "  egress: [{cidr: 169.254.169.254/32, ports: [80]}]\n", "credentials"},
                                         Wrong{"metadata_of_alibaba", "  egress: [{cidr: 100.100.100.200/32, ports: [80]}]\n", "credentials"},
                                         Wrong{"metadata_as_api_server", "  apiServer: [{cidr: 169.254.169.254/32, ports: [443]}]\n", "credentials"},
                                         Wrong{"a_list_of_no_ports", "  egress: [{cidr: 10.0.0.0/8, ports: []}]\n", "has no ports"},
                                         Wrong{"service_without_ports", "  services: [{namespace: a, labels: {a: b}, ports: []}]\n", "needs labels and ports"},
                                         Wrong{"role_as_arn", "  ramRoles: [{account: a, role: 'acs:ram::1:role/x'}]\n", "wants the role's name"},
                                         Wrong{"node_local", "  dns: {nodeLocal: here}\n", "is an address"}, Wrong{"no_ports", "  egress: [{cidr: 10.0.0.0/8}]\n", "ports"}),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace raykeep::tenant
