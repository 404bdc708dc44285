// SPDX-License-Identifier: Apache-2.0
#include "document/yaml_events.h"

#include <algorithm>
#include <new>
#include <yaml.h>

namespace raykeep::document {
namespace {

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0U) == 0x80;
}

std::string_view text_of(const yaml_char_t* text) {
  return text == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(text));
}

Style scalar_style(yaml_scalar_style_t style) {
  switch (style) {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE:
      return Style::kSingleQuoted;
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
      return Style::kDoubleQuoted;
    case YAML_LITERAL_SCALAR_STYLE:
      return Style::kLiteral;
    case YAML_FOLDED_SCALAR_STYLE:
      return Style::kFolded;
    case YAML_ANY_SCALAR_STYLE:
    case YAML_PLAIN_SCALAR_STYLE:
      return Style::kPlain;
  }
  return Style::kPlain;
}

YamlEvent::Type type_of(yaml_event_type_t type) {
  using Type = YamlEvent::Type;
  switch (type) {
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
      return Type::kStreamStart;
    case YAML_STREAM_END_EVENT:
      return Type::kStreamEnd;
    case YAML_DOCUMENT_START_EVENT:
      return Type::kDocumentStart;
    case YAML_DOCUMENT_END_EVENT:
      return Type::kDocumentEnd;
    case YAML_ALIAS_EVENT:
      return Type::kAlias;
    case YAML_SCALAR_EVENT:
      return Type::kScalar;
    case YAML_SEQUENCE_START_EVENT:
      return Type::kSequenceStart;
    case YAML_SEQUENCE_END_EVENT:
      return Type::kSequenceEnd;
    case YAML_MAPPING_START_EVENT:
      return Type::kMappingStart;
    case YAML_MAPPING_END_EVENT:
      return Type::kMappingEnd;
  }
  return Type::kStreamEnd;
}

void set_tag(YamlEvent& out, const yaml_char_t* tag) {
  out.tag = text_of(tag);
  // "!" alone only says: a string, not what it looks like.
  out.explicit_tag = tag != nullptr;
}

void copy_content(const yaml_event_t& event, YamlEvent& out) {
  switch (event.type) {
    case YAML_ALIAS_EVENT:
      out.anchor = text_of(event.data.alias.anchor);
      return;
    case YAML_SCALAR_EVENT:
      out.anchor = text_of(event.data.scalar.anchor);
      set_tag(out, event.data.scalar.tag);
      out.style = scalar_style(event.data.scalar.style);
      out.value = {reinterpret_cast<const char*>(event.data.scalar.value), event.data.scalar.length};
      return;
    case YAML_SEQUENCE_START_EVENT:
      out.anchor = text_of(event.data.sequence_start.anchor);
      set_tag(out, event.data.sequence_start.tag);
      out.style = event.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE ? Style::kFlow : Style::kBlock;
      return;
    case YAML_MAPPING_START_EVENT:
      out.anchor = text_of(event.data.mapping_start.anchor);
      set_tag(out, event.data.mapping_start.tag);
      out.style = event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE ? Style::kFlow : Style::kBlock;
      return;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
      return;
  }
}

}  // namespace

struct YamlEvents::Parser {
  explicit Parser(std::string_view text) {
    if (yaml_parser_initialize(&raw) == 0) throw std::bad_alloc();
    yaml_parser_set_encoding(&raw, YAML_UTF8_ENCODING);
    // libyaml takes no null pointer, not even for a text of no length.
    const char* const first = text.empty() ? "" : text.data();
    yaml_parser_set_input_string(&raw, reinterpret_cast<const unsigned char*>(first), text.size());
  }
  ~Parser() {
    yaml_event_delete(&event);
    yaml_parser_delete(&raw);
  }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;
  yaml_parser_t raw{};
  yaml_event_t event{};  // the last one
};

YamlEvents::YamlEvents(std::string_view text, std::size_t from, const LineIndex& lines)
    : text_(text), lines_(lines), parser_(std::make_unique<Parser>(text.substr(from))), ascii_(is_ascii(text.substr(from))), byte_(from), from_(from), line_(lines.at(from).line) {}

YamlEvents::~YamlEvents() = default;

// libyaml counts characters. The places asked for lie close together, so walking from the last one is cheap.
std::size_t YamlEvents::byte_of(std::size_t character) {
  if (ascii_) return std::min(from_ + character, text_.size());
  while (character_ < character && byte_ < text_.size()) {
    ++byte_;
    while (byte_ < text_.size() && continues_character(text_[byte_])) ++byte_;
    ++character_;
  }
  while (character_ > character && byte_ > from_) {
    --byte_;
    while (byte_ > from_ && continues_character(text_[byte_])) --byte_;
    --character_;
  }
  return byte_;
}

LineColumn YamlEvents::place_of(std::size_t byte) {
  while (line_ < lines_.lines() && lines_.start_of(line_ + 1) <= byte) ++line_;
  while (lines_.start_of(line_) > byte) --line_;
  return {line_, byte - lines_.start_of(line_) + 1};
}

void YamlEvents::fail() {
  failed_ = true;
  const yaml_parser_t& raw = parser_->raw;
  if (raw.error == YAML_MEMORY_ERROR) throw std::bad_alloc();
  problem_ = raw.problem == nullptr ? "not YAML" : raw.problem;
  if (raw.error == YAML_READER_ERROR) {
    problem_offset_ = std::min(from_ + raw.problem_offset, text_.size());
  } else {
    problem_offset_ = byte_of(raw.problem_mark.index);
  }
  if (raw.context != nullptr) problem_ = std::string(raw.context) + ", " + problem_;
}

bool YamlEvents::next(YamlEvent& event) {
  if (failed_) return false;
  yaml_event_t& raw = parser_->event;
  yaml_event_delete(&raw);
  if (yaml_parser_parse(&parser_->raw, &raw) == 0) {
    fail();
    return false;
  }
  event.type = type_of(raw.type);
  event.anchor = {};
  event.explicit_tag = false;
  copy_content(raw, event);
  event.span.begin = static_cast<std::uint32_t>(byte_of(raw.start_mark.index));
  const LineColumn place = place_of(event.span.begin);
  event.span.line = static_cast<std::uint32_t>(place.line);
  event.span.column = static_cast<std::uint32_t>(place.column);
  event.span.end = static_cast<std::uint32_t>(byte_of(raw.end_mark.index));
  return true;
}

}  // namespace raykeep::document
