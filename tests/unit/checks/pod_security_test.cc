// SPDX-License-Identifier: Apache-2.0
// The pods of the API server's own test suite (tests/data/pss): every verdict, and the check that gives it.
#include "checks/pod_security.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

#include "document/yaml.h"
#include "kube/manifests.h"
#include "ray/expand.h"

namespace raykeep::checks {
namespace {

struct Case {
  PodSecurityLevel level;
  KubernetesVersion version;
  bool passes;
  std::string check;  // lower case
  std::string name;
};

// "restricted/v1.36/fail/runasuser1"
Case read_case(const std::string& text) {
  std::istringstream parts(text);
  std::string level, version, verdict, file;
  std::getline(parts, level, '/');
  std::getline(parts, version, '/');
  std::getline(parts, verdict, '/');
  std::getline(parts, file);
  while (!file.empty() && std::isdigit(static_cast<unsigned char>(file.back())) != 0) file.pop_back();
  return {level == "baseline" ? PodSecurityLevel::kBaseline : PodSecurityLevel::kRestricted, *parse_kubernetes_version(version),
          verdict == "pass", file, text};
}

struct Fixture {
  std::vector<Case> cases;
  std::string yaml;
};

std::vector<Fixture> fixtures() {
  std::ifstream in(std::string(RAYKEEP_SOURCE_DIR) + "/tests/data/pss/pods.yaml");
  std::vector<Fixture> out;
  for (std::string line; std::getline(in, line);) {
    if (line == "---") out.emplace_back();
    else if (line.starts_with("# case: ")) out.back().cases.push_back(read_case(line.substr(8)));
    else out.back().yaml += line + "\n";
  }
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// The restricted form of a baseline check speaks in its place.
bool is_check(std::string_view found, const std::string& wanted) {
  const std::string id = lower(found);
  if (id == wanted) return true;
  if (wanted == "capabilities_baseline") return id == "capabilities_restricted";
  if (wanted == "seccompprofile_baseline") return id == "seccompprofile_restricted";
  if (wanted == "procmount") return id == "procmount_restricted";
  return wanted == "hostpathvolumes" && id == "restrictedvolumes";
}

void expect_verdict(const Case& one, const std::vector<PodSecurityViolation>& found) {
  if (one.passes) {
    EXPECT_TRUE(found.empty()) << one.name << ": " << found.front().check << " " << found.front().message;
    return;
  }
  EXPECT_TRUE(std::any_of(found.begin(), found.end(), [&](const auto& violation) { return is_check(violation.check, one.check); })) << one.name;
  for (const PodSecurityViolation& violation : found) EXPECT_NE(violation.where, nullptr) << one.name;
}

TEST(PodSecurity, AgreesWithTheApiServerOnEveryPodOfItsTests) {
  std::size_t count = 0;
  for (const Fixture& fixture : fixtures()) {
    const auto pod = document::read_yaml_document(fixture.yaml);
    ASSERT_TRUE(pod);
    for (const Case& one : fixture.cases) {
      expect_verdict(one, check_pod_security(pod->find("metadata"), *pod->find("spec"), one.level, one.version));
      ++count;
    }
  }
  EXPECT_EQ(count, 2260U);
}

// The pod as head, worker and submitter of the four Ray kinds. The operator adds containers of its own, so a pod that
// passes may fail by them; what is asked of is the user's container.
document::Node wrapped(const document::Node& pod, std::string_view kind) {
  using document::Node;
  const auto set_path = [](Node& root, std::vector<std::string> path, Node value) {
    Node* at = &root;
    for (std::size_t i = 0; i + 1 < path.size(); ++i) at = at->find(path[i]) == nullptr ? &at->set(path[i], Node::mapping()) : at->find(path[i]);
    at->set(path.back(), std::move(value));
  };
  Node pod_template = Node::mapping();
  pod_template.set("metadata", *pod.find("metadata"));
  pod_template.set("spec", *pod.find("spec"));
  Node cluster = Node::mapping();
  set_path(cluster, {"headGroupSpec", "template"}, pod_template);
  Node group = Node::mapping();
  group.set("groupName", Node::string("small"));
  group.set("template", pod_template);
  cluster.set("workerGroupSpecs", Node::sequence({group}));
  Node out = Node::mapping();
  out.set("apiVersion", Node::string("ray.io/v1"));
  out.set("kind", Node::string(kind));
  set_path(out, {"metadata", "name"}, Node::string("demo"));
  if (kind == "RayCluster") set_path(out, {"spec"}, cluster);
  if (kind == "RayService") set_path(out, {"spec", "rayClusterConfig"}, cluster);
  Node job = Node::mapping();
  job.set("rayClusterSpec", cluster);
  job.set("submitterPodTemplate", pod_template);
  if (kind == "RayJob") set_path(out, {"spec"}, job);
  if (kind == "RayCronJob") set_path(out, {"spec", "jobTemplate"}, job);
  return out;
}

TEST(PodSecurity, AgreesWhereThePodIsInsideARayResource) {
  for (const Fixture& fixture : fixtures()) {
    const auto pod = document::read_yaml_document(fixture.yaml);
    ASSERT_TRUE(pod);
    for (const char* kind : {"RayCluster", "RayJob", "RayService", "RayCronJob"}) {
      kube::Manifests manifests;
      const kube::Object& object = manifests.add_built(wrapped(*pod, kind));
      const ray::Expansion expansion = ray::expand(object);
      EXPECT_EQ(expansion.pods.size(), std::string_view(kind).ends_with("Job") ? 3U : 2U);
      for (const ray::PodGroup& group : expansion.pods) {
        for (const Case& one : fixture.cases) {
          expect_verdict(one, check_pod_security(group.pod->find({"metadata"}), *group.pod->find({"spec"}), one.level, one.version));
        }
      }
    }
  }
}

TEST(PodSecurity, ReadsVersions) {
  EXPECT_EQ(parse_kubernetes_version("v1.31")->minor, 31U);
  EXPECT_EQ(parse_kubernetes_version("1.9")->minor, 9U);
  EXPECT_EQ(parse_kubernetes_version("latest")->minor, 37U);
  for (const char* wrong : {"", "2.0", "1", "1.x", "v1."}) EXPECT_FALSE(parse_kubernetes_version(wrong)) << wrong;
}

TEST(PodSecurity, AllowsTheSysctlsOf137OnlyFrom137) {
  const auto pod = document::read_yaml_document("securityContext: {sysctls: [{name: net.ipv4.tcp_notsent_lowat, value: '1'}]}\ncontainers: [{name: a}]\n");
  EXPECT_EQ(check_pod_security(nullptr, *pod, PodSecurityLevel::kBaseline, {36}).size(), 1U);
  EXPECT_TRUE(check_pod_security(nullptr, *pod, PodSecurityLevel::kBaseline, {37}).empty());
}

// The restricted form of a check stands in for the baseline one even where it exempts the pod.
TEST(PodSecurity, LeavesTheCapabilitiesOfWindowsPodsToTheRestrictedCheckFrom125) {
  const auto pod = document::read_yaml_document(
      "os: {name: windows}\nsecurityContext: {runAsNonRoot: true}\n"
      "containers: [{name: a, securityContext: {capabilities: {add: [SYS_ADMIN]}, seccompProfile: {type: Unconfined}}}]\n");
  EXPECT_TRUE(check_pod_security(nullptr, *pod, PodSecurityLevel::kRestricted, {25}).empty());
  EXPECT_EQ(check_pod_security(nullptr, *pod, PodSecurityLevel::kBaseline, {25}).size(), 2U);
  EXPECT_FALSE(check_pod_security(nullptr, *pod, PodSecurityLevel::kRestricted, {24}).empty());
}

TEST(PodSecurity, LooksAtEphemeralContainersLikeAtTheOthers) {
  const auto pod = document::read_yaml_document(
      "containers: [{name: a}]\nephemeralContainers: [{name: b, securityContext: {privileged: true, capabilities: {add: [SYS_PTRACE]}},"
      " livenessProbe: {httpGet: {host: 10.0.0.1}}, ports: [{hostPort: 80}]}]\n");
  EXPECT_EQ(check_pod_security(nullptr, *pod, PodSecurityLevel::kBaseline, {36}).size(), 4U);
}

TEST(PodSecurity, RelaxesForUserNamespacesFrom135) {
  const auto pod = document::read_yaml_document(
      "hostUsers: false\nsecurityContext: {runAsUser: 0, seccompProfile: {type: RuntimeDefault}}\n"
      "containers: [{name: a, securityContext: {procMount: Unmasked, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}]\n");
  EXPECT_EQ(check_pod_security(nullptr, *pod, PodSecurityLevel::kBaseline, {34}).size(), 1U);
  EXPECT_TRUE(check_pod_security(nullptr, *pod, PodSecurityLevel::kBaseline, {35}).empty());
  const auto strict = check_pod_security(nullptr, *pod, PodSecurityLevel::kRestricted, {35});
  ASSERT_EQ(strict.size(), 1U);
  EXPECT_EQ(strict[0].check, "procMount_restricted");
}

// What the API server makes of a pod before admission sees it.
TEST(PodSecurity, SeesThePodAfterDefaults) {
  const auto violations = [](const std::string& more) {
    const auto pod = document::read_yaml_document(
        "containers: [{name: c, securityContext: {allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}}]\n" + more);
    return check_pod_security(nullptr, *pod, PodSecurityLevel::kRestricted, {37}).size();
  };
  EXPECT_EQ(violations("volumes: [{name: v}, {name: w, iscsi: null}]\n"), 0U);  // an emptyDir
  EXPECT_EQ(violations("initContainers: [null]\n"), 4U);                         // a container that says nothing
}

}  // namespace
}  // namespace raykeep::checks
