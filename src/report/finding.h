// SPDX-License-Identifier: Apache-2.0
// What a check says: the rule, the place, the sentence, the repair.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "document/node.h"

namespace raykeep::report {

enum class Severity : std::uint8_t { kInfo, kLow, kMedium, kHigh, kCritical };
std::string_view severity_name(Severity severity);  // "info" ... "critical"
std::optional<Severity> parse_severity(std::string_view name);

// A rule, declared once; `raykeep rules`, docs/rules/, SARIF and HTML print it.
struct Rule {
  std::string_view id;  // plain words, never changed: "ray-head-service-exposed"
  Severity severity = Severity::kMedium;
  // Recommendations of the ACK guide that it serves, by number: "3,5,12". Empty for none.
  std::string_view guide;
  std::string_view title;  // what is wrong, a phrase
  std::string_view why;    // sentences
  std::string_view fix;    // sentences
  std::string_view bad;    // an example, YAML
  std::string_view good;   // the same, right
  std::string_view sources;
};

// A change of the manifest that mends a finding: the value at a path of keys and list indexes ("0", "1") of the object.
struct Fix {
  enum class Kind : std::uint8_t {
    kSet,     // set or add the key with this value
    kRemove,  // remove the key or item
    kAppend,  // append to the list, which is made when it is missing
  };
  Kind kind = Kind::kSet;
  std::vector<std::string> path;
  document::Node value;
};

// A repair as a change of the file's text: bytes [begin, end) give way to `text`. Lines and columns count from 1.
struct TextChange {
  std::size_t begin_line = 1, begin_column = 1;
  std::size_t end_line = 1, end_column = 1;
  std::string text;
};

struct Finding {
  const Rule* rule = nullptr;
  Severity severity = Severity::kMedium;
  std::string message;  // one sentence with the values; no secret in it
  std::string object;   // "RayCluster default/demo"
  std::string part;     // "worker group small, container ray-worker"; empty for the object as a whole
  std::string path;     // JSON pointer (RFC 6901) in the object; empty for the object as a whole
  SourcePosition at;
  std::size_t document_begin = 0;  // byte of the file at which the object begins; names it among others of its name
  std::vector<Fix> fixes;
  std::optional<TextChange> change;  // what the fixes make of the text, where somebody asked for it
  std::string suppressed;  // the reason somebody wrote down; empty when it counts

  // Names the finding across runs and moved lines: rule, object, part and path.
  std::string fingerprint() const;
};

}  // namespace raykeep::report
