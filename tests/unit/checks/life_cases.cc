// SPDX-License-Identifier: Apache-2.0
// Jobs and what they load, images, accounts and their rights.
#include "unit/checks/rule_case.h"

namespace raykeep::checks {
namespace {

std::string job(const std::string& spec) {
  return "apiVersion: ray.io/v1\nkind: RayJob\nmetadata: {name: j, namespace: team}\nspec: {entrypoint: x, " + spec + "rayClusterSpec: {headGroupSpec: {template: {spec: {containers: [{name: h}]}}}}}\n";
}
std::string rules(const std::string& list) { return job("deletionStrategy: {deletionRules: [" + list + "]}, "); }
std::string rule(const std::string& policy, const std::string& status) { return "{policy: " + policy + ", condition: {jobStatus: " + status + ", ttlSeconds: 1}}"; }
std::string scaled(const std::string& most) {
  return "apiVersion: ray.io/v1\nkind: RayCluster\nmetadata: {name: demo, namespace: team}\nspec: {enableInTreeAutoscaling: true, headGroupSpec: {template: {spec: {containers: [{name: h}]}}}, workerGroupSpecs: "
         "[{groupName: w, " + most + "template: {spec: {containers: [{name: w}]}}}]}\n";
}
std::string runtime(const std::string& yaml) { return job("runtimeEnvYAML: '" + yaml + "', "); }
std::string service(const std::string& yaml) {
  return "apiVersion: ray.io/v1\nkind: RayService\nmetadata: {name: s, namespace: team}\nspec: {serveConfigV2: '" + yaml + "', rayClusterConfig: {headGroupSpec: {template: {spec: {containers: [{name: h}]}}}}}\n";
}
// `pod` are members of the head's pod spec, `container` of its container.
std::string ray(const std::string& pod, const std::string& container = "", const std::string& cluster = "", const std::string& labels = "") {
  return "apiVersion: ray.io/v1\nkind: RayCluster\nmetadata: {name: demo, namespace: team}\nspec: {" + cluster + "headGroupSpec: {rayStartParams: {}, template: {metadata: {labels: {" + labels + "}}, spec: {" + pod +
         "containers: [{" + container + "name: h}]}}}}\n";
}
std::string image(const std::string& name) { return ray("", "image: '" + name + "', "); }
const std::string kNoToken = "automountServiceAccountToken: false, serviceAccountName: own, ";
std::string volume(const std::string& source) { return ray(kNoToken + "volumes: [{name: v, " + source + "}], "); }
std::string secret(const std::string& type) { return "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: team}\ntype: " + type + "\n"; }
std::string bound(const std::string& kind, const std::string& role) {
  return ray("serviceAccountName: own, ") + "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: b, namespace: team}\nroleRef: {kind: " + kind + ", name: '" + role +
         "'}\nsubjects: [{kind: ServiceAccount, name: own}]\n";
}
std::string role(const std::string& resource) {
  return "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r}\nrules: [{apiGroups: [''], resources: [" + resource + "], verbs: [update]}]\n";
}
std::string account(const std::string& role) { return "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: own, namespace: team, annotations: {pod-identity.alibabacloud.com/role-name: '" + role + "'}}\n"; }
std::string keys(const std::string& data) { return "---\napiVersion: v1\nkind: Secret\nmetadata: {name: keys, namespace: team}\ndata: {" + data + "}\n"; }
const std::string kNamespace = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: team}\n";

const char* const kKept = "ray-job-cluster-kept";
const char* const kUnbounded = "autoscaling-unbounded";
const char* const kCode = "ray-job-remote-code";
const char* const kToken = "service-account-token-mounted";
const char* const kRights = "rbac-excessive-rights";
const std::string kDigest(64, 'a');

}  // namespace

