// SPDX-License-Identifier: Apache-2.0
// RayJobs, RayServices and RayCronJobs.
#include <algorithm>
#include <array>
#include <charconv>
#include <cctype>
#include <fmt/format.h>
#include <map>
#include <vector>

#include "document/yaml.h"
#include "ray/kuberay_names.h"
#include "ray/validation.h"
#include "ray/version.h"

namespace raykeep::ray {
namespace {

void check_name(Expansion& out, std::string_view kind, std::size_t most) {
  const std::string& name = out.source->name;
  if (out.source->kind == kind && !name.empty() && !is_name(name, most)) refuse(out, *out.source->root, fmt::format("\"{}\" is no name of at most {} characters for a {}", name, most, kind));
}

// Rules of a deletion strategy: what goes later must not have a shorter time.
void check_deletion_rules(const Node& rules, bool selects, bool scales, Expansion& out) {
  constexpr std::array<std::string_view, 3> kOrder{"DeleteWorkers", "DeleteCluster", "DeleteSelf"};
  std::map<std::string, std::map<std::string_view, std::int64_t>> times;  // by condition and policy
  for (const Node& rule : rules.items()) {
    const Node* condition = rule.find("condition");
    const std::string_view policy = kube::string_at(rule, {"policy"});
    const std::string_view status = kube::string_at(rule, {"condition", "jobStatus"}), deployment = kube::string_at(rule, {"condition", "jobDeploymentStatus"});
    if (status.empty() == deployment.empty()) refuse(out, rule, "a deletion rule needs either condition.jobStatus or condition.jobDeploymentStatus");
    const std::int64_t seconds = condition == nullptr ? 0 : integer_at(*condition, "ttlSeconds", 0);
    if (seconds < 0) refuse(out, rule, "ttlSeconds of a deletion rule is negative");
    if (selects && (policy == "DeleteCluster" || policy == "DeleteWorkers")) refuse(out, rule, fmt::format("{} is not for a job that uses an existing cluster", policy));
    if (scales && policy == "DeleteWorkers") refuse(out, rule, "DeleteWorkers is not for a cluster that scales itself");
    if (!times[fmt::format("{}{}", status, deployment)].emplace(policy, seconds).second) refuse(out, rule, fmt::format("a second rule for {} under the same condition", policy));
  }
  for (const auto& [condition, by_policy] : times) {
    std::int64_t before = 0;
    for (const std::string_view policy : kOrder) {
      const auto found = by_policy.find(policy);
      if (found == by_policy.end()) continue;
      if (found->second < before) refuse(out, rules, fmt::format("{} comes sooner than what must go before it", policy));
      before = found->second;
    }
  }
}

void check_deletion(const Node& job, bool selects, bool scales, Expansion& out) {
  const bool ends = kube::is_true(job.find("shutdownAfterJobFinishes"));
  if (!ends && integer_at(job, "ttlSecondsAfterFinished", 0) > 0) refuse(out, *job.find("ttlSecondsAfterFinished"), "ttlSecondsAfterFinished needs shutdownAfterJobFinishes: true");
  const Node* strategy = set_at(job, {"deletionStrategy"});
  if (strategy == nullptr) return;
  const Node* rules = set_at(*strategy, {"deletionRules"});
  const bool has_rules = rules != nullptr && !rules->items().empty();
  const Node *success = set_at(*strategy, {"onSuccess"}), *failure = set_at(*strategy, {"onFailure"});
  if (has_rules && ends) refuse(out, *strategy, "shutdownAfterJobFinishes and deletionStrategy.deletionRules exclude each other");
  if (has_rules && (success != nullptr || failure != nullptr)) refuse(out, *strategy, "onSuccess and onFailure exclude deletionRules");
  if (has_rules) return check_deletion_rules(*rules, selects, scales, out);
  if (success == nullptr || failure == nullptr) return refuse(out, *strategy, "deletionStrategy needs deletionRules, or both onSuccess and onFailure");
  for (const Node* end : {success, failure}) {
    const std::string_view policy = kube::string_at(*end, {"policy"});
    if (policy.empty()) refuse(out, *end, "a policy is missing");
    if (selects && (policy == "DeleteCluster" || policy == "DeleteWorkers")) refuse(out, *end, fmt::format("{} is not for a job that uses an existing cluster", policy));
    if (scales && policy == "DeleteWorkers") refuse(out, *end, "DeleteWorkers is not for a cluster that scales itself");
    if (ends && policy == "DeleteNone") refuse(out, *end, "DeleteNone excludes shutdownAfterJobFinishes: true");
  }
}

void check_submitter(const Node& job, std::string_view mode, Expansion& out) {
  const Node* own = set_at(job, {"submitterPodTemplate"});
  if (mode == "SidecarMode") {
    for (const char* field : {"submitterPodTemplate", "submitterConfig"}) {
      if (const Node* written = set_at(job, {field})) refuse(out, *written, fmt::format("SidecarMode has no {}", field));
    }
  }
  if (mode != "K8sJobMode" || own == nullptr) return;
  const std::string_view restart = kube::string_at(*own, {"spec", "restartPolicy"});
  if (restart != "Never" && restart != "OnFailure") tell(out, *own, "submitterPodTemplate needs restartPolicy Never or OnFailure, so the job is never submitted");
  const Node* containers = own->find_path({"spec", "containers"});
  if (containers == nullptr || containers->items().empty()) tell(out, *own, "submitterPodTemplate has no container, so the job is never submitted");
  else if (kube::string_at(containers->items().front(), {"image"}).empty()) tell(out, *own, "submitterPodTemplate names no image, so the job is never submitted");
}

void check_runtime_env(const Node& job, Expansion& out) {
  const Node* text = set_at(job, {"runtimeEnvYAML"});
  if (text == nullptr || text->text().empty()) return;
  const document::YamlStream read = document::read_yaml(text->text(), {.duplicates = document::DuplicateKeys::kLastCounts});
  if (read.documents.empty() && !read.errors.empty()) return refuse(out, *text, "runtimeEnvYAML cannot be read: " + read.errors.front().message());
  if (!read.documents.empty() && !read.documents.front().root.is_mapping() && !read.documents.front().root.is_null()) refuse(out, *text, "runtimeEnvYAML is no mapping");
}

// A version as blang's and Masterminds' semver take it for a release: no word behind the numbers.
bool is_release_from(std::string_view text, const Version& least) {
  const auto version = parse_version(text);
  if (!version || *version < least) return false;
  if (text.starts_with('v')) text.remove_prefix(1);
  return text.substr(0, text.find('+')).find_first_not_of("0123456789.") == std::string_view::npos;
}

void check_own_cluster(const Cluster& cluster, const Node& job, std::string_view mode, Expansion& out) {
  const Node* metadata = set_at(job, {"metadata"});
  if (metadata != nullptr && !metadata->members().empty() && !is_release_from(kube::string_at(cluster.spec, {"rayVersion"}), {2, 6, 0}))
    tell(out, *metadata, "metadata needs a rayVersion from 2.6.0 on, such as 2.56.0, so the job is never submitted");
  const Node* containers = cluster.spec.find_path({"headGroupSpec", "template", "spec", "containers"});
  const Node* ports = containers == nullptr || containers->items().empty() ? nullptr : containers->items().front().find("ports");
  if (ports != nullptr && !ports->items().empty() && named(ports, "dashboard") == nullptr) tell(out, *ports, "the head names its ports, and none of them is called dashboard, so the job is never submitted");
  const Node* restart = set_at(cluster.spec, {"headGroupSpec", "template", "spec", "restartPolicy"});
  if (mode == "SidecarMode" && restart != nullptr && restart->text() != "Never") refuse(out, *restart, "restartPolicy of the head must be Never in SidecarMode");
}

// One of the five fields of a cron schedule: "*", "*/5", "1-5", "MON,WED".
bool is_cron_field(std::string_view field, int least, int most) {
  while (!field.empty()) {
    const std::size_t comma = std::min(field.find(','), field.size());
    std::string_view part = field.substr(0, comma);
    field.remove_prefix(std::min(comma + 1, field.size()));
    part = part.substr(0, part.find('/'));
    if (part == "*" || part == "?") continue;
    while (!part.empty()) {
      const std::size_t dash = std::min(part.find('-'), part.size());
      const std::string_view end = part.substr(0, dash);
      part.remove_prefix(std::min(dash + 1, part.size()));
      int number = -1;
      std::from_chars(end.data(), end.data() + end.size(), number);
      const bool is_word = end.size() == 3 && std::all_of(end.begin(), end.end(), [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; });
      if (!is_word && (number < least || number > most || end.find_first_not_of("0123456789") != std::string_view::npos)) return false;
    }
  }
  return true;
}

bool is_schedule(std::string_view text) {
  for (const std::string_view zone : {"TZ=", "CRON_TZ="}) {
    if (text.starts_with(zone)) text = text.substr(std::min(text.find(' '), text.size()));
  }
  if (text.starts_with("@every ")) return true;
  for (const std::string_view word : {"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}) {
    if (text == word) return true;
  }
  std::vector<std::string_view> fields;
  while (!text.empty()) {
    const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
    const std::size_t end = std::min(text.find_first_of(" \t", begin), text.size());
    if (end > begin) fields.push_back(text.substr(begin, end - begin));
    text.remove_prefix(end);
  }
  constexpr std::array<std::pair<int, int>, 5> kRanges{{{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 6}}};
  if (fields.size() != kRanges.size()) return false;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!is_cron_field(fields[i], kRanges[i].first, kRanges[i].second)) return false;
  }
  return true;
}

void check_incremental(const Node& strategy, const Cluster& cluster, Expansion& out) {
  if (!cluster.autoscaling()) refuse(out, strategy, "NewClusterWithIncrementalUpgrade needs enableInTreeAutoscaling");
  const Node* options = set_at(strategy, {"clusterUpgradeOptions"});
  if (options == nullptr) return refuse(out, strategy, "NewClusterWithIncrementalUpgrade needs clusterUpgradeOptions");
  const auto within = [&](std::string_view key, std::int64_t fallback, std::int64_t least, std::int64_t most) {
    const std::int64_t value = integer_at(*options, key, fallback);
    if (value < least || value > most) refuse(out, *options, fmt::format("{} must be from {} to {}", key, least, most));
  };
  within("maxSurgePercent", 100, 0, 100);
  within("stepSizePercent", -1, 0, 100);
  within("intervalSeconds", 0, 1, 2147483647);
  if (kube::string_at(*options, {"gatewayClassName"}).empty()) refuse(out, *options, "gatewayClassName is missing");
}

}  // namespace

