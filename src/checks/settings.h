// SPDX-License-Identifier: Apache-2.0
// What a person may decide about the checks: the scan section of a configuration file, and options of the command.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "checks/pod_security.h"
#include "core/result.h"
#include "document/node.h"
#include "kube/resources.h"
#include "report/finding.h"

namespace raykeep::checks {

enum class Profile : std::uint8_t {
  kAck,            // everything; what only Alibaba Cloud ACK has too
  kKubernetes,     // everything but that
  kPssBaseline,    // Pod Security Standards alone
  kPssRestricted,
  kQuota,          // quotas alone, of every kind
};
std::optional<Profile> parse_profile(std::string_view name);

struct Settings {
  Profile profile = Profile::kAck;
  PodSecurityLevel pod_security = PodSecurityLevel::kRestricted;
  KubernetesVersion kubernetes{37};
  std::string kuberay_version = "v1.7.0";
  std::set<std::string, std::less<>> feature_gates;                     // of the operator, that are on
  std::set<std::string, std::less<>> disabled;                          // ids of rules
  std::map<std::string, report::Severity, std::less<>> severities;      // by id, instead of the rule's own
  std::vector<std::string> registries;   // prefixes of images that may run; empty: any
  std::vector<std::string> host_paths;   // prefixes that may be mounted read-only; empty: none
  std::vector<std::string> code_sources; // prefixes of working_dir and py_modules; empty: any
  kube::Amounts capacity;                // what the cluster has, by resource; empty: not known
  bool fixes = true;                     // whether findings say how to mend them; reports for people do not show it
  std::string today;                     // "2026-11-24"; suppressions end on their day
};

// Reads a configuration file's text. All errors at once.
struct SettingsText {
  Settings settings;
  std::vector<Error> errors;
};
SettingsText read_settings(std::string_view text, const std::string& file, Settings defaults = {});

// The keys as a Markdown table.
std::string settings_markdown();

}  // namespace raykeep::checks
