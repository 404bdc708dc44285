// SPDX-License-Identifier: Apache-2.0
// A change as steps, each of which is one small edit. Private to this folder.
#pragma once

#include <string>
#include <vector>

#include "document/edit_place.h"

namespace raykeep::document {

struct EditStep {
  enum class Kind : std::uint8_t {
    kReplace,  // the value at the path
    kInsert,   // the last step of the path is a key that the mapping does not have
    kAppend,   // to the list at the path
    kTakeOut,  // the key or item at the path
  };
  Kind kind = Kind::kReplace;
  NodePath path;
  Node value;
};

// The steps in the order in which they are to be done. Precondition: apply_to_tree takes the change.
std::vector<EditStep> steps_of(const Node& root, const Change& change);

// The place whose text a step touches: nothing above it and nothing beside it changes.
NodePath touched_by(const Node& root, const EditStep& step);

Placement place_step(const EditText& text, const Node& root, const EditStep& step);

}  // namespace raykeep::document