void validate_job(const Cluster& cluster, const Node& job, Expansion& out) {
  constexpr std::size_t kLongest = 47;
  check_name(out, "RayJob", kLongest);
  const std::string_view written = kube::string_at(job, {"submissionMode"});
  const std::string_view mode = written.empty() ? std::string_view("K8sJobMode") : written;
  const Node* selector = set_at(job, {"clusterSelector"});
  const bool selects = selector != nullptr && !selector->members().empty();
  const bool suspended = kube::is_true(job.find("suspend"));
  if (suspended && !kube::is_true(job.find("shutdownAfterJobFinishes"))) refuse(out, *job.find("suspend"), "a job that is suspended needs shutdownAfterJobFinishes: true");
  if (suspended && selects) refuse(out, *job.find("suspend"), "a job that uses an existing cluster cannot be suspended");
  if (integer_at(job, "ttlSecondsAfterFinished", 0) < 0) refuse(out, *job.find("ttlSecondsAfterFinished"), "ttlSecondsAfterFinished is negative");
  check_deletion(job, selects, cluster.autoscaling(), out);
  const std::int64_t retries = integer_at(job, "backoffLimit", 0);
  if (retries < 0) refuse(out, *job.find("backoffLimit"), "backoffLimit is negative");
  if (retries > 0 && (selects || mode == "InteractiveMode")) refuse(out, *job.find("backoffLimit"), fmt::format("backoffLimit is not for {}", selects ? "a job that uses an existing cluster" : "InteractiveMode"));
  if (selects && kube::string_at(*selector, {kClusterLabel}).empty()) refuse(out, *selector, "clusterSelector needs ray.io/cluster with the name of the cluster");
  if (selects && mode == "SidecarMode") refuse(out, *selector, "SidecarMode is not for a job that uses an existing cluster");
  for (const char* field : {"activeDeadlineSeconds", "preRunningDeadlineSeconds"}) {
    if (set_at(job, {field}) != nullptr && integer_at(job, field, 1) <= 0) refuse(out, *job.find(field), fmt::format("{} must be positive", field));
  }
  check_runtime_env(job, out);
  check_submitter(job, mode, out);
  if (set_at(job, {"rayClusterSpec"}) != nullptr && !selects) check_own_cluster(cluster, job, mode, out);
}

