// SPDX-License-Identifier: Apache-2.0
// The rules, each on a manifest that breaks it and on one that does not.
#include <algorithm>
#include <gtest/gtest.h>
#include <set>

#include "checks/engine.h"
#include "checks/image_name.h"
#include "checks/secret_names.h"
#include "checks/secret_patterns.h"
#include "checks/suppression.h"
#include "unit/checks/rule_case.h"

namespace raykeep::checks {
namespace {

// The findings with the manifests that they point into.
struct Scanned {
  explicit Scanned(const std::string& yaml, const Settings& settings = {}) {
    manifests.add("f.yaml", yaml);
    EXPECT_TRUE(manifests.errors().empty()) << manifests.errors().front().text();
    findings = run(manifests, settings);
  }
  kube::Manifests manifests;
  std::vector<report::Finding> findings;
};

std::set<std::string> rules(const std::string& yaml, const Settings& settings = {}) {
  std::set<std::string> out;
  const Scanned scanned(yaml, settings);
  for (const report::Finding& finding : scanned.findings) {
    if (finding.suppressed.empty()) out.emplace(finding.rule->id);
  }
  return out;
}

const report::Finding* find(const std::vector<report::Finding>& all, std::string_view rule) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& finding) { return finding.rule->id == rule; });
  return found == all.end() ? nullptr : &*found;
}

// A RayCluster with one worker group; `head`, `spec` and `pod` are put in.
std::string cluster(const std::string& spec = "", const std::string& head = "", const std::string& container = "") {
  return "apiVersion: ray.io/v1\nkind: RayCluster\nmetadata: {name: demo, namespace: team}\nspec:\n  rayVersion: 2.56.0\n" + spec +
         "  headGroupSpec:\n" + head + "    template:\n      spec:\n        containers:\n        - name: ray-head\n          image: rayproject/ray:2.56.0\n" + container +
         "  workerGroupSpecs:\n  - groupName: small\n    replicas: 1\n    template:\n      spec:\n        containers:\n        - {name: ray-worker, image: 'rayproject/ray:2.56.0'}\n";
}

std::string policy(const std::string& spec) {
  return "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: team}\nspec:\n" + spec;
}

const std::string kEnv = "          env:\n";
const std::string kService = "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: s\n  namespace: team\n";
const std::string kAck = "    service.beta.kubernetes.io/alibaba-cloud-loadbalancer-";
const std::string kAckOld = "    service.beta.kubernetes.io/alicloud-loadbalancer-";
const std::string kBalancer = "spec: {type: LoadBalancer, selector: {ray.io/node-type: head}, ports: [{port: 8265}]}\n";
const std::string kIngress = "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: i\n  namespace: team\n";
const std::string kToDashboard = "  rules: [{http: {paths: [{path: /demo/(.*), backend: {service: {name: demo-head-svc, port: {number: 8265}}}}]}}]\n";
const std::string kPeers = "  - from: [{podSelector: {matchLabels: {ray.io/cluster: demo}}}]\n";
const std::string kSelectCluster = "  podSelector: {matchLabels: {ray.io/cluster: demo}}\n";

std::string job(const std::string& spec) {
  return "apiVersion: ray.io/v1\nkind: RayJob\nmetadata: {name: j, namespace: team}\nspec:\n  entrypoint: python x.py\n" + spec +
         "  rayClusterSpec: {headGroupSpec: {template: {spec: {containers: [{name: h, image: 'rayproject/ray:2.56.0'}]}}}}\n";
}

std::string role(const std::string& rule) {
  return cluster("", "", "") + "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r, namespace: team}\nrules: [" + rule +
         "]\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: b, namespace: team}\nroleRef: {kind: Role, name: r}\nsubjects: [{kind: "
         "ServiceAccount, name: default}]\n";
}

