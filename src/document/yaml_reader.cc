// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "core/encoding.h"
#include "core/parallel.h"
#include "document/text.h"
#include "document/yaml.h"
#include "document/yaml_events.h"
#include "document/yaml_scalar.h"

namespace raykeep::document {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::size_t kPart = 256U << 10;  // bytes that are worth a thread's while
// About how many bytes the tree of a text takes for each byte of it; an arena that is too small grows.
constexpr std::size_t kTreeSize = 6;
constexpr std::size_t kSmallTree = 1024;

// Where and why reading a document stopped.
struct Problem {
  std::size_t offset = 0;
  std::string sentence;
  const ErrorCode* code = &kYamlMalformed;
};

// Lists that are filled and emptied again and again, and keep their memory.
template <typename List>
class Scratch {
 public:
  List take() {
    if (spare_.empty()) return {};
    List out = std::move(spare_.back());
    spare_.pop_back();
    return out;
  }
  void put_back(List&& used) {
    used.clear();
    spare_.push_back(std::move(used));
  }

 private:
  std::vector<List> spare_;
};

// Builds the trees of documents from libyaml's events.
class DocumentBuilder {
 public:
  // `arena` may be null; else it must outlive the documents.
  DocumentBuilder(YamlEvents& events, const YamlLimits& limits, std::size_t& nodes, std::pmr::memory_resource* arena)
      : events_(events), limits_(limits), nodes_(nodes), arena_(arena) {}

  // Reads from the event behind the document's start through its end: the root and the duplicates.
  bool build(YamlDocument& out) {
    aliased_ = 0;
    anchors_.clear();
    open_anchors_.clear();
    open_merges_ = 0;
    YamlEvent event;
    const bool read = next(event) && build_node(event, out.root, 0) && next(event);
    out.duplicates = std::exchange(duplicates_, {});
    return read;
  }
  const Problem& problem() const { return problem_; }

 private:
  bool stop(std::size_t offset, std::string sentence, const ErrorCode& code = kYamlMalformed) {
    problem_ = {offset, std::move(sentence), &code};
    return false;
  }
  bool next(YamlEvent& event) { return events_.next(event) || stop(events_.problem_offset(), events_.problem()); }

  bool count(std::size_t offset) {
    return ++nodes_ <= limits_.nodes ||
           stop(offset, "more than " + std::to_string(limits_.nodes) + " values", kYamlTooLarge);
  }

  bool build_node(YamlEvent& event, Node& out, unsigned depth) {
    if (!count(event.span.begin)) return false;
    if (limits_.aliases == YamlAliases::kRefuse && !event.anchor.empty())
      return stop(event.span.begin, "anchors and aliases are not taken here; write the value out");
    if (event.type == YamlEvent::Type::kAlias) return expand_alias(event, out);
    if (event.anchor.empty()) return build_content(event, out, depth + 1);
    const std::string anchor(event.anchor);
    if (const auto older = anchors_.find(anchor); older != anchors_.end()) anchors_.erase(older);
    open_anchors_.insert(anchor);
    if (!build_content(event, out, depth + 1)) return false;
    open_anchors_.erase(anchor);
    anchors_.insert_or_assign(anchor, out);
    return true;
  }

  bool build_content(YamlEvent& event, Node& out, unsigned depth) {
    if (event.type == YamlEvent::Type::kScalar) return build_scalar(event, out);
    if (depth > limits_.depth) {
      return stop(event.span.begin, "nested deeper than " + std::to_string(limits_.depth) + " levels", kYamlTooLarge);
    }
    const Span start = event.span;
    const Style style = event.style;
    const bool tagged = event.explicit_tag;
    std::uint32_t end = start.begin;
    if (!(event.type == YamlEvent::Type::kSequenceStart ? build_sequence(event, out, end, depth) : build_mapping(event, out, end, depth))) return false;
    // A block collection ends where its last part does; libyaml would say where the next thing begins.
    out.set_span({start.begin, style == Style::kFlow ? event.span.end : end, start.line, start.column});
    out.set_style(style);
    out.set_tagged(tagged);
    out.set_shared(is_shared());
    return true;
  }