void validate_service(const Cluster& cluster, Expansion& out) {
  constexpr std::size_t kLongest = 47;
  check_name(out, "RayService", kLongest);
  const Node* name = set_at(cluster.spec, {"headGroupSpec", "headService", "metadata", "name"});
  if (name != nullptr) refuse(out, *name, "headService.metadata.name of a RayService cannot be set");
  const Node& spec = *out.source->find({"spec"});
  if (integer_at(spec, "rayClusterDeletionDelaySeconds", 0) < 0) refuse(out, *spec.find("rayClusterDeletionDelaySeconds"), "rayClusterDeletionDelaySeconds is negative");
  const Node* strategy = set_at(spec, {"upgradeStrategy"});
  if (strategy != nullptr && kube::string_at(*strategy, {"type"}) == "NewClusterWithIncrementalUpgrade") check_incremental(*strategy, cluster, out);
  const Node* own = set_at(spec, {"serveService"});
  const Node* ports = own == nullptr ? nullptr : own->find_path({"spec", "ports"});
  if (own != nullptr && (ports == nullptr || ports->items().empty()) && serve_service(cluster, out.source->name, nullptr).is_null())
    tell(out, *own, "serveService names no port, and the head none called serve, so the Service is refused");
}

void validate_cron_job(Expansion& out) {
  constexpr std::size_t kLongest = 41;  // its jobs are called so, and six characters more
  check_name(out, "RayCronJob", kLongest);
  const Node* schedule = out.source->find({"spec", "schedule"});
  if (schedule == nullptr || !is_schedule(schedule->text())) refuse(out, schedule == nullptr ? *out.source->root : *schedule, "schedule is no cron schedule such as \"0 3 * * *\"");
}

}  // namespace raykeep::ray