const Case kCases[] = {
    {"ray-head-service-exposed", cluster("", "    serviceType: LoadBalancer\n"), cluster("", "    serviceType: ClusterIP\n")},
    {"ray-head-service-exposed", cluster("", "    headService: {spec: {type: NodePort}}\n"), cluster()},
    {"ray-head-service-exposed", kService + "spec: {type: NodePort, selector: {ray.io/node-type: head}, ports: [{port: 80, targetPort: dashboard}]}\n",
             kService + "spec: {type: NodePort, selector: {ray.io/serve: 'true'}, ports: [{port: 8000}]}\n"},
    {"ray-ingress-without-auth", cluster() + kIngress + "spec:\n" + kToDashboard,
             cluster("", "", "          ports: [{containerPort: 8000, name: serve}]\n") + kIngress +
                 "spec: {defaultBackend: {service: {name: demo-head-svc, port: {name: serve}}}}\n"},
    {"ray-ingress-exposes-gcs-or-client", cluster() + kIngress + "spec: {defaultBackend: {service: {name: demo-head-svc, port: {name: client}}}}\n",
             cluster() + kIngress + "spec: {defaultBackend: {service: {name: demo-head-svc, port: {name: dashboard}}}}\n"},
    {"ray-ingress-exposes-gcs-or-client", kService + "spec: {selector: {ray.io/node-type: head}, ports: [{port: 80, targetPort: 6379}]}\n" + kIngress +
                 "spec: {defaultBackend: {service: {name: s, port: {number: 80}}}}\n",
             kService + "spec: {selector: {ray.io/node-type: head}, ports: [{port: 80, targetPort: serve}]}\n" + kIngress +
                 "spec: {defaultBackend: {service: {name: s, port: {number: 80}}}}\n"},
    {"image-tag-missing", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: a, image: 'a:latest'}]}\n",
             "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: a, image: $IMAGE}]}\n"},
    {"network-policy-selects-nothing", cluster() + policy("  podSelector: {matchLabels: {app: x}}\n"),
             cluster() + policy("  podSelector: {matchLabels: {app: x}}\n") +
                 "---\napiVersion: agents.x-k8s.io/v1\nkind: Sandbox\nmetadata: {name: s, namespace: team}\nspec: {podTemplate: {metadata: {labels: {app: x}}}}\n"},
    {"ray-service-external-ip", cluster() + kService + "spec: {selector: {ray.io/cluster: demo}, externalIPs: [203.0.113.7]}\n", cluster()},
    {"load-balancer-without-acl", kService + kBalancer, kService + "  annotations:\n" + kAck + "address-type: intranet\n" + kBalancer},
    {"load-balancer-without-acl", kService + kBalancer, kService + "  annotations:\n" + kAckOld + "address-type: intranet\n" + kBalancer},
    {"load-balancer-acl-incomplete", kService + "  annotations:\n" + kAck + "acl-status: \"on\"\n" + kAck + "acl-id: acl-1\n" + kAck + "acl-type: black\n" + kBalancer,
             kService + "  annotations:\n" + kAck + "acl-status: \"on\"\n" + kAck + "acl-id: acl-1\n" + kAck + "acl-type: white\n" + kBalancer},
    {"load-balancer-source-ranges-ignored", kService + "spec: {type: LoadBalancer, selector: {ray.io/node-type: head}, loadBalancerSourceRanges: [192.0.2.0/24]}\n",
             kService + "spec: {type: LoadBalancer, loadBalancerClass: alibabacloud.com/nlb, selector: {ray.io/node-type: head}, loadBalancerSourceRanges: [192.0.2.0/24]}\n"},
    {"load-balancer-open-to-everyone", kService + "spec: {type: LoadBalancer, selector: {ray.io/node-type: head}, loadBalancerSourceRanges: [0.0.0.0/0]}\n", kService + kBalancer},
    {"ray-ingress-without-auth", cluster() + kIngress + "spec:\n" + kToDashboard,
             cluster() + kIngress + "  annotations: {nginx.ingress.kubernetes.io/auth-url: 'https://x'}\nspec:\n" + kToDashboard},
    {"ray-ingress-without-tls", cluster() + kIngress + "spec:\n" + kToDashboard, cluster() + kIngress + "spec:\n  tls: [{secretName: x}]\n" + kToDashboard},
    {"ray-ingress-class-missing", cluster() + kIngress + "spec:\n" + kToDashboard, cluster() + kIngress + "spec:\n  ingressClassName: nginx\n" + kToDashboard},
    {"ray-ingress-rewrite-wrong", cluster() + kIngress + "  annotations: {nginx.ingress.kubernetes.io/rewrite-target: /$2}\nspec:\n" + kToDashboard,
             cluster() + kIngress + "  annotations: {nginx.ingress.kubernetes.io/rewrite-target: /$1}\nspec:\n" + kToDashboard},
    {"ray-ingress-exposes-gcs-or-client", cluster() + kIngress + "spec: {rules: [{http: {paths: [{path: /, backend: {service: {name: demo-head-svc, port: {number: 10001}}}}]}}]}\n",
             cluster() + kIngress + "spec:\n" + kToDashboard},
    {"ray-ingress-auth-weak-hash",
             cluster() + kIngress + "  annotations: {nginx.ingress.kubernetes.io/auth-secret: basic}\nspec:\n" + kToDashboard +
                 "---\napiVersion: v1\nkind: Secret\nmetadata: {name: basic, namespace: team}\nstringData: {auth: 'u:$apr1$x$y'}\n",
             cluster() + kIngress + "  annotations: {nginx.ingress.kubernetes.io/auth-secret: basic}\nspec:\n" + kToDashboard +
                 "---\napiVersion: v1\nkind: Secret\nmetadata: {name: basic, namespace: team}\nstringData: {auth: 'u:$2y$10$x'}\n"},
    {"ray-route-exposed",
             cluster() + "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r, namespace: team}\nspec: {rules: [{backendRefs: [{name: demo-head-svc, port: 8265}]}]}\n",
             cluster() + "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r, namespace: team}\nspec: {rules: [{backendRefs: [{name: shop, port: 80}]}]}\n"},
    {"ray-auth-missing", cluster(), cluster("  authOptions: {mode: token}\n")},
    {"ray-auth-mode-missing", cluster("  authOptions: {secretName: x}\n"), cluster("  authOptions: {mode: token, secretName: x}\n")},
    {"ray-auth-mode-missing", cluster("  authOptions: {}\n"), cluster()},
    {"ray-auth-disabled-by-env", cluster("  authOptions: {mode: token}\n", "", kEnv + "          - {name: RAY_AUTH_MODE, value: disabled}\n"),
             cluster("  authOptions: {mode: token}\n")},
    {"ray-tls-incomplete", cluster("", "", kEnv + "          - {name: RAY_USE_TLS, value: '1'}\n"), cluster("  tlsOptions: {enabled: true}\n")},
    {"ray-tls-file-missing", cluster("", "", kEnv + "          - {name: RAY_USE_TLS, value: '1'}\n"), cluster("  tlsOptions: {enabled: true}\n")},
    {"network-policy-missing", cluster(), cluster() + policy("  podSelector: {}\n  policyTypes: [Ingress]\n")},
    {"network-policy-selects-nothing", cluster() + policy("  podSelector: {matchLabels: {app: ray-cluster-head}}\n"), cluster() + policy(kSelectCluster)},
    {"network-policy-admits-namespace", cluster() + policy(kSelectCluster + "  ingress: [{from: [{podSelector: {}}]}]\n"), cluster() + policy(kSelectCluster + "  ingress:\n" + kPeers)},
    {"network-policy-admits-everyone", cluster() + policy(kSelectCluster + "  ingress: [{}]\n"), cluster() + policy(kSelectCluster + "  ingress: []\n")},
    {"network-policy-not-scoped", cluster() + policy(kSelectCluster + "  ingress: [{from: [{podSelector: {matchLabels: {ray.io/node-type: worker}}}]}]\n"),
             cluster() + policy(kSelectCluster + "  ingress:\n" + kPeers)},
    {"network-policy-no-dns", cluster() + policy(kSelectCluster + "  policyTypes: [Egress]\n  egress: [{to: [{podSelector: {matchLabels: {ray.io/cluster: demo}}}]}]\n"),
             cluster() + policy(kSelectCluster + "  policyTypes: [Egress]\n  egress: [{to: [{namespaceSelector: {}}], ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]}]\n")},
    {"network-policy-no-dns", cluster() + policy(kSelectCluster + "  policyTypes: [Egress]\n  egress: [{ports: [{port: 53, protocol: UDP}]}]\n"), cluster()},
    {"network-policy-splits-cluster", cluster() + policy(kSelectCluster + "  ingress: [{from: [{podSelector: {matchLabels: {ray.io/cluster: demo}}}], ports: [{port: 6380}]}]\n"),
             cluster() + policy(kSelectCluster + "  ingress:\n" + kPeers)},
    {"network-policy-no-api-server", cluster("  enableInTreeAutoscaling: true\n") + policy(kSelectCluster + "  policyTypes: [Egress]\n  egress: []\n"),
             cluster() + policy(kSelectCluster + "  policyTypes: [Egress]\n  egress: []\n")},
    {"network-policy-no-operator", job("") + policy("  podSelector: {}\n  policyTypes: [Ingress]\n  ingress: []\n"), cluster() + policy("  podSelector: {}\n  policyTypes: [Ingress]\n")},
    {"credential-in-env", cluster("", "", kEnv + "          - {name: KEY, value: LTAI5tBcDeFgHiJkLmNoPqRs}\n"), cluster("", "", kEnv + "          - {name: KEY, value: plain}\n")},
    {"credential-in-env", cluster("", "", kEnv + "          - {name: HF_TOKEN, value: qwertyuiop12}\n"),
             cluster("", "", kEnv + "          - {name: HF_TOKEN, valueFrom: {secretKeyRef: {name: a, key: b}}}\n")},
    {"credential-in-job", job("  runtimeEnvYAML: |\n    env_vars: {WANDB_API_KEY: 0123456789abcdef0123}\n"), job("  runtimeEnvYAML: |\n    env_vars: {A: b}\n")},
    {"credential-in-config-map", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {x: 'key=LTAI5tBcDeFgHiJkLmNoPqRs'}\n", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {x: y}\n"},
    {"redis-password-in-clear", cluster("  gcsFaultToleranceOptions: {redisAddress: 'redis:6379', redisPassword: {value: s3cret-word}}\n"),
             cluster("  gcsFaultToleranceOptions: {redisAddress: 'redis:6379', redisPassword: {valueFrom: {secretKeyRef: {name: r, key: p}}}}\n")},
    {"service-account-default", cluster(), "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: []}\n"},
    {"service-account-token-mounted", cluster(), "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: []}\n"},
    {"rbac-excessive-rights", role("{apiGroups: [''], resources: [secrets], verbs: [get]}"), role("{apiGroups: [''], resources: [secrets], resourceNames: [mine], verbs: [get]}")},
    {"rbac-excessive-rights", role("{apiGroups: [ray.io], resources: [rayclusters], verbs: [create]}"), role("{apiGroups: [ray.io], resources: [rayclusters], verbs: [get]}")},
    {"rbac-excessive-rights", role("{apiGroups: ['*'], resources: [deployments], verbs: [create]}"), role("{apiGroups: [batch], resources: [deployments], verbs: [create]}")},
    {"rbac-excessive-rights", role("{apiGroups: [''], resources: ['*/exec'], verbs: [create]}"), role("{apiGroups: [''], resources: ['*/log'], verbs: [get]}")},
    {"rbac-excessive-rights", role("{apiGroups: [''], resources: [pods], verbs: [patch]}"), role("{apiGroups: [''], resources: [pods], verbs: [get, list, watch, delete]}")},
    {"rbac-excessive-rights", role("{apiGroups: [ray.io], resources: [rayclusters], verbs: [patch]}"),
             role("{apiGroups: [ray.io], resources: [rayclusters], resourceNames: [demo], verbs: [get, patch]}")},
    {"rbac-excessive-rights", role("{apiGroups: [rbac.authorization.k8s.io], resources: [roles], verbs: [escalate]}"),
             role("{apiGroups: [rbac.authorization.k8s.io], resources: [roles], verbs: [get]}")},
    {"rbac-everybody-bound",
             "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: b}\nroleRef: {kind: ClusterRole, name: view}\nsubjects: [{kind: Group, name: 'system:unauthenticated'}]\n",
             "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: b}\nroleRef: {kind: ClusterRole, name: view}\nsubjects: [{kind: Group, name: team}]\n"},
    {"rbac-port-forward", role("{apiGroups: [''], resources: [pods/portforward], verbs: [create]}"), role("{apiGroups: [''], resources: [pods], verbs: [get]}")},
    {"image-tag-missing", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: a, image: nginx}]}\n", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: a, image: 'nginx:1.27'}]}\n"},
    {"resources-limits-missing", cluster(),
             "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: a, resources: {limits: {cpu: 1, memory: 1Gi}}}]}\n"},
    {"memory-request-differs", cluster("", "", "          resources: {limits: {memory: 5Gi}, requests: {memory: 2Gi}}\n"),
             cluster("", "", "          resources: {limits: {memory: 5Gi}, requests: {memory: 5120Mi}}\n")},
    {"namespace-default", "apiVersion: ray.io/v1\nkind: RayCluster\nmetadata: {name: d}\nspec: {headGroupSpec: {template: {spec: {containers: [{name: h}]}}}}\n", cluster()},
    {"resource-quota-too-small", cluster("", "", "          resources: {requests: {cpu: 8}}\n") + "---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q, namespace: team}\nspec: {hard: {requests.cpu: 4}}\n",
             cluster("", "", "          resources: {requests: {cpu: 8}}\n") + "---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q, namespace: team}\nspec: {hard: {requests.cpu: 9}}\n"},
    {"rrsa-wrong-annotation", "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, annotations: {pod-identity.alibabacloud.com/role-arn: x}}\n",
             "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, annotations: {pod-identity.alibabacloud.com/role-name: x}}\n"},
    {"ray-job-http-mode", job("  submissionMode: HTTPMode\n"), job("")},
    {"ray-job-interactive-mode", job("  submissionMode: InteractiveMode\n"), job("")},
    {"ray-job-shared-cluster", "apiVersion: ray.io/v1\nkind: RayJob\nmetadata: {name: j, namespace: team}\nspec: {entrypoint: x, clusterSelector: {ray.io/cluster: a}}\n", job("")},
    {"ray-job-cluster-kept", job(""), job("  shutdownAfterJobFinishes: true\n")},
    {"ray-job-ttl-without-shutdown", job("  ttlSecondsAfterFinished: 5\n"), job("  ttlSecondsAfterFinished: 5\n  shutdownAfterJobFinishes: true\n")},
    {"autoscaling-unbounded", cluster("  enableInTreeAutoscaling: true\n"), cluster()},
    {"ray-auth-version-too-old", "apiVersion: ray.io/v1\nkind: RayCluster\nmetadata: {name: d, namespace: t}\nspec: {rayVersion: 2.40.0, authOptions: {mode: token}, headGroupSpec: {template: {spec: {containers: [{name: h, image: "
             "'registry.example/own@sha256:aa'}]}}}}\n",
             "apiVersion: ray.io/v1\nkind: RayCluster\nmetadata: {name: d, namespace: t}\nspec: {rayVersion: 2.54.0, authOptions: {mode: token}, headGroupSpec: {template: {spec: {containers: [{name: h, image: "
             "'registry.example/own@sha256:aa'}]}}}}\n"},
    {"ray-feature-gate-needed", cluster("  networkPolicy: {mode: DenyAll}\n"), cluster()},
    {"ray-field-unknown", cluster("  authOption: {mode: token}\n"), cluster("  authOptions: {mode: token}\n")},
    {"ray-field-invalid", cluster("", "    rayStartParams: {num-cpus: 0}\n"), cluster("", "    rayStartParams: {num-cpus: '0'}\n")},
    {"ray-field-invalid", cluster("", "", "          resources: {limits: {cpu: 0.5}}\n"), cluster("", "", "          resources: {limits: {cpu: '0.5', memory: 1}}\n")},
    {"ray-field-invalid", cluster("  authOptions: []\n"), cluster("  authOptions: null\n")},
    {"duplicate-key", cluster() + "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {hostNetwork: false, hostNetwork: true}\n", cluster()},
};


