// SPDX-License-Identifier: Apache-2.0
// Building trees by hand, for what an operator adds to them.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "document/node.h"

namespace raykeep::ray {

using document::Node;

inline Node text(std::string_view value) { return Node::string(value); }

// A mapping of the given members, in this order.
inline Node object(std::initializer_list<std::pair<std::string_view, Node>> members) {
  Node out = Node::mapping();
  if (members.size() > 0) out.reserve(members.size());
  for (const auto& [key, value] : members) out.set(key, value);
  return out;
}

inline Node list(std::initializer_list<Node> items) { return Node::sequence(Node::Sequence(items)); }

template <typename Texts>
Node texts(const Texts& values) {
  Node out = Node::sequence();
  for (const std::string_view value : values) out.append(text(value));
  return out;
}

// The mapping under a key, made empty when there is none or something else stands there.
inline Node& mapping_at(Node& parent, std::string_view key) {
  Node* found = parent.find(key);
  if (found != nullptr && found->is_mapping()) return *found;
  return parent.set(key, Node::mapping());
}

inline Node& sequence_at(Node& parent, std::string_view key) {
  Node* found = parent.find(key);
  if (found != nullptr && found->is_sequence()) return *found;
  return parent.set(key, Node::sequence());
}

// Removes a member that is null or empty, as Go's omitempty does.
inline void drop_if_empty(Node& parent, std::string_view key) {
  const Node* found = parent.find(key);
  if (found == nullptr) return;
  const bool empty = found->is_null() || ((found->is_mapping() || found->is_sequence()) && found->items().empty() && found->members().empty());
  if (empty) parent.erase(key);
}

// The item of a list of mappings whose "name" is `name`; null pointer when there is none.
inline const Node* named(const Node* items, std::string_view name) {
  if (items == nullptr) return nullptr;
  for (const Node& item : items->items()) {
    const Node* found = item.find("name");
    if (found != nullptr && found->text() == name) return &item;
  }
  return nullptr;
}

inline Node env(std::string_view name, std::string_view value) { return object({{"name", text(name)}, {"value", text(value)}}); }

inline Node env_from_field(std::string_view name, std::string_view path) {
  return object({{"name", text(name)}, {"valueFrom", object({{"fieldRef", object({{"fieldPath", text(path)}})}})}});
}

// Appends to container.env unless a variable of this name is there already.
inline void add_env_once(Node& container, Node variable) {
  Node& variables = sequence_at(container, "env");
  if (named(&variables, variable.find("name")->text()) == nullptr) variables.append(std::move(variable));
}

}  // namespace raykeep::ray
