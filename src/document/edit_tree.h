// SPDX-License-Identifier: Apache-2.0
// Changes as they act on a tree, without any text: what a change to the text is measured by. Private to this folder.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "document/edit.h"

namespace raykeep::document {

// How far a path exists: chain[0] is the root, chain[i + 1] the node that step i leads to, position[i] its place among
// the members or items of chain[i].
struct ResolvedPath {
  std::vector<const Node*> chain;
  std::vector<std::size_t> position;
  const Node& deepest() const { return *chain.back(); }
  std::size_t depth() const { return position.size(); }
  // The collection that holds the deepest node. Precondition: depth() > 0.
  const Node& holder() const { return *chain[chain.size() - 2]; }
};
ResolvedPath resolve_path(const Node& root, const NodePath& path);

// True when the change has nothing to do.
bool is_true_already(const Node& root, const Change& change);

// Why the change makes no sense in this tree; the sentence goes on from the path.
std::optional<std::string> why_senseless(const Node& root, const Change& change);

// Makes the change in the tree. Precondition: it makes sense there.
void apply_to_tree(Node& root, const Change& change);

// The value that has to be put at the first missing step so that the rest of the path leads to `value`.
Node wrap_in_path(const NodePath& path, std::size_t from, const Node& value);

bool has_item(const Node& list, const Node& item);

}  // namespace raykeep::document