// Defects of other tools (policy reference 1.4), each where Raykeep is right.
TEST(Scan, SeesWhatYaml11MakesOfAWord) {
  EXPECT_TRUE(rules("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: a, securityContext: {privileged: yes}}]}\n").contains("pod-privileged"));
  EXPECT_TRUE(rules("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: a, securityContext: {runAsUser: 00}}]}\n").contains("pod-runs-as-root"));
}

TEST(Scan, TakesAbsentPrivilegeEscalationForAllowed) {
  EXPECT_TRUE(rules("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: a}]}\n").contains("pod-privilege-escalation"));
}

TEST(Scan, ReadsDocumentsHoweverTheyAreParted) {
  const std::string pod = "apiVersion: v1\r\nkind: Pod\r\nmetadata: {name: p}\r\nspec: {hostPID: true, containers: []}\r\n";
  EXPECT_TRUE(rules("# x\r\n--- # first\r\napiVersion: v1\r\nkind: ConfigMap\r\nmetadata: {name: c}\r\ndata:\r\n  x: |\r\n    ---\r\n    y\r\n---\r\n" + pod).contains("pod-host-namespaces"));
}

TEST(Scan, TakesADefaultDenyForProtection) {
  EXPECT_FALSE(rules(cluster() + policy("  podSelector: {}\n  policyTypes: [Ingress, Egress]\n")).contains("network-policy-missing"));
  EXPECT_TRUE(rules(cluster() + policy("  podSelector: {}\n  policyTypes: [Egress]\n")).contains("network-policy-missing"));
}