  // Whether what is being read stands under an anchor, or under a merge key, from where it is brought elsewhere.
  bool is_shared() const { return !open_anchors_.empty() || open_merges_ > 0; }

  bool build_scalar(const YamlEvent& event, Node& out) {
    auto value = event.explicit_tag             ? resolve_tagged_scalar(event.tag, event.value)
                 : event.style == Style::kPlain ? resolve_plain_scalar(event.value)
                                                : Node::string(event.value);
    if (!value) return stop(event.span.begin, std::move(value).error());
    out = *std::move(value);
    if (arena_ != nullptr) out.settle(*arena_);
    out.set_span(event.span);
    out.set_style(event.style);
    out.set_tagged(event.explicit_tag);
    out.set_shared(is_shared());
    return true;
  }

  // Both leave in `event` the end of the collection, and in `last` where its last part ends, if it has any.
  bool build_sequence(YamlEvent& event, Node& out, std::uint32_t& last, unsigned depth) {
    std::vector<Node> items = spare_items_.take();
    while (true) {
      if (!next(event)) return false;
      if (event.type == YamlEvent::Type::kSequenceEnd) break;
      const Span place = event.span;
      const bool alias = event.type == YamlEvent::Type::kAlias;
      if (!build_node(event, items.emplace_back(), depth)) return false;
      last = alias ? place.end : items.back().span().end;
    }
    out = arena_ == nullptr ? Node::sequence(Node::Sequence(std::make_move_iterator(items.begin()), std::make_move_iterator(items.end()))) : Node::sequence(items, *arena_);
    spare_items_.put_back(std::move(items));
    return true;
  }

  // The members of a mapping while they are read: which of them came from a merge key, and where each name stands.
  struct Members {
    std::vector<Member> list;
    bool any_merge = false;
    // Only once there is a merge:
    std::vector<bool> merged;
    std::map<std::string, std::size_t, std::less<>> by_name;
  };

  bool build_mapping(YamlEvent& event, Node& out, std::uint32_t& last, unsigned depth) {
    Members members{spare_members_.take(), false, {}, {}};
    while (true) {
      if (!next(event)) return false;
      if (event.type == YamlEvent::Type::kMappingEnd) break;
      const bool merge = event.type == YamlEvent::Type::kScalar && event.value == "<<" &&
                         (event.style == Style::kPlain ? !event.explicit_tag || event.tag.ends_with(":merge") : false);
      Member member;
      if (!merge && !build_key(event, member.key)) return false;
      if (!next(event)) return false;
      const Span place = event.span;
      const bool alias = event.type == YamlEvent::Type::kAlias;
      open_merges_ += merge ? 1U : 0U;
      if (!build_node(event, member.value, depth)) return false;
      open_merges_ -= merge ? 1U : 0U;
      last = alias ? place.end : member.value.span().end;
      if (merge ? !apply_merge(members, member.value, place) : !add_member(members, std::move(member))) return false;
    }
    if (!members.any_merge && !check_duplicates(members.list)) return false;
    out = arena_ == nullptr ? Node::mapping(Node::Mapping(std::make_move_iterator(members.list.begin()), std::make_move_iterator(members.list.end())))
                            : Node::mapping(members.list, *arena_);
    spare_members_.put_back(std::move(members.list));
    return true;
  }

  bool build_key(YamlEvent& event, Node& out) {
    const Span place = event.span;
    if (event.type == YamlEvent::Type::kSequenceStart || event.type == YamlEvent::Type::kMappingStart) {
      return stop(place.begin, "a key must be a simple value");
    }
    if (!build_node(event, out, 0)) return false;
    auto text = key_text(out);
    if (!text) return stop(place.begin, std::move(text).error());
    if (!out.is_string()) {
      Node key = Node::string(*text);
      if (arena_ != nullptr) key.settle(*arena_);
      key.set_style(out.style());
      key.set_tagged(out.tagged());
      key.set_shared(out.shared());
      out = std::move(key);
    }
    out.set_span(place);
    return true;
  }