std::vector<Case> life_cases() {
  return {
      {kKept, rules(rule("DeleteCluster", "SUCCEEDED")), rules(rule("DeleteCluster", "SUCCEEDED") + ", " + rule("DeleteSelf", "FAILED"))},
      {kKept, rules(rule("DeleteWorkers", "SUCCEEDED") + ", " + rule("DeleteNone", "FAILED")), rules(rule("DeleteSelf", "SUCCEEDED") + ", " + rule("DeleteSelf", "FAILED"))},
      {kKept, job("deletionStrategy: {onSuccess: {policy: DeleteCluster}, onFailure: {policy: DeleteNone}}, "), job("deletionStrategy: {onSuccess: {policy: DeleteCluster}, onFailure: {policy: DeleteCluster}}, ")},
      {kUnbounded, scaled("maxReplicas: null, "), scaled("maxReplicas: 10, ")},
      {kUnbounded, scaled("maxReplicas: 1000000, "), scaled("maxReplicas: 10000, ")},
      // Sources: oss://team-code/ is listed.
      {kCode, runtime("working_dir: oss://team-code/../other/x.zip"), runtime("working_dir: oss://team-code/other/x.zip")},
      {kCode, runtime("pip: [requests, \"git+https://example.com/x\"]"), runtime("pip: [requests, numpy]")},
      {kCode, runtime("pip: {packages: [\"x @ https://example.com/x.whl\"]}"), runtime("env_vars: {HOMEPAGE: https://example.com}")},
      {kCode, runtime("uv: [\"--index-url=https://example.com\"]"), runtime("uv: [x]")},
      {kCode, runtime("java_jars: [https://example.com/x.jar]"), runtime("java_jars: [oss://team-code/x.jar]")},
      {kCode, runtime("container: {image: someone/ray}"), runtime("container: {image: registry.example/ray}")},
      {kCode, runtime("image_uri: someone/ray"), runtime("image_uri: registry.example/ray")},
      {kCode, service("applications: [{runtime_env: {working_dir: https://example.com/x.zip}}]"), service("applications: [{runtime_env: {working_dir: oss://team-code/x.zip}}]")},
      // Images.
      {"image-not-pinned", image("rayproject/ray@sha256:abc"), image("rayproject/ray@sha256:" + kDigest)},
      {"ray-version-vulnerable", ray("", "image: 'own@sha256:" + kDigest + "', ", "rayVersion: 2.9.0, "), ray("", "image: 'own@sha256:" + kDigest + "', ", "rayVersion: 2.58.0, ")},
      {"ray-version-vulnerable", image("rayproject/ray:2.9.0"), image("registry.example/team/ray-worker:1.4.2")},
      {"ray-version-mismatch", ray("", "image: 'rayproject/ray:2.9.0', ", "rayVersion: 2.56.0, "), ray("", "image: 'ray:2024.05.1', ", "rayVersion: 2.56.0, ")},
      {"image-tag-missing", image("nginx"), image("auto")},
      {"image-tag-missing", image("nginx"), image("<your-image>")},
      // Tokens, accounts, rights.
      {kToken, volume("projected: {sources: [{serviceAccountToken: {path: token}}]}"), volume("projected: {sources: [{serviceAccountToken: {path: token, audience: sts.aliyuncs.com}}]}")},
      {kToken, volume("secret: {secretName: s}") + secret("kubernetes.io/service-account-token"), volume("secret: {secretName: s}") + secret("Opaque")},
      {"service-account-default", ray(""), ray("serviceAccount: own, ")},
      {kRights, bound("ClusterRole", "admin"), bound("Role", "admin")},
      {kRights, bound("ClusterRole", "system:controller:job-controller"), bound("ClusterRole", "system:auth-delegator")},
      {"rbac-port-forward", role("pods/ephemeralcontainers"), role("pods/log")},
      {"rbac-port-forward", role("nodes/proxy"), role("nodes")},
      {"rrsa-static-keys-win", ray("serviceAccountName: own, ", "envFrom: [{secretRef: {name: keys}}], ") + account("oss") + keys("OSS_ACCESS_KEY_ID: eA=="),
       ray("serviceAccountName: own, ", "envFrom: [{secretRef: {name: keys}}], ") + account("oss") + keys("OSS_BUCKET: eA==")},
      {"rrsa-wrong-annotation", ray("") + account("acs:ram::1:role/oss"), ray("") + account("oss")},
      {"rrsa-wrong-annotation", ray("") + account(""), ray("") + account("oss-reader")},
      {"rrsa-injection-off", ray("serviceAccountName: own, ") + account("oss") + kNamespace, ray("serviceAccountName: own, ", "", "", "pod-identity.alibabacloud.com/injection: 'on'") + account("oss") + kNamespace},
  };
}

}  // namespace raykeep::checks
