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
#include <sys/wait.h>

#include "cli/command.h"
#include "core/file.h"

namespace raykeep::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestManifest = 64U << 20;
constexpr std::array<std::string_view, 3> kKustomizations{"kustomization.yaml", "kustomization.yml", "Kustomization"};

bool is_manifest(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".yaml" || extension == ".yml" || extension == ".json";
}

std::string quoted(const std::string& word) {
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

struct Ran {
  int status = -1;
  std::string output;
};

Ran run(const std::string& command) {
  Ran out;
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  std::array<char, 65536> buffer{};
  while (const std::size_t got = fread(buffer.data(), 1, buffer.size(), pipe)) out.output.append(buffer.data(), got);
  const int status = pclose(pipe);
  out.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return out;
}

bool has_program(const std::string& name) { return run("command -v " + name + " 2>/dev/null").status == 0; }

class Reader {
 public:
  explicit Reader(ManifestInput& out) : out_(out) {}

  void path(const std::string& path) {
    if (path == "-") return standard_input();
    std::error_code problem;
    if (!fs::is_directory(path, problem)) return file(path);
    directory(fs::path(path).lexically_normal());
  }

 private:
  void standard_input() {
    out_.manifests.add("standard input", std::string(std::istreambuf_iterator<char>(std::cin), {}));
  }

  void file(const std::string& path) {
    auto text = read_file(path, kLargestManifest);
    if (!text) return out_.errors.push_back(std::move(text).error());
    out_.manifests.add(path, *std::move(text));
  }

  void directory(const fs::path& path) {
    std::error_code problem;
    if (fs::exists(path / "Chart.yaml", problem)) return render(path, "helm", "helm template release ", "a Helm chart");
    const bool kustomized = std::any_of(kKustomizations.begin(), kKustomizations.end(),
                                        [&](std::string_view name) { return fs::exists(path / name, problem); });
    if (kustomized && has_program("kubectl")) return render(path, "kubectl", "kubectl kustomize ", "a kustomization");
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

  void descend(const fs::path& entry) {
    const std::string name = entry.filename().string();
    std::error_code problem;
    if (fs::is_directory(entry, problem)) {
      // A link to a directory could lead around in a circle.
      if (!name.starts_with('.') && name != "node_modules" && !fs::is_symlink(entry, problem)) directory(entry);
    } else if (is_manifest(entry)) {
      file(entry.string());
    }
  }

  void render(const fs::path& path, const std::string& program, const std::string& command, std::string_view what) {
    if (!has_program(program)) {
      out_.errors.emplace_back(kRenderFailed, fmt::format("{} is {}, and {} is not installed to render it", path.string(), what, program));
      return;
    }
    Ran ran = run(command + quoted(path.string()) + " 2>&1 </dev/null");
    if (ran.status != 0) {
      out_.errors.emplace_back(kRenderFailed, fmt::format("{} could not render {}: {}", program, path.string(), ran.output.substr(0, 2000)));
      return;
    }
    out_.manifests.add(fmt::format("{} (rendered by {})", path.string(), program), std::move(ran.output));
  }

  ManifestInput& out_;
};

}  // namespace

ManifestInput read_manifests(const std::vector<std::string>& paths) {
  ManifestInput out;
  Reader reader(out);
  for (const std::string& path : paths) reader.path(path);
  if (out.errors.empty() && out.manifests.files().empty()) out.errors.emplace_back(kNoManifests, "there is no manifest to read");
  const std::size_t others = out.manifests.others();
  if (others > 0) out.notes.push_back(fmt::format("{} document{} left out that {} no Kubernetes object", others, others == 1 ? "" : "s", others == 1 ? "is" : "are"));
  return out;
}

int report_input(const ManifestInput& input) {
  for (const std::string& note : input.notes) std::fprintf(stderr, "raykeep: %s\n", note.c_str());
  int status = kExitOk;
  for (const Error& error : input.errors) status = std::max(status, report(error));
  for (const Error& error : input.manifests.errors()) status = std::max(status, report(error));
  return status;
}

}  // namespace raykeep::cli
