// SPDX-License-Identifier: Apache-2.0
#include "document/place.h"

#include <algorithm>

namespace raykeep::document {
namespace {

// The path is put together on the way back, last key first.
template <typename IsIt>
bool search(const Node& at, const Place& wanted, const IsIt& is_it, std::vector<std::string>& reversed) {
  if (is_it(at)) return true;
  // What an alias brings stands elsewhere in the text, so only unshared parts can be left out by their place.
  const bool outside = wanted.span.begin < at.span().begin || wanted.span.end > at.span().end;
  if (outside && !at.shared() && at.is_mapping() && !wanted.shared) return false;
  for (std::size_t i = 0; i < at.items().size(); ++i) {
    if (!search(at.items()[i], wanted, is_it, reversed)) continue;
    reversed.push_back(std::to_string(i));
    return true;
  }
  for (const Member& member : at.members()) {
    if (!search(member.value, wanted, is_it, reversed)) continue;
    reversed.emplace_back(member.name());
    return true;
  }
  return false;
}

}  // namespace

std::vector<std::string> path_to(const Node& root, const Place& place) {
  std::vector<std::string> out;
  if (!place.in_text()) return out;
  const auto same = [&](const Node& node) { return node.span() == place.span && node.kind() == place.kind; };
  // What the operator made for a field may stand there as another kind of value.
  const auto there = [&](const Node& node) { return node.span() == place.span; };
  if (!search(root, place, same, out)) search(root, place, there, out);
  std::reverse(out.begin(), out.end());
  return out;
}

std::string json_pointer(const std::vector<std::string>& path) {
  std::string out;
  for (const std::string& key : path) {
    out += '/';
    for (const char c : key) {
      if (c == '~') out += "~0";
      else if (c == '/') out += "~1";
      else out += c;
    }
  }
  return out;
}

}  // namespace raykeep::document
