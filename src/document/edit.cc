// SPDX-License-Identifier: Apache-2.0
#include "document/edit.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <optional>

#include "document/json.h"
#include "document/yaml.h"
#include "document/yaml_writer.h"

namespace raykeep::document {
namespace {

tl::unexpected<Error> refuse(std::string reason) { return fail(kEditRefused, std::move(reason)); }

struct Splice {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string text;
};

const Node* child(const Node& node, const std::string& key) {
  if (node.is_mapping()) return node.find(key);
  if (!node.is_sequence()) return nullptr;
  std::size_t index = 0;
  const auto [end, problem] = std::from_chars(key.data(), key.data() + key.size(), index);
  if (problem != std::errc() || end != key.data() + key.size() || index >= node.items().size()) return nullptr;
  return &node.items()[index];
}

// The value with the keys that are missing around it.
Node wrapped(const Path& path, std::size_t from, const Node& value) {
  Node out = value;
  for (std::size_t i = path.size(); i-- > from;) {
    Node around = Node::mapping();
    around.set(path[i], std::move(out));
    out = std::move(around);
  }
  return out;
}

bool holds(const Node& list, const Node& item) {
  return std::any_of(list.items().begin(), list.items().end(), [&](const Node& one) { return same_value(one, item); });
}

// What the tree must be afterwards. Nothing when the path leads through something that cannot hold it.
bool set_in_tree(Node& root, const Path& path, const Node& value) {
  Node* at = &root;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (at->is_null()) *at = Node::mapping();
    Node* next = const_cast<Node*>(child(*at, path[i]));
    if (next == nullptr) {
      if (!at->is_mapping()) return false;
      at->set(path[i], wrapped(path, i + 1, value));
      return true;
    }
    at = next;
  }
  if (!value.is_sequence() || !at->is_sequence()) {
    *at = value;
    return true;
  }
  for (const Node& item : value.items()) {
    if (!holds(*at, item)) at->append(item);
  }
  return true;
}

std::string line_end_of(std::string_view text) {
  const std::size_t end = text.find('\n');
  return end != std::string_view::npos && end > 0 && text[end - 1] == '\r' ? "\r\n" : "\n";
}

// Whether lists stand at the column of their key ("indentless"), by the first list that shows it.
std::optional<bool> indentless(const Node& node) {
  for (const Member& member : node.members()) {
    const Node& value = member.value;
    if (value.is_sequence() && value.style() == Style::kBlock && value.span().line > member.key.span().line) return value.span().column <= member.key.span().column;
    if (const auto found = indentless(value)) return found;
  }
  for (const Node& item : node.items()) {
    if (const auto found = indentless(item)) return found;
  }
  return std::nullopt;
}

// A value on one line, as flow style and JSON write it.
std::string flow_text(const Node& value, bool json) {
  if (json) return write_json(value);
  std::string out;
  if (value.is_sequence()) {
    for (const Node& item : value.items()) out += (out.empty() ? "" : ", ") + flow_text(item, json);
    return "[" + out + "]";
  }
  if (!value.is_mapping()) return yaml_scalar(value);
  for (const Member& member : value.members()) out += fmt::format("{}{}: {}", out.empty() ? "" : ", ", yaml_scalar(member.key), flow_text(member.value, json));
  return "{" + out + "}";
}

class Editor {
 public:
  Editor(std::string_view text, const Node& root) : text_(text), root_(root), end_(line_end_of(text)), indentless_(indentless(root).value_or(true)) {}

  Result<Splice> set(const Path& path, const Node& value) const {
    const Node* at = &root_;
    const Member* holder = nullptr;
    for (std::size_t i = 0; i < path.size(); ++i) {
      if (at->shared()) return refuse("it stands under an anchor or alias, so other places would change too");
      const Node* next = child(*at, path[i]);
      if (next == nullptr) return add(*at, holder, path[i], wrapped(path, i + 1, value));
      holder = at->is_mapping() ? at->find_member(path[i]) : nullptr;
      at = next;
    }
    if (at->shared()) return refuse("it stands under an anchor or alias, so other places would change too");
    if (at->tagged()) return refuse("it has an explicit tag");
    return replace(*at, holder, value);
  }

 private:
  bool is_json_style(const Node& mapping) const { return !mapping.members().empty() && mapping.members().front().key.style() == Style::kDoubleQuoted; }

  // A byte order mark stands before the first line's first column.
  std::size_t column_of(const Node& node) const {
    const bool marked = node.span().line == 1 && text_.starts_with("\xef\xbb\xbf");
    return node.span().column - (marked ? 3 : 0);
  }

  std::size_t next_line(std::size_t from) const {
    if (from > 0 && text_[from - 1] == '\n') return from;
    const std::size_t end = text_.find('\n', from);
    return end == std::string_view::npos ? text_.size() : end + 1;
  }

  // Lines at a place between lines; the last line may lack its end.
  Splice lines_at(std::size_t offset, std::string block) const {
    const bool open = offset == text_.size() && !text_.empty() && text_.back() != '\n';
    if (open) {
      block.insert(0, end_);
      block.erase(block.size() - end_.size());
    }
    return {offset, offset, std::move(block)};
  }

  std::string block_text(const Node& mapping, std::size_t indent) const {
    std::string out;
    std::string yaml = write_yaml(mapping);
    std::size_t extra = 0;  // of lists below keys, when the text indents them
    std::size_t list_column = std::string::npos;
    for (std::size_t begin = 0; begin < yaml.size();) {
      const std::size_t end = yaml.find('\n', begin);
      const std::string line = yaml.substr(begin, end - begin);
      const std::size_t column = line.find_first_not_of(' ');
      if (!indentless_ && line.compare(column, 2, "- ") == 0 && list_column == std::string::npos) list_column = column;
      if (list_column != std::string::npos) extra = column >= list_column && (line.compare(column, 2, "- ") == 0 || column > list_column) ? 2 : 0;
      out += std::string(indent + extra, ' ') + line + end_;
      begin = end + 1;
    }
    return out;
  }

