// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fmt/format.h>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "core/encoding.h"
#include "document/yaml.h"
#include "document/yaml_events.h"
#include "document/yaml_scalar.h"

namespace raykeep::document {
namespace {

using Type = YamlEvent::Type;

constexpr std::string_view kMergeTag = "tag:yaml.org,2002:merge";
constexpr std::size_t kTextOfOneNode = 64;
constexpr unsigned kDeepest = 64;  // what libfyaml itself guarantees

void share(Node& node) {
  node.set_shared(true);
  if (node.is_sequence()) {
    for (Node& item : node.items()) share(item);
  } else if (node.is_mapping()) {
    for (Member& member : node.members()) {
      share(member.key);
      share(member.value);
    }
  }
}

std::size_t weight(std::string_view text) {
  return 1 + text.size() / kTextOfOneNode;
}

std::size_t weight(const Node& node) {
  std::size_t out = weight(node.text());
  for (const Node& item : node.items()) out += weight(item);
  for (const Member& member : node.members()) out += weight(member.key) + weight(member.value);
  return out;
}

unsigned height(const Node& node) {
  unsigned below = 0;
  for (const Node& item : node.items()) below = std::max(below, height(item));
  for (const Member& member : node.members()) below = std::max(below, height(member.value));
  return node.is_sequence() || node.is_mapping() ? below + 1 : 0;
}

// YAML 1.2 takes more, also the ':' of "&a: b".
bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// "<<" as a merge key (yaml.org/type/merge.html).
bool is_merge(const YamlEvent& event) {
  if (event.type != Type::kScalar || event.value != "<<") return false;
  return event.has_tag ? event.tag == kMergeTag : event.style == Style::kPlain;
}

class YamlReader {
 public:
  YamlReader(std::string_view text, const YamlLimits& limits, std::string_view file)
      : limits_(limits), events_(text, file) {}

  // The documents of the text, until `most` of them hold something.
  Result<std::vector<Node>> read(std::size_t most);

 private:
  struct Anchored {
    Node node;
    std::size_t weight = 0;
  };
  struct Merge {
    std::size_t position = 0;  // in the members
    Node source;
  };

  // Names of a mapping's keys, and whether the key stands before the merge.
  using Names = std::map<std::string, bool, std::less<>>;

  Result<Node> document();
  Result<Node> node(YamlEvent event, unsigned depth);
  Result<Node> content(const YamlEvent& event, unsigned depth);
  Result<Node> scalar(const YamlEvent& event) const;
  Result<Node> sequence(const YamlEvent& start, unsigned depth);
  Result<Node> mapping(const YamlEvent& start, unsigned depth);
  Result<Node> key(YamlEvent event);
  Result<Node> expand(const YamlEvent& alias, unsigned depth);
  Result<void> merge(Node::Mapping& into, const Merge& merge) const;
  Result<void> collect(const Node& source, Names& names, Node::Mapping& added) const;
  Result<void> check_unambiguous(const YamlEvent& event) const;
  Result<void> check_block_text(const YamlEvent& event) const;
  Result<void> charge(std::size_t weight, std::size_t offset);
  Span span(std::uint32_t begin, std::uint32_t end) const;
  tl::unexpected<Error> wrong(std::size_t offset, std::string message) const {
    return fail(kYamlMalformed, std::move(message), events_.place(offset));
  }

