// SPDX-License-Identifier: Apache-2.0
// Quotas that share: who is promised how much of a cluster (min), how far one may go (max), who lends to whom. One form
// for ACK's ElasticQuotaTree, Koordinator, the ElasticQuota of scheduler-plugins, Kueue and ResourceQuota.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "kube/manifests.h"
#include "kube/resources.h"

namespace raykeep::quota {

using kube::Amounts;

enum class Dialect : std::uint8_t {
  kElasticQuotaTree,   // scheduling.sigs.k8s.io/v1beta1, one object with the whole tree
  kKoordinator,        // scheduling.sigs.k8s.io/v1alpha1 ElasticQuota, joined by the labels of quota.scheduling.koordinator.sh
  kSchedulerPlugins,   // scheduling.x-k8s.io/v1alpha1 ElasticQuota, one a namespace
  kKueue,              // kueue.x-k8s.io ClusterQueue, Cohort, LocalQueue
  kResourceQuota,      // v1
};
inline constexpr Dialect kDialects[] = {Dialect::kElasticQuotaTree, Dialect::kKoordinator, Dialect::kSchedulerPlugins, Dialect::kKueue, Dialect::kResourceQuota};
// "elastic-quota-tree", "koordinator", "scheduler-plugins", "kueue", "resource-quota".
std::string_view dialect_name(Dialect dialect);
std::optional<Dialect> parse_dialect(std::string_view name);

// Whose pods may be evicted for a pod that its own quota promises room to.
enum class Reclaim : std::uint8_t { kNever, kLowerPriority, kAny };
// Which pods of the same quota give way to one that is above its min.
enum class GiveWay : std::uint8_t { kNever, kLowerPriority, kLowerPriorityOrNewer };

// Quotas further down are not read.
inline constexpr std::size_t kDeepest = 50;
inline constexpr std::size_t kNoParent = static_cast<std::size_t>(-1);

struct Quota {
  std::string name;
  Amounts min;    // promised; a resource that is not there: nothing
  Amounts max;    // never more than this; a resource that is not there: no limit
  Amounts lends;  // of its min, how much others may use while it does not; a resource that is not there: all
  // A resource that neither min nor max names is not to be had at all, rather than without limit.
  bool closed = false;
  std::vector<std::string> namespaces;  // whose pods count here; of leaves alone
  Reclaim reclaim = Reclaim::kAny;
  GiveWay give_way = GiveWay::kLowerPriority;
  std::size_t parent = kNoParent;
  std::vector<std::size_t> children;
  const kube::Object* object = nullptr;     // null for a root that no object writes
  const document::Node* written = nullptr;  // the mapping that holds its min and max; null likewise
};

// What its dialect says and this form does not.
struct Loss {
  std::string quota;
  std::string what;  // a sentence
};

struct Tree {
  Dialect dialect = Dialect::kElasticQuotaTree;
  std::vector<Quota> quotas;  // the root first, parents before their children
  std::vector<Loss> losses;

  const Quota& root() const { return quotas.front(); }
  bool is_leaf(std::size_t index) const { return index != 0 && quotas[index].children.empty(); }
  std::size_t add(Quota quota, std::size_t parent);
  // How many quotas stand above it.
  std::size_t depth(std::size_t index) const;
  // Its min and what stands below it, resource by resource: the sum over the children.
  Amounts sum_of_mins(std::size_t index) const;
  // Every resource that a quota or one below it promises or bounds.
  std::set<std::string> resources_below(std::size_t index) const;
  // The max that holds it: its own, or that of the nearest quota above that has one.
  std::optional<kube::Quantity> nearest_max(std::size_t index, std::string_view resource) const;
};

// Every tree of the manifests: one for each ElasticQuotaTree object, and one for all objects of each other dialect.
// Amounts that are no quantities, unknown parents and circles are left out; `scan` reports them.
std::vector<Tree> read_trees(const kube::Manifests& manifests);

// "quota.scheduling.koordinator.sh/..." and other names that the dialects give their labels.
inline constexpr std::string_view kKoordinatorPrefix = "quota.scheduling.koordinator.sh/";
inline constexpr std::string_view kKoordinatorParent = "quota.scheduling.koordinator.sh/parent";
inline constexpr std::string_view kKoordinatorIsParent = "quota.scheduling.koordinator.sh/is-parent";
inline constexpr std::string_view kKoordinatorTreeId = "quota.scheduling.koordinator.sh/tree-id";
inline constexpr std::string_view kKoordinatorIsRoot = "quota.scheduling.koordinator.sh/is-root";
inline constexpr std::string_view kKoordinatorForceUpdate = "quota.scheduling.koordinator.sh/allow-force-update";
inline constexpr std::string_view kKoordinatorNamespaces = "quota.scheduling.koordinator.sh/namespaces";
inline constexpr std::string_view kKoordinatorAllowLent = "quota.scheduling.koordinator.sh/allow-lent-resource";
inline constexpr std::string_view kKoordinatorSharedWeight = "quota.scheduling.koordinator.sh/shared-weight";
inline constexpr std::string_view kKoordinatorRoot = "koordinator-root-quota";
inline constexpr std::string_view kQuotaLabel = "quota.scheduling.alibabacloud.com/name";
inline constexpr std::string_view kKueueQueueLabel = "kueue.x-k8s.io/queue-name";
inline constexpr std::string_view kMaxJobs = "kube-queue/max-jobs";

// Which of the names are in a circle, given the parent of each that has one.
std::set<std::string_view> names_in_circles(const std::map<std::string_view, std::string_view>& parents);

// Whether an ElasticQuota is Koordinator's rather than that of scheduler-plugins, which once had the same group.
bool is_koordinator(const kube::Object& object);
bool is_elastic_quota(const kube::Object& object);
// The cohort of a ClusterQueue (spec.cohortName, before v1beta2 spec.cohort), the parent of a Cohort (spec.parentName,
// spec.parent); empty for none.
std::string_view cohort_of(const kube::Object& object);

// "500m", "16Gi" where the resource is one of bytes.
std::string amount_text(const kube::Quantity& amount, std::string_view resource);
// A mapping of resources to quantities; what is no quantity is left out.
Amounts read_amounts(const document::Node* mapping);
document::Node write_amounts(const Amounts& amounts);

}  // namespace raykeep::quota
