// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "document/json.h"
#include "document/text.h"

namespace raykeep::document {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

void append_escape(std::string& out, char c) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  const auto byte = static_cast<unsigned char>(c);
  out += "\\u00";
  out += kHex[byte >> 4U];
  out += kHex[byte & 15U];
}

bool needs_escape(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

std::string replace_wrong_bytes(std::string_view text) {
  std::string out;
  for (std::size_t wrong = first_wrong_byte(text); wrong < text.size(); wrong = first_wrong_byte(text)) {
    out += text.substr(0, wrong);
    out += kReplacement;
    text.remove_prefix(wrong + 1);
  }
  return out += text;
}

class PrettyWriter {
 public:
  explicit PrettyWriter(unsigned indent) : indent_(indent) {}

  void write(const Node& value, unsigned depth) {
    if (value.is_sequence() && !value.items().empty()) {
      write_all('[', ']', value.items(), depth, [&](const Node& item) { write(item, depth + 1); });
    } else if (value.is_mapping() && !value.members().empty()) {
      write_all('{', '}', value.members(), depth, [&](const Member& member) {
        append_json_string(out, member.name());
        out += ": ";
        write(member.value, depth + 1);
      });
    } else {
      append_json(out, value);
    }
  }

  std::string out;

 private:
  void new_line(unsigned depth) {
    out += '\n';
    out.append(static_cast<std::size_t>(depth) * indent_, ' ');
  }

  template <typename Items, typename Write>
  void write_all(char open, char close, const Items& items, unsigned depth, Write write_item) {
    out += open;
    bool first = true;
    for (const auto& item : items) {
      if (!std::exchange(first, false)) out += ',';
      new_line(depth + 1);
      write_item(item);
    }
    new_line(depth);
    out += close;
  }

  unsigned indent_;
};

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  if (first_wrong_byte(text) != text.size()) return append_json_string(out, replace_wrong_bytes(text));
  out += '"';
  std::size_t run = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!needs_escape(text[i])) continue;
    out.append(text, run, i - run);
    append_escape(out, text[i]);
    run = i + 1;
  }
  out.append(text, run);
  out += '"';
}

void append_json(std::string& out, const Node& value) {
  switch (value.kind()) {
    case Kind::kNull:
      out += "null";
      return;
    case Kind::kBoolean:
    case Kind::kInteger:
    case Kind::kNumber:
      out += value.text();
      return;
    case Kind::kString:
      append_json_string(out, value.text());
      return;
    case Kind::kSequence: {
      char before = '[';
      for (const Node& item : value.items()) {
        out += std::exchange(before, ',');
        append_json(out, item);
      }
      out += value.items().empty() ? "[]" : "]";
      return;
    }
    case Kind::kMapping: {
      char before = '{';
      for (const Member& member : value.members()) {
        out += std::exchange(before, ',');
        append_json_string(out, member.name());
        out += ':';
        append_json(out, member.value);
      }
      out += value.members().empty() ? "{}" : "}";
      return;
    }
  }
}

std::string write_json(const Node& value) {
  std::string out;
  append_json(out, value);
  return out;
}

std::string write_json_pretty(const Node& value, unsigned indent) {
  PrettyWriter writer(indent);
  writer.write(value, 0);
  return std::move(writer.out);
}

}  // namespace raykeep::document
