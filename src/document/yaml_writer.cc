// SPDX-License-Identifier: Apache-2.0
#include "document/yaml_writer.h"

#include <algorithm>

#include "document/json.h"
#include "document/yaml_scalar.h"

namespace raykeep::document {
namespace {

constexpr std::string_view kIndicators = "-?:,[]{}#&*!|>'\"%@`";

bool is_safe_plain(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
  if (kIndicators.find(text.front()) != std::string_view::npos) return false;
  if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos) return false;
  const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
  if (!printable || text.starts_with("---") || text.starts_with("...")) return false;
  const auto read = resolve_plain_scalar(text);
  // YAML 1.2 readers take other words for numbers than YAML 1.1 ones; quotes make both agree.
  const bool looks_like_number = text.find_first_not_of("0123456789.:_+-eEoxXabcdfABCDF") == std::string_view::npos &&
                                 text.find_first_of("0123456789") != std::string_view::npos && text.find_first_not_of("0123456789.:_+-") == std::string_view::npos;
  return read && read->is_string() && !looks_like_number;
}

// Text of several lines that a literal block gives back unchanged.
bool fits_literal(std::string_view text) {
  if (text.find('\n') == std::string_view::npos || text.front() == ' ' || text.front() == '\n' || text.front() == '\t') return false;
  if (text.ends_with("\n\n")) return false;
  for (std::size_t at = text.find(" \n"); at != std::string_view::npos;) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x20 || c == '\n'; });
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
    out_ += remark.empty() ? "\n" : "  # " + remark + "\n";
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
  return is_safe_plain(value.text()) ? std::string(value.text()) : write_json(value);
}

std::string write_yaml(const Node& value, const YamlRemark& remark) {
  Writer writer(remark);
  writer.top(value);
  return writer.take();
}

}  // namespace raykeep::document