std::string bound(const std::string& kind, const std::string& roles, const std::string& subject) {
  return cluster() + "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: " + kind + "Binding\nmetadata: {name: b, namespace: team}\nroleRef: {kind: " + kind +
         ", name: r}\nsubjects: [" + subject + "]\n" + roles;
}

TEST(Rights, AreFoundByEveryNameOfAnAccount) {
  const std::string secrets =
      "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r}\nrules: [{apiGroups: [''], resources: [secrets], verbs: [list]}]\n";
  for (const char* who : {"{kind: ServiceAccount, name: default, namespace: team}", "{kind: User, name: 'system:serviceaccount:team:default'}",
                          "{kind: Group, name: 'system:serviceaccounts'}", "{kind: Group, name: 'system:serviceaccounts:team'}", "{kind: Group, name: 'system:authenticated'}"})
    EXPECT_TRUE(rules(bound("ClusterRole", secrets, who)).contains("rbac-excessive-rights")) << who;
  for (const char* who : {"{kind: ServiceAccount, name: other, namespace: team}", "{kind: User, name: 'system:serviceaccount:other:default'}", "{kind: User, name: 'system:serviceaccount:'}",
                          "{kind: Group, name: 'system:serviceaccounts:other'}", "{kind: Group, name: people}"})
    EXPECT_FALSE(rules(bound("ClusterRole", secrets, who)).contains("rbac-excessive-rights")) << who;
}