  bool duplicate(const Node& key) {
    if (limits_.duplicates == DuplicateKeys::kRefuse)
      return stop(key.span().begin, "the key " + json_quote(key.text()) + " stands here a second time");
    duplicates_.push_back(key);
    return true;
  }
  // Leaves each name once, with its last value at its first place.
  bool check_duplicates(std::vector<Member>& members) {
    if (find_duplicate(members) == nullptr) return true;
    std::map<std::string, std::size_t, std::less<>> first;
    std::vector<Member> once;
    for (Member& member : members) {
      const auto [known, fresh] = first.emplace(member.name(), once.size());
      if (!fresh && !duplicate(member.key)) return false;
      if (fresh) {
        once.push_back(std::move(member));
      } else {
        once[known->second] = std::move(member);
      }
    }
    members = std::move(once);
    return true;
  }

  bool add_member(Members& members, Member member) {
    if (members.any_merge) {
      const auto [found, added] = members.by_name.emplace(member.name(), members.list.size());
      if (!added) {
        if (!members.merged[found->second] && !duplicate(member.key)) return false;
        members.list[found->second] = std::move(member);
        members.merged[found->second] = false;
        return true;
      }
      members.merged.push_back(false);
    }
    members.list.push_back(std::move(member));
    return true;
  }

  // sigs.k8s.io/yaml: a merge takes effect where it stands, over what is above it; of several sources the first wins.
  bool apply_merge(Members& members, const Node& source, const Span& place) {
    if (!std::exchange(members.any_merge, true)) {
      if (!check_duplicates(members.list)) return false;
      members.merged.assign(members.list.size(), false);
      for (std::size_t i = 0; i < members.list.size(); ++i) members.by_name.emplace(members.list[i].name(), i);
    }
    if (source.is_mapping()) return merge_mapping(members, source, place);
    if (!source.is_sequence()) return stop(place.begin, "a merge key needs a mapping or a list of mappings");
    for (auto item = source.items().rbegin(); item != source.items().rend(); ++item) {
      if (!item->is_mapping()) return stop(place.begin, "a merge key needs a mapping or a list of mappings");
      if (!merge_mapping(members, *item, place)) return false;
    }
    return true;
  }

  bool merge_mapping(Members& members, const Node& source, const Span& place) {
    for (const Member& member : source.members()) {
      if (!count_aliased(member.value, place.begin)) return false;
      const auto [found, added] = members.by_name.emplace(member.name(), members.list.size());
      if (added) {
        members.list.push_back(member);
        members.merged.push_back(true);
      } else {
        members.list[found->second] = member;
        members.merged[found->second] = true;
      }
    }
    return true;
  }

  bool expand_alias(const YamlEvent& event, Node& out) {
    if (open_anchors_.contains(event.anchor)) return stop(event.span.begin, "*" + std::string(event.anchor) + " contains itself");
    const auto found = anchors_.find(event.anchor);
    if (found == anchors_.end()) return stop(event.span.begin, "no anchor &" + std::string(event.anchor) + " stands before this");
    if (!count_aliased(found->second, event.span.begin)) return false;
    out = found->second;
    return true;
  }

  bool count_aliased(const Node& node, std::size_t offset) {
    if (++aliased_ > limits_.alias_nodes) {
      return stop(offset, "aliases bring more than " + std::to_string(limits_.alias_nodes) + " values", kYamlTooLarge);
    }
    if (!count(offset)) return false;
    const auto counted = [&](const auto& part) {
      if constexpr (std::is_same_v<std::decay_t<decltype(part)>, Member>)
        return count_aliased(part.value, offset);
      else
        return count_aliased(part, offset);
    };
    return std::all_of(node.items().begin(), node.items().end(), counted) &&
           std::all_of(node.members().begin(), node.members().end(), counted);
  }

