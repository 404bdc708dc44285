// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "document/json.h"
#include "quota/scenario.h"
#include "ray/build_node.h"

namespace raykeep::quota {
namespace {

using document::Node;
using kube::Quantity;

std::string shown(const Amounts& amounts) {
  std::string out;
  for (const auto& [resource, amount] : amounts) out += fmt::format("{}{} of {}", out.empty() ? "" : ", ", amount_text(amount, resource), resource);
  return out;
}

std::string cell(const Amounts& amounts, const std::string& resource, std::string_view otherwise) {
  const auto found = amounts.find(resource);
  return found == amounts.end() ? std::string(otherwise) : amount_text(found->second, resource);
}

std::string line(const Event& event) {
  std::string out = fmt::format("  {:<8} {}", what_name(event.what), event.pod);
  if (event.what == What::kRuns && event.quota.empty()) out += ", under no quota";
  if (!event.borrowed.empty()) out += fmt::format(", borrowing {}", shown(event.borrowed));
  if (!event.because.empty()) out += fmt::format(": {}", event.because);
  return out + "\n";
}

struct Row {
  std::string quota;
  std::string resource, used, min, max, borrowed;
};

// The resources of a quota that it bounds or that somebody uses.
std::vector<Row> rows(const Simulator& simulator) {
  std::vector<Row> out;
  const Tree& tree = simulator.tree();
  const std::set<std::string> bounded = tree.resources_below(0);
  for (std::size_t i = 0; i < tree.quotas.size(); ++i) {
    const Quota& quota = tree.quotas[i];
    const Amounts& used = simulator.used(i);
    std::set<std::string> resources;
    for (const Amounts* amounts : {&quota.min, &quota.max, &used}) {
      for (const auto& [resource, amount] : *amounts) {
        if (bounded.contains(resource)) resources.insert(resource);
      }
    }
    for (const std::string& resource : resources) {
      const Quantity borrowed = simulator.borrowed(i, resource);
      if (!used.contains(resource) && !quota.min.contains(resource) && quota.max.at(resource).is_zero()) continue;
      out.push_back({std::string(2 * tree.depth(i), ' ') + quota.name, resource, cell(used, resource, "0"), cell(quota.min, resource, "0"), cell(quota.max, resource, "-"), borrowed.is_zero() ? "" : amount_text(borrowed, resource)});
    }
  }
  return out;
}

}  // namespace

std::string write_played_text(const Simulator& simulator, const Played& played) {
  std::string out;
  std::size_t number = 0;
  for (const Played::Turn& turn : played.turns) {
    out += fmt::format("{}. {}\n", ++number, turn.title);
    for (const Event& event : turn.events) out += line(event);
  }
  std::size_t width = 5, resource_width = 8;
  const std::vector<Row> all = rows(simulator);
  for (const Row& row : all) {
    width = std::max(width, row.quota.size());
    resource_width = std::max(resource_width, row.resource.size());
  }
  out += fmt::format("\n{:<{}}  {:<{}}  {:>8}  {:>8}  {:>8}  {:>8}\n", "QUOTA", width, "RESOURCE", resource_width, "USED", "MIN", "MAX", "BORROWED");
  for (const Row& row : all) {
    out += fmt::format("{:<{}}  {:<{}}  {:>8}  {:>8}  {:>8}", row.quota, width, row.resource, resource_width, row.used, row.min, row.max);
    out += row.borrowed.empty() ? "\n" : fmt::format("  {:>8}\n", row.borrowed);
  }
  const auto waiting = simulator.waiting();
  if (!waiting.empty()) out += fmt::format("\nStill waiting: {}\n", fmt::join(waiting, ", "));
  return out;
}

std::string write_played_json(const Simulator& simulator, const Played& played) {
  Node steps = Node::sequence();
  for (const Played::Turn& turn : played.turns) {
    Node events = Node::sequence();
    for (const Event& event : turn.events) {
      Node one = ray::object({{"event", ray::text(what_name(event.what))}, {"pod", ray::text(event.pod)}, {"quota", ray::text(event.quota)}});
      if (!event.borrowed.empty()) one.set("borrowed", write_amounts(event.borrowed));
      if (!event.evicted.empty()) one.set("evicted", ray::texts(event.evicted));
      if (!event.because.empty()) one.set("because", ray::text(event.because));
      events.append(std::move(one));
    }
    steps.append(ray::object({{"step", ray::text(turn.title)}, {"events", std::move(events)}}));
  }
  Node quotas = Node::sequence();
  const Tree& tree = simulator.tree();
  for (std::size_t i = 0; i < tree.quotas.size(); ++i) {
    const Quota& quota = tree.quotas[i];
    quotas.append(ray::object({{"name", ray::text(quota.name)}, {"used", write_amounts(simulator.used(i))}, {"min", write_amounts(quota.min)}, {"max", write_amounts(quota.max)}}));
  }
  return document::write_json_pretty(ray::object({{"dialect", ray::text(dialect_name(tree.dialect))}, {"steps", std::move(steps)}, {"quotas", std::move(quotas)}, {"waiting", ray::texts(simulator.waiting())}})) + "\n";
}

}  // namespace raykeep::quota
