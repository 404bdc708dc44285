// SPDX-License-Identifier: Apache-2.0
#include "tenant/accounts.h"

#include <fmt/format.h>
#include <map>

#include "core/suggest.h"
#include "kube/workload.h"
#include "ray/build_node.h"
#include "ray/kuberay_names.h"

namespace raykeep::tenant {
namespace {

using document::Node;
using ray::list;
using ray::object;
using ray::text;

constexpr std::string_view kRbac = "rbac.authorization.k8s.io";
constexpr std::string_view kRbacVersion = "rbac.authorization.k8s.io/v1";
constexpr std::string_view kDefault = "default";

struct Account {
  const ray::Expansion* owner = nullptr;  // null for "default"
  bool scales = false;                    // of the head of a cluster that scales itself
  bool others = false;                    // of pods that are no such head
};

class Builder {
 public:
  explicit Builder(const Spec& spec) : spec_(spec) { accounts_.emplace(kDefault, Account()); }

  Accounts run(const std::deque<ray::Expansion>& expansions) {
    for (const ray::Expansion& expansion : expansions) {
      for (const ray::PodGroup& group : expansion.pods) add(expansion, group);
    }
    check();
    for (const auto& [name, account] : accounts_) make(name, account);
    for (const auto& [name, account] : accounts_) {
      if (account.scales && account.owner->source->kind == "RayCluster") make_role(account.owner->cluster_name, name);
    }
    return std::move(out_);
  }

 private:
  void reject(const kube::Object& at, const std::string& message) { out_.errors.emplace_back(kBadTenant, at.title() + ": " + message, at.at(*at.root)); }

  void add(const ray::Expansion& expansion, const ray::PodGroup& group) {
    const kube::PodTemplate pod = kube::pod_template(*group.pod);
    if (!pod) return;
    const std::string_view name = kube::string_at(*pod.spec, {"serviceAccountName"});
    const bool scales = expansion.autoscaling && group.role == ray::PodRole::kHead;
    // Of clusters that jobs and services make, the operator names the head's account as it goes.
    const bool named_later = scales && expansion.source->kind != "RayCluster" && name == expansion.cluster_name;
    if (name.empty() || name == kDefault || named_later) return;
    Account& account = accounts_[std::string(name)];
    if (account.owner != nullptr && account.owner != &expansion)
      reject(*expansion.source, fmt::format("its pods share ServiceAccount {} with {}; give each its own", name, account.owner->source->title()));
    account.owner = &expansion;
    (scales ? account.scales : account.others) = true;
  }

  void check() {
    std::vector<std::string_view> names;
    for (const auto& [name, account] : accounts_) {
      names.push_back(name);
      if (account.scales && account.others)
        reject(*account.owner->source, fmt::format("other pods of it share ServiceAccount {} with the autoscaler, and with it the right to start pods; give them their own", name));
    }
    for (const RamRole& role : spec_.ram_roles) {
      if (accounts_.contains(role.account)) continue;
      const auto meant = suggest(role.account, names);
      out_.errors.emplace_back(kBadTenant, fmt::format("tenant.ramRoles: no pod of the manifests has ServiceAccount {}{}", role.account, meant ? "; did you mean " + *meant + "?" : ""));
    }
  }

  Node metadata(std::string_view name) const { return object({{"name", text(name)}, {"namespace", text(spec_.name)}}); }

  void make(const std::string& name, const Account& account) {
    Node meta = metadata(name);
    for (const RamRole& role : spec_.ram_roles) {
      if (role.account == name) meta.set("annotations", object({{"pod-identity.alibabacloud.com/role-name", text(role.role)}}));
    }
    Node made = object({{"apiVersion", text("v1")}, {"kind", text("ServiceAccount")}, {"metadata", std::move(meta)}});
    if (!account.scales) made.set("automountServiceAccountToken", Node::boolean(false));
    const std::string remark = name == kDefault ? "Pods that name no account have this one, and no token."
                               : account.scales ? fmt::format("The head of {}, whose autoscaler asks the API server.", account.owner->source->title())
                                                : fmt::format("Pods of {}, without a token.", account.owner->source->title());
    out_.objects.push_back({remark, std::move(made)});
  }

  static Node rule(std::string_view group, std::string_view resource, std::initializer_list<Node> verbs) {
    return object({{"apiGroups", list({text(group)})}, {"resources", list({text(resource)})}, {"verbs", Node::sequence(verbs)}});
  }

  void make_role(const std::string& cluster, const std::string& account) {
    const std::string name = ray::clipped_name(cluster);
    Node own = rule("ray.io", "rayclusters", {text("get"), text("patch")});
    own.set("resourceNames", list({text(cluster)}));
    out_.objects.push_back({fmt::format("The autoscaler of {} sees pods and sizes its own cluster. The operator would let it size every one.", cluster),
                            object({{"apiVersion", text(kRbacVersion)}, {"kind", text("Role")}, {"metadata", metadata(name)},
                                    {"rules", list({rule("", "pods", {text("get"), text("list"), text("watch")}), std::move(own)})}})});
    out_.objects.push_back({"Its head.",
                            object({{"apiVersion", text(kRbacVersion)}, {"kind", text("RoleBinding")}, {"metadata", metadata(name)},
                                    {"roleRef", object({{"apiGroup", text(kRbac)}, {"kind", text("Role")}, {"name", text(name)}})},
                                    {"subjects", list({object({{"kind", text("ServiceAccount")}, {"name", text(account)}, {"namespace", text(spec_.name)}})})}})});
  }

  const Spec& spec_;
  std::map<std::string, Account, std::less<>> accounts_;
  Accounts out_;
};

}  // namespace

Accounts make_accounts(const Spec& spec, const std::deque<ray::Expansion>& expansions) { return Builder(spec).run(expansions); }

}  // namespace raykeep::tenant
