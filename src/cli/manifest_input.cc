// SPDX-License-Identifier: Apache-2.0
#include "cli/manifest_input.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <iostream>
#include <iterator>
#include <memory>
#include <set>

#include "cli/command.h"
#include "core/file.h"
#include "demo/process.h"
#include "document/yaml.h"
#include "ray/resource_schema.h"
#include "ray/version.h"

namespace raykeep::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestManifest = 64U << 20;
constexpr std::chrono::seconds kRenderTime{120};
constexpr std::array<std::string_view, 3> kKustomizations{"kustomization.yaml", "kustomization.yml", "Kustomization"};

bool is_manifest(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".yaml" || extension == ".yml" || extension == ".json";
}

bool is_kustomized(const fs::path& directory) {
  std::error_code problem;
  return std::any_of(kKustomizations.begin(), kKustomizations.end(), [&](std::string_view name) { return fs::exists(directory / name, problem); });
}

bool is_skipped(const fs::path& directory) {
  std::error_code problem;
  const std::string name = directory.filename().string();
  // A link to a directory could lead around in a circle.
  return name.starts_with('.') || name == "node_modules" || fs::is_symlink(directory, problem);
}

// The directories that the kustomization of a directory takes in.
std::vector<fs::path> parts_of(const fs::path& directory) {
  std::vector<fs::path> out;
  for (const std::string_view name : kKustomizations) {
    std::error_code problem;
    const auto text = fs::exists(directory / name, problem) ? read_file((directory / name).string(), kLargestManifest) : Result<std::string>("");
    const auto root = text ? document::read_yaml_document(*text) : Result<document::Node>(document::Node());
    if (!root) continue;
    for (const char* list : {"resources", "bases", "components"}) {
      for (const std::string& entry : document::texts_of(root->find(list))) {
        if (is_kustomized(directory / entry)) out.push_back(fs::weakly_canonical(directory / entry, problem));
      }
    }
  }
  return out;
}

class Reader {
 public:
  explicit Reader(ManifestInput& out) : out_(out) {}

  void path(const std::string& path) {
    if (path == "-") return standard_input();
    std::error_code problem;
    if (!fs::is_directory(path, problem)) return file(path);
    if (has_kubectl_) collect_parts(path);
    directory(fs::path(path).lexically_normal());
  }

 private:
  void standard_input() {
    out_.manifests.add(std::string(kube::kStandardInput), std::string(std::istreambuf_iterator<char>(std::cin), {}));
  }

  void file(const std::string& path) {
    auto text = read_file(path, kLargestManifest);
    if (!text) return out_.errors.push_back(std::move(text).error());
    out_.manifests.add(path, *std::move(text));
  }

  void directory(const fs::path& path) {
    std::error_code problem;
    if (fs::exists(path / "Chart.yaml", problem)) {
      if (!render(path, {"helm", "template", "release", argument(path)}))
        out_.errors.emplace_back(kRenderFailed, path.string() + " is a Helm chart, and helm is not installed to render it");
      return;
    }
    const bool kustomized = is_kustomized(path);
    if (kustomized && parts_.contains(fs::weakly_canonical(path, problem))) {
      out_.notes.push_back(path.string() + " is part of another kustomization, and read as that makes it");
      return;
    }
    if (kustomized && has_kubectl_ && render(path, {"kubectl", "kustomize", argument(path)})) return;
    if (kustomized) out_.notes.push_back(fmt::format("{} is a kustomization, and kubectl is not installed to render it; its files are read as they stand", path.string()));
    std::vector<fs::path> entries;
    for (auto entry = fs::directory_iterator(path, problem); !problem && entry != fs::directory_iterator(); entry.increment(problem))
      entries.push_back(entry->path());
    if (problem) {
      out_.errors.emplace_back(kFileUnreadable, path.string() + ": " + problem.message());
      return;
    }
    std::sort(entries.begin(), entries.end());
    for (const fs::path& entry : entries) descend(entry);
  }

  void collect_parts(const fs::path& directory) {
    std::error_code problem;
    if (is_kustomized(directory)) {
      for (fs::path& part : parts_of(directory)) parts_.insert(std::move(part));
    }
    for (auto entry = fs::directory_iterator(directory, problem); !problem && entry != fs::directory_iterator(); entry.increment(problem)) {
      if (entry->is_directory(problem) && !is_skipped(entry->path())) collect_parts(entry->path());
    }
  }

  void descend(const fs::path& entry) {
    std::error_code problem;
    if (fs::is_directory(entry, problem)) {
      if (!is_skipped(entry)) directory(entry);
    } else if (is_manifest(entry)) {
      file(entry.string());
    }
  }

  // No option, whatever the directory is called.
  static std::string argument(const fs::path& path) { return path.is_absolute() ? path.string() : "./" + path.string(); }

  // False when there is no such program. Its warnings go to standard error, not among the manifests.
  bool render(const fs::path& path, const std::vector<std::string>& command) {
    auto ran = demo::run(command, {}, kRenderTime, demo::StandardError::kInherited);
    if (!ran) return false;
    if (ran->status != 0)
      out_.errors.emplace_back(kRenderFailed, fmt::format("{} could not render {}; its own words are above", command.front(), path.string()));
    else
      out_.manifests.add(fmt::format("{} (rendered by {})", path.string(), command.front()), std::move(ran->output));
    return true;
  }

  ManifestInput& out_;
  const bool has_kubectl_ = demo::is_installed("kubectl");
  std::set<fs::path> parts_;  // of kustomizations, in their canonical form
};

}  // namespace

ManifestInput read_manifests(const std::vector<std::string>& paths) {
  ManifestInput out;
  Reader reader(out);
  for (const std::string& path : paths) reader.path(path);
  if (out.errors.empty() && out.manifests.files().empty()) out.errors.emplace_back(kNoManifests, "there is no manifest to read");
  for (const kube::Object& object : out.manifests.objects()) {
    if (auto unknown = ray::unknown_resource(object)) out.errors.push_back(*std::move(unknown));
  }
  const std::size_t others = out.manifests.others();
  if (others > 0) out.notes.push_back(fmt::format("{} document{} left out that {} no Kubernetes object", others, others == 1 ? "" : "s", others == 1 ? "is" : "are"));
  return out;
}

std::string check_kuberay_version(const std::string& text) {
  return ray::parse_version(text) ? std::string() : fmt::format("{} is no version of KubeRay such as v1.7.0", text);
}

int report_input(const ManifestInput& input) {
  for (const std::string& note : input.notes) std::fprintf(stderr, "raykeep: %s\n", note.c_str());
  int status = kExitOk;
  for (const Error& error : input.errors) status = std::max(status, report(error));
  for (const Error& error : input.manifests.errors()) status = std::max(status, report(error));
  return status;
}

}  // namespace raykeep::cli
