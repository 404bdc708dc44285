// SPDX-License-Identifier: Apache-2.0
#include "document/edit_steps.h"

#include <algorithm>

#include "document/edit_render.h"

namespace raykeep::document {
namespace {

using Do = EditStep::Kind;

NodePath below(const NodePath& path, PathStep step) {
  NodePath out = path;
  out.push_back(std::move(step));
  return out;
}

NodePath above(const NodePath& path) { return {path.begin(), path.end() - 1}; }

void find_steps(const Node& old, const Node& now, const NodePath& path, std::vector<EditStep>& out);

bool have_common_key(const Node& a, const Node& b) {
  return std::any_of(a.members().begin(), a.members().end(),
                     [&](const Member& member) { return b.find(member.name()) != nullptr; });
}

bool have_common_item(const Node& a, const Node& b) {
  const std::size_t count = std::min(a.items().size(), b.items().size());
  for (std::size_t i = 0; i < count; ++i) {
    if (same_value(a.items()[i], b.items()[i])) return true;
  }
  return false;
}

void steps_of_mapping(const Node& old, const Node& now, const NodePath& path, std::vector<EditStep>& out) {
  for (const Member& member : old.members()) {
    if (now.find(member.name()) == nullptr) out.push_back({Do::kTakeOut, below(path, std::string(member.name())), {}});
  }
  for (const Member& member : now.members()) {
    NodePath inner = below(path, std::string(member.name()));
    if (const Node* present = old.find(member.name())) {
      find_steps(*present, member.value, inner, out);
    } else {
      out.push_back({Do::kInsert, std::move(inner), member.value});
    }
  }
}

void steps_of_list(const Node& old, const Node& now, const NodePath& path, std::vector<EditStep>& out) {
  const std::size_t before = old.items().size();
  const std::size_t after = now.items().size();
  for (std::size_t i = 0; i < std::min(before, after); ++i) find_steps(old.items()[i], now.items()[i], below(path, i), out);
  for (std::size_t i = before; i > after; --i) out.push_back({Do::kTakeOut, below(path, i - 1), {}});
  for (std::size_t i = before; i < after; ++i) out.push_back({Do::kAppend, path, now.items()[i]});
}

// Goes into what stays the same, so that only what differs is written anew.
void find_steps(const Node& old, const Node& now, const NodePath& path, std::vector<EditStep>& out) {
  if (same_value(old, now)) return;
  if (old.is_mapping() && now.is_mapping() && have_common_key(old, now)) return steps_of_mapping(old, now, path, out);
  if (old.is_sequence() && now.is_sequence() && have_common_item(old, now)) return steps_of_list(old, now, path, out);
  out.push_back({Do::kReplace, path, now});
}

std::vector<EditStep> steps_to_set(const Node& root, const NodePath& path, const Node& value) {
  const ResolvedPath found = resolve_path(root, path);
  const std::size_t depth = found.depth();
  std::vector<EditStep> out;
  if (depth == path.size()) {
    find_steps(found.deepest(), value, path, out);
    return out;
  }
  const NodePath host(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(depth));
  Node inner = wrap_in_path(path, depth + 1, value);
  if (std::holds_alternative<std::string>(path[depth])) {
    out.push_back({Do::kInsert, below(host, path[depth]), std::move(inner)});
  } else {
    out.push_back({Do::kAppend, host, std::move(inner)});
  }
  return out;
}

std::vector<EditStep> steps_to_drop(const Node& root, const Change& change) {
  const Node* list = find_path(root, change.path);
  std::vector<EditStep> out;
  for (std::size_t i = list->items().size(); i > 0; --i) {
    if (same_value(list->items()[i - 1], change.value)) out.push_back({Do::kTakeOut, below(change.path, i - 1), {}});
  }
  if (out.size() > 1 && out.size() == list->items().size()) return {{Do::kReplace, change.path, Node::sequence()}};
  return out;
}

}  // namespace

std::vector<EditStep> steps_of(const Node& root, const Change& change) {
  switch (change.kind) {
    case Change::Kind::kSet:
      return steps_to_set(root, change.path, change.value);
    case Change::Kind::kRemove:
      return {{Do::kTakeOut, change.path, {}}};
    case Change::Kind::kAdd:
      if (const Node* list = find_path(root, change.path); list != nullptr && list->is_sequence()) {
        return {{Do::kAppend, change.path, change.value}};
      }
      return steps_to_set(root, change.path, Node::sequence({change.value}));
    case Change::Kind::kDrop:
      return steps_to_drop(root, change);
  }
  return {};
}

NodePath touched_by(const Node& root, const EditStep& step) {
  if (step.kind == Do::kReplace || step.kind == Do::kAppend) return step.path;
  NodePath holder = above(step.path);
  if (step.kind == Do::kInsert || holder.empty()) return holder;
  // The last one leaves an empty collection, whose brackets stand on the line above.
  const Node* node = find_path(root, holder);
  return node != nullptr && node->items().size() + node->members().size() == 1 ? above(holder) : holder;
}

Placement place_step(const EditText& text, const Node& root, const EditStep& step) {
  if (step.kind == Do::kInsert) {
    return place_member(text, resolve_path(root, above(step.path)), std::get<std::string>(step.path.back()), step.value);
  }
  const ResolvedPath path = resolve_path(root, step.path);
  if (step.kind == Do::kReplace) return place_value(text, path, step.value);
  return step.kind == Do::kAppend ? place_item(text, path, step.value) : take_out(text, path);
}

}  // namespace raykeep::document