TEST(Rights, ComeThroughAggregation) {
  const std::string gathers = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r}\naggregationRule: {clusterRoleSelectors: [{matchLabels: {to: r}}]}\nrules: []\n";
  const auto part = [](const std::string& label) {
    return "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: part, labels: {to: " + label + "}}\nrules: [{apiGroups: [''], resources: [secrets], verbs: ['*']}]\n";
  };
  const std::string who = "{kind: ServiceAccount, name: default, namespace: team}";
  EXPECT_TRUE(rules(bound("ClusterRole", gathers + part("r"), who)).contains("rbac-excessive-rights"));
  EXPECT_FALSE(rules(bound("ClusterRole", gathers + part("x"), who)).contains("rbac-excessive-rights"));
}

TEST(Scan, LooksIntoInitContainers) {
  EXPECT_TRUE(rules("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {initContainers: [{name: i, securityContext: {privileged: true}}], containers: []}\n").contains("pod-privileged"));
}

TEST(Scan, PointsAtGroupLineAndPath) {
  const Scanned scanned(cluster("", "", "          securityContext: {privileged: true}\n"));
  const report::Finding* finding = find(scanned.findings, "pod-privileged");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->at().line, 12U);
  EXPECT_EQ(finding->source_line(), "          securityContext: {privileged: true}");
  EXPECT_EQ(finding->part, "head, container ray-head");
  EXPECT_EQ(finding->path(), "/spec/headGroupSpec/template/spec/containers/0/securityContext/privileged");
  EXPECT_EQ(finding->title(), "RayCluster team/demo");
}

TEST(Scan, SaysHowToMendOnlyWhereSomebodyWantsToKnow) {
  const std::string pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: a, image: 'a:1'}]}\n";
  Settings settings;
  EXPECT_EQ(find(Scanned(pod, settings).findings, "pod-may-run-as-root")->fixes.size(), 1U);
  settings.fixes = false;
  EXPECT_TRUE(find(Scanned(pod, settings).findings, "pod-may-run-as-root")->fixes.empty());
}

TEST(Scan, NeverPrintsASecret) {
  const std::string secret = "LTAI5tBcDeFgHiJkLmNoPqRs";
  const Scanned scanned(cluster("", "", kEnv + "          - {name: OSS_ACCESS_KEY_ID, value: " + secret + "}\n"));
  ASSERT_NE(find(scanned.findings, "credential-in-env"), nullptr);
  for (const report::Finding& finding : scanned.findings) EXPECT_EQ(finding.message.find(secret), std::string::npos) << finding.message;
}

TEST(Scan, NeverPrintsAPasswordThatStandsBesideAnother) {
  const std::string script = "mysql -uroot -pS3cretOfMysql99 -e 'select 1'; PGPASSWORD=hunter2secret psql";
  const Scanned scanned(cluster("", "", "          args: [\"" + script + "\"]\n"));
  const report::Finding* finding = find(scanned.findings, "credential-in-command");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->message.find("S3cretOfMysql99"), std::string::npos) << finding->message;
  EXPECT_NE(finding->message.find("PGPASSWORD is written out: "), std::string::npos) << finding->message;
  EXPECT_TRUE(shows_secret(finding->source_line().value()));
}

