// SPDX-License-Identifier: Apache-2.0
// One Kubernetes object as somebody wrote it, or as an operator will make it.
#pragma once

#include <string>
#include <string_view>

#include "core/error.h"
#include "document/node.h"

namespace raykeep::kube {

using document::Node;

struct SourceFile {
  std::string name;  // as it is shown to people
  std::string text;
};

// The name of what came by a pipe.
inline constexpr std::string_view kStandardInput = "standard input";

struct Object {
  std::string api_version;  // "apps/v1"
  std::string kind;
  std::string name;          // metadata.name; empty when it has none (generateName)
  std::string ns;            // metadata.namespace; empty when none is written
  const Node* root = nullptr;
  const SourceFile* file = nullptr;  // null for an object that no file holds

  // The API group: "apps", and "" for v1.
  std::string_view group() const;
  std::string_view version() const;
  bool is(std::string_view of_group, std::string_view of_kind) const { return kind == of_kind && group() == of_group; }
  // The namespace in which it ends up: "default" when none is written, "" for kinds that have none.
  std::string_view effective_namespace() const;
  // "RayCluster default/demo", as people name it.
  std::string title() const;
  const Node* find(std::initializer_list<std::string_view> path) const { return root->find_path(path); }
  SourcePosition at(const Node& node) const;
};

// Kinds that live outside namespaces, among those that the checks know.
bool is_cluster_scoped(std::string_view group, std::string_view kind);

// metadata.annotations[key] or metadata.labels[key]; empty when there is none or it is no string.
std::string_view annotation(const Node& root, std::string_view key);
std::string_view label(const Node& root, std::string_view key);

// A boolean that is there and true.
bool is_true(const Node* node);

// The text of a string below `node`, empty for everything else.
std::string_view string_at(const Node& node, std::initializer_list<std::string_view> path);

}  // namespace raykeep::kube
