// SPDX-License-Identifier: Apache-2.0
#include "document/yaml_writer.h"

#include <algorithm>
#include <array>

#include "document/json.h"
#include "document/yaml_scalar.h"

namespace raykeep::document {
namespace {

constexpr std::string_view kIndicators = "-?:,[]{}#&*!|>'\"%@`";

// Characters that JSON takes as they are, and YAML 1.1 for line ends or not at all.
struct Escape {
  std::string_view character, escaped;
};
constexpr std::array kEscapes{Escape{"\xc2\x85", "\\u0085"}, Escape{"\xe2\x80\xa8", "\\u2028"}, Escape{"\xe2\x80\xa9", "\\u2029"},
                              Escape{"\xef\xbb\xbf", "\\ufeff"}, Escape{"\x7f", "\\u007f"}};

bool has_hidden_break(std::string_view text) {
  return std::any_of(kEscapes.begin(), kEscapes.end(), [&](const Escape& escape) { return text.find(escape.character) != std::string_view::npos; });
}

std::string quoted(const Node& value) {
  std::string out = write_json(value);
  for (const Escape& escape : kEscapes) {
    for (std::size_t at = out.find(escape.character); at != std::string::npos; at = out.find(escape.character, at)) out.replace(at, escape.character.size(), escape.escaped);
  }
  return out;
}

bool is_printable(char c) { return static_cast<unsigned char>(c) >= 0x20; }

// YAML 1.2 readers take other texts for numbers than YAML 1.1 ones ("1:20"); quotes make both agree.
bool looks_like_number(std::string_view text) {
  return text.find_first_not_of("0123456789.:_+-") == std::string_view::npos && text.find_first_of("0123456789") != std::string_view::npos;
}

bool is_safe_plain(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
  if (kIndicators.find(text.front()) != std::string_view::npos || text == "<<" || text == "=") return false;
  if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos) return false;
  if (!std::all_of(text.begin(), text.end(), is_printable) || has_hidden_break(text) || looks_like_number(text)) return false;
  const auto read = resolve_plain_scalar(text);
  return read && read->is_string();
}

// Text of several lines that a literal block gives back unchanged; also by an editor that cuts blanks at line ends.
bool fits_literal(std::string_view text) {
  if (text.find('\n') == std::string_view::npos || text.front() == ' ' || text.front() == '\n') return false;
  if (text.ends_with("\n\n") || text.find(" \n") != std::string_view::npos || has_hidden_break(text)) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return is_printable(c) || c == '\n'; });
}

class Writer {
 public:
  explicit Writer(const YamlRemark& remark) : remark_(remark) {}
  std::string take() { return std::move(out_); }

  // Writes the value of a key or item whose "key:" or "-" stands already, and the line end.
  void value(const Node& node, std::size_t indent, bool in_list) {
    if (node.is_mapping() && !node.members().empty()) {
      if (!in_list) end_line(node);
      mapping(node, in_list ? indent + 2 : indent + 2, in_list);
    } else if (node.is_sequence() && !node.items().empty()) {
      end_line(node);
      sequence(node, in_list ? indent + 2 : indent);
    } else if (node.is_string() && fits_literal(node.text())) {
      literal(node, indent + 2);
    } else {
      out_ += ' ' + yaml_scalar(node);
      end_line(node);
    }
  }

  void top(const Node& node) {
    if (node.is_mapping() && !node.members().empty()) return mapping(node, 0, false);
    if (node.is_sequence() && !node.items().empty()) return sequence(node, 0);
    out_ += yaml_scalar(node) + "\n";
  }

 private:
  void end_line(const Node& node) {
    const std::string remark = remark_ ? remark_(node) : std::string();
    out_ += remark.empty() ? "\n" : "  " + yaml_comment(remark);
  }

  void mapping(const Node& node, std::size_t indent, bool first_on_line) {
    for (const Member& member : node.members()) {
      if (first_on_line) {
        out_ += ' ';
        first_on_line = false;
      } else {
        out_.append(indent, ' ');
      }
      out_ += yaml_scalar(member.key) + ":";
      value(member.value, indent, false);
    }
  }

  void sequence(const Node& node, std::size_t indent) {
    for (const Node& item : node.items()) {
      out_.append(indent, ' ');
      out_ += '-';
      value(item, indent, true);
    }
  }

  void literal(const Node& node, std::size_t indent) {
    std::string_view text = node.text();
    out_ += text.ends_with('\n') ? " |" : " |-";
    end_line(node);
    if (text.ends_with('\n')) text.remove_suffix(1);
    while (true) {
      const std::size_t end = text.find('\n');
      const std::string_view line = text.substr(0, end);
      if (!line.empty()) out_.append(indent, ' ');
      out_ += line;
      out_ += '\n';
      if (end == std::string_view::npos) return;
      text.remove_prefix(end + 1);
    }
  }

  const YamlRemark& remark_;
  std::string out_;
};

}  // namespace

std::string yaml_scalar(const Node& value) {
  if (value.is_null()) return "null";
  if (value.is_mapping()) return "{}";
  if (value.is_sequence()) return "[]";
  if (!value.is_string()) return std::string(value.text());
  return is_safe_plain(value.text()) ? std::string(value.text()) : quoted(value);
}

std::string write_yaml(const Node& value, const YamlRemark& remark) {
  Writer writer(remark);
  writer.top(value);
  return writer.take();
}

std::string yaml_comment(std::string_view text) {
  std::string out = "# ";
  for (std::size_t i = 0; i < text.size();) {
    const auto* hidden = std::find_if(kEscapes.begin(), kEscapes.end(), [&](const Escape& escape) { return text.substr(i).starts_with(escape.character); });
    const bool is_hidden = hidden != kEscapes.end();
    out += is_hidden || !is_printable(text[i]) ? ' ' : text[i];
    i += is_hidden ? hidden->character.size() : 1;
  }
  return out + "\n";
}

}  // namespace raykeep::document