TEST(Scan, SetsAsideWithAReasonAndUntilADay) {
  Settings today;
  today.today = "2026-11-24";
  const auto pod = [](const std::string& comment) {
    return "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: a  # " + comment + "\n    image: nginx\n  - name: b\n    image: nginx\n";
  };
  const auto counted = [&](const std::string& yaml) {
    std::size_t count = 0;
    const Scanned scanned(yaml, today);
    for (const report::Finding& finding : scanned.findings) count += finding.rule->id == "image-tag-missing" && finding.suppressed.empty() ? 1 : 0;
    return count;
  };
  EXPECT_EQ(counted(pod("nothing")), 2U);
  EXPECT_EQ(counted(pod("raykeep:ignore image-tag-missing -- pinned by the mirror")), 1U);
  EXPECT_EQ(counted(pod("raykeep:ignore image-tag-missing until 2026-11-24 -- pinned by the mirror")), 1U);
  EXPECT_EQ(counted(pod("raykeep:ignore image-tag-missing until 2026-11-23 -- pinned by the mirror")), 2U);
  EXPECT_EQ(counted(pod("raykeep:ignore image-tag-missing")), 2U);
  EXPECT_TRUE(rules(pod("raykeep:ignore image-tag-missing"), today).contains("suppression-not-counted"));
  EXPECT_TRUE(rules(pod("raykeep:ignore image-tag-mising -- x"), today).contains("suppression-not-counted"));
  EXPECT_TRUE(rules(pod("raykeep:ignore image-tag-missing until 2099-13-41 -- x"), today).contains("suppression-not-counted"));
  const std::string above = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: a\n    # raykeep:ignore image-tag-missing -- one\n    # and why\n    # raykeep:ignore image-registry-not-allowed -- two\n    image: x/y\n";
  Settings listed = today;
  listed.registries = {"registry.example"};
  EXPECT_FALSE(rules(above, listed).contains("image-tag-missing"));
  EXPECT_FALSE(rules(above, listed).contains("image-registry-not-allowed"));
  EXPECT_EQ(counted("apiVersion: v1\nkind: Pod\nmetadata: {name: p, annotations: {raykeep.io/ignore: 'image-tag-missing -- test'}}\nspec: {containers: [{name: a, image: nginx}]}\n"), 0U);
}

TEST(Scan, TakesNothingInsideAValueForAComment) {
  const std::string ignore = "# raykeep:ignore image-tag-missing -- no";
  for (const std::string& yaml : {"    args: [\"" + ignore + "\"]\n    image: nginx\n", "    command:\n    - |\n      x\n      " + ignore + "\n    image: nginx\n"}) {
    const std::string pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: a\n" + yaml;
    EXPECT_TRUE(rules(pod).contains("image-tag-missing")) << pod;
  }
}

TEST(Scan, LooksAtWhatTheOperatorPutsAnotherTextFor) {
  EXPECT_TRUE(rules(cluster("", "", "          args: ['python x.py --password=correcthorse7']\n")).contains("credential-in-command") ||
              rules(cluster("", "", "          args: ['--password=correcthorse7']\n")).contains("credential-in-command"));
  EXPECT_FALSE(rules(cluster("", "", "          args: ['--verbose']\n")).contains("credential-in-command"));
  const std::string scaled = "  enableInTreeAutoscaling: true\n";
  EXPECT_TRUE(rules(cluster(scaled + "  autoscalerOptions: {image: 'evil/ray:latest'}\n")).contains("image-tag-missing"));
  EXPECT_FALSE(rules(cluster(scaled)).contains("image-tag-missing"));
}

TEST(Scan, ReadsTheFilesInConfigMaps) {
  const auto told = [](const std::string& line) {
    return rules("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  file: |\n    # a file\n    " + line + "\n").contains("credential-in-config-map");
  };
  for (const char* line : {"requirepass 5241590000000000", "password = correcthorse", "export HF_TOKEN=abcdefghij", "\"password\": \"correcthorse\",", "db_password: correcthorse"})
    EXPECT_TRUE(told(line)) << line;
  for (const char* line : {"max_tokens: 4096", "token = get_token()", "password: ${PASSWORD}", "pad_token: <pad>", "the token is kept elsewhere", "password:"}) EXPECT_FALSE(told(line)) << line;
}

TEST(Scan, SearchesJobTextsThatAreNoYaml) {
  EXPECT_TRUE(rules(job("  runtimeEnvYAML: |\n    env_vars: {HF_TOKEN: abcdefghij\n    HF_TOKEN: abcdefghij\n")).contains("credential-in-job"));
  EXPECT_TRUE(rules(job("  runtimeEnvYAML: |\n    env_vars: {A: b}\n    env_vars: {HF_TOKEN: abcdefghij}\n")).contains("credential-in-job"));
}

TEST(Scan, FollowsIngressesOfOldVersionsAndServicesByAnyLabel) {
  const std::string old = "---\napiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: i, namespace: team}\nspec: {backend: {serviceName: demo-head-svc, servicePort: ";
  EXPECT_TRUE(rules(cluster() + old + "8265}}\n").contains("ray-ingress-without-auth"));
  EXPECT_TRUE(rules(cluster() + old + "client}}\n").contains("ray-ingress-exposes-gcs-or-client"));
  const std::string own = kService + "spec: {selector: {app.kubernetes.io/name: kuberay}, ports: [{port: 80, targetPort: 8265}]}\n" + kIngress +
                          "spec: {defaultBackend: {service: {name: s, port: {number: 80}}}}\n";
  EXPECT_TRUE(rules(cluster() + own).contains("ray-ingress-without-auth"));
  EXPECT_FALSE(rules(own).contains("ray-ingress-without-auth"));
}

TEST(Scan, CreditsAnIngressWithWhatItsControllerReads) {
  const auto open = [](const std::string& name, const std::string& annotations) {
    return rules(cluster() + kIngress + "  annotations: {" + annotations + "}\nspec:\n  ingressClassName: " + name + "\n" + kToDashboard).contains("ray-ingress-without-auth");
  };
  const std::string basic = "nginx.ingress.kubernetes.io/auth-secret: s, nginx.ingress.kubernetes.io/auth-type: ";
  EXPECT_FALSE(open("nginx", basic + "basic"));
  EXPECT_TRUE(open("nginx", basic + "none"));
  EXPECT_TRUE(open("alb", basic + "basic"));
  EXPECT_FALSE(open("alb", "alb.ingress.kubernetes.io/auth-type: oidc"));
  EXPECT_TRUE(open("alb", "alb.ingress.kubernetes.io/auth-type: none"));
  EXPECT_FALSE(open("nginx", "nginx.ingress.kubernetes.io/auth-tls-secret: a/b"));
  EXPECT_TRUE(open("nginx", "nginx.ingress.kubernetes.io/auth-tls-secret: a/b, nginx.ingress.kubernetes.io/auth-tls-verify-client: 'off'"));
}

