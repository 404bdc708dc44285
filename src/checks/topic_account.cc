// SPDX-License-Identifier: Apache-2.0
// ServiceAccounts, their tokens and rights, and cloud identities (RRSA).
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>
#include <set>

#include "checks/rbac_power.h"
#include "checks/topics.h"

namespace raykeep::checks {
namespace {

using report::Fix;
using report::Rule;
using report::Severity;

constexpr Rule kDefaultAccount{"service-account-default", Severity::kMedium, "17", "Ray pods use the default ServiceAccount",
                               "Every right that anybody gives this account, the code on the cluster has too.", "Give each cluster its own serviceAccountName.", "spec: {containers: []}",
                               "spec: {serviceAccountName: demo, containers: []}", "Kubernetes, Service Accounts"};
constexpr Rule kSharedAccount{"service-account-shared", Severity::kMedium, "17", "Two workloads share a ServiceAccount",
                              "Code on one cluster acts with the rights that the other needs.", "Give each cluster its own account.", "serviceAccountName: ray",
                              "serviceAccountName: demo", "Kubernetes, Service Accounts"};
constexpr Rule kToken{"service-account-token-mounted", Severity::kMedium, "18", "A Ray pod holds a Kubernetes token",
                      "Every job can read it and use the account's rights. Only the autoscaler needs one, in the head pod.", "Set automountServiceAccountToken: false.",
                      "spec: {}", "spec: {automountServiceAccountToken: false}", "Kubernetes, automountServiceAccountToken (default true)"};
constexpr Rule kRights{"rbac-excessive-rights", Severity::kHigh, "17,24", "Code on a Ray cluster has rights that lead to more",
                       "Reading Secrets, making or entering pods, wildcards, escalate, bind and impersonate each lead to the whole namespace or cluster.",
                       "Leave the account the verbs and names that it needs.", "resources: [\"*\"], verbs: [\"*\"]", "resources: [configmaps], resourceNames: [demo], verbs: [get]",
                       "Kubernetes, RBAC Good Practices"};
constexpr Rule kAutoscalerRole{"rbac-autoscaler-namespace-wide", Severity::kLow, "17", "The autoscaler's role reaches every RayCluster of the namespace",
                               "KubeRay lets the head patch every pod and RayCluster of its namespace, and a patched RayCluster starts any pod.",
                               "Make a Role and RoleBinding of the cluster's name beforehand, with resourceNames; the operator then keeps them (raykeep tenant writes them).", "enableInTreeAutoscaling: true",
                               "kind: Role\nmetadata: {name: demo}  # the RayCluster's\nrules: [{apiGroups: [ray.io], resources: [rayclusters], resourceNames: [demo], verbs: [get, patch]}]", "ray-operator common/rbac.go BuildRole"};
constexpr Rule kAnonymous{"rbac-everybody-bound", Severity::kCritical, "17", "A binding gives rights to everybody",
                          "system:anonymous and system:unauthenticated are callers without a name; system:masters cannot be limited.", "Bind named groups.",
                          "subjects: [{kind: Group, name: system:unauthenticated}]", "subjects: [{kind: Group, name: team-a}]", "Kubernetes, RBAC Good Practices"};
constexpr Rule kPortForward{"rbac-port-forward", Severity::kMedium, "7,17", "A role allows to enter Ray pods past every door",
                            "pods/portforward, pods/exec, pods/attach, pods/ephemeralcontainers and the proxy of pods, services and nodes reach Ray's ports or its shell without any policy or record of what is done.",
                            "Leave them to administrators; give people a gateway.", "resources: [pods/portforward], verbs: [create]", "resources: [pods], verbs: [get]",
                            "Kubernetes, RBAC Good Practices"};
constexpr Rule kInjectionOff{"rrsa-injection-off", Severity::kMedium, "22", "An account has a RAM role that is never handed out",
                             "The add-on injects it only where the namespace or pod has the label pod-identity.alibabacloud.com/injection: \"on\".",
                             "Label the namespace.", "kind: Namespace\nmetadata: {name: team-a}", "metadata:\n  labels: {pod-identity.alibabacloud.com/injection: \"on\"}",
                             "ACK, ack-pod-identity-webhook"};
constexpr Rule kWrongAnnotation{"rrsa-wrong-annotation", Severity::kMedium, "22", "An annotation of RRSA is not one that ACK knows",
                                "ACK reads pod-identity.alibabacloud.com/role-name with the name of the role; anything else is passed over without a word.",
                                "Use role-name with the role's name.", "pod-identity.alibabacloud.com/role-arn: acs:ram::1:role/x", "pod-identity.alibabacloud.com/role-name: x",
                                "ACK, ack-pod-identity-webhook"};
constexpr Rule kStaticKeys{"rrsa-static-keys-win", Severity::kHigh, "22,23", "Static keys hide the RAM role",
                           "The SDKs take AccessKey variables before the role, so the keys are used and the role is not.", "Remove the AccessKey variables.",
                           "env: [{name: ALIBABA_CLOUD_ACCESS_KEY_ID}]", "env: []", "credentials-go providers/default.go"};
constexpr Rule kAudience{"rrsa-token-audience", Severity::kHigh, "22", "A token for STS has the wrong audience",
                         "STS takes a ServiceAccount token only with the audience sts.aliyuncs.com.", "Set audience: sts.aliyuncs.com.", "audience: sts-vpc.cn-hangzhou.aliyuncs.com",
                         "audience: sts.aliyuncs.com", "ACK, RRSA"};
constexpr std::array kRules{&kDefaultAccount, &kSharedAccount, &kToken, &kRights, &kAutoscalerRole, &kAnonymous, &kPortForward, &kInjectionOff, &kWrongAnnotation, &kStaticKeys, &kAudience};

bool mounts_token(const World& world, const Pod& pod) {
  const Node* own = pod.spec->find("automountServiceAccountToken");
  if (own != nullptr && own->is_boolean()) return *own->as_boolean();
  const kube::Object* account = world.find("", "ServiceAccount", pod.ns, pod.account);
  const Node* theirs = account == nullptr ? nullptr : account->find({"automountServiceAccountToken"});
  return theirs == nullptr || theirs->as_boolean().value_or(true);
}

// Tokens for the API server that come as a volume, whatever automountServiceAccountToken says. One with an audience is for
// somebody else.
void check_token_volumes(const World& world, const Pod& pod, Findings& findings) {
  const Node* volumes = pod.spec->find("volumes");
  if (volumes == nullptr) return;
  for (const Node& volume : volumes->items()) {
    const std::string inside = "volume " + std::string(kube::string_at(volume, {"name"}));
    const kube::Object* secret = world.find("", "Secret", pod.ns, kube::string_at(volume, {"secret", "secretName"}));
    if (secret != nullptr && kube::string_at(*secret->root, {"type"}) == "kubernetes.io/service-account-token")
      findings.add(kToken, pod, volume, inside, fmt::format("Secret {} is a token that never ends", secret->name));
    const Node* sources = volume.find_path({"projected", "sources"});
    if (sources == nullptr) continue;
    for (const Node& source : sources->items()) {
      const Node* token = source.find("serviceAccountToken");
      if (token != nullptr && kube::string_at(*token, {"audience"}).empty()) findings.add(kToken, pod, source, inside, "a token for the API server is projected");
    }
  }
}

void check_token(const World& world, const Pod& pod, Findings& findings) {
  const Node* named = pod.spec->find("serviceAccountName");
  if (pod.account == "default") findings.add(kDefaultAccount, pod, named == nullptr ? *pod.spec : *named, "", "serviceAccountName is not set");
  // With Kubernetes authentication, by authOptions or by hand, Ray asks the API server about its callers.
  const Node* container = pod.is_ray_node() ? ray_container(pod) : nullptr;
  const Node* mode = container == nullptr ? nullptr : literal_env(*container, "RAY_ENABLE_K8S_TOKEN_AUTH");
  const bool asks_api_server = mode != nullptr && (mode->text() == "true" || mode->text() == "1");
  const bool needs_token = pod.is_ray_node() && (asks_api_server || (pod.is_head() && pod.expansion->autoscaling));
  if (needs_token) return;
  check_token_volumes(world, pod, findings);
  if (!mounts_token(world, pod)) return;
  findings.add(kToken, pod, *pod.spec, "", "automountServiceAccountToken is not false", [&]() -> std::vector<Fix> {
    std::vector<std::string> path = path_to(*pod.written->root, *pod.spec);
    if (path.empty()) return {};
    path.emplace_back("automountServiceAccountToken");
    return {{Fix::Kind::kSet, std::move(path), Node::boolean(false)}};
  });
}

void check_sharing(const World& world, Findings& findings) {
  std::map<std::pair<std::string_view, std::string_view>, const Pod*> first;
  std::set<std::pair<std::string_view, const kube::Object*>> told;
  for (const Pod& pod : world.pods) {
    if (pod.account == "default") continue;
    const auto [known, fresh] = first.try_emplace({pod.ns, pod.account}, &pod);
    const Pod& other = *known->second;
    // Two files may hold the same object, for two clusters.
    if (fresh || !(pod.is_ray() || other.is_ray()) || other.written->title() == pod.written->title() || !told.emplace(pod.account, pod.written).second) continue;
    const Node* named = pod.spec->find("serviceAccountName");
    findings.add(kSharedAccount, pod, named == nullptr ? *pod.spec : *named, "", fmt::format("{} is also the account of {}", pod.account, other.written->title()));
  }
}

const Subject* role_of(const World& world, const kube::Object& binding) {
  const std::string_view kind = kube::string_at(*binding.root, {"roleRef", "kind"});
  const std::string_view name = kube::string_at(*binding.root, {"roleRef", "name"});
  const auto& all = world.of("rbac.authorization.k8s.io", kind);
  const auto found = std::find_if(all.begin(), all.end(), [&](const Subject& role) {
    return role.object->name == name && (kind == "ClusterRole" || role.object->effective_namespace() == binding.effective_namespace());
  });
  return found == all.end() ? nullptr : &*found;
}

// Whether a role is the one that the operator makes for the autoscaler of a pod's cluster, perhaps read back from there.
bool is_autoscaler_role(const kube::Object& role, const Pod& pod) {
  const Node* rules = role.find({"rules"});
  const auto& made = pod.expansion->objects;
  return rules != nullptr && std::any_of(made.begin(), made.end(), [&](const kube::Object& own) { return own.kind == "Role" && same_value(*own.find({"rules"}), *rules); });
}

// Ray pods by whom they are to the API server.
class RayAccounts {
 public:
  explicit RayAccounts(const World& world) {
    for (const Pod& pod : world.pods) {
      if (!pod.is_ray()) continue;
      accounts_.try_emplace({pod.ns, pod.account}, &pod);
      namespaces_.try_emplace(pod.ns, &pod);
      if (any_ == nullptr) any_ = &pod;
    }
  }