  const YamlLimits& limits_;
  YamlEvents events_;
  std::map<std::string, Anchored, std::less<>> anchors_;
  std::size_t spent_ = 0;
  // Of the collection around the present value: the column of a block collection, whether it is a flow collection.
  std::size_t column_ = 0;
  bool flow_ = false;
};

Result<std::vector<Node>> YamlReader::read(std::size_t most) {
  std::vector<Node> out;
  for (;;) {
    RK_TRY(const YamlEvent event, events_.next());
    if (event.type == Type::kStreamEnd) return out;
    if (event.type != Type::kDocumentStart) return wrong(event.begin, "a document should begin here");
    RK_TRY_VOID(charge(1, event.begin));
    RK_TRY(Node value, document());
    const bool empty = value.is_null() && value.span().begin == value.span().end;
    if (empty) continue;
    if (out.size() == most) {
      const std::string message = most == 1 ? "a second document begins here; one is wanted"
                                            : fmt::format("there are more than {} documents", most);
      return wrong(value.span().begin, message);
    }
    out.push_back(std::move(value));
  }
}

Result<Node> YamlReader::document() {
  anchors_.clear();
  RK_TRY(YamlEvent first, events_.next());
  RK_TRY(Node value, node(std::move(first), 0));
  RK_TRY(const YamlEvent last, events_.next());
  if (last.type != Type::kDocumentEnd) return wrong(last.begin, "the document should end here");
  return value;
}

Result<Node> YamlReader::node(YamlEvent event, unsigned depth) {
  const std::string_view name = event.type == Type::kAlias ? event.value : event.anchor;
  if (!name.empty() && limits_.aliases == YamlAliases::kRefuse)
    return wrong(event.begin, "anchors and aliases are not taken here; write the value out");
  if (!std::all_of(name.begin(), name.end(), is_name_character))
    return wrong(event.begin, "an anchor's name holds letters, digits, - and _ only");
  if (event.type == Type::kAlias) return expand(event, depth);
  RK_TRY_VOID(charge(weight(event.value), event.begin));
  const std::string anchor = std::exchange(event.anchor, {});
  // Until it is complete, the anchor's name means nothing: not itself, and not what had the name before.
  if (!anchor.empty()) anchors_.erase(anchor);
  RK_TRY(Node value, content(event, depth));
  value.set_style(event.style);
  value.set_tagged(event.has_tag);
  if (anchor.empty()) return value;
  share(value);
  const std::size_t cost = weight(value);
  RK_TRY_VOID(charge(cost, event.begin));
  // An anchor of the same name inside stands later in the text, so it has the name now.
  anchors_.try_emplace(anchor, Anchored{value, cost});
  return value;
}

Result<Node> YamlReader::content(const YamlEvent& event, unsigned depth) {
  if (event.type == Type::kScalar) return scalar(event);
  if (event.type != Type::kMappingStart && event.type != Type::kSequenceStart)
    return wrong(event.begin, "a value is missing here");
  const unsigned deepest = std::min(limits_.depth, kDeepest);
  if (depth >= deepest) return wrong(event.begin, fmt::format("nested deeper than {}", deepest));
  const bool is_sequence = event.type == Type::kSequenceStart;
  const std::string_view wanted = is_sequence ? "tag:yaml.org,2002:seq" : "tag:yaml.org,2002:map";
  if (event.has_tag && event.tag != wanted && event.tag != "!")
    return wrong(event.begin, fmt::format("the tag {} has no meaning here", event.tag));
  const std::size_t column = std::exchange(column_, events_.lines().at(event.begin).column);
  const bool flow = std::exchange(flow_, event.style == Style::kFlow);
  auto out = is_sequence ? sequence(event, depth) : mapping(event, depth);
  column_ = column;
  flow_ = flow;
  return out;
}

// Plain texts of flow collections that libfyaml, as YAML 1.2, and the API server's reader, as YAML 1.1, take for
// different things.
Result<void> YamlReader::check_unambiguous(const YamlEvent& event) const {
  if (!flow_ || event.style != Style::kPlain) return {};
  const std::string_view text = events_.text();
  if (event.value.starts_with('?')) return wrong(event.begin, "a text that begins with ? needs quotes here");
  const std::size_t colon = std::min(text.find_first_not_of(" \t", event.end), text.size());
  const bool before_colon = colon + 1 < text.size() && text[colon] == ':';
  if (before_colon && std::string_view(",]}").find(text[colon + 1]) != std::string_view::npos) {
    return wrong(colon, "write a space after this colon, or put the text in quotes");
  }
  return {};
}

// libfyaml 0.7.12 takes the lines after the header of an empty block text for its content when the text stands in a
// collection that itself begins in the middle of a line ("- a: |"), even if they are keys and items of that collection.
Result<void> YamlReader::check_block_text(const YamlEvent& event) const {
  const bool block_text = event.style == Style::kLiteral || event.style == Style::kFolded;
  if (!block_text) return {};
  if (event.value.find('\0') != std::string::npos)
    return wrong(event.begin, "this block text has no end; end the file with an empty line");
  const std::size_t first = events_.text().substr(0, event.end).find_first_not_of(" \t\r\n", event.begin);
  if (first == std::string_view::npos || events_.lines().at(first).column > column_) return {};
  return wrong(first,
               "the block text above is empty, which readers of YAML take differently; write \"\" instead of it");
}

Result<Node> YamlReader::scalar(const YamlEvent& event) const {
  RK_TRY_VOID(check_unambiguous(event));
  RK_TRY_VOID(check_block_text(event));
  if (event.has_tag && event.value.empty() && event.style == Style::kPlain)
    return wrong(event.begin, "a tag needs a value; write \"\" for an empty one");
  tl::expected<Node, std::string> value = event.has_tag                  ? resolve_tagged(event.tag, event.value)
                                          : event.style == Style::kPlain ? resolve_plain(event.value)
                                                                         : Node::string(event.value);
  if (!value) return wrong(event.begin, std::move(value).error());
  value->set_span(span(event.begin, event.end));
  return std::move(*value);
}

Result<Node> YamlReader::sequence(const YamlEvent& start, unsigned depth) {
  Node out = Node::sequence();
  for (;;) {
    RK_TRY(YamlEvent event, events_.next());
    if (event.type == Type::kSequenceEnd) {
      out.set_span(span(start.begin, event.end));
      return out;
    }
    RK_TRY(Node item, node(std::move(event), depth + 1));
    out.append(std::move(item));
  }
}

Result<Node> YamlReader::mapping(const YamlEvent& start, unsigned depth) {
  Node out = Node::mapping();
  std::optional<Merge> merge_key;
  for (;;) {
    RK_TRY(YamlEvent event, events_.next());
    if (event.type == Type::kMappingEnd) {
      out.set_span(span(start.begin, event.end));
      break;
    }
    const bool merging = is_merge(event);
    if (merging && merge_key) return wrong(event.begin, "the key << stands twice; give one << a list");
    Node name;
    if (!merging) {
      RK_TRY(name, key(std::move(event)));
    }
    RK_TRY(YamlEvent next, events_.next());
    RK_TRY(Node value, node(std::move(next), depth + 1));
    if (merging) {
      merge_key = Merge{out.members().size(), std::move(value)};
    } else {
      out.members().push_back({std::move(name), std::move(value)});
    }
  }
  if (const Member* twice = find_duplicate(out.members())) {
    return wrong(twice->key.span().begin, fmt::format("the key {} stands twice", json_quote(twice->name())));
  }
  if (merge_key) RK_TRY_VOID(merge(out.members(), *merge_key));
  return out;
}

// Keys become text: JSON has no other. A number or boolean as a key is taken by its value, as the API server does.
Result<Node> YamlReader::key(YamlEvent event) {
  const std::uint32_t at = event.begin;
  if (event.type == Type::kMappingStart || event.type == Type::kSequenceStart)
    return wrong(at, "a list or mapping cannot be a key");
  const std::string text = event.type == Type::kAlias ? std::string() : event.value;
  RK_TRY(Node out, node(std::move(event), 0));
  if (out.is_null() || out.is_sequence() || out.is_mapping())
    return wrong(at, fmt::format("{} cannot be a key", kind_name(out.kind())));
  const bool plain_integer = out.as_integer() && (text.empty() || is_integer_text(text));
  if (out.is_number() && !plain_integer)
    return wrong(at, fmt::format("readers write the number {} as a key differently; put it in quotes", out.text()));
  return out;
}

Result<Node> YamlReader::expand(const YamlEvent& alias, unsigned depth) {
  const auto found = anchors_.find(alias.value);
  if (found == anchors_.end())
    return wrong(alias.begin, fmt::format("no value above has the anchor {}", json_quote(alias.value)));
  RK_TRY_VOID(charge(found->second.weight, alias.begin));
  if (depth + height(found->second.node) > std::min(limits_.depth, kDeepest))
    return wrong(alias.begin, "expanded, this is nested too deep");
  return found->second.node;
}

// Keys of the mapping itself win over merged ones, and earlier sources over later ones. Readers differ over a key that
// stands before a << that brings it, too: to some the later one wins.
Result<void> YamlReader::merge(Node::Mapping& into, const Merge& merge) const {
  Names names;
  for (std::size_t i = 0; i < into.size(); ++i) names.emplace(into[i].name(), i < merge.position);
  Node::Mapping added;
  if (merge.source.is_sequence()) {
    for (const Node& source : merge.source.items()) RK_TRY_VOID(collect(source, names, added));
  } else {
    RK_TRY_VOID(collect(merge.source, names, added));
  }
  const auto position = into.begin() + static_cast<std::ptrdiff_t>(merge.position);
  into.insert(position, std::make_move_iterator(added.begin()), std::make_move_iterator(added.end()));
  return {};
}

Result<void> YamlReader::collect(const Node& source, Names& names, Node::Mapping& added) const {
  if (!source.is_mapping()) return wrong(source.span().begin, "<< takes a mapping or a list of mappings");
  for (const Member& member : source.members()) {
    const auto [known, fresh] = names.try_emplace(std::string(member.name()), false);
    if (!fresh && known->second) {
      return wrong(source.span().begin,
                   fmt::format("<< would bring the key {} again, which stands before it; write << first",
                               json_quote(member.name())));
    }
    if (!fresh) continue;
    added.push_back(member);
    share(added.back().key);
    share(added.back().value);
  }
  return {};
}

Result<void> YamlReader::charge(std::size_t weight, std::size_t offset) {
  spent_ += weight;
  if (spent_ <= limits_.nodes) return {};
  return fail(kYamlTooLarge, fmt::format("with its aliases expanded, it holds more than {} values", limits_.nodes),
              events_.place(offset));
}

Span YamlReader::span(std::uint32_t begin, std::uint32_t end) const {
  const LineColumn at = events_.lines().at(begin);
  return {begin, std::max(begin, end), static_cast<std::uint32_t>(at.line), static_cast<std::uint32_t>(at.column)};
}

}  // namespace

Result<std::vector<Node>> read_yaml_stream(std::string_view text, const YamlLimits& limits, std::string_view file) {
  const auto too_large = [&] {
    return fail(kYamlTooLarge, fmt::format("it is larger than {} bytes", limits.bytes), {std::string(file), 0, 0});
  };
  if (text.size() > std::min(limits.bytes, kLargestText)) return too_large();
  const std::size_t wrong = first_forbidden(text);
  if (wrong < text.size()) {
    const LineColumn at = line_column(text, wrong);
    const std::string message =
        fmt::format("the byte {:#04x} may not stand in YAML, which is UTF-8 text without control characters",
                    static_cast<unsigned char>(text[wrong]));
    return fail(kYamlMalformed, message, {std::string(file), at.line, at.column});
  }
  return YamlReader(text, limits, file).read(limits.documents);
}

Result<Node> read_yaml(std::string_view text, const YamlLimits& limits, std::string_view file) {
  YamlLimits one = limits;
  one.documents = 1;
  RK_TRY(std::vector<Node> documents, read_yaml_stream(text, one, file));
  return documents.empty() ? Node() : std::move(documents.front());
}

}  // namespace raykeep::document
