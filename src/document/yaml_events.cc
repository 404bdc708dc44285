// SPDX-License-Identifier: Apache-2.0
#include "document/yaml_events.h"

#include <algorithm>
#include <libfyaml.h>
#include <optional>

#include "document/yaml.h"
#include "document/yaml_scalar.h"

namespace raykeep::document {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::string text_of(fy_token* token) {
  if (token == nullptr) return {};
  std::size_t length = 0;
  const char* text = fy_token_get_text(token, &length);
  return text == nullptr ? std::string() : std::string(text, length);
}

Style style_of(fy_event& event) {
  switch (fy_event_get_node_style(&event)) {
    case FYNS_FLOW:
      return Style::kFlow;
    case FYNS_BLOCK:
      return Style::kBlock;
    case FYNS_SINGLE_QUOTED:
      return Style::kSingleQuoted;
    case FYNS_DOUBLE_QUOTED:
      return Style::kDoubleQuoted;
    case FYNS_LITERAL:
      return Style::kLiteral;
    case FYNS_FOLDED:
      return Style::kFolded;
    case FYNS_ANY:
    case FYNS_PLAIN:
    case FYNS_ALIAS:
      return Style::kPlain;
  }
  return Style::kPlain;
}

// Nothing for the event that carries nothing, the beginning of the stream.
std::optional<YamlEvent::Type> type_of(fy_event_type type) {
  switch (type) {
    case FYET_DOCUMENT_START:
      return YamlEvent::Type::kDocumentStart;
    case FYET_DOCUMENT_END:
      return YamlEvent::Type::kDocumentEnd;
    case FYET_MAPPING_START:
      return YamlEvent::Type::kMappingStart;
    case FYET_MAPPING_END:
      return YamlEvent::Type::kMappingEnd;
    case FYET_SEQUENCE_START:
      return YamlEvent::Type::kSequenceStart;
    case FYET_SEQUENCE_END:
      return YamlEvent::Type::kSequenceEnd;
    case FYET_SCALAR:
      return YamlEvent::Type::kScalar;
    case FYET_ALIAS:
      return YamlEvent::Type::kAlias;
    case FYET_STREAM_END:
      return YamlEvent::Type::kStreamEnd;
    case FYET_NONE:
    case FYET_STREAM_START:
      return std::nullopt;
  }
  return std::nullopt;
}

// libfyaml's places of quoted text leave the quotes out.
void take_in_quotes(YamlEvent& event, std::string_view text) {
  const char quote = event.style == Style::kSingleQuoted ? '\'' : '"';
  if (event.begin > 0 && text[event.begin - 1] == quote) --event.begin;
  if (event.end < text.size() && text[event.end] == quote) ++event.end;
}

bool starts_node(YamlEvent::Type type) {
  return type == YamlEvent::Type::kMappingStart || type == YamlEvent::Type::kSequenceStart ||
         type == YamlEvent::Type::kScalar;
}

bool ends_in_line_end(std::string_view text) {
  return text.ends_with('\n') || text.ends_with('\r');
}

// libfyaml 0.7.12 does not fold CR LF in quoted texts, and reads on behind a text that ends with the header of a block
// text. Line ends as LF and an end of the document mend both.
std::string prepared(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 5);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      out += text[i];
    } else if (i + 1 == text.size() || text[i + 1] != '\n') {
      out += '\n';
    }
  }
  if (!ends_in_line_end(text)) out += '\n';
  return out + "...\n";
}

}  // namespace

YamlEvents::YamlEvents(std::string_view text, std::string_view file)
    : text_(text),
      file_(file),
      lines_(text),
      skipped_(text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0),
      fed_(prepared(text.substr(skipped_))),
      fed_lines_(fed_) {
  last_end_ = static_cast<std::uint32_t>(skipped_);
  fy_diag_cfg quiet;
  fy_diag_cfg_default(&quiet);
  quiet.fp = nullptr;
  diag_ = fy_diag_create(&quiet);
  fy_diag_set_collect_errors(diag_, true);
  fy_parse_cfg config{};
  config.flags =
      static_cast<fy_parse_cfg_flags>(FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_DEFAULT_VERSION_1_1 | FYPCF_JSON_NONE);
  config.diag = diag_;
  parser_ = fy_parser_create(&config);
  if (parser_ != nullptr) fy_parser_set_string(parser_, fed_.data(), fed_.size());
}

YamlEvents::~YamlEvents() {
  fy_parser_destroy(parser_);
  fy_diag_destroy(diag_);
}

SourcePosition YamlEvents::place(std::size_t offset) const {
  const LineColumn at = lines_.at(std::min(offset, text_.size()));
  return {std::string(file_), at.line, at.column};
}

