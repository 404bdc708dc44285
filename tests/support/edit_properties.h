// SPDX-License-Identifier: Apache-2.0
// What must hold of every edit of every text (document/edit.h), for tests and fuzzing, and changes at random.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "document/edit.h"

namespace raykeep::document::testing {

// Numbers that are the same on every machine (xorshift64*).
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed * 2 + 1) {}
  std::size_t roll(std::size_t sides) {
    state_ ^= state_ >> 12U;
    state_ ^= state_ << 25U;
    state_ ^= state_ >> 27U;
    return static_cast<std::size_t>((state_ * 0x2545f4914f6cdd1dU) >> 33U) % sides;
  }

 private:
  std::uint64_t state_;
};

inline Node random_scalar(Dice& dice) {
  static const std::vector<std::string> kTexts{
      "ALL", "yes", "0777", "1_000", "", "a: b", "# no", "x #y", "- a", "it's", "say \"x\"", "two\nlines", "tab\there",
      "{{ x }}", "{a}", "[b", "*alias", "&anchor", "!tag", "caf\xc3\xa9", "~", "1.5", "key:", " space ", "a,b", "---", "%x", "=", "<<"};
  switch (dice.roll(5)) {
    case 0: return Node::boolean(dice.roll(2) == 0);
    case 1: return Node::integer(static_cast<std::int64_t>(dice.roll(100000)) - 500);
    case 2: return Node();
    default: return Node::string(kTexts[dice.roll(kTexts.size())]);
  }
}

inline std::string random_key(Dice& dice) {
  static const std::vector<std::string> kKeys{"securityContext", "capabilities", "drop", "runAsNonRoot", "ray.io/cluster",
                                              "annotations", "on", "1", "a b", "x: y", "<<", "\xc3\xa9t\xc3\xa9"};
  return kKeys[dice.roll(kKeys.size())];
}

inline Node random_value(Dice& dice, unsigned depth = 0) {
  const std::size_t kind = dice.roll(6);
  if (depth > 2 || kind < 3) return random_scalar(dice);
  Node out = kind == 3 ? Node::sequence() : Node::mapping();
  for (std::size_t i = dice.roll(4); i > 0; --i) {
    if (out.is_sequence()) out.append(random_value(dice, depth + 1));
    else out.set(random_key(dice), random_value(dice, depth + 1));
  }
  return out;
}

// A path that exists, most of the time to somewhere deep.
inline NodePath random_path(const Node& root, Dice& dice) {
  NodePath path;
  const Node* at = &root;
  while (!(at->items().empty() && at->members().empty()) && dice.roll(9) != 0) {
    if (at->is_sequence()) {
      const std::size_t i = dice.roll(at->items().size());
      path.emplace_back(i);
      at = &at->items()[i];
    } else {
      const Member& member = at->members()[dice.roll(at->members().size())];
      path.emplace_back(std::string(member.name()));
      at = &member.value;
    }
  }
  return path;
}

inline Change random_change(const YamlStream& stream, Dice& dice) {
  const std::size_t document = dice.roll(stream.documents.size());
  NodePath path = random_path(stream.documents[document].root, dice);
  const Node& node = *find_path(stream.documents[document].root, path);
  const std::size_t kind = dice.roll(8);
  if (kind == 0) return Change::set(path, random_value(dice), document);
  if (kind == 1) return Change::remove(path, document);
  if (node.is_sequence()) {
    const bool drop = kind < 4 && !node.items().empty();
    return drop ? Change::drop(path, node.items()[dice.roll(node.items().size())], document)
                : Change::add(path, random_value(dice), document);
  }
  if (node.is_mapping() || node.is_null()) {
    path.emplace_back(random_key(dice));
    if (dice.roll(3) == 0) path.emplace_back(random_key(dice));
    if (dice.roll(6) == 0) return Change::add(path, random_value(dice), document);
    return Change::set(path, random_value(dice), document);
  }
  return Change::set(path, kind == 2 ? random_value(dice) : random_scalar(dice), document);
}

// The meaning of a change once more, as plainly as it can be said.
inline void apply_model(Node& node, const Change& change, std::size_t step = 0) {
  if (step < change.path.size()) {
    const bool last = step + 1 == change.path.size();
    if (const auto* index = std::get_if<std::size_t>(&change.path[step])) {
      if (node.is_null()) node = Node::sequence();
      if (*index == node.items().size()) node.append(Node());
      return apply_model(node.items()[*index], change, step + 1);
    }
    const std::string& key = std::get<std::string>(change.path[step]);
    if (change.kind == Change::Kind::kRemove && last) return static_cast<void>(node.erase(key));
    if (node.find(key) == nullptr && change.kind != Change::Kind::kSet && change.kind != Change::Kind::kAdd) return;
    if (node.find(key) == nullptr) node.set(key, Node());
    return apply_model(*node.find(key), change, step + 1);
  }
  if (change.kind == Change::Kind::kSet) {
    node = change.value;
  } else if (change.kind == Change::Kind::kAdd) {
    if (node.is_null()) node = Node::sequence();
    const bool there = std::any_of(node.items().begin(), node.items().end(), [&](const Node& item) { return same_value(item, change.value); });
    if (!there) node.append(change.value);
  } else if (node.is_sequence()) {
    std::erase_if(node.items(), [&](const Node& item) { return same_value(item, change.value); });
  }
}

inline bool ends_line(std::string_view text) { return text.ends_with('\n') || text.ends_with('\r'); }
// Which line ends a text has: 1 LF, 2 CR LF, 4 CR.
inline unsigned line_ends(std::string_view text) {
  unsigned out = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') out |= i > 0 && text[i - 1] == '\r' ? 2U : 1U;
    if (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')) out |= 4U;
  }
  return out;
}

// Why the result is wrong; nothing when all holds.
inline std::optional<std::string> what_is_wrong(std::string_view text, const std::vector<Change>& changes, const EditResult& result,
                                                const YamlLimits& limits = {}) {
  if (result.outcomes.size() != changes.size()) return "not one outcome for each change";
  std::size_t at = 0;
  for (const Edit& edit : result.edits) {
    if (edit.offset < at || edit.offset + edit.length > text.size()) return "edits overlap or leave the text";
    if (edit.length == 0 && edit.text.empty()) return "an edit of nothing";
    at = edit.offset + edit.length;
  }
  if (apply_edits(text, result.edits) != result.text) return "the edits do not make the text";
  YamlStream before = read_yaml(text, limits);
  const YamlStream after = read_yaml(result.text, limits);
  if (before.documents.size() != after.documents.size() || before.errors.size() != after.errors.size()) return "other documents";
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const auto state = result.outcomes[i].state;
    if ((state == ChangeOutcome::State::kRefused) != result.outcomes[i].reason.has_value()) return "a refusal without a reason";
    if (state != ChangeOutcome::State::kDone) continue;
    apply_model(before.documents[changes[i].document].root, changes[i]);
  }
  for (std::size_t i = 0; i < before.documents.size(); ++i) {
    if (!same_value(before.documents[i].root, after.documents[i].root)) return "document " + std::to_string(i) + " says something else";
  }
  const unsigned ends = line_ends(text);
  const bool all_alike = ends != 0 && (ends & (ends - 1)) == 0;
  if (all_alike && (line_ends(result.text) & ~ends) != 0) return "other line ends";
  if (!text.empty() && !result.text.empty() && ends_line(text) != ends_line(result.text)) return "another end of the text";
  const auto again = edit_yaml(result.text, changes, limits);
  if (!again || again->text != result.text) return "a second run changes the text";
  return std::nullopt;
}

}  // namespace raykeep::document::testing
