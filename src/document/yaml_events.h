// SPDX-License-Identifier: Apache-2.0
// libyaml's events with byte offsets in the whole text. The only file that knows libyaml is yaml_events.cc.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "document/node.h"
#include "document/text.h"

namespace raykeep::document {

struct YamlEvent {
  enum class Type : std::uint8_t {
    kStreamStart,
    kStreamEnd,
    kDocumentStart,
    kDocumentEnd,
    kAlias,
    kScalar,
    kSequenceStart,
    kSequenceEnd,
    kMappingStart,
    kMappingEnd
  };
  Type type = Type::kStreamStart;
  Span span;
  Style style = Style::kPlain;
  bool explicit_tag = false;
  // These live until the next event.
  std::string_view tag;     // in its long form
  std::string_view anchor;  // of a node or an alias
  std::string_view value;   // of a scalar
};

class YamlEvents {
 public:
  // Events of text[from, end). `text` is well-formed UTF-8; it and `lines` must outlive this.
  YamlEvents(std::string_view text, std::size_t from, const LineIndex& lines);
  ~YamlEvents();
  YamlEvents(const YamlEvents&) = delete;
  YamlEvents& operator=(const YamlEvents&) = delete;

  // False on a mistake in the text, and from then on.
  bool next(YamlEvent& event);
  const std::string& problem() const { return problem_; }
  std::size_t problem_offset() const { return problem_offset_; }

 private:
  struct Parser;
  std::size_t byte_of(std::size_t character);
  LineColumn place_of(std::size_t byte);
  void fail();

  std::string_view text_;
  const LineIndex& lines_;
  std::unique_ptr<Parser> parser_;
  bool ascii_;                 // every character is a byte
  std::size_t character_ = 0;  // a known pair of character (counted from `from`) and byte, moved along
  std::size_t byte_ = 0;
  std::size_t from_ = 0;
  std::size_t line_ = 1;  // the last place's
  bool failed_ = false;
  std::string problem_;
  std::size_t problem_offset_ = 0;
};

}  // namespace raykeep::document
