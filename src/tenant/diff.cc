// SPDX-License-Identifier: Apache-2.0
#include "tenant/diff.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>
#include <set>

#include "document/json.h"
#include "kube/quantity.h"

namespace raykeep::tenant {
namespace {

using document::Node;
using kube::Object;

constexpr std::array<std::string_view, 6> kWritten{"NetworkPolicy", "ResourceQuota", "LimitRange", "ServiceAccount", "Role", "RoleBinding"};

std::string shown(const Node* node) {
  if (node == nullptr) return {};
  return node->is_mapping() || node->is_sequence() ? document::write_json(*node) : std::string(node->text());
}

// "500m" and "0.5", 4 and "4": the same to Kubernetes.
bool is_same_scalar(const Node& a, const Node& b) {
  if (a.text() == b.text()) return true;
  const auto left = kube::Quantity::from(a), right = kube::Quantity::from(b);
  return left && right && *left == *right;
}

class Comparison {
 public:
  Comparison(const Node& wanted, const Object& found, std::vector<Difference>& out) : object_(found), out_(out) {
    for (const document::Member& member : wanted.members()) {
      if (member.name() == "apiVersion" || member.name() == "kind") continue;
      const Node* there = found.root->find(member.name());
      if (member.name() == "metadata") compare_metadata(member.value, *found.root->find("metadata"));
      else if (there == nullptr) add(std::string(member.name()), &member.value, nullptr);
      else compare(std::string(member.name()), member.value, *there);
    }
    // A token, or rules, where there should be none. What else the API server adds of itself.
    for (const char* key : {"automountServiceAccountToken", "spec", "rules"}) {
      const Node* there = found.root->find(key);
      if (there != nullptr && wanted.find(key) == nullptr && found.kind != "Namespace") add(key, nullptr, there);
    }
  }

 private:
  void add(std::string path, const Node* wanted, const Node* found) {
    out_.push_back({Difference::Kind::kChanged, object_.title(), std::move(path), shown(wanted), shown(found), object_.at(found == nullptr ? *object_.root : *found)});
  }

  // Labels and annotations that others add are theirs.
  void compare_metadata(const Node& wanted, const Node& found) {
    for (const char* list : {"labels", "annotations"}) {
      const Node* own = wanted.find(list);
      if (own == nullptr) continue;
      for (const document::Member& member : own->members()) {
        const Node* there = found.find_path({list, member.name()});
        if (there == nullptr || there->text() != member.value.text()) add(fmt::format("metadata.{}[{}]", list, member.name()), &member.value, there);
      }
    }
  }

  void compare(const std::string& path, const Node& wanted, const Node& found) {
    if (wanted.is_mapping() && found.is_mapping()) return compare_members(path, wanted, found);
    if (wanted.is_sequence() && found.is_sequence() && wanted.items().size() == found.items().size()) {
      for (std::size_t i = 0; i < wanted.items().size(); ++i) compare(fmt::format("{}[{}]", path, i), wanted.items()[i], found.items()[i]);
      return;
    }
    const bool scalars = !wanted.is_mapping() && !wanted.is_sequence() && !found.is_mapping() && !found.is_sequence();
    if (!scalars || !is_same_scalar(wanted, found)) add(path, &wanted, &found);
  }

  void compare_members(const std::string& path, const Node& wanted, const Node& found) {
    for (const document::Member& member : wanted.members()) {
      const Node* there = found.find(member.name());
      if (there == nullptr) add(fmt::format("{}.{}", path, member.name()), &member.value, nullptr);
      else compare(fmt::format("{}.{}", path, member.name()), member.value, *there);
    }
    for (const document::Member& member : found.members()) {
      if (wanted.find(member.name()) == nullptr) add(fmt::format("{}.{}", path, member.name()), nullptr, &member.value);
    }
  }

  const Object& object_;
  std::vector<Difference>& out_;
};

std::string key_of(std::string_view kind, std::string_view name) { return std::string(kind) + "/" + std::string(name); }

// What the cluster itself puts into every namespace, and into one with the operator's clusters.
bool is_made_by_itself(const Object& object) {
  const Node* owners = object.find({"metadata", "ownerReferences"});
  return (object.kind == "ServiceAccount" && object.name == "default") || (owners != nullptr && !owners->items().empty());
}

}  // namespace

std::vector<Difference> differences(const Spec& spec, const Tenant& tenant, const kube::Manifests& found) {
  std::map<std::string, const Object*> there;
  for (const Object& object : found.objects()) {
    const bool own = object.kind == "Namespace" ? object.name == spec.name : object.effective_namespace() == spec.name;
    if (own) there.emplace(key_of(object.kind, object.name), &object);
  }
  std::vector<Difference> out;
  std::set<std::string> wanted;
  for (const Made& made : tenant.objects) {
    const std::string_view kind = made.object.find("kind")->text(), name = made.object.find_path({"metadata", "name"})->text();
    const std::string key = key_of(kind, name);
    wanted.insert(key);
    const auto at = there.find(key);
    if (at == there.end()) out.push_back({Difference::Kind::kMissing, fmt::format("{} {}", kind, kind == "Namespace" ? std::string(name) : spec.name + "/" + std::string(name)), {}, {}, {}, {}});
    else Comparison(made.object, *at->second, out);
  }
  for (const Object& object : found.objects()) {
    const bool written = std::find(kWritten.begin(), kWritten.end(), object.kind) != kWritten.end();
    if (written && object.effective_namespace() == spec.name && !wanted.contains(key_of(object.kind, object.name)) && !is_made_by_itself(object))
      out.push_back({Difference::Kind::kExtra, object.title(), {}, {}, {}, object.at(*object.root)});
  }
  return out;
}

std::string write_differences(const std::vector<Difference>& differences) {
  std::string out;
  for (const Difference& one : differences) {
    switch (one.kind) {
      case Difference::Kind::kMissing: out += fmt::format("+ {} is missing\n", one.object); break;
      case Difference::Kind::kExtra: out += fmt::format("- {} ({}:{}) is not the tenant's\n", one.object, one.at.file, one.at.line); break;
      case Difference::Kind::kChanged:
        out += fmt::format("~ {} ({}:{}): {} is {}, the tenant's {}\n", one.object, one.at.file, one.at.line, one.path, one.found.empty() ? "not set" : one.found, one.wanted.empty() ? "has none" : "is " + one.wanted);
        break;
    }
  }
  return out;
}

}  // namespace raykeep::tenant
