// SPDX-License-Identifier: Apache-2.0
// YAML as the Kubernetes API server and kubectl read it: YAML 1.1 by way of sigs.k8s.io/yaml, whose Go scanner is a
// port of the libyaml used here. So `yes`, `on` and `y` are true, 0777 is octal, `1_000` is a number, a merge key
// overrides what stands before it. Stricter where asked to: keys that stand twice, anchors and aliases.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "document/node.h"

namespace raykeep::document {

inline constexpr ErrorCode kYamlMalformed{"yaml-malformed", ErrorKind::kInput, ""};
inline constexpr ErrorCode kYamlTooLarge{"yaml-too-large", ErrorKind::kInput, ""};

// Anchors and aliases have no business in a configuration, where a line should mean what it says.
enum class YamlAliases : std::uint8_t { kExpand, kRefuse };
// A key that stands twice: a mistake, or the last one counts as for the API server and is told in YamlDocument.
enum class DuplicateKeys : std::uint8_t { kRefuse, kLastCounts };

// Where trees are kept: each part by itself, so that they can go anywhere; or all in pieces of the stream, which is faster,
// but trees and every copy of them live only as long as the stream.
enum class YamlMemory : std::uint8_t { kOfNodes, kOfStream };

struct YamlLimits {
  std::size_t bytes = 64U << 20;      // of text; at most 4 GiB - 1
  std::size_t nodes = 4'000'000;      // values and keys of all documents, with what aliases bring
  std::size_t alias_nodes = 100'000;  // brought by aliases and merge keys in one document
  unsigned depth = 100;               // lists and mappings inside each other
  std::size_t errors = 100;           // unreadable documents, after which the rest is not read
  YamlAliases aliases = YamlAliases::kExpand;
  DuplicateKeys duplicates = DuplicateKeys::kRefuse;
  YamlMemory memory = YamlMemory::kOfNodes;
};

struct YamlDocument {
  Node root;  // null when the document holds only comments
  // Bytes of the document: from behind its "---", if it has one, to the start of the next document's.
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  // The keys that stand a second time in their mapping, where the last one counts (DuplicateKeys::kLastCounts).
  std::vector<Node> duplicates;
};

// All documents of a text that could be read, in order, and for each of the others its first mistake.
struct YamlStream {
  std::vector<std::unique_ptr<std::pmr::memory_resource>> arenas;  // YamlMemory::kOfStream; goes after what stands in it
  std::vector<YamlDocument> documents;
  std::vector<Error> errors;

  YamlStream() = default;
  YamlStream(YamlStream&&) = default;
  YamlStream& operator=(YamlStream&& other) noexcept {
    arenas.swap(other.arenas);
    documents.swap(other.documents);
    errors.swap(other.errors);
    return *this;
  }
};

// Reads UTF-8 with or without a byte order mark, lines ending LF, CR LF or CR. `file` names the text in errors. After a
// mistake, reading goes on at the next line that begins with "---".
YamlStream read_yaml(std::string_view text, const YamlLimits& limits = {}, std::string_view file = {});

// Reads a text that must be one document; an empty one is null. The first error when there are any.
Result<Node> read_yaml_document(std::string_view text, const YamlLimits& limits = {}, std::string_view file = {});

}  // namespace raykeep::document
