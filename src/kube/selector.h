// SPDX-License-Identifier: Apache-2.0
// Label selectors (meta/v1 LabelSelector).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "document/node.h"

namespace raykeep::kube {

using Labels = std::map<std::string, std::string, std::less<>>;

inline constexpr ErrorCode kBadSelector{"selector-invalid", ErrorKind::kInput, ""};

// A mapping of texts; what is no text is left out, as the API server would have refused it.
Labels labels_of(const document::Node* mapping);

struct Requirement {
  enum class Operator : std::uint8_t { kIn, kNotIn, kExists, kDoesNotExist };
  std::string key;
  Operator op = Operator::kIn;
  std::vector<std::string> values;  // sorted, none twice
  bool operator==(const Requirement&) const = default;
  auto operator<=>(const Requirement&) const = default;
};

// All requirements must hold. No requirement selects everything.
struct LabelSelector {
  std::vector<Requirement> requirements;  // sorted
  bool matches(const Labels& labels) const;
  // The same of a mapping that labels_of() would read; a null pointer is no labels.
  bool matches(const document::Node* labels) const;
  bool selects_everything() const { return requirements.empty(); }
  bool operator==(const LabelSelector&) const = default;
  auto operator<=>(const LabelSelector&) const = default;
};

// Reads matchLabels and matchExpressions. An unknown operator, a missing key or values where there must be none are
// errors. Null and {} select everything; whether an absent selector does is for the field's owner to say.
Result<LabelSelector> read_selector(const document::Node& node);
// A Service's spec.selector, a ReplicationController's: a plain mapping of equalities.
LabelSelector equality_selector(const document::Node& mapping);

}  // namespace raykeep::kube
