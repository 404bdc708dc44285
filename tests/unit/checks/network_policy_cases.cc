// SPDX-License-Identifier: Apache-2.0
// Whom NetworkPolicies let in, whatever way they say it.
#include "unit/checks/rule_case.h"

namespace raykeep::checks {
namespace {

const char* const kAll = "network-policy-admits-everyone";
const char* const kNamespace = "network-policy-admits-namespace";
const char* const kOthers = "network-policy-not-scoped";
const char* const kOperator = "network-policy-no-operator";
const char* const kMetadata = "network-policy-metadata-reachable";
const std::string kOwn = "{podSelector: {matchLabels: {ray.io/cluster: demo}}}";

std::string ray(const std::string& params = "", const std::string& ports = "") {
  return "apiVersion: ray.io/v1\nkind: RayCluster\nmetadata: {name: demo, namespace: team}\nspec: {headGroupSpec: {rayStartParams: {" + params +
         "}, template: {spec: {containers: [{name: h, image: 'rayproject/ray:2.56.0', ports: [" + ports + "]}]}}}}\n";
}
std::string policy(const std::string& spec) { return "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: team}\nspec: {podSelector: {}, " + spec + "}\n"; }
std::string admitting(const std::string& peer, const std::string& ports = "") { return policy("ingress: [{from: [" + peer + "]" + (ports.empty() ? "" : ", ports: [" + ports + "]") + "}]"); }
std::string pods(const std::string& expression) { return "{podSelector: {matchExpressions: [{" + expression + "}]}}"; }
std::string service(const std::string& peer) {
  return "apiVersion: ray.io/v1\nkind: RayService\nmetadata: {name: s, namespace: team}\nspec: {serveConfigV2: 'applications: []', rayClusterConfig: {headGroupSpec: {template: {spec: {containers: [{name: h}]}}}}}\n" +
         admitting(peer);
}

}  // namespace

std::vector<Case> network_policy_cases() {
  return {
      {kAll, ray() + admitting("{ipBlock: {cidr: '::/0'}}"), ray() + admitting("{ipBlock: {cidr: '2001:db8::/32'}}")},
      {kAll, ray() + admitting("{ipBlock: {cidr: 10.0.0.0/0}}"), ray() + admitting("{ipBlock: {cidr: 10.0.0.0/8}}")},
      {kAll, ray() + admitting("{ipBlock: {cidr: 128.0.0.0/1}}"), ray() + admitting("{ipBlock: {cidr: 172.16.0.0/12}}")},
      {kAll, ray() + admitting("{namespaceSelector: {matchExpressions: [{key: team, operator: NotIn, values: [b]}]}}"), ray() + admitting("{namespaceSelector: {matchExpressions: [{key: team, operator: In, values: [b]}]}}")},
      {kNamespace, ray() + admitting(pods("key: app, operator: NotIn, values: [web]")), ray() + admitting(pods("key: app, operator: In, values: [web]"))},
      {kNamespace, ray() + admitting(pods("key: app, operator: DoesNotExist")), ray() + admitting(pods("key: app, operator: Exists"))},
      {kOthers, ray() + admitting(pods("key: ray.io/cluster, operator: Exists")), ray() + admitting(pods("key: ray.io/cluster, operator: In, values: [demo]"))},
      {kOthers, ray() + admitting("{podSelector: {matchLabels: {ray.io/is-ray-node: 'yes'}}}"), ray() + admitting("{podSelector: {matchLabels: {ray.io/is-ray-node: 'yes', ray.io/cluster: demo}}}")},
      // Every door counts, by its number, its range or its name.
      {kNamespace, ray() + admitting("{podSelector: {}}", "{port: 52365}"), ray() + admitting("{podSelector: {}}", "{port: 8000}")},
      {kNamespace, ray("port: '7379'") + admitting("{podSelector: {}}", "{port: 7379}"), ray("port: '7379'") + admitting("{podSelector: {}}", "{port: 6379}")},
      {kNamespace, ray("", "{containerPort: 8265, name: web}") + admitting("{podSelector: {}}", "{port: web}"), ray("", "{containerPort: 8000, name: web}") + admitting("{podSelector: {}}", "{port: web}")},
      {kNamespace, ray() + admitting("{podSelector: {}}", "{port: 6000, endPort: 7000}"), ray() + admitting("{podSelector: {}}", "{port: 8000, endPort: 8100}")},
      // The operator is not just anybody.
      {kOperator, service(kOwn + ", {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}}"), service(kOwn + ", {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kuberay-system}}}")},
      {kOperator, service(kOwn + ", {namespaceSelector: {}, podSelector: {matchLabels: {app: prometheus}}}"),
       service(kOwn + ", {namespaceSelector: {}, podSelector: {matchLabels: {app.kubernetes.io/name: kuberay-operator}}}")},
      {kMetadata, ray() + policy("ingress: []"), ray() + policy("policyTypes: [Ingress, Egress], egress: [{to: [" + kOwn + "]}]")},
  };
}

}  // namespace raykeep::checks