  // The first pod that a subject of a binding speaks of; null pointer when there is none.
  const Pod* pod_of(const kube::Object& binding, const Node& subject) const {
    constexpr std::string_view kNamespaceGroup = "system:serviceaccounts:";
    constexpr std::string_view kAccountUser = "system:serviceaccount:";
    const std::string_view kind = kube::string_at(subject, {"kind"});
    const std::string_view name = kube::string_at(subject, {"name"});
    const std::string_view written = kube::string_at(subject, {"namespace"});
    if (kind == "User" && name.starts_with(kAccountUser)) return of_user(name.substr(kAccountUser.size()));
    if (kind == "ServiceAccount") return find(accounts_, {written.empty() ? binding.effective_namespace() : written, name});
    if (kind != "Group") return nullptr;
    if (name == "system:serviceaccounts" || name == "system:authenticated") return any_;
    return name.starts_with(kNamespaceGroup) ? find(namespaces_, name.substr(kNamespaceGroup.size())) : nullptr;
  }

 private:
  // "team-a:demo", the end of the name that the API server gives an account as a user.
  const Pod* of_user(std::string_view name) const {
    const std::size_t colon = std::min(name.find(':'), name.size());
    return find(accounts_, {name.substr(0, colon), name.substr(std::min(colon + 1, name.size()))});
  }

