// SPDX-License-Identifier: Apache-2.0
#include "kube/manifests.h"

#include <algorithm>
#include <array>
#include <utility>

#include "document/json.h"

namespace raykeep::kube {
namespace {

constexpr unsigned kDeepestList = 4;

struct GroupKind {
  std::string_view group, kind;
};
constexpr std::array kClusterScoped{
    GroupKind{"", "Namespace"},
    GroupKind{"", "Node"},
    GroupKind{"", "PersistentVolume"},
    GroupKind{"rbac.authorization.k8s.io", "ClusterRole"},
    GroupKind{"rbac.authorization.k8s.io", "ClusterRoleBinding"},
    GroupKind{"apiextensions.k8s.io", "CustomResourceDefinition"},
    GroupKind{"storage.k8s.io", "StorageClass"},
    GroupKind{"scheduling.k8s.io", "PriorityClass"},
    GroupKind{"networking.k8s.io", "IngressClass"},
    GroupKind{"gateway.networking.k8s.io", "GatewayClass"},
    GroupKind{"policy.networking.k8s.io", "AdminNetworkPolicy"},
    GroupKind{"policy.networking.k8s.io", "BaselineAdminNetworkPolicy"},
    GroupKind{"policy.networking.k8s.io", "ClusterNetworkPolicy"},
    GroupKind{"admissionregistration.k8s.io", "ValidatingWebhookConfiguration"},
    GroupKind{"admissionregistration.k8s.io", "MutatingWebhookConfiguration"},
    GroupKind{"admissionregistration.k8s.io", "ValidatingAdmissionPolicy"},
    GroupKind{"admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"},
    GroupKind{"kueue.x-k8s.io", "ClusterQueue"},
    GroupKind{"kueue.x-k8s.io", "ResourceFlavor"},
    GroupKind{"kueue.x-k8s.io", "Cohort"},
};

std::string scalar(const Node* node) { return node == nullptr ? std::string() : std::string(node->text()); }

bool looks_like_json(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
}

}  // namespace

std::string_view Object::group() const {
  const std::string_view whole = api_version;
  const std::size_t slash = whole.find('/');
  return slash == std::string_view::npos ? std::string_view() : whole.substr(0, slash);
}

std::string_view Object::version() const {
  const std::string_view whole = api_version;
  const std::size_t slash = whole.find('/');
  return slash == std::string_view::npos ? whole : whole.substr(slash + 1);
}

std::string_view Object::effective_namespace() const {
  if (is_cluster_scoped(group(), kind)) return {};
  return ns.empty() ? std::string_view("default") : std::string_view(ns);
}

std::string Object::title() const {
  std::string out = kind + " ";
  if (!ns.empty()) out += ns + "/";
  return out + (name.empty() ? "(no name)" : name);
}

SourcePosition Object::at(const Node& node) const {
  return {file == nullptr ? std::string() : file->name, node.span().line, node.span().column};
}

bool is_cluster_scoped(std::string_view group, std::string_view kind) {
  return std::any_of(kClusterScoped.begin(), kClusterScoped.end(),
                     [&](const GroupKind& known) { return known.kind == kind && known.group == group; });
}

std::string_view string_at(const Node& node, std::initializer_list<std::string_view> path) {
  const Node* found = node.find_path(path);
  return found == nullptr || !found->is_string() ? std::string_view() : found->text();
}

bool is_true(const Node* node) { return node != nullptr && node->as_boolean().value_or(false); }

std::string_view annotation(const Node& root, std::string_view key) {
  return string_at(root, {"metadata", "annotations", key});
}

std::string_view label(const Node& root, std::string_view key) { return string_at(root, {"metadata", "labels", key}); }

void Manifests::add(std::string file, std::string text, const document::YamlLimits& limits) {
  files_.push_back(std::make_unique<SourceFile>(SourceFile{std::move(file), std::move(text)}));
  const SourceFile& source = *files_.back();
  document::YamlStream& stream = streams_.emplace_back();
  document::YamlLimits lenient = limits;
  lenient.duplicates = document::DuplicateKeys::kLastCounts;
  lenient.memory = document::YamlMemory::kOfStream;
  bool read = false;
  if (looks_like_json(source.text)) {
    if (auto json = document::read_json(source.text, {}, source.name)) {
      stream.documents.push_back({std::move(*json), 0, static_cast<std::uint32_t>(source.text.size()), {}});
      read = true;
    }
  }
  if (!read) stream = document::read_yaml(source.text, lenient, source.name);
  for (const document::YamlDocument& document : stream.documents) {
    const std::size_t before = objects_.size();
    add_document(source, document.root, 0, {});
    if (objects_.size() == before) continue;
    for (const Node& key : document.duplicates) {
      std::size_t owner = before;
      while (owner + 1 < objects_.size() && objects_[owner + 1].root->span().begin <= key.span().begin) ++owner;
      duplicates_.push_back({&objects_[owner], key});
    }
  }
  for (Error& error : stream.errors) errors_.push_back(std::move(error));
  stream.errors.clear();
}

const document::YamlDocument* Manifests::document_of(const Object& object) const {
  for (std::size_t i = 0; i < files_.size(); ++i) {
    if (files_[i].get() != object.file) continue;
    const auto& documents = streams_[i].documents;
    const auto after = std::upper_bound(documents.begin(), documents.end(), object.root->span().begin,
                                        [](std::uint32_t place, const document::YamlDocument& document) { return place < document.begin; });
    return after == documents.begin() ? nullptr : &*std::prev(after);
  }
  return nullptr;
}

const Object& Manifests::add_built(Node root) {
  const Node& kept = built_.emplace_back(std::move(root));
  Object object;
  object.api_version = scalar(kept.find("apiVersion"));
  object.kind = scalar(kept.find("kind"));
  object.name = scalar(kept.find_path({"metadata", "name"}));
  object.ns = scalar(kept.find_path({"metadata", "namespace"}));
  object.root = &kept;
  return objects_.emplace_back(std::move(object));
}

void Manifests::reject(const SourceFile& file, const Node& at, std::string message) {
  errors_.emplace_back(kNotAnObject, std::move(message), SourcePosition{file.name, at.span().line, at.span().column});
}

void Manifests::add_document(const SourceFile& file, const Node& root, unsigned depth, const ListItem& inherited) {
  if (root.is_null()) return;
  const Node* kind = root.find("kind");
  const Node* version = root.find("apiVersion");
  if (kind == nullptr && !inherited.kind.empty()) return add_object(file, root, inherited.api_version, inherited.kind);
  if (!root.is_mapping() || (kind == nullptr && version == nullptr)) {
    ++others_;
    return;
  }
  if (version == nullptr) return reject(file, root, "this object has a kind but no apiVersion");
  if (kind == nullptr) return reject(file, root, "this object has an apiVersion but no kind");
  if (!kind->is_string() || !version->is_string()) return reject(file, root, "kind and apiVersion must be texts");
  const Node* items = root.find("items");
  if (items != nullptr && items->is_sequence() && kind->text().ends_with("List")) {
    if (depth == kDeepestList) return reject(file, root, "lists inside lists inside lists are not read");
    const std::string_view item_kind = kind->text().substr(0, kind->text().size() - 4);
    for (const Node& item : items->items()) add_document(file, item, depth + 1, {version->text(), item_kind});
    return;
  }
  add_object(file, root, version->text(), kind->text());
  if (kind->text() == "AppWrapper" && version->text().find(".dev/") != std::string_view::npos) add_wrapped(file, root, depth);
}

// spec.components[].template, and in old versions spec.resources.GenericItems[].generictemplate.
void Manifests::add_wrapped(const SourceFile& file, const Node& wrapper, unsigned depth) {
  if (depth == kDeepestList) return reject(file, wrapper, "wrappers inside wrappers are not read");
  const std::size_t before = objects_.size();
  for (const auto& [list, field] : {std::pair(wrapper.find_path({"spec", "components"}), "template"), std::pair(wrapper.find_path({"spec", "resources", "GenericItems"}), "generictemplate")}) {
    for (std::size_t i = 0; list != nullptr && i < list->items().size(); ++i) {
      const Node* wrapped = list->items()[i].find(field);
      if (wrapped != nullptr) add_document(file, *wrapped, depth + 1, {});
    }
  }
  const std::string ns = scalar(wrapper.find_path({"metadata", "namespace"}));
  for (std::size_t i = before; i < objects_.size(); ++i) {
    if (objects_[i].ns.empty()) objects_[i].ns = ns;
  }
}

void Manifests::add_object(const SourceFile& file, const Node& root, std::string_view version, std::string_view kind) {
  const Node* metadata = root.find("metadata");
  if (metadata != nullptr && !metadata->is_mapping() && !metadata->is_null())
    return reject(file, *metadata, "metadata must be a mapping");
  Object object;
  object.api_version = version;
  object.kind = kind;
  object.name = scalar(root.find_path({"metadata", "name"}));
  object.ns = scalar(root.find_path({"metadata", "namespace"}));
  object.root = &root;
  object.file = &file;
  objects_.push_back(std::move(object));
}

}  // namespace raykeep::kube