TEST(Scan, KnowsWhatTheOperatorDoesNotHeed) {
  const std::string token = cluster("  authOptions: {mode: token}\n"), encrypted = cluster("  tlsOptions: {enabled: true}\n");
  Settings old;
  old.kuberay_version = "v1.5.0";
  EXPECT_TRUE(rules(token, old).contains("ray-field-too-new"));
  EXPECT_TRUE(rules(token, old).contains("ray-auth-missing"));
  EXPECT_FALSE(rules(token).contains("ray-field-too-new"));
  EXPECT_TRUE(rules(encrypted, old).contains("ray-tls-missing"));
  EXPECT_TRUE(rules(cluster("  networkPolicy: {mode: DenyAll}\n"), old).contains("network-policy-missing"));
  EXPECT_TRUE(rules(encrypted).contains("ray-feature-gate-needed"));
  Settings gated;
  gated.feature_gates.insert("RayClusterMTLS");
  EXPECT_FALSE(rules(encrypted, gated).contains("ray-feature-gate-needed"));
}

TEST(Scan, LooksBehindReferencesForTheModeOfAuthentication) {
  const auto from = [](const std::string& variable) { return cluster("  authOptions: {mode: token}\n", "", kEnv + "          - {name: RAY_AUTH_MODE" + variable + "}\n"); };
  const auto map = [](const std::string& mode) { return "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: team}\ndata: {mode: " + mode + "}\n"; };
  const std::string reference = ", valueFrom: {configMapKeyRef: {name: c, key: mode}}";
  EXPECT_TRUE(rules(from("")).contains("ray-auth-disabled-by-env"));
  EXPECT_TRUE(rules(from(reference)).contains("ray-auth-disabled-by-env"));
  EXPECT_TRUE(rules(from(reference) + map("disabled")).contains("ray-auth-disabled-by-env"));
  EXPECT_FALSE(rules(from(reference) + map("token")).contains("ray-auth-disabled-by-env"));
  EXPECT_TRUE(rules("apiVersion: ray.io/v1\nkind: RayCluster\nmetadata: {name: d, namespace: t}\nspec: {headGroupSpec: {template: {spec: {containers: []}}}}\n").contains("ray-auth-missing"));
  EXPECT_TRUE(rules(cluster("", "", kEnv + "          - {name: RAY_ENABLE_K8S_TOKEN_AUTH, value: 'true'}\n")).contains("ray-auth-kubernetes-token"));
}

TEST(Scan, GoesByTheLastOfSeveralVariables) {
  EXPECT_TRUE(rules(cluster("", "", kEnv + "          - {name: RAY_AUTH_MODE, value: token}\n          - {name: RAY_AUTH_MODE, value: disabled}\n")).contains("ray-auth-disabled-by-env"));
}

TEST(Scan, LeavesTheTokenThatKubernetesAuthenticationNeeds) {
  EXPECT_FALSE(rules(cluster("  authOptions: {mode: token, enableK8sTokenAuth: true}\n")).contains("service-account-token-mounted"));
  const std::string by_hand = "          - {name: RAY_ENABLE_K8S_TOKEN_AUTH, value: 'true'}\n";
  EXPECT_FALSE(rules("apiVersion: ray.io/v1\nkind: RayCluster\nmetadata: {name: d, namespace: t}\nspec:\n  headGroupSpec:\n    template:\n      spec:\n        containers:\n        - name: h\n" + kEnv + by_hand).contains("service-account-token-mounted"));
  EXPECT_TRUE(rules(cluster("  authOptions: {mode: token}\n")).contains("service-account-token-mounted"));
}

TEST(Scan, RunsOnlyTheRulesOfAProfile) {
  Settings settings;
  settings.profile = Profile::kPssRestricted;
  for (const std::string& rule : rules(cluster(), settings)) EXPECT_TRUE(rule.starts_with("pod-")) << rule;
}

TEST(Rules, SayEverythingAboutThemselves) {
  std::set<std::string_view> ids;
  for (const report::Rule* rule : all_rules()) {
    EXPECT_TRUE(ids.insert(rule->id).second) << rule->id;
    for (const std::string_view part : {rule->title, rule->why, rule->fix, rule->bad, rule->good, rule->sources}) EXPECT_FALSE(part.empty()) << rule->id;
  }
  EXPECT_GT(ids.size(), 80U);
}

TEST(Settings, RefusesUnknownKeysAndRules) {
  EXPECT_TRUE(read_settings("scan: {registries: [a], rules: {image-not-pinned: off, ray-tls-missing: high}}", "c").errors.empty());
  EXPECT_NE(read_settings("scan: {registeries: [a]}", "c").errors.at(0).text().find("did you mean \"registries\""), std::string::npos);
  EXPECT_NE(read_settings("scan: {rules: {image-not-pined: off}}", "c").errors.at(0).text().find("did you mean \"image-not-pinned\""), std::string::npos);
  EXPECT_FALSE(read_settings("scan: {kubernetesVersion: '2.0'}", "c").errors.empty());
  EXPECT_FALSE(read_settings("scan: {kuberayVersion: banana}", "c").errors.empty());
  EXPECT_FALSE(read_settings("scan: {kuberayFeatureGates: [RayClusterTLS]}", "c").errors.empty());
  EXPECT_TRUE(read_settings("scan: {kuberayFeatureGates: [RayClusterMTLS]}", "c").settings.feature_gates.contains("RayClusterMTLS"));
}

