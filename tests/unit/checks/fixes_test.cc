// SPDX-License-Identifier: Apache-2.0
// Repairs that leave a manifest which the API server, the kubelet and the operator take.
#include <gtest/gtest.h>
#include <string>

#include "checks/engine.h"
#include "checks/repair.h"

namespace raykeep::checks {
namespace {

// The text after the repairs of one rule.
std::string mended(const std::string& yaml, std::string_view rule) {
  kube::Manifests manifests;
  manifests.add("f.yaml", yaml);
  auto findings = run(manifests, Settings{});
  std::erase_if(findings, [&](const report::Finding& finding) { return finding.rule->id != rule; });
  EXPECT_FALSE(findings.empty()) << rule;
  const auto repairs = repair(manifests, findings);
  return repairs.empty() ? yaml : repairs.front().text;
}

std::string pod(const std::string& container, const std::string& spec = "") {
  return "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n" + spec + "  containers:\n  - name: a\n    image: a:1\n" + container;
}

std::string cluster(const std::string& api, const std::string& spec) {
  return "apiVersion: ray.io/" + api + "\nkind: RayCluster\nmetadata: {name: demo, namespace: team}\nspec:\n" + spec +
         "  headGroupSpec: {template: {spec: {containers: [{name: h, image: 'rayproject/ray:2.60.0'}]}}}\n";
}

TEST(Fixes, SetTokenModeOnlyWhereTheOperatorTakesIt) {
  const auto sets = [](const std::string& api, const std::string& spec) { return mended(cluster(api, spec), "ray-auth-missing").find("mode: token") != std::string::npos; };
  EXPECT_TRUE(sets("v1", "  rayVersion: 2.52.0\n"));
  EXPECT_FALSE(sets("v1", "  rayVersion: 2.46.0\n"));
  EXPECT_FALSE(sets("v1", ""));
  EXPECT_FALSE(sets("v1alpha1", "  rayVersion: 2.52.0\n"));
}

TEST(Fixes, KeepTheOtherAuthOptions) {
  const std::string before = cluster("v1", "  rayVersion: 2.52.0\n  authOptions:\n    mode: disabled  # for now\n    secretName: mine\n");
  EXPECT_NE(mended(before, "ray-auth-missing").find("    mode: token  # for now\n    secretName: mine\n"), std::string::npos);
}

TEST(Fixes, DoNotContradictWhatStandsThere) {
  for (const char* context : {"    securityContext: {privileged: true}\n", "    securityContext: {capabilities: {add: [CAP_SYS_ADMIN]}}\n"})
    EXPECT_EQ(mended(pod(context), "pod-privilege-escalation"), pod(context)) << context;
  EXPECT_EQ(mended(pod("    securityContext: {runAsUser: 0}\n"), "pod-may-run-as-root"), pod("    securityContext: {runAsUser: 0}\n"));
  const std::string root_pod = pod("", "  securityContext: {runAsUser: 0}\n");
  EXPECT_EQ(mended(root_pod, "pod-may-run-as-root"), root_pod);
  EXPECT_NE(mended(pod("    securityContext: {runAsUser: 1000}\n", "  securityContext: {runAsUser: 0}\n"), "pod-may-run-as-root").find("runAsNonRoot: true"), std::string::npos);
}

TEST(Fixes, TakeFieldsOutThatAClusterIpServiceMustNotHave) {
  const std::string head = "apiVersion: v1\nkind: Service\nmetadata: {name: s, namespace: team}\nspec:\n";
  const std::string tail = "  selector: {ray.io/node-type: head}\n  ports:\n  - port: 8265\n";
  EXPECT_EQ(mended(head + "  type: NodePort\n  externalTrafficPolicy: Local\n" + tail + "    nodePort: 30265\n    name: dashboard\n", "ray-head-service-exposed"),
            head + "  type: ClusterIP\n" + tail + "    name: dashboard\n");
  EXPECT_EQ(mended(head + "  type: LoadBalancer\n  loadBalancerClass: x/y\n  loadBalancerSourceRanges: [10.0.0.0/8]\n  allocateLoadBalancerNodePorts: false\n" + tail, "ray-head-service-exposed"),
            head + "  type: ClusterIP\n" + tail);
}

TEST(Fixes, LeaveJobsThatEndByARuleOfTheirOwn) {
  const auto job = [](const std::string& spec) {
    return "apiVersion: ray.io/v1\nkind: RayJob\nmetadata: {name: j, namespace: team}\nspec:\n" + spec +
           "  rayClusterSpec: {headGroupSpec: {template: {spec: {containers: [{name: h, image: 'rayproject/ray:2.60.0'}]}}}}\n";
  };
  const std::string rules = job("  entrypoint: x\n  ttlSecondsAfterFinished: 60\n  deletionStrategy: {deletionRules: [{policy: DeleteCluster, condition: {jobStatus: SUCCEEDED}}]}\n");
  EXPECT_EQ(mended(rules, "ray-job-ttl-without-shutdown"), rules);
  const std::string interactive = job("  submissionMode: InteractiveMode\n");
  EXPECT_EQ(mended(interactive, "ray-job-interactive-mode"), interactive);
}

TEST(Fixes, MountTmpUnderANameOfItsOwn) {
  const std::string own = "apiVersion: ray.io/v1\nkind: RayCluster\nmetadata: {name: demo, namespace: team}\nspec:\n  headGroupSpec:\n    template:\n      spec:\n        containers:\n        - name: h\n          "
                          "image: rayproject/ray:2.60.0\n          volumeMounts:\n          - {name: ray-tmp, mountPath: ";
  const std::string volume = "}\n        volumes:\n        - {name: ray-tmp, persistentVolumeClaim: {claimName: x}}\n";
  EXPECT_NE(mended(own + "/data" + volume, "pod-root-filesystem-writable").find("name: ray-tmp-2"), std::string::npos);
  EXPECT_EQ(mended(own + "/tmp/" + volume, "pod-root-filesystem-writable").find("ray-tmp-2"), std::string::npos);
}

}  // namespace
}  // namespace raykeep::checks
