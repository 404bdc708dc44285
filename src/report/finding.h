// SPDX-License-Identifier: Apache-2.0
// What a check says: the rule, the place, the sentence, the repair.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "document/place.h"
#include "kube/object.h"

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

// One finding among many. A large set of manifests has a hundred thousand of these, so what can be worked out from the place is not kept. The
// object and the file must outlive the finding.
struct Finding {
  const Rule* rule = nullptr;
  Severity severity = Severity::kMedium;
  std::string message;  // one sentence with the values; no secret in it
  std::string part;     // "worker group small, container ray-worker"; empty for the object as a whole
  const kube::Object* object = nullptr;    // as somebody wrote it; null for what stands in no object
  const kube::SourceFile* file = nullptr;  // null for an object that no file holds
  document::Place place;                   // in the file
  std::vector<Fix> fixes;
  std::string suppressed;  // the reason somebody wrote down; empty when it counts

  std::string title() const;  // "RayCluster default/demo"; "comment" where there is no object
  std::string path() const;   // JSON pointer (RFC 6901) in the object; empty for the object as a whole
  SourcePosition at() const;
  std::string_view file_name() const { return file == nullptr ? std::string_view() : std::string_view(file->name); }
  // The line of the file as it is written; nothing for what stands in no file.
  std::optional<std::string_view> source_line() const;
  // Names the finding across runs and moved lines: rule, object, part and path.
  std::string fingerprint() const;
};

// What the fixes of findings make of the text, for those where somebody worked it out.
using TextChanges = std::map<const Finding*, TextChange>;

}  // namespace raykeep::report
