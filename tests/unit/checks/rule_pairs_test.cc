// SPDX-License-Identifier: Apache-2.0
// Every rule on a manifest that breaks it and on one that does not: the tables of scan_test.cc and *_cases.cc, and the rest here.
#include <algorithm>
#include <gtest/gtest.h>
#include <set>

#include "checks/engine.h"
#include "core/file.h"
#include "unit/checks/rule_case.h"

namespace raykeep::checks {
namespace {

std::set<std::string> rules(const std::string& yaml) {
  kube::Manifests manifests;
  manifests.add("f.yaml", yaml);
  EXPECT_TRUE(manifests.errors().empty()) << manifests.errors().front().text();
  Settings settings;
  settings.registries = {"registry.example/"};
  settings.host_paths = {"/var/log/pods"};
  settings.code_sources = {"oss://team-code/"};
  settings.today = "2026-06-01";
  settings.capacity = {{"cpu", kube::Quantity::of(100)}};
  std::set<std::string> out;
  // At restricted, what baseline forbids too is said once, by the stricter rule.
  for (const PodSecurityLevel level : {PodSecurityLevel::kRestricted, PodSecurityLevel::kBaseline}) {
    settings.pod_security = level;
    for (const report::Finding& finding : run(manifests, settings)) {
      if (finding.suppressed.empty()) out.emplace(finding.rule->id);
    }
  }
  return out;
}

// A pod; `spec` and `container` are members of its spec and container, each ending in ", " unless empty.
std::string pod(const std::string& spec, const std::string& container = "", const std::string& metadata = "") {
  return "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: team" + metadata + "}\nspec: {" + spec + "containers: [{" + container + "name: a, image: 'registry.example/a:1'}]}\n";
}
std::string in_pod(const std::string& context) { return pod("securityContext: {" + context + "}, "); }
std::string in_container(const std::string& context) { return pod("", "securityContext: {" + context + "}, "); }

// A RayCluster of a head; `spec` and `container` likewise, `pod_spec` a member of the head's pod.
std::string ray(const std::string& spec, const std::string& container = "", const std::string& pod_spec = "", const std::string& name = "demo", const std::string& metadata = "") {
  return "---\napiVersion: ray.io/v1\nkind: RayCluster\nmetadata: {name: " + name + ", namespace: team" + metadata + "}\nspec: {" + spec +
         "headGroupSpec: {rayStartParams: {}, template: {spec: {" + pod_spec + "containers: [{" + container + "name: ray-head}]}}}}\n";
}
std::string image(const std::string& name) { return "image: '" + name + "', "; }
std::string job(const std::string& spec) {
  return "---\napiVersion: ray.io/v1\nkind: RayJob\nmetadata: {name: j, namespace: team}\nspec: {entrypoint: x, " + spec + "rayClusterSpec: {headGroupSpec: {template: {spec: {containers: [{name: h}]}}}}}\n";
}
std::string secret(const std::string& name, const std::string& data) {
  return "---\napiVersion: v1\nkind: Secret\nmetadata: {name: " + name + ", namespace: team}\ndata: {" + data + "}\n";
}
std::string space(const std::string& labels) { return "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: team" + labels + "}\n"; }
std::string account(const std::string& annotations) { return "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: cloud, namespace: team, annotations: {" + annotations + "}}\n"; }

std::string egress(const std::string& rules) {
  return "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: team}\nspec: {podSelector: {}, policyTypes: [Egress], egress: [" + rules + "]}\n";
}

const std::string kBalancer = "---\napiVersion: v1\nkind: Service\nmetadata: {name: s, namespace: team, annotations: {service.beta.kubernetes.io/alibaba-cloud-loadbalancer-id: lb-example";
const std::string kBehind = "}}\nspec: {type: LoadBalancer, selector: {ray.io/node-type: head}, ports: [{port: 8265}]}\n";
const std::string kIngress = "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i, namespace: team, annotations: {nginx.ingress.kubernetes.io/auth-type: basic, nginx.ingress.kubernetes.io/auth-secret: users}}\n"
                             "spec: {ingressClassName: nginx, rules: [{http: {paths: [{path: /demo, backend: {service: {name: demo-head-svc, port: {number: 8265}}}}]}}]}\n";
const std::string kRole = "pod-identity.alibabacloud.com/role-name: team-a";
const std::string kUsesAccount = "serviceAccountName: cloud, ";
const std::string kGpu = "resources: {requests: {cpu: 1, nvidia.com/gpu: 1}, limits: {nvidia.com/gpu: 1}}, ";
const std::string kProjected = "volumes: [{name: t, projected: {sources: [{serviceAccountToken: {path: token, audience: ";

const Case kCases[] = {
    {"load-balancer-reused", kBalancer + kBehind, kBalancer + ", service.beta.kubernetes.io/alibaba-cloud-loadbalancer-force-override-listeners: 'true'" + kBehind},
    {"ray-ingress-auth-secret-missing", ray("") + kIngress + secret("others", "auth: eDp5"), ray("") + kIngress + secret("users", "auth: eDp5")},
    {"ray-auth-version-too-old", ray("authOptions: {mode: token}, ", image("rayproject/ray:2.40.0")), ray("authOptions: {mode: token}, ", image("rayproject/ray:2.54.0"))},
    {"ray-auth-kubernetes-token", ray("authOptions: {mode: token, enableK8sTokenAuth: true}, "), ray("authOptions: {mode: token}, ")},
    {"ray-tls-missing", ray(""), ray("tlsOptions: {enabled: true}, ")},
    {"tls-ca-key-in-pod", ray("", "", "volumes: [{name: ca, secret: {secretName: ca}}], ") + secret("ca", "ca.key: eA=="), ray("", "", "volumes: [{name: ca, secret: {secretName: ca}}], ") + secret("ca", "ca.crt: eA==")},
    {"credential-in-command", pod("", "args: [--password, hunter2hunter2], "), pod("", "args: [--password, $(PASSWORD)], ")},
    {"credential-in-command", pod("", "command: [server, --api-token=a8f5f167f44f4964e6c998dee827110c], "), pod("", "command: [server, --api-token=$(TOKEN), --token-file=/run/token], ")},
    {"credential-in-annotation", pod("", "", ", annotations: {key: LTAI5tAbCdEfGhJkLmNpQrSt}"), pod("", "", ", annotations: {key: none}")},
    {"secret-in-manifest", secret("s", "password: aHVudGVyMmh1bnRlcjI="), secret("s", "")},
    {"service-account-shared", ray("", "", "serviceAccountName: ray, ") + ray("", "", "serviceAccountName: ray, ", "other"), ray("", "", "serviceAccountName: ray, ") + ray("", "", "serviceAccountName: own, ", "other")},
    {"rbac-autoscaler-namespace-wide", ray("enableInTreeAutoscaling: true, "),
     ray("enableInTreeAutoscaling: true, ") + "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: demo, namespace: team}\nrules: [{apiGroups: [ray.io], resources: [rayclusters], "
                                              "resourceNames: [demo], verbs: [get, patch]}]\n"},
    {"rrsa-injection-off", space("") + account(kRole) + pod(kUsesAccount).insert(0, "---\n"), space(", labels: {pod-identity.alibabacloud.com/injection: 'on'}") + account(kRole) + pod(kUsesAccount).insert(0, "---\n")},
    {"rrsa-static-keys-win", account(kRole) + pod(kUsesAccount, "env: [{name: ALIBABA_CLOUD_ACCESS_KEY_ID, valueFrom: {secretKeyRef: {name: a, key: b}}}], ").insert(0, "---\n"), account(kRole) + pod(kUsesAccount).insert(0, "---\n")},
    {"rrsa-token-audience", pod(kProjected + "sts-vpc.cn-hangzhou.aliyuncs.com}}]}}], ", "env: [{name: ALIBABA_CLOUD_ROLE_ARN, value: x}], "), pod(kProjected + "sts.aliyuncs.com}}]}}], ", "env: [{name: ALIBABA_CLOUD_ROLE_ARN, value: x}], ")},
    {"pod-apparmor-unconfined", in_pod("appArmorProfile: {type: Unconfined}"), in_pod("appArmorProfile: {type: RuntimeDefault}")},
    {"pod-capabilities-added", in_container("capabilities: {add: [SYS_ADMIN]}"), in_container("capabilities: {add: [CHOWN]}")},
    {"pod-host-namespaces", pod("hostNetwork: true, "), pod("hostNetwork: false, ")},
    {"pod-host-path", pod("volumes: [{name: v, hostPath: {path: /}}], "), pod("volumes: [{name: v, emptyDir: {}}], ")},
    {"pod-host-port", pod("", "ports: [{containerPort: 80, hostPort: 80}], "), pod("", "ports: [{containerPort: 80}], ")},
    {"pod-probe-host", pod("", "livenessProbe: {httpGet: {port: 80, host: 203.0.113.1}}, "), pod("", "livenessProbe: {httpGet: {port: 80}}, ")},
    {"pod-privileged", in_container("privileged: true"), in_container("privileged: false")},
    {"pod-proc-mount", in_container("procMount: Unmasked"), in_container("procMount: Default")},
    {"pod-proc-mount-user-namespace", pod("hostUsers: false, ", "securityContext: {procMount: Unmasked}, "), pod("hostUsers: false, ", "securityContext: {procMount: Default}, ")},
    {"pod-seccomp-unconfined", in_pod("seccompProfile: {type: Unconfined}"), in_pod("seccompProfile: {type: RuntimeDefault}")},
    {"pod-seccomp-missing", in_pod(""), in_pod("seccompProfile: {type: RuntimeDefault}")},
    {"pod-selinux-options", in_pod("seLinuxOptions: {type: spc_t}"), in_pod("seLinuxOptions: {type: container_t}")},
    {"pod-sysctls", in_pod("sysctls: [{name: kernel.msgmax, value: '1'}]"), in_pod("sysctls: [{name: kernel.shm_rmid_forced, value: '1'}]")},
    {"pod-windows-host-process", in_container("windowsOptions: {hostProcess: true}"), in_container("windowsOptions: {hostProcess: false}")},
    {"pod-privilege-escalation", in_container("allowPrivilegeEscalation: true"), in_container("allowPrivilegeEscalation: false")},
    {"pod-capabilities-not-dropped", in_container("capabilities: {drop: [CHOWN]}"), in_container("capabilities: {drop: [ALL]}")},
    {"pod-volume-type", pod("volumes: [{name: v, nfs: {server: s, path: /}}], "), pod("volumes: [{name: v, emptyDir: {}}], ")},
    {"pod-may-run-as-root", in_pod(""), in_pod("runAsNonRoot: true")},
    {"pod-runs-as-root", in_pod("runAsUser: 0"), in_pod("runAsUser: 1000")},
    {"pod-root-filesystem-writable", in_container(""), in_container("readOnlyRootFilesystem: true")},
    {"host-path-not-allowed", pod("volumes: [{name: v, hostPath: {path: /var/lib/docker}}], ", "volumeMounts: [{name: v, mountPath: /v, readOnly: true}], "),
     pod("volumes: [{name: v, hostPath: {path: /var/log/pods}}], ", "volumeMounts: [{name: v, mountPath: /v, readOnly: true}], ")},
    {"image-not-pinned", ray("", image("rayproject/ray:2.56.0")), ray("", image("rayproject/ray:2.56.0@sha256:" + std::string(64, 'a')))},
    {"image-registry-not-allowed", ray("", image("docker.io/someone/ray:1")), ray("", image("registry.example/ray:1"))},
    {"ray-version-vulnerable", ray("", image("rayproject/ray:2.9.0")), ray("", image("rayproject/ray:2.60.0"))},
    {"ray-version-mismatch", ray("rayVersion: 2.53.0, ", image("rayproject/ray:2.56.0")), ray("rayVersion: 2.56.0, ", image("rayproject/ray:2.56.0"))},
    {"resource-quota-without-gpu", ray("", kGpu) + "---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q, namespace: team}\nspec: {hard: {requests.cpu: 9}}\n",
     ray("", kGpu) + "---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q, namespace: team}\nspec: {hard: {requests.cpu: 9, requests.nvidia.com/gpu: 1}}\n"},
    {"namespace-pod-security-label-missing", ray("") + space(""), ray("") + space(", labels: {pod-security.kubernetes.io/enforce: baseline}")},
    {"resources-requests-missing", pod("", "resources: {requests: {cpu: 1}}, "), pod("", "resources: {requests: {cpu: 1, memory: 1Gi}}, ")},
    {"limit-range-too-small", ray("", "resources: {requests: {cpu: 1}, limits: {cpu: 3, memory: 1Gi}}, ") + "---\napiVersion: v1\nkind: LimitRange\nmetadata: {name: l, namespace: team}\nspec: {limits: [{type: Pod, max: {cpu: 2}}]}\n",
     ray("", "resources: {requests: {cpu: 1}, limits: {cpu: 2, memory: 1Gi}}, ") + "---\napiVersion: v1\nkind: LimitRange\nmetadata: {name: l, namespace: team}\nspec: {limits: [{type: Pod, max: {cpu: 2}, min: {cpu: 1}}]}\n"},
    {"limit-range-too-small", ray("", "resources: {requests: {cpu: 1}}, ") + "---\napiVersion: v1\nkind: LimitRange\nmetadata: {name: l, namespace: team}\nspec: {limits: [{type: Pod, min: {cpu: 2}}]}\n",
     ray("", "resources: {requests: {cpu: 1}}, ") + "---\napiVersion: v1\nkind: LimitRange\nmetadata: {name: l, namespace: other}\nspec: {limits: [{type: Pod, min: {cpu: 2}}]}\n"},
    {"gpu-request-differs", pod("", "resources: {requests: {nvidia.com/gpu: 1}}, "), pod("", "resources: {requests: {cpu: 1, nvidia.com/gpu: 1}, limits: {nvidia.com/gpu: 1}}, ")},
    {"shared-memory-unbounded", ray("", "", "volumes: [{name: shm, emptyDir: {medium: Memory}}], "), ray("", "", "volumes: [{name: shm, emptyDir: {medium: Memory, sizeLimit: 1Gi}}, {name: tmp, emptyDir: {}}], ")},
    {"namespace-shared-by-teams", ray("", "", "", "demo", ", labels: {team: a}") + ray("", "", "", "other", ", labels: {team: b}"), ray("", "", "", "demo", ", labels: {team: a}") + ray("", "", "", "other", ", labels: {team: a}")},
    {"network-policy-metadata-reachable", ray("") + egress("{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.0.0/16]}}]}"), ray("") + egress("{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.0.0/16, 100.100.100.200/32]}}]}")},
    {"network-policy-metadata-reachable", ray("") + egress("{}"), ray("") + egress("{ports: [{port: 53, protocol: UDP}]}, {to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 443}]}")},
    {"ray-job-sidecar-mode", job("submissionMode: SidecarMode, "), job("submissionMode: K8sJobMode, ")},
    {"ray-job-no-deadline", job(""), job("activeDeadlineSeconds: 60, ")},
    {"ray-cluster-never-ends", ray(""), job("")},
    {"ray-job-remote-code", job("runtimeEnvYAML: 'working_dir: https://example.com/x.zip', "), job("runtimeEnvYAML: 'working_dir: oss://team-code/x.zip', ")},
    {"history-server-account-replaced", ray("", "", "", "demo", ", annotations: {ray.alibabacloud.com/enable-historyserver: 'true'}"), ray("")},
    {"suppression-not-counted", pod("") + "# raykeep:ignore image-not-pinned\n", pod("")},
};

class RulePairs : public testing::TestWithParam<Case> {};

TEST_P(RulePairs, FindWhatBreaksTheRuleAndNothingElse) {
  EXPECT_TRUE(rules(GetParam().bad).contains(GetParam().rule)) << GetParam().bad;
  EXPECT_FALSE(rules(GetParam().good).contains(GetParam().rule)) << GetParam().good;
}

std::vector<Case> all_cases() {
  std::vector<Case> out;
  for (const auto& table : {scan_cases(), quota_cases(), credential_cases(), door_cases(), ingress_cases(), life_cases(), network_policy_cases(), tls_cases(), std::vector<Case>(std::begin(kCases), std::end(kCases))}) out.insert(out.end(), table.begin(), table.end());
  return out;
}

INSTANTIATE_TEST_SUITE_P(Rules, RulePairs, testing::ValuesIn(all_cases()), [](const auto& param) {
  std::string name = std::to_string(param.index) + "_" + param.param.rule;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

// The certificate is known by its hash alone, so the sample itself is the pair: as it is, and with one character changed.
TEST(RulePairs, KnowTheCertificateThatKubeRayPublishes) {
  auto sample = read_file(std::string(RAYKEEP_SOURCE_DIR) + "/tests/data/kuberay-samples/ray-cluster.tls.yaml", 1 << 20);
  ASSERT_TRUE(sample);
  EXPECT_TRUE(rules(*sample).contains("tls-sample-ca"));
  const std::size_t certificate = sample->find("ca.crt: ");
  ASSERT_NE(certificate, std::string::npos);
  char& changed = (*sample)[certificate + 200];
  changed = changed == 'A' ? 'B' : 'A';
  EXPECT_FALSE(rules(*sample).contains("tls-sample-ca"));
}

TEST(RulePairs, EveryRuleHasOne) {
  // The one above, and one that scan_test.cc tries with an older operator.
  std::set<std::string_view> covered{"tls-sample-ca", "ray-field-too-new"};
  const std::vector<Case> cases = all_cases();
  for (const Case& one : cases) covered.insert(one.rule);
  for (const report::Rule* rule : all_rules()) EXPECT_TRUE(covered.contains(rule->id)) << rule->id;
}

}  // namespace

}  // namespace raykeep::checks
