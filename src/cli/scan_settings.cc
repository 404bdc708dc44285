// SPDX-License-Identifier: Apache-2.0
#include "cli/scan_settings.h"

#include <chrono>
#include <filesystem>
#include <fmt/format.h>

#include "core/file.h"
#include "core/time_text.h"

namespace raykeep::cli {
namespace {

constexpr std::size_t kLargestConfig = 1U << 20;
constexpr const char* kConfigName = ".raykeep.yaml";

inline constexpr ErrorCode kBadOption{"scan-option", ErrorKind::kInput, ""};

Result<checks::Settings> settings_of(const ScanOptions& options, std::vector<Error>& errors) {
  checks::Settings settings;
  settings.today = format_time(std::chrono::system_clock::now()).substr(0, 10);
  std::string file = options.config;
  if (file.empty() && std::filesystem::exists(kConfigName)) file = kConfigName;
  if (!file.empty()) {
    RK_TRY(const std::string text, read_file(file, kLargestConfig));
    checks::SettingsText read = checks::read_settings(text, file, settings);
    errors = std::move(read.errors);
    settings = std::move(read.settings);
  }
  if (!options.profile.empty()) settings.profile = *checks::parse_profile(options.profile);
  if (settings.profile == checks::Profile::kPssBaseline) settings.pod_security = checks::PodSecurityLevel::kBaseline;
  if (options.pod_security.empty()) return settings;
  const std::size_t at = options.pod_security.find('@');
  const std::string level = options.pod_security.substr(0, at);
  if (level != "baseline" && level != "restricted" && level != "privileged") return fail(kBadOption, "--pss takes privileged, baseline or restricted, and a version: restricted@1.31");
  settings.pod_security = level == "baseline" ? checks::PodSecurityLevel::kBaseline : level == "privileged" ? checks::PodSecurityLevel::kPrivileged : checks::PodSecurityLevel::kRestricted;
  if (at == std::string::npos) return settings;
  const auto version = checks::parse_kubernetes_version(options.pod_security.substr(at + 1));
  if (!version) return fail(kBadOption, fmt::format("{} is no Kubernetes version such as 1.31", options.pod_security.substr(at + 1)));
  settings.kubernetes = *version;
  return settings;
}

}  // namespace

void declare_scan_options(CLI::App& app, ScanOptions& options) {
  app.add_option("PATH", options.paths, "Files, directories, Helm charts or kustomizations; - for standard input")->required();
  app.add_option("--profile", options.profile, "ack, kubernetes, pss-baseline, pss-restricted or quota")
      ->check(CLI::IsMember({"ack", "kubernetes", "pss-baseline", "pss-restricted", "quota"}));
  app.add_option("--pss", options.pod_security, "Pod Security level and Kubernetes version, such as restricted@1.31");
  app.add_option("--config", options.config, "Configuration; .raykeep.yaml of this directory when there is one");
}

std::optional<checks::Settings> read_scan_settings(const ScanOptions& options, int& status) {
  std::vector<Error> wrong;
  auto settings = settings_of(options, wrong);
  if (!settings) {
    status = report(settings.error());
    return std::nullopt;
  }
  for (const Error& error : wrong) status = report(error);
  if (!wrong.empty()) return std::nullopt;
  return *std::move(settings);
}

}  // namespace raykeep::cli
