// SPDX-License-Identifier: Apache-2.0
#include "ray/start_command.h"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>
#include <optional>

#include "document/json.h"
#include "kube/quantity.h"
#include "ray/go_text.h"
#include "ray/kuberay_names.h"

namespace raykeep::ray {
namespace {

using document::Node;
using kube::Quantity;

// Kubernetes resources that become custom resources of Ray.
constexpr std::pair<std::string_view, std::string_view> kAccelerators[] = {{"aws.amazon.com/neuroncore", "neuron_cores"},
                                                                         {"google.com/tpu", "TPU"}};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// Takes one digit or more and then `unit` from the beginning of the text; false when it begins otherwise.
bool take_number(std::string_view& text, std::string_view unit) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0 || !text.substr(digits).starts_with(unit)) return false;
  text.remove_prefix(digits + unit.size());
  return true;
}

// Whole GPUs, and parts of one: "nvidia.com/mig-1g.5gb".
bool is_gpu(std::string_view resource) {
  constexpr std::string_view kPart = "nvidia.com/mig-";
  if (resource.ends_with("gpu")) return true;
  const std::size_t part = resource.rfind(kPart);
  if (part == std::string_view::npos) return false;
  resource.remove_prefix(part + kPart.size());
  return take_number(resource, "g.") && take_number(resource, "gb") && resource.empty();
}

std::string whole(const Quantity& quantity) { return std::to_string(quantity.units_rounded_up()); }

// {"TPU":4} in single quotes, keys sorted, as the command line wants it.
std::string quoted_json(const std::map<std::string, double>& resources) {
  std::string out;
  for (const auto& [name, amount] : resources) out += fmt::format("{}{}:{}", out.empty() ? "" : ",", go_json(Node::string(name)), go_number(amount));
  return "'{" + out + "}'";
}

// Nothing where the text is no JSON mapping of names to numbers; a null stands for no mapping, or for 0.
std::optional<std::map<std::string, double>> read_resources(const StartParams& params) {
  std::map<std::string, double> out;
  const auto found = params.find("resources");
  if (found == params.end()) return out;
  std::string text = found->second;
  const auto strip = [](char c) { return c == '\'' || c == '"' || c == '`' || c == ' '; };
  while (!text.empty() && strip(text.back())) text.pop_back();
  text.erase(text.begin(), std::find_if_not(text.begin(), text.end(), strip));
  const auto node = document::read_json(text);
  if (!node || !(node->is_mapping() || node->is_null())) return std::nullopt;
  for (const document::Member& member : node->members()) {
    if (!member.value.is_number() && !member.value.is_null()) return std::nullopt;
    out[std::string(member.name())] = member.value.as_double().value_or(0);
  }
  return out;
}

void add_accelerators(StartParams& params, const Node& limits) {
  auto read = read_resources(params);
  if (!read) return;  // the operator leaves everything as it is written
  std::map<std::string, double> resources = *std::move(read);
  bool custom = std::any_of(std::begin(kAccelerators), std::end(kAccelerators),
                            [&](const auto& known) { return resources.contains(std::string(known.second)); });
  std::map<std::string, Quantity> sorted;
  for (const document::Member& member : limits.members()) {
    if (const auto amount = Quantity::from(member.value)) sorted.emplace(member.name(), *amount);
  }
  for (const auto& [name, amount] : sorted) {
    if (amount.is_zero()) continue;
    if (is_gpu(name)) params.try_emplace("num-gpus", whole(amount));
    for (const auto& [kubernetes, own] : kAccelerators) {
      if (custom || name != kubernetes) continue;
      resources[std::string(own)] = amount.as_double();
      params["resources"] = quoted_json(resources);
      custom = true;
    }
  }
}

std::optional<Quantity> amount(const Node* resources, std::string_view list, std::string_view name) {
  const Node* found = resources == nullptr ? nullptr : resources->find_path({list, name});
  const auto quantity = found == nullptr ? std::nullopt : Quantity::from(*found);
  return quantity && !quantity->is_zero() ? quantity : std::nullopt;
}

std::string flags(const StartParams& params) {
  std::string out;
  for (const auto& [name, value] : params) {
    const std::string word = lower(value);
    const bool is_switch = (word == "true" || word == "false") && name != "log-color" && name != "include-dashboard";
    if (!is_switch) {
      out += fmt::format(" --{}={} ", name, value);
    } else if (word == "true") {
      out += fmt::format(" --{} ", name);
    }
  }
  return out;
}

void take_group_resources(StartParams& params, const Node& resources) {
  std::map<std::string, double> custom;
  for (const document::Member& member : resources.members()) {
    const auto quantity = Quantity::from(member.value);
    if (!quantity) continue;
    const std::string name = lower(member.name());
    if (name == "cpu") {
      params["num-cpus"] = whole(*quantity);
    } else if (name == "memory") {
      params["memory"] = whole(*quantity);
    } else if (is_gpu(name)) {
      params["num-gpus"] = whole(*quantity);
    } else {
      custom[std::string(member.name())] = quantity->as_double();
    }
  }
  if (!custom.empty()) params["resources"] = quoted_json(custom);
}

}  // namespace

StartParams group_params(const Node& group) {
  StartParams out;
  if (const Node* params = group.find("rayStartParams")) {
    for (const document::Member& member : params->members()) out[std::string(member.name())] = member.value.text();
  }
  if (const Node* resources = group.find("resources")) take_group_resources(out, *resources);
  const Node* labels = group.find("labels");
  if (labels == nullptr || labels->members().empty()) return out;
  StartParams sorted;
  for (const document::Member& member : labels->members()) sorted.emplace(member.name(), member.value.text());
  std::string joined;
  for (const auto& [key, value] : sorted) joined += (joined.empty() ? "" : ",") + key + "=" + value;
  out["labels"] = joined;
  return out;
}

void complete_params(StartParams& params, std::string_view head_address) {
  if (head_address.empty()) {
    params.try_emplace("dashboard-host", "0.0.0.0");
  } else {
    params.try_emplace("address", head_address);
  }
  params.try_emplace("metrics-export-port", std::to_string(kMetricsPort));
  params["block"] = "true";
  params.try_emplace("dashboard-agent-listen-port", std::to_string(kAgentPort));
}

StartCommand start_command(StartParams params, bool head, const Node* resources) {
  auto cpus = amount(resources, "limits", "cpu");
  if (!cpus) cpus = amount(resources, "requests", "cpu");
  if (cpus) params.try_emplace("num-cpus", whole(*cpus));
  if (const auto memory = amount(resources, "limits", "memory")) params.try_emplace("memory", whole(*memory));
  if (const Node* limits = resources == nullptr ? nullptr : resources->find("limits")) add_accelerators(params, *limits);
  std::string command = std::string(head ? "ray start --head " : "ray start ") + flags(params);
  return {std::move(command), std::move(params)};
}

std::string gcs_port(const Node& cluster_spec) {
  const Node* port = cluster_spec.find_path({"headGroupSpec", "rayStartParams", "port"});
  return port == nullptr ? std::to_string(kGcsPort) : std::string(port->text());
}

}  // namespace raykeep::ray