  template <typename Key>
  static const Pod* find(const std::map<Key, const Pod*>& pods, const Key& key) {
    const auto found = pods.find(key);
    return found == pods.end() ? nullptr : found->second;
  }

  std::map<std::pair<std::string_view, std::string_view>, const Pod*> accounts_;  // by namespace and name
  std::map<std::string_view, const Pod*> namespaces_;
  const Pod* any_ = nullptr;
};

// The roles whose rules somebody bound to a role has: the role, and those that an aggregated ClusterRole gathers.
std::vector<const Subject*> with_aggregated(const World& world, const Subject& role) {
  std::vector<const Subject*> out{&role};
  const Node* selectors = role.object->find({"aggregationRule", "clusterRoleSelectors"});
  if (selectors == nullptr) return out;
  for (const Node& item : selectors->items()) {
    const auto selector = kube::read_selector(item);
    if (!selector) continue;
    for (const Subject& other : world.of("rbac.authorization.k8s.io", "ClusterRole")) {
      if (other.object != role.object && selector->matches(other.object->find({"metadata", "labels"}))) out.push_back(&other);
    }
  }
  return out;
}

// ClusterRoles that every API server has (Kubernetes, Using RBAC Authorization): those of people who administer, and of the
// cluster's own parts but for the few that only tell what is public.
bool is_strong_role(std::string_view name) {
  constexpr std::array<std::string_view, 7> kHarmless{"system:discovery", "system:basic-user", "system:public-info-viewer", "system:service-account-issuer-discovery", "system:auth-delegator",
                                                       "system:monitoring", "system:heapster"};
  if (name == "cluster-admin" || name == "admin" || name == "edit") return true;
  return name.starts_with("system:") && std::find(kHarmless.begin(), kHarmless.end(), name) == kHarmless.end();
}

void check_rules(const World& world, const Subject& binding, const Subject* role, const Node& who, const Pod& pod, Findings& findings) {
  const std::string_view name = kube::string_at(*binding.object->root, {"roleRef", "name"});
  if (role == nullptr && kube::string_at(*binding.object->root, {"roleRef", "kind"}) == "ClusterRole" && is_strong_role(name))
    return findings.add(kRights, binding, who, fmt::format("{} of {} gets the role {}", pod.account, pod.written->title(), name));
  if (role == nullptr) return;
  for (const Subject* source : with_aggregated(world, *role)) {
    const Node* rules = source->object->find({"rules"});
    if (rules == nullptr) continue;
    for (const Node& rule : rules->items()) {
      const std::string_view power = power_of(rule);
      if (!power.empty()) findings.add(kRights, *source, rule, fmt::format("code on {} may do this: {}", pod.written->title(), power));
    }
  }
}

// A rule of wildcards is an administrator's, and told as such where it is bound.
bool is_everything(const Node& rule) {
  const Node* resources = rule.find("resources");
  return resources != nullptr && std::any_of(resources->items().begin(), resources->items().end(), [](const Node& item) { return item.text() == "*"; });
}

void check_bindings(const World& world, Findings& findings) {
  const RayAccounts accounts(world);
  for (const char* kind : {"RoleBinding", "ClusterRoleBinding"}) {
    for (const Subject& binding : world.of("rbac.authorization.k8s.io", kind)) {
      const Node* subjects = binding.object->find({"subjects"});
      if (subjects == nullptr) continue;
      const Subject* role = role_of(world, *binding.object);
      for (const Node& who : subjects->items()) {
        const std::string_view name = kube::string_at(who, {"name"});
        if (name == "system:anonymous" || name == "system:unauthenticated" || name == "system:masters")
          findings.add(kAnonymous, binding, who, fmt::format("{} is bound", name));
        const Pod* pod = accounts.pod_of(*binding.object, who);
        if (pod == nullptr) continue;
        if (role != nullptr && is_autoscaler_role(*role->object, *pod)) findings.add(kAutoscalerRole, binding, *binding.object->root, "the head may patch every pod and RayCluster of the namespace");
        else check_rules(world, binding, role, who, *pod, findings);
      }
    }
  }
  for (const char* kind : {"Role", "ClusterRole"}) {
    for (const Subject& role : world.of("rbac.authorization.k8s.io", kind)) {
      const Node* rules = role.object->find({"rules"});
      if (rules == nullptr || role.expansion != nullptr) continue;
      for (const Node& rule : rules->items()) {
        for (const char* resource : {"pods/portforward", "pods/exec", "pods/attach", "pods/ephemeralcontainers", "services/proxy", "pods/proxy", "nodes/proxy"}) {
          if (!is_everything(rule) && names_resource(rule, resource)) findings.add(kPortForward, role, rule, fmt::format("{} is allowed", resource));
        }
      }
    }
  }
}

constexpr std::array<std::string_view, 4> kKeyNames{"ALIBABA_CLOUD_ACCESS_KEY_ID", "ALICLOUD_ACCESS_KEY", "ALIBABACLOUD_ACCESS_KEY_ID", "OSS_ACCESS_KEY_ID"};

// The same variables out of Secrets and ConfigMaps as a whole.
void check_keys_from(const World& world, const Pod& pod, const kube::Container& container, const kube::Object& account, Findings& findings) {
  const Node* sources = container.node->find("envFrom");
  if (sources == nullptr) return;
  for (const Node& source : sources->items()) {
    for (const auto& [field, kind] : {std::pair("secretRef", "Secret"), std::pair("configMapRef", "ConfigMap")}) {
      const kube::Object* object = world.find("", kind, pod.ns, kube::string_at(source, {field, "name"}));
      if (object == nullptr) continue;
      const std::string prefix(kube::string_at(source, {"prefix"}));
      for (const std::string_view name : kKeyNames) {
        if (!name.starts_with(prefix)) continue;
        const std::string_view key = name.substr(prefix.size());
        if (object->find({"data", key}) != nullptr || object->find({"stringData", key}) != nullptr)
          findings.add(kStaticKeys, pod, source, kube::title(container), fmt::format("{} of {} {} is used instead of the role of {}", name, kind, object->name, account.name));
      }
    }
  }
}

void check_rrsa_pod(const World& world, const Pod& pod, Findings& findings) {
  const kube::Object* account = world.find("", "ServiceAccount", pod.ns, pod.account);
  const bool has_role = account != nullptr && !kube::annotation(*account->root, "pod-identity.alibabacloud.com/role-name").empty();
  for (const kube::Container& container : pod.containers) {
    if (!has_role) break;
    for (const std::string_view name : kKeyNames) {
      const Node* entry = env_entry(*container.node, name);
      if (entry != nullptr) findings.add(kStaticKeys, pod, *entry, kube::title(container), fmt::format("{} is used instead of the role of {}", name, account->name));
    }
    check_keys_from(world, pod, container, *account, findings);
  }
  const Node* volumes = pod.spec->find("volumes");
  if (volumes == nullptr) return;
  for (const Node& volume : volumes->items()) {
    const Node* sources = volume.find_path({"projected", "sources"});
    if (sources == nullptr) continue;
    for (const Node& source : sources->items()) {
      const Node* audience = source.find_path({"serviceAccountToken", "audience"});
      if (audience != nullptr && audience->text() != "sts.aliyuncs.com" && audience->text().find("aliyuncs.com") != std::string_view::npos)
        findings.add(kAudience, pod, *audience, "volume " + std::string(kube::string_at(volume, {"name"})), fmt::format("the audience is {}", audience->text()));
    }
  }
}

// The accounts, by namespace and name, of pods that ask for the role themselves.
std::set<std::pair<std::string_view, std::string_view>> injected_accounts(const World& world) {
  std::set<std::pair<std::string_view, std::string_view>> out;
  for (const Pod& pod : world.pods) {
    if (pod.labels != nullptr && kube::string_at(*pod.labels, {"pod-identity.alibabacloud.com/injection"}) == "on") out.emplace(pod.ns, pod.account);
  }
  return out;
}

void check_rrsa(const World& world, Findings& findings) {
  if (world.settings.profile != Profile::kAck) return;
  const auto injected = injected_accounts(world);
  for (const Subject& subject : world.of("", "ServiceAccount")) {
    const Node* annotations = subject.object->find({"metadata", "annotations"});
    if (annotations == nullptr) continue;
    for (const document::Member& member : annotations->members()) {
      if (member.name().starts_with("pod-identity.alibabacloud.com/") && member.name() != "pod-identity.alibabacloud.com/role-name")
        findings.add(kWrongAnnotation, subject, member.value, fmt::format("{} is not read", member.name()));
    }
    const Node* role = annotations->find("pod-identity.alibabacloud.com/role-name");
    const kube::Object* ns = world.find("", "Namespace", "", subject.object->effective_namespace());
    if (role != nullptr && (role->text().empty() || role->text().find(':') != std::string_view::npos || role->text().find('/') != std::string_view::npos))
      findings.add(kWrongAnnotation, subject, *role, fmt::format("role-name is \"{}\", and not the name of a role", role->text()));
    if (role != nullptr && ns != nullptr && !injected.contains({subject.object->effective_namespace(), subject.object->name}) && kube::label(*ns->root, "pod-identity.alibabacloud.com/injection") != "on")
      findings.add(kInjectionOff, subject, *role, fmt::format("namespace {} has no label pod-identity.alibabacloud.com/injection: \"on\"", ns->name));
  }
}

void check_pod(const World& world, const Pod& pod, Findings& findings) {
  if (pod.is_ray()) check_token(world, pod, findings);
  if (world.settings.profile == Profile::kAck) check_rrsa_pod(world, pod, findings);
}

void check(const World& world, Findings& findings) {
  check_sharing(world, findings);
  check_bindings(world, findings);
  check_rrsa(world, findings);
}

}  // namespace

const Topic kAccountTopic{kRules, check, check_pod};

}  // namespace raykeep::checks
