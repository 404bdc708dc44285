// SPDX-License-Identifier: Apache-2.0
// Changes of YAML and JSON text that touch nothing else: comments, order, quotes, indentation and line ends stay as
// they are. What cannot be done so that the result is certain is refused, change by change; the rest is done. Nothing
// is returned unverified: the new text was read again and means exactly what was asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/result.h"
#include "document/node.h"
#include "document/yaml.h"

namespace raykeep::document {

inline constexpr ErrorCode kEditRefused{"edit-refused", ErrorKind::kRefused, "change this place by hand"};
inline constexpr ErrorCode kEditUnverified{"edit-unverified", ErrorKind::kRefused, "change this place by hand"};

// From the root of a document down: keys of mappings, indices of lists.
using PathStep = std::variant<std::string, std::size_t>;
using NodePath = std::vector<PathStep>;

// "spec.containers[0].securityContext"; a key with dots or brackets stands as ["..."].
std::string path_text(const NodePath& path);
// Where a path leads; null pointer when a part of it is missing.
const Node* find_path(const Node& root, const NodePath& path);

struct NodeAddress {
  std::size_t document = 0;  // index in YamlStream::documents
  NodePath path;
};
// The address of the value that was read from this place; nothing when no value stands exactly there.
std::optional<NodeAddress> find_address(const YamlStream& stream, const Span& span);

// What shall be true of a document. A change that is true already changes nothing, so changes can be applied again.
struct Change {
  enum class Kind : std::uint8_t {
    kSet,     // the path has this value; mappings that are missing on the way are added, a null becomes one
    kRemove,  // the mapping has no such key
    kAdd,     // the list at the path has an item of this value; a new one goes to its end, a missing list is added
    kDrop,    // the list at the path has no item of this value
  };
  Kind kind = Kind::kSet;
  std::size_t document = 0;
  NodePath path;
  Node value;

  static Change set(NodePath path, Node value, std::size_t document = 0);
  static Change remove(NodePath path, std::size_t document = 0);
  static Change add(NodePath path, Node item, std::size_t document = 0);
  static Change drop(NodePath path, Node item, std::size_t document = 0);
};

// Bytes [offset, offset + length) of the old text become `text`.
struct Edit {
  std::size_t offset = 0;
  std::size_t length = 0;
  std::string text;
  bool operator==(const Edit&) const = default;
};
// Precondition: ascending, not overlapping, within the text.
std::string apply_edits(std::string_view text, const std::vector<Edit>& edits);

struct ChangeOutcome {
  enum class State : std::uint8_t { kDone, kTrueAlready, kRefused };
  State state = State::kDone;
  std::optional<Error> reason;  // why it was refused, and where
};

struct EditResult {
  std::vector<Edit> edits;  // ascending, as small as they can be
  std::string text;         // the new text
  std::vector<ChangeOutcome> outcomes;  // one for each change
};

// Applies changes in their order. An error means that nothing at all may be written: the text cannot be read, or what
// came out could not be verified. `file` names the text in errors. Refused are, with the reason: values that anchors,
// aliases or merge keys share with other places, values with explicit tags, block scalars, documents that are templates
// ("{{") or have a key twice, and whatever is written in a way that this does not know.
Result<EditResult> edit_yaml(std::string_view text, const std::vector<Change>& changes, const YamlLimits& limits = {},
                             std::string_view file = {});

}  // namespace raykeep::document
