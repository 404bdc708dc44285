// SPDX-License-Identifier: Apache-2.0
#include "document/edit_tree.h"

#include <algorithm>

#include "document/json.h"

namespace raykeep::document {
namespace {

std::size_t position_of(const Node& node, const PathStep& step) {
  if (const auto* index = std::get_if<std::size_t>(&step)) {
    return node.is_sequence() ? *index : node.items().size();
  }
  const std::string& key = std::get<std::string>(step);
  const Node::Mapping& members = node.members();
  const auto found =
      std::find_if(members.begin(), members.end(), [&](const Member& member) { return member.name() == key; });
  return static_cast<std::size_t>(found - members.begin());
}

const Node* child_at(const Node& node, const PathStep& step, std::size_t position) {
  if (std::holds_alternative<std::size_t>(step)) {
    return position < node.items().size() ? &node.items()[position] : nullptr;
  }
  return position < node.members().size() ? &node.members()[position].value : nullptr;
}

// Why `node` cannot take what the rest of the path, beginning with `step`, wants to put there.
std::optional<std::string> why_not_under(const Node& node, const PathStep& step) {
  if (const auto* index = std::get_if<std::size_t>(&step)) {
    if (node.is_null() && *index == 0) return std::nullopt;
    if (!node.is_sequence()) return "is " + std::string(kind_name(node.kind())) + ", not a list";
    if (*index > node.items().size()) return "has no item " + std::to_string(*index);
    return std::nullopt;
  }
  if (node.is_null() || node.is_mapping()) return std::nullopt;
  return "is " + std::string(kind_name(node.kind())) + ", not a mapping";
}

std::optional<std::string> missing_is_addable(const NodePath& path, const ResolvedPath& found) {
  if (auto why = why_not_under(found.deepest(), path[found.depth()])) return why;
  for (std::size_t i = found.depth() + 1; i < path.size(); ++i) {
    const auto* index = std::get_if<std::size_t>(&path[i]);
    if (index != nullptr && *index != 0) return "has no list to put item " + std::to_string(*index) + " into";
  }
  return std::nullopt;
}

// Where the first `depth` steps lead, to be changed. Precondition: they lead somewhere.
Node& walk(Node& root, const NodePath& path, std::size_t depth) {
  Node* at = &root;
  for (std::size_t i = 0; i < depth; ++i) {
    const auto* index = std::get_if<std::size_t>(&path[i]);
    at = index != nullptr ? &at->items()[*index] : at->find(std::get<std::string>(path[i]));
  }
  return *at;
}

void put(Node& node, const PathStep& step, Node value) {
  if (std::holds_alternative<std::size_t>(step)) {
    if (node.is_null()) node = Node::sequence();
    node.append(std::move(value));
  } else {
    node.set(std::get<std::string>(step), std::move(value));
  }
}

void set_in_tree(Node& root, const NodePath& path, const Node& value) {
  const std::size_t depth = resolve_path(root, path).depth();
  Node& deepest = walk(root, path, depth);
  if (depth == path.size()) {
    deepest = value;
  } else {
    put(deepest, path[depth], wrap_in_path(path, depth + 1, value));
  }
}

void change_list(Node& root, const Change& change) {
  const bool adds = change.kind == Change::Kind::kAdd;
  const Node* found = find_path(root, change.path);
  if (found == nullptr || found->is_null()) {
    if (adds) set_in_tree(root, change.path, Node::sequence({change.value}));
    return;
  }
  Node& list = walk(root, change.path, change.path.size());
  if (!adds) {
    std::erase_if(list.items(), [&](const Node& item) { return same_value(item, change.value); });
  } else if (!has_item(list, change.value)) {
    list.append(change.value);
  }
}

bool contains(const Span& outer, const Span& inner) { return outer.begin <= inner.begin && inner.end <= outer.end; }

bool find_span(const Node& node, const Span& span, NodePath& path) {
  if (node.span() == span) return true;
  if (!contains(node.span(), span)) return false;
  for (std::size_t i = 0; i < node.items().size(); ++i) {
    path.emplace_back(i);
    if (find_span(node.items()[i], span, path)) return true;
    path.pop_back();
  }
  for (const Member& member : node.members()) {
    path.emplace_back(std::string(member.name()));
    if (find_span(member.value, span, path)) return true;
    path.pop_back();
  }
  return false;
}

}  // namespace

ResolvedPath resolve_path(const Node& root, const NodePath& path) {
  ResolvedPath out;
  out.chain.push_back(&root);
  for (const PathStep& step : path) {
    const std::size_t position = position_of(out.deepest(), step);
    const Node* child = child_at(out.deepest(), step, position);
    if (child == nullptr) break;
    out.position.push_back(position);
    out.chain.push_back(child);
  }
  return out;
}

const Node* find_path(const Node& root, const NodePath& path) {
  const ResolvedPath found = resolve_path(root, path);
  return found.depth() == path.size() ? &found.deepest() : nullptr;
}

std::string path_text(const NodePath& path) {
  std::string out;
  for (const PathStep& step : path) {
    if (const auto* index = std::get_if<std::size_t>(&step)) {
      out += '[' + std::to_string(*index) + ']';
      continue;
    }
    const std::string& key = std::get<std::string>(step);
    if (key.empty() || key.find_first_of(".[]\" ") != std::string::npos) {
      out += '[' + write_json(Node::string(key)) + ']';
    } else {
      out += (out.empty() ? "" : ".") + key;
    }
  }
  return out;
}

std::optional<NodeAddress> find_address(const YamlStream& stream, const Span& span) {
  for (std::size_t i = 0; i < stream.documents.size(); ++i) {
    NodeAddress address{i, {}};
    if (find_span(stream.documents[i].root, span, address.path)) return address;
  }
  return std::nullopt;
}

bool has_item(const Node& list, const Node& item) {
  return std::any_of(list.items().begin(), list.items().end(),
                     [&](const Node& present) { return same_value(present, item); });
}

bool is_true_already(const Node& root, const Change& change) {
  const Node* found = find_path(root, change.path);
  switch (change.kind) {
    case Change::Kind::kSet:
      return found != nullptr && same_value(*found, change.value);
    case Change::Kind::kRemove:
      return found == nullptr;
    case Change::Kind::kAdd:
      return found != nullptr && has_item(*found, change.value);
    case Change::Kind::kDrop:
      return found == nullptr || found->is_null() || (found->is_sequence() && !has_item(*found, change.value));
  }
  return false;
}

std::optional<std::string> why_senseless(const Node& root, const Change& change) {
  const bool of_list = change.kind == Change::Kind::kAdd || change.kind == Change::Kind::kDrop;
  const ResolvedPath found = resolve_path(root, change.path);
  if (change.kind == Change::Kind::kRemove) {
    const bool of_key = !change.path.empty() && std::holds_alternative<std::string>(change.path.back());
    return of_key ? std::nullopt : std::optional<std::string>("can lose keys, not items or the whole document");
  }
  if (found.depth() < change.path.size()) {
    return change.kind == Change::Kind::kDrop ? std::nullopt : missing_is_addable(change.path, found);
  }
  const Node& node = found.deepest();
  if (of_list && !node.is_sequence() && !node.is_null()) return "is " + std::string(kind_name(node.kind())) + ", not a list";
  return std::nullopt;
}

void apply_to_tree(Node& root, const Change& change) {
  if (change.kind == Change::Kind::kSet) {
    set_in_tree(root, change.path, change.value);
  } else if (change.kind != Change::Kind::kRemove) {
    change_list(root, change);
  } else if (find_path(root, change.path) != nullptr) {
    walk(root, change.path, change.path.size() - 1).erase(std::get<std::string>(change.path.back()));
  }
}

Node wrap_in_path(const NodePath& path, std::size_t from, const Node& value) {
  Node out = value;
  for (std::size_t i = path.size(); i > from; --i) {
    if (const auto* key = std::get_if<std::string>(&path[i - 1])) {
      Node mapping = Node::mapping();
      mapping.set(*key, std::move(out));
      out = std::move(mapping);
    } else {
      out = Node::sequence({std::move(out)});
    }
  }
  return out;
}

}  // namespace raykeep::document
