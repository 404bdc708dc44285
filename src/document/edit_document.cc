// SPDX-License-Identifier: Apache-2.0
#include "document/edit_document.h"

#include <algorithm>
#include <set>

#include "document/edit_steps.h"

namespace raykeep::document {
namespace {

constexpr std::string_view kSaysElse = "could not be changed so that the text says just that";

// Places of which none may lie inside another.
class Places {
 public:
  void add(const NodePath& path) { keys_.insert(key_of(path)); }
  bool touch(const NodePath& path) const {
    const std::string key = key_of(path);
    const auto inside = keys_.lower_bound(key);
    if (inside != keys_.end() && inside->starts_with(key)) return true;
    for (NodePath outer = path; !outer.empty();) {
      outer.pop_back();
      if (keys_.contains(key_of(outer))) return true;
    }
    return false;
  }

 private:
  static std::string key_of(const NodePath& path) {
    std::string out;
    for (const PathStep& step : path) {
      const auto* index = std::get_if<std::size_t>(&step);
      const std::string text = index != nullptr ? '#' + std::to_string(*index) : '.' + std::get<std::string>(step);
      out += std::to_string(text.size()) + text + '/';
    }
    return out;
  }
  std::set<std::string, std::less<>> keys_;
};

std::vector<Edit> sorted(std::vector<Edit> edits) {
  std::stable_sort(edits.begin(), edits.end(), [](const Edit& a, const Edit& b) { return a.offset < b.offset; });
  return edits;
}

bool overlap(const std::vector<Edit>& edits) {
  for (std::size_t i = 1; i < edits.size(); ++i) {
    if (edits[i - 1].offset + edits[i - 1].length > edits[i].offset) return true;
  }
  return false;
}

struct Stretch {
  std::size_t begin;
  std::size_t end;
};
void find_quoted(const Node& node, std::vector<Stretch>& out) {
  const auto add = [&out](const Node& scalar) {
    if (scalar.style() != Style::kPlain && scalar.style() != Style::kBlock && scalar.style() != Style::kFlow) {
      out.push_back({scalar.span().begin, scalar.span().end});
    }
  };
  add(node);
  for (const Node& item : node.items()) find_quoted(item, out);
  for (const Member& member : node.members()) {
    add(member.key);
    find_quoted(member.value, out);
  }
}

}  // namespace

bool is_template(std::string_view text, const Node& root) {
  std::size_t at = text.find("{{");
  if (at == std::string_view::npos) return false;
  std::vector<Stretch> quoted;
  find_quoted(root, quoted);
  for (; at != std::string_view::npos; at = text.find("{{", at + 2)) {
    const bool inside = std::any_of(quoted.begin(), quoted.end(),
                                    [&](const Stretch& stretch) { return stretch.begin <= at && at < stretch.end; });
    if (!inside) return true;
  }
  return false;
}

// Changes that are planned for the same reading of the text, and those that have to wait for the next.
struct DocumentEdit::Round {
  Node expected;
  std::vector<Edit> edits;
  std::vector<PendingChange*> accepted;
  std::vector<PendingChange*> later;
  Places taken;
  bool closed = false;  // what comes now has to wait, whatever it touches
};

DocumentEdit::DocumentEdit(std::string_view text, const Node& root, std::string_view eol, bool json,
                           const YamlLimits& limits)
    : first_(text), text_(text), tree_(root), pieces_(text.size()), eol_(eol), json_(json), limits_(limits) {}

std::optional<Node> DocumentEdit::read(std::string_view text) const {
  YamlStream stream = read_yaml(text, limits_);
  if (!stream.errors.empty() || stream.documents.size() != 1 || !stream.documents[0].duplicates.empty()) return std::nullopt;
  return std::move(stream.documents[0].root);
}

bool DocumentEdit::commit(std::vector<Edit> edits, const Node* expected) {
  edits = sorted(std::move(edits));
  if (overlap(edits)) return false;
  std::string text = apply_edits(text_, edits);
  std::optional<Node> tree = read(text);
  if (!tree || (expected != nullptr && !same_value(*tree, *expected))) return false;
  text_ = std::move(text);
  tree_ = *std::move(tree);
  pieces_.apply(edits);
  return true;
}

void DocumentEdit::run(std::vector<PendingChange>& changes) {
  // Read alone, so that all places are those of this text; it must say the same as in its surroundings.
  std::optional<Node> alone = read(text_);
  std::optional<std::string_view> why;
  if (!alone || !same_value(*alone, tree_)) why = "is in a document that cannot be read on its own";
  else if (is_template(text_, *alone)) why = "is in a template";
  if (why) {
    for (PendingChange& change : changes) {
      if (!is_true_already(tree_, *change.change)) change.refusal = *why;
    }
    return;
  }
  tree_ = *std::move(alone);
  std::vector<PendingChange*> pending;
  for (PendingChange& change : changes) pending.push_back(&change);
  while (!pending.empty()) pending = run_round(pending);
}

std::vector<PendingChange*> DocumentEdit::run_round(const std::vector<PendingChange*>& pending) {
  Round round;
  round.expected = tree_;
  for (PendingChange* change : pending) plan(*change, round);
  if (round.accepted.empty()) {
    // All were refused or true already, or the first has several steps and needs the text for itself.
    if (round.later.empty()) return {};
    run_alone(*round.later.front());
    round.later.erase(round.later.begin());
    return round.later;
  }
  if (commit(round.edits, &round.expected)) {
    for (PendingChange* change : round.accepted) change->done = true;
  } else {
    for (PendingChange* change : round.accepted) run_alone(*change);
  }
  return round.later;
}

void DocumentEdit::plan(PendingChange& pending, Round& round) {
  const Change& change = *pending.change;
  if (round.closed || round.taken.touch(change.path)) {
    round.taken.add(change.path);
    round.later.push_back(&pending);
    return;
  }
  if (is_true_already(tree_, change)) return;
  const auto refuse_it = [&](std::string why) {
    pending.refusal = std::move(why);
    pending.refused_at = resolve_path(tree_, change.path).depth();
  };
  if (auto why = why_senseless(tree_, change)) return refuse_it(*std::move(why));
  const std::vector<EditStep> steps = steps_of(tree_, change);
  if (steps.size() != 1) {
    round.closed = true;
    round.later.push_back(&pending);
    return;
  }
  const NodePath touched = touched_by(tree_, steps.front());
  if (round.taken.touch(touched)) {
    round.taken.add(change.path);
    round.taken.add(touched);
    round.later.push_back(&pending);
    return;
  }
  Placement edits = place_step(EditText(text_, eol_, json_), tree_, steps.front());
  if (!edits) return refuse_it(std::move(edits).error());
  apply_to_tree(round.expected, change);
  round.taken.add(touched);
  round.accepted.push_back(&pending);
  round.edits.insert(round.edits.end(), edits->begin(), edits->end());
}

// A change of one or several steps, done wholly or not at all.
void DocumentEdit::run_alone(PendingChange& pending) {
  const Change& change = *pending.change;
  if (is_true_already(tree_, change)) return;
  pending.refused_at = resolve_path(tree_, change.path).depth();
  pending.refusal = why_senseless(tree_, change);
  if (pending.refusal) return;
  Node expected = tree_;
  apply_to_tree(expected, change);
  DocumentEdit trial = *this;
  for (const EditStep& step : steps_of(tree_, change)) {
    Placement edits = place_step(EditText(trial.text_, eol_, json_), trial.tree_, step);
    if (!edits) {
      pending.refusal = std::move(edits).error();
      return;
    }
    pending.unverified = !trial.commit(*std::move(edits), nullptr);
    if (pending.unverified) break;
  }
  pending.unverified = pending.unverified || !same_value(trial.tree_, expected);
  if (pending.unverified) {
    pending.refusal = kSaysElse;
    return;
  }
  *this = std::move(trial);
  pending.done = true;
}

}  // namespace raykeep::document
