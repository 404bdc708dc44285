// SPDX-License-Identifier: Apache-2.0
// The parts of a YAML text one after the other, by libfyaml. Private to this folder: yaml.h is the door.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.h"
#include "document/node.h"
#include "document/text.h"

struct fy_diag;
struct fy_event;
struct fy_parser;
struct fy_token;

namespace raykeep::document {

struct YamlEvent {
  enum class Type : std::uint8_t {
    kDocumentStart,
    kDocumentEnd,
    kMappingStart,
    kMappingEnd,
    kSequenceStart,
    kSequenceEnd,
    kScalar,
    kAlias,
    kStreamEnd,
  };
  Type type = Type::kStreamEnd;
  Style style = Style::kPlain;
  bool has_tag = false;
  std::string value;        // of a scalar; the name of an alias
  std::string anchor;       // empty for none
  std::string tag;          // in full: "tag:yaml.org,2002:str"; "!" for the non-specific one
  std::uint32_t begin = 0;  // bytes of the text
  std::uint32_t end = 0;
};

class YamlEvents {
 public:
  // The text must outlive this. Precondition: first_forbidden(text) found nothing.
  YamlEvents(std::string_view text, std::string_view file);
  ~YamlEvents();
  YamlEvents(const YamlEvents&) = delete;
  YamlEvents& operator=(const YamlEvents&) = delete;

  // The next part; kStreamEnd is the last.
  Result<YamlEvent> next();
  SourcePosition place(std::size_t offset) const;
  const LineIndex& lines() const { return lines_; }
  std::string_view text() const { return text_; }

 private:
  YamlEvent taken(fy_event& event);
  void set_place(YamlEvent& out, fy_event& event);
  Error problem() const;
  // The text of a scalar as it is written, without quotes.
  std::string_view source_of(fy_event& event) const;
  // The byte of the text that stands at a byte of what libfyaml reads.
  std::size_t original(std::size_t fed_offset) const;

  std::string_view text_;
  std::string_view file_;
  LineIndex lines_;
  std::size_t skipped_;  // bytes of the byte order mark
  std::string fed_;      // what libfyaml reads: line ends as LF, no byte order mark, an end that stops block texts
  LineIndex fed_lines_;
  std::uint32_t last_end_ = 0;
  fy_diag* diag_ = nullptr;
  fy_parser* parser_ = nullptr;
};

// The offset of the first byte that YAML 1.1 does not take in a text (section 5.1: control characters but tab and line
// ends, a byte order mark within, what is not UTF-8) or that YAML 1.1 and 1.2 take differently (the line ends U+0085,
// U+2028 and U+2029), or the size of the text.
std::size_t first_forbidden(std::string_view text);

}  // namespace raykeep::document