  Result<Splice> add(const Node& at, const Member* holder, const std::string& key, const Node& value) const {
    Node entry = Node::mapping();
    entry.set(key, value);
    if (at.is_null()) return add_below_null(at, holder, entry);
    if (!at.is_mapping()) return refuse(fmt::format("{} cannot be added to {}", key, kind_name(at.kind())));
    if (at.style() == Style::kFlow) return add_to_flow(at, entry);
    return lines_at(next_line(at.span().end), block_text(entry, column_of(at.members().front().key) - 1));
  }

  Result<Splice> add_to_flow(const Node& at, const Node& entry) const {
    if (at.span().end == 0 || text_[at.span().end - 1] != '}') return refuse("the end of a mapping in braces was not found");
    const bool json = is_json_style(at) || is_json_style(root_);
    const Member& added = entry.members().front();
    std::string colon = json ? ":" : ": ";
    if (!at.members().empty()) {
      const Member& before = at.members().back();
      const std::string_view between = text_.substr(before.key.span().end, before.value.span().begin - before.key.span().end);
      if (json && between.find(' ') != std::string_view::npos) colon = ": ";
    }
    const std::string inner = (json ? write_json(added.key) : yaml_scalar(added.key)) + colon + flow_text(added.value, json);
    if (at.members().empty()) return Splice{at.span().begin, at.span().end, "{" + inner + "}"};
    const Member& last = at.members().back();
    const std::size_t place = last.value.span().end;
    // A mapping over many lines gets the new key on a line of its own.
    const bool many_lines = last.key.span().line != at.span().line;
    const std::string separator = many_lines ? "," + end_ + std::string(last.key.span().column - 1, ' ') : json ? "," : ", ";
    return Splice{place, place, separator + inner};
  }

  // "securityContext:" with nothing behind it.
  Result<Splice> add_below_null(const Node& at, const Member* holder, const Node& entry) const {
    if (holder == nullptr) return refuse("there is nothing to add to");
    if (at.span().end > at.span().begin) return Splice{at.span().begin, at.span().end, flow_text(entry, false)};
    const std::size_t indent = holder->key.span().column + 1;
    return lines_at(next_line(holder->key.span().end), block_text(entry, indent));
  }

  Result<Splice> replace(const Node& at, const Member* holder, const Node& value) const {
    if (at.is_sequence() && value.is_sequence()) return append(at, value);
    const bool empty = at.is_null() || ((at.is_mapping() || at.is_sequence()) && at.items().empty() && at.members().empty());
    const bool scalar = !value.is_mapping() && !value.is_sequence();
    const bool was_scalar = !at.is_mapping() && !at.is_sequence();
    if (at.style() == Style::kLiteral || at.style() == Style::kFolded) return refuse("it is a text of several lines");
    if (!empty && !(scalar && was_scalar)) return refuse(fmt::format("{} stands there already", kind_name(at.kind())));
    const bool json = holder != nullptr && holder->key.style() == Style::kDoubleQuoted;
    std::string text = flow_text(value, json);
    if (scalar && value.is_string() && at.style() == Style::kDoubleQuoted) text = write_json(value);
    if (scalar && value.is_string() && at.style() == Style::kSingleQuoted && value.text().find('\'') == std::string_view::npos) text = "'" + std::string(value.text()) + "'";
    if (at.span().end > at.span().begin) return Splice{at.span().begin, at.span().end, text};
    if (holder == nullptr) return refuse("there is nothing to replace");
    const std::size_t colon = text_.find(':', holder->key.span().end);
    if (colon == std::string_view::npos) return refuse("the colon of its key was not found");
    return Splice{colon + 1, colon + 1, " " + text};
  }

  Result<Splice> append(const Node& at, const Node& value) const {
    std::string flow, block;
    const std::string indent(at.span().column > 0 ? at.span().column - 1 : 0, ' ');
    for (const Node& item : value.items()) {
      if (holds(at, item)) continue;
      flow += (flow.empty() ? "" : ", ") + flow_text(item, false);
      block += indent + "- " + flow_text(item, false) + end_;
    }
    if (flow.empty()) return Splice{};
    if (at.items().empty()) return Splice{at.span().begin, at.span().end, "[" + flow + "]"};
    if (at.style() == Style::kFlow) return Splice{at.items().back().span().end, at.items().back().span().end, ", " + flow};
    return lines_at(next_line(at.span().end), block);
  }

  std::string_view text_;
  const Node& root_;
  std::string end_;
  bool indentless_;
};

}  // namespace

Result<std::string> set_value(std::string_view text, const Path& path, const Node& value) {
  if (text.find("{{") != std::string_view::npos) return refuse("it is a template; change what it is made from");
  RK_TRY(const Node root, read_yaml_document(text));
  Node wanted = root;
  if (!set_in_tree(wanted, path, value)) return refuse("the path leads through a value that cannot hold it");
  if (same_value(wanted, root)) return std::string(text);
  RK_TRY(const Splice splice, Editor(text, root).set(path, value));
  std::string out(text);
  out.replace(splice.begin, splice.end - splice.begin, splice.text);
  const auto read = read_yaml_document(out);
  if (!read || !same_value(*read, wanted)) return refuse("the text is written in a way in which the change cannot be made safely");
  return out;
}

}  // namespace raykeep::document
