// SPDX-License-Identifier: Apache-2.0
#include "kube/selector.h"

#include <algorithm>
#include <functional>
#include <optional>

#include "core/encoding.h"

namespace raykeep::kube {
namespace {

using document::Node;
using Operator = Requirement::Operator;

tl::unexpected<Error> bad(const Node& at, std::string message) {
  return fail(kBadSelector, std::move(message), {"", at.span().line, at.span().column});
}

// `label` is the value that the key of the requirement has.
bool holds(const Requirement& requirement, const std::optional<std::string_view>& label) {
  const auto listed = [&] { return std::binary_search(requirement.values.begin(), requirement.values.end(), *label, std::less<>()); };
  switch (requirement.op) {
    case Operator::kIn: return label && listed();
    case Operator::kNotIn: return !label || !listed();
    case Operator::kExists: return label.has_value();
    case Operator::kDoesNotExist: return !label;
  }
  return false;
}

std::optional<std::string_view> label_of(const Labels& labels, std::string_view key) {
  const auto found = labels.find(key);
  return found == labels.end() ? std::nullopt : std::optional<std::string_view>(found->second);
}

std::optional<std::string_view> label_of(const Node* labels, std::string_view key) {
  const Node* found = labels == nullptr ? nullptr : labels->find(key);
  return found == nullptr ? std::nullopt : found->as_string();
}

template <typename From>
bool all_hold(const std::vector<Requirement>& requirements, const From& labels) {
  return std::all_of(requirements.begin(), requirements.end(), [&](const Requirement& requirement) { return holds(requirement, label_of(labels, requirement.key)); });
}

Result<Operator> read_operator(const Node& expression) {
  const Node* op = expression.find("operator");
  const std::string_view text = op == nullptr ? std::string_view() : op->text();
  if (text == "In") return Operator::kIn;
  if (text == "NotIn") return Operator::kNotIn;
  if (text == "Exists") return Operator::kExists;
  if (text == "DoesNotExist") return Operator::kDoesNotExist;
  return bad(op == nullptr ? expression : *op,
             "the operator of a label selector is In, NotIn, Exists or DoesNotExist, not " + json_quote(text));
}

Result<Requirement> read_expression(const Node& expression) {
  const Node* key = expression.find("key");
  if (key == nullptr || !key->is_string() || key->text().empty()) return bad(expression, "a match expression needs a key");
  RK_TRY(const Operator op, read_operator(expression));
  Requirement out{std::string(key->text()), op, {}};
  if (const Node* values = expression.find("values")) {
    for (const Node& value : values->items()) out.values.emplace_back(value.text());
  }
  std::sort(out.values.begin(), out.values.end());
  out.values.erase(std::unique(out.values.begin(), out.values.end()), out.values.end());
  const bool wants_values = op == Operator::kIn || op == Operator::kNotIn;
  if (wants_values == out.values.empty())
    return bad(expression, wants_values ? "In and NotIn need values" : "Exists and DoesNotExist take no values");
  return out;
}

}  // namespace

Labels labels_of(const Node* mapping) {
  Labels out;
  if (mapping == nullptr) return out;
  for (const document::Member& member : mapping->members()) {
    if (member.value.is_string()) out.emplace(member.name(), member.value.text());
  }
  return out;
}

bool LabelSelector::matches(const Labels& labels) const { return all_hold(requirements, labels); }
bool LabelSelector::matches(const Node* labels) const { return all_hold(requirements, labels); }

LabelSelector equality_selector(const Node& mapping) {
  LabelSelector out;
  for (const document::Member& member : mapping.members())
    out.requirements.push_back({std::string(member.name()), Operator::kIn, {std::string(member.value.text())}});
  std::sort(out.requirements.begin(), out.requirements.end());
  return out;
}

Result<LabelSelector> read_selector(const Node& node) {
  if (!node.is_mapping() && !node.is_null()) return bad(node, "a label selector must be a mapping");
  LabelSelector out;
  if (const Node* labels = node.find("matchLabels")) out = equality_selector(*labels);
  if (const Node* expressions = node.find("matchExpressions")) {
    for (const Node& expression : expressions->items()) {
      RK_TRY(Requirement requirement, read_expression(expression));
      out.requirements.push_back(std::move(requirement));
    }
  }
  std::sort(out.requirements.begin(), out.requirements.end());
  return out;
}

}  // namespace raykeep::kube