TEST(ImageName, IsReadAsTheRuntimeDoes) {
  EXPECT_EQ(read_image("nginx").repository, "library/nginx");
  EXPECT_EQ(read_image("localhost:5000/a/b:1@sha256:x").registry, "localhost:5000");
  EXPECT_EQ(read_image("localhost:5000/a/b:1@sha256:x").tag, "1");
  EXPECT_EQ(ray_version_of(read_image("rayproject/ray-ml:2.9.0-gpu"))->text(), "2.9.0");
  EXPECT_FALSE(ray_version_of(read_image("registry.example/my-ray:1.0.3")));
  EXPECT_FALSE(ray_version_of(read_image("nginx:1.27.0")));
}

TEST(Secrets, AreTakenOutOfSentences) {
  EXPECT_EQ(without_secrets("RAY_TLS_SERVER_KEY is -----BEGIN RSA PRIVATE KEY-----\nMIIabc"), "RAY_TLS_SERVER_KEY is -----B... (38 characters)");
  EXPECT_EQ(without_secrets("from https://user:s3cretword@host/x"), "from https://user:... (10 characters)@host/x");
  EXPECT_EQ(without_secrets("key LTAI5tBcDeFgHiJkLmNoPqRs and LTAI5tZcDeFgHiJkLmNoPqRs").find("BcDeFgHiJk"), std::string::npos);
  EXPECT_EQ(without_secrets("docker.io/rayproject/ray:2.60.0 can be moved"), "docker.io/rayproject/ray:2.60.0 can be moved");
}

TEST(Secrets, AreTakenOutOfSentencesOnceEach) {
  EXPECT_EQ(without_secrets("x/AccountKey=abcdefghijklmnopqrstuv;y"), "x/AccountKey=abcdef... (22 characters);y");
  EXPECT_EQ(without_secrets("a;Password=q7w8e9r0t1y2u3i4o5;b;Pwd=q7w8e9r0;"), "a;Password=q7w8e9... (18 characters);b;Pwd=... (8 characters);");
  EXPECT_EQ(without_secrets("https://u:s3cretword@h and LTAI5tBcDeFgHiJkLmNoPqRs"), "https://u:... (10 characters)@h and LTAI5t... (24 characters)");
}

// Made up: a beginning, and as many characters as the provider's keys have.
TEST(Secrets, AreKnownByTheFormsOfManyProviders) {
  const auto some = [](std::size_t count) {
    std::string out;
    while (out.size() < count) out += "a1B2c3D4e5F6g7H8i9J0";
    return out.substr(0, count);
  };
  const std::string keys[] = {"nvapi-" + some(64), "gsk_" + some(52), "r8_" + some(37), "AKID" + some(32), "AKLT" + some(44), "GOCSPX-" + some(28), "dckr_pat_" + some(27), "sk_live_" + some(24), "rk_live_" + some(24),
                              "SG." + some(22) + "." + some(43), "glsa_" + some(32) + "_" + some(8), "dop_v1_" + some(64), "sk-" + some(48)};
  for (const std::string& key : keys) {
    const auto found = find_secret("value " + key + " end");
    ASSERT_TRUE(found) << key;
    EXPECT_NE(found->redacted.find("(" + std::to_string(key.size()) + " characters)"), std::string::npos) << key << ": " << found->redacted;
    EXPECT_FALSE(find_secret(key.substr(0, 10))) << key;
  }
}

TEST(Secrets, HideTheLinesThatHoldThem) {
  for (const char* line : {"- {name: HF_TOKEN, value: abcdefgh}", "  password: correcthorse", "password=correcthorse", "x: LTAI5tBcDeFgHiJkLmNoPqRs", "{\"token\": \"abcdefgh\"}"})
    EXPECT_TRUE(shows_secret(line)) << line;
  for (const char* line : {"automountServiceAccountToken: false", "- name: HF_TOKEN", "secretKeyRef: {name: oss, key: token}", "image: rayproject/ray:2.60.0", "token: $(HF_TOKEN)"})
    EXPECT_FALSE(shows_secret(line)) << line;
}

TEST(Secrets, AreNotCountsOfTokens) {
  EXPECT_TRUE(is_placeholder("4096"));
  EXPECT_TRUE(is_placeholder("True"));
  EXPECT_FALSE(is_placeholder("5241590000000000"));
}

TEST(Secrets, AreKnownByTheirForm) {
  EXPECT_TRUE(find_secret("x LTAI4FoobarBaz12 y"));
  EXPECT_FALSE(find_secret("LTAIxxxxxxxxxxxxxxxxxxxx"));
  EXPECT_TRUE(find_secret("STS.NTq2x8Zv7LmPwK4rB9cDeF"));
  EXPECT_TRUE(find_secret("redis://user:s3cretword@redis:6379"));
  EXPECT_FALSE(find_secret("redis://user:$PASSWORD@redis:6379"));
  EXPECT_TRUE(find_secret("-----BEGIN RSA PRIVATE KEY-----\nMII"));
  EXPECT_FALSE(find_secret("AKIAIOSFODNN7EXAMPLE"));
}

}  // namespace

std::vector<Case> scan_cases() { return {std::begin(kCases), std::end(kCases)}; }

}  // namespace raykeep::checks