  YamlEvents& events_;
  const YamlLimits& limits_;
  std::size_t& nodes_;
  std::size_t aliased_ = 0;
  std::map<std::string, Node, std::less<>> anchors_;
  std::set<std::string, std::less<>> open_anchors_;
  unsigned open_merges_ = 0;
  std::vector<Node> duplicates_;
  std::pmr::memory_resource* arena_;
  Scratch<std::vector<Node>> spare_items_;
  Scratch<std::vector<Member>> spare_members_;
  Problem problem_;
};

class StreamReader {
 public:
  StreamReader(std::string_view text, const YamlLimits& limits, std::string_view file)
      : text_(text), limits_(limits), file_(file) {}

  YamlStream read() {
    std::optional<LineIndex> lines;
    if (!check_text(lines)) return std::move(out_);
    lines_ = &*lines;
    std::size_t from = text_.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
    if (read_in_parts(from)) from = text_.size() + 1;
    while (from < text_.size() || (from == text_.size() && out_.documents.empty() && out_.errors.empty())) {
      const std::size_t resume = read_until_mistake(from, text_.size());
      if (resume <= from || resume >= text_.size()) break;
      if (out_.errors.size() >= limits_.errors) {
        add_error({resume, "too many mistakes; the rest of the file was not read", &kYamlTooLarge});
        break;
      }
      from = resume;
    }
    lines_ = nullptr;
    return std::move(out_);
  }

 private:
  void add_error(const Problem& problem) {
    const LineColumn place = lines_ != nullptr ? lines_->at(problem.offset) : line_column(text_, problem.offset);
    const bool is_template = problem.code == &kYamlMalformed && line_at(problem.offset).find("{{") != std::string_view::npos;
    out_.errors.emplace_back(*problem.code, "YAML: " + problem.sentence + (is_template ? "; a template ({{ ... }}) must be rendered first" : ""),
                             SourcePosition{std::string(file_), place.line, place.column});
  }

  std::string_view line_at(std::size_t offset) const {
    const std::size_t before = offset == 0 ? std::string_view::npos : text_.rfind('\n', offset - 1);
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    return text_.substr(begin, text_.find('\n', begin) - begin);
  }

  // Whether the text can be read at all; where its lines begin is worked out at the same time.
  bool check_text(std::optional<LineIndex>& lines) {
    if (text_.size() > std::min(limits_.bytes, kLargestText)) {
      add_error({0, "more than " + std::to_string(limits_.bytes) + " bytes", &kYamlTooLarge});
      return false;
    }
    std::size_t wrong = 0;
    const auto look = [&](std::size_t task) {
      if (task == 0) wrong = first_wrong_byte(text_);
      else lines.emplace(text_);
    };
    if (text_.size() > kPart) {
      parallel_for(2, look);
    } else {
      look(0);
      look(1);
    }
    if (wrong == text_.size()) return true;
    add_error({wrong, "a byte that is not UTF-8", &kYamlMalformed});
    return false;
  }

  // Where a large text can be cut into parts of whole documents, its end included. A directive belongs to the document
  // below it, so a text with one stays whole.
  std::vector<std::size_t> cuts(std::size_t from) const {
    std::vector<std::size_t> out{from};
    const bool may_have_one = text_.find('%') != std::string_view::npos;
    if (may_have_one && (text_.find("\n%") != std::string_view::npos || text_.find("\r%") != std::string_view::npos)) return out;
    while (text_.size() - out.back() > kPart) out.push_back(next_separator(out.back() + kPart));
    if (out.back() != text_.size()) out.push_back(text_.size());
    return out;
  }

