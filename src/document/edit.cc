// SPDX-License-Identifier: Apache-2.0
#include "document/edit.h"

#include <algorithm>

#include "document/edit_document.h"
#include "document/edit_tree.h"
#include "document/json.h"

namespace raykeep::document {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// Bytes [begin, end) of a text, which are one document and nothing else.
struct Slice {
  std::size_t begin = 0;
  std::size_t end = 0;
};

bool is_marker(std::string_view line, std::string_view marker) {
  return line.starts_with(marker) && (line.size() == 3 || std::string_view(" \t\r\n").find(line[3]) != std::string_view::npos);
}

// Without the "---" before it and the "..." behind it. It begins with a line, so that columns are right.
Slice slice_of(std::string_view text, const YamlDocument& document) {
  const EditText lines(text, "\n");
  Slice out{document.begin, document.end};
  const std::size_t first = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  const std::size_t line = std::max(first, lines.line_start(document.begin));
  if (text.substr(line, document.begin - line).find_first_not_of(" \t") == std::string_view::npos) out.begin = line;
  const std::size_t content = std::max<std::size_t>(document.begin, document.root.span().end);
  const bool at_line = content == lines.line_start(content);
  for (std::size_t at = at_line ? content : lines.next_line(content); at < out.end; at = lines.next_line(at)) {
    if (is_marker(text.substr(at), "...")) out.end = at;
  }
  return out;
}

bool looks_like_json(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
}

std::string subject(const NodePath& path, std::size_t depth) {
  const std::string text = path_text({path.begin(), path.begin() + static_cast<std::ptrdiff_t>(std::min(depth, path.size()))});
  return text.empty() ? "the document" : text;
}

// All that is known of one call.
class TextEdit {
 public:
  TextEdit(std::string_view text, const std::vector<Change>& changes, const YamlLimits& limits, std::string_view file)
      : text_(text), changes_(changes), limits_(limits), file_(file), stream_(read_yaml(text, limits, file)), is_json_(looks_like_json(text) && read_json(text).has_value()) {}

  Result<EditResult> run() {
    if (stream_.documents.empty() && !stream_.errors.empty()) return tl::make_unexpected(std::move(stream_.errors.front()));
    out_.outcomes.resize(changes_.size());
    for (std::size_t i = 0; i < stream_.documents.size(); ++i) edit_document(i);
    for (std::size_t i = 0; i < changes_.size(); ++i) {
      if (changes_[i].document >= stream_.documents.size()) refuse_change(i, "is in a document that does not exist", 0, false);
    }
    out_.text = apply_edits(text_, out_.edits);
    if (!says_what_it_should()) {
      return fail(kEditUnverified, "the changed text would not say just what was asked for", {std::string(file_)});
    }
    return std::move(out_);
  }

 private:
  void refuse_change(std::size_t index, std::string_view why, std::size_t depth, bool unverified) {
    const Change& change = changes_[index];
    SourcePosition at{std::string(file_)};
    if (change.document < stream_.documents.size()) {
      const Span& span = resolve_path(stream_.documents[change.document].root, change.path).deepest().span();
      at.line = span.line;
      at.column = span.column;
    }
    const std::string sentence = subject(change.path, depth) + ' ' + std::string(why);
    out_.outcomes[index] = {ChangeOutcome::State::kRefused, Error(unverified ? kEditUnverified : kEditRefused, sentence, at)};
  }

  void edit_document(std::size_t number) {
    YamlDocument& document = stream_.documents[number];
    std::vector<PendingChange> pending;
    std::vector<std::size_t> index;
    for (std::size_t i = 0; i < changes_.size(); ++i) {
      if (changes_[i].document != number) continue;
      pending.push_back({&changes_[i], false, std::nullopt, changes_[i].path.size(), false});
      index.push_back(i);
    }
    if (pending.empty()) return;
    const Slice slice = slice_of(text_, document);
    const EditText lines(text_, "\n");
    DocumentEdit edit(text_.substr(slice.begin, slice.end - slice.begin), document.root, lines.eol_near(0), is_json_, limits_);
    if (document.duplicates.empty()) {
      edit.run(pending);
    } else {
      const std::string why = "is in a document that has the key " + write_json(document.duplicates.front()) + " twice";
      for (PendingChange& each : pending) each.refusal = why;
    }
    for (std::size_t i = 0; i < pending.size(); ++i) tell(index[i], pending[i]);
    for (Edit& each : edit.edits()) out_.edits.push_back({each.offset + slice.begin, each.length, std::move(each.text)});
    expected_.emplace_back(number, edit.tree());
  }

  void tell(std::size_t index, const PendingChange& pending) {
    if (pending.refusal) return refuse_change(index, *pending.refusal, pending.refused_at, pending.unverified);
    out_.outcomes[index].state = pending.done ? ChangeOutcome::State::kDone : ChangeOutcome::State::kTrueAlready;
  }

  // The documents were verified one by one; here, that they are the same ones in the whole text.
  bool says_what_it_should() {
    if (out_.edits.empty()) return true;
    const YamlStream now = read_yaml(out_.text, limits_, file_);
    if (now.documents.size() != stream_.documents.size() || now.errors.size() != stream_.errors.size()) return false;
    for (auto& [number, tree] : expected_) stream_.documents[number].root = std::move(tree);
    for (std::size_t i = 0; i < now.documents.size(); ++i) {
      if (!same_value(now.documents[i].root, stream_.documents[i].root)) return false;
    }
    return !is_json_ || read_json(out_.text, {}, file_);
  }

  std::string_view text_;
  const std::vector<Change>& changes_;
  YamlLimits limits_;
  std::string_view file_;
  YamlStream stream_;
  bool is_json_;
  std::vector<std::pair<std::size_t, Node>> expected_;
  EditResult out_;
};

}  // namespace

Change Change::set(NodePath path, Node value, std::size_t document) {
  return {Kind::kSet, document, std::move(path), std::move(value)};
}
Change Change::remove(NodePath path, std::size_t document) { return {Kind::kRemove, document, std::move(path), {}}; }
Change Change::add(NodePath path, Node item, std::size_t document) {
  return {Kind::kAdd, document, std::move(path), std::move(item)};
}
Change Change::drop(NodePath path, Node item, std::size_t document) {
  return {Kind::kDrop, document, std::move(path), std::move(item)};
}

std::string apply_edits(std::string_view text, const std::vector<Edit>& edits) {
  std::string out;
  std::size_t at = 0;
  for (const Edit& edit : edits) {
    out += text.substr(at, edit.offset - at);
    out += edit.text;
    at = edit.offset + edit.length;
  }
  out += text.substr(at);
  return out;
}

Result<EditResult> edit_yaml(std::string_view text, const std::vector<Change>& changes, const YamlLimits& limits,
                             std::string_view file) {
  Result<EditResult> out = TextEdit(text, changes, limits, file).run();
  if (!out || out->edits.empty()) return out;
  // Once more over the result: whoever runs a repair twice must not find a difference.
  const Result<EditResult> again = TextEdit(out->text, changes, limits, file).run();
  if (!again || again->text != out->text) {
    return fail(kEditUnverified, "a second run of the same changes would change the text again", {std::string(file)});
  }
  return out;
}

}  // namespace raykeep::document