Result<YamlEvent> YamlEvents::next() {
  while (parser_ != nullptr) {
    fy_event* event = fy_parser_parse(parser_);
    if (event == nullptr) break;
    const auto type = type_of(event->type);
    YamlEvent out;
    if (type) out = taken(*event);
    fy_parser_event_free(parser_, event);
    if (type) return out;
  }
  return tl::make_unexpected(problem());
}

YamlEvent YamlEvents::taken(fy_event& event) {
  YamlEvent out;
  out.type = *type_of(event.type);
  set_place(out, event);
  if (out.type == YamlEvent::Type::kAlias) out.value = text_of(event.alias.anchor);
  if (!starts_node(out.type)) return out;
  out.style = style_of(event);
  // libfyaml 0.7.12 leaks memory over quotes inside single quotes, so it is not asked for such texts.
  if (out.style == Style::kSingleQuoted) {
    out.value = unquote_single(source_of(event));
  } else if (out.type == YamlEvent::Type::kScalar) {
    out.value = text_of(event.scalar.value);
  }
  if (out.style == Style::kSingleQuoted || out.style == Style::kDoubleQuoted) take_in_quotes(out, text_);
  const bool block_text = out.style == Style::kLiteral || out.style == Style::kFolded;
  // The line end that `prepared` gave a last line without one.
  if (block_text && out.end == text_.size() && !ends_in_line_end(text_) && out.value.ends_with('\n'))
    out.value.pop_back();
  out.anchor = text_of(fy_event_get_anchor_token(&event));
  if (fy_token* tag = fy_event_get_tag_token(&event)) {
    out.has_tag = true;
    out.tag = text_of(tag);
  }
  return out;
}

std::string_view YamlEvents::source_of(fy_event& event) const {
  const fy_mark* begin = fy_event_start_mark(&event);
  const fy_mark* end = fy_event_end_mark(&event);
  if (begin == nullptr || end == nullptr || end->input_pos > fed_.size() || begin->input_pos > end->input_pos)
    return {};
  return std::string_view(fed_).substr(begin->input_pos, end->input_pos - begin->input_pos);
}

std::size_t YamlEvents::original(std::size_t fed_offset) const {
  const LineColumn at = fed_lines_.at(std::min(fed_offset, fed_.size()));
  if (at.line > lines_.lines()) return text_.size();
  const std::size_t mark = at.line == 1 ? skipped_ : 0;
  return std::min(lines_.start_of(at.line) + at.column - 1 + mark, text_.size());
}

// What has no text of its own, as an empty value, stands where the text before it ended.
void YamlEvents::set_place(YamlEvent& out, fy_event& event) {
  const auto offset = [&](const fy_mark* mark) {
    return mark == nullptr ? last_end_ : static_cast<std::uint32_t>(original(mark->input_pos));
  };
  out.begin = offset(fy_event_start_mark(&event));
  out.end = std::max(out.begin, offset(fy_event_end_mark(&event)));
  const bool collection_end = out.type == YamlEvent::Type::kMappingEnd || out.type == YamlEvent::Type::kSequenceEnd;
  if (out.type == YamlEvent::Type::kScalar || out.type == YamlEvent::Type::kAlias || collection_end)
    last_end_ = std::max(last_end_, out.end);
}

Error YamlEvents::problem() const {
  void* iterator = nullptr;
  const fy_diag_error* error = diag_ == nullptr ? nullptr : fy_diag_errors_iterate(diag_, &iterator);
  if (error == nullptr || error->msg == nullptr) return Error{kYamlMalformed, "it is not YAML", place(last_end_)};
  const fy_mark* mark = error->fyt == nullptr ? nullptr : fy_token_start_mark(error->fyt);
  return Error{kYamlMalformed, error->msg, place(mark == nullptr ? last_end_ : original(mark->input_pos))};
}

std::size_t first_forbidden(std::string_view text) {
  const std::size_t wrong = first_wrong_byte(text);
  const auto byte = [&](std::size_t i) { return i < wrong ? static_cast<unsigned char>(text[i]) : 0U; };
  for (std::size_t i = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0; i < wrong; ++i) {
    const unsigned c = byte(i);
    const bool control = (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f;
    const bool c1 = c == 0xc2 && byte(i + 1) < 0xa0;
    const bool separator = c == 0xe2 && byte(i + 1) == 0x80 && (byte(i + 2) == 0xa8 || byte(i + 2) == 0xa9);
    const bool mark = c == 0xef && byte(i + 1) == 0xbb && byte(i + 2) == 0xbf;
    const bool no_character = c == 0xef && byte(i + 1) == 0xbf && byte(i + 2) >= 0xbe;
    if (control || c1 || separator || mark || no_character) return i;
  }
  return wrong;
}

}  // namespace raykeep::document