  // Reads the parts of a large text at the same time. False, with nothing read, for a small text, and for one with a
  // mistake: where a mistake ends is seen only by reading from the start.
  bool read_in_parts(std::size_t from) {
    if (text_.size() - from <= kPart) return false;
    const std::vector<std::size_t> bounds = cuts(from);
    if (bounds.size() < 3) return false;
    std::vector<YamlStream> parts(bounds.size() - 1);
    std::atomic<std::size_t> nodes = 0;
    std::atomic<bool> readable = true;
    parallel_for(parts.size(), [&](std::size_t i) {
      if (!readable) return;
      StreamReader reader(text_, limits_, file_);
      reader.lines_ = lines_;
      reader.read_until_mistake(bounds[i], bounds[i + 1]);
      nodes += reader.nodes_;
      if (!reader.out_.errors.empty() || nodes > limits_.nodes) readable = false;
      parts[i] = std::move(reader.out_);
    });
    if (!readable) return false;
    for (YamlStream& part : parts) {
      std::move(part.documents.begin(), part.documents.end(), std::back_inserter(out_.documents));
      std::move(part.arenas.begin(), part.arenas.end(), std::back_inserter(out_.arenas));
    }
    return true;
  }

  // Reads the documents in text[from, to). Returns where to go on after a mistake, or the end of the text.
  std::size_t read_until_mistake(std::size_t from, std::size_t to) {
    YamlEvents events(text_.substr(0, to), from, *lines_);
    std::pmr::memory_resource* arena = nullptr;
    if (limits_.memory == YamlMemory::kOfStream) arena = out_.arenas.emplace_back(std::make_unique<std::pmr::monotonic_buffer_resource>(kTreeSize * (to - from) + kSmallTree)).get();
    DocumentBuilder builder(events, limits_, nodes_, arena);
    std::size_t start = from;
    while (true) {
      YamlEvent event;
      if (!events.next(event)) return give_up({events.problem_offset(), events.problem(), &kYamlMalformed}, start);
      if (event.type == YamlEvent::Type::kStreamEnd) return text_.size();
      if (event.type != YamlEvent::Type::kDocumentStart) continue;
      start = event.span.begin;
      YamlDocument document;
      document.begin = event.span.end;
      if (!builder.build(document)) return give_up(builder.problem(), start);
      document.end = static_cast<std::uint32_t>(next_separator(std::max(document.begin, document.root.span().end)));
      out_.documents.push_back(std::move(document));
    }
  }

  std::size_t give_up(const Problem& problem, std::size_t start) {
    add_error(problem);
    if (nodes_ > limits_.nodes) return text_.size();
    const std::size_t line = lines_->at(problem.offset).line;
    return next_separator(std::max(lines_->start_of(line), start + 1));
  }

  // The first line at or behind `offset` that begins with "---", or the end of the text.
  std::size_t next_separator(std::size_t offset) const {
    std::size_t line = lines_->at(std::min(offset, text_.size())).line;
    if (lines_->start_of(line) < offset) ++line;
    for (; line <= lines_->lines(); ++line) {
      const std::string_view rest = text_.substr(lines_->start_of(line));
      if (rest.starts_with("---") &&
          (rest.size() == 3 || std::string_view(" \t\r\n").find(rest[3]) != std::string_view::npos)) {
        return lines_->start_of(line);
      }
    }
    return text_.size();
  }

  std::string_view text_;
  const YamlLimits& limits_;
  std::string_view file_;
  const LineIndex* lines_ = nullptr;
  std::size_t nodes_ = 0;
  YamlStream out_;
};

}  // namespace

YamlStream read_yaml(std::string_view text, const YamlLimits& limits, std::string_view file) {
  return StreamReader(text, limits, file).read();
}

Result<Node> read_yaml_document(std::string_view text, const YamlLimits& limits, std::string_view file) {
  YamlStream stream = read_yaml(text, limits, file);
  if (!stream.errors.empty()) return tl::make_unexpected(std::move(stream.errors.front()));
  if (stream.documents.empty()) return Node();
  if (stream.documents.size() > 1) {
    const LineColumn place = line_column(text, stream.documents[1].begin);
    return fail(kYamlMalformed, "YAML: a second document where one is expected",
                {std::string(file), place.line, place.column});
  }
  return std::move(stream.documents.front().root);
}

}  // namespace raykeep::document
