// SPDX-License-Identifier: Apache-2.0
// Images: what a name promises, where it comes from, and what is known about the Ray in it.
#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "checks/code_source.h"
#include "checks/image_name.h"
#include "checks/topics.h"
#include "ray/version.h"

namespace raykeep::checks {
namespace {

using report::Rule;
using report::Severity;
using ray::Version;

constexpr Rule kNoTag{"image-tag-missing", Severity::kMedium, "20", "An image has no fixed version",
                      "Without a tag, or with latest or nightly, two pods of one cluster may run different code, and nothing that was scanned is what runs.",
                      "Name a version, better a digest.", "image: rayproject/ray", "image: rayproject/ray:2.54.0", "Kubernetes, Images"};
constexpr Rule kNotPinned{"image-not-pinned", Severity::kInfo, "20", "An image is not pinned by digest",
                          "A tag can be moved after the image was scanned; a digest cannot.", "Write image@sha256:...", "image: rayproject/ray:2.54.0",
                          "image: rayproject/ray:2.54.0@sha256:...", "OCI image specification"};
constexpr Rule kRegistry{"image-registry-not-allowed", Severity::kHigh, "2,20", "An image comes from a registry that is not on the list",
                         "The configuration lists the registries that may be used.", "Use an image of a listed registry.", "image: docker.io/someone/ray:1",
                         "image: registry.example/ray:1", "scan.registries of the configuration"};
constexpr Rule kVulnerable{"ray-version-vulnerable", Severity::kHigh, "20", "This Ray has known vulnerabilities",
                           "The advisories of Ray name versions in which they are mended; this one is older.", "Use the newest Ray that the workload takes.",
                           "image: rayproject/ray:2.9.0", "image: rayproject/ray:2.56.0", "GitHub advisories of ray-project/ray"};
constexpr Rule kMismatch{"ray-version-mismatch", Severity::kMedium, "20", "rayVersion and image disagree",
                         "The operator decides by the declared rayVersion which features to switch on; the image decides which exist.",
                         "Declare the version that the image has.", "rayVersion: 2.53.0\n...\nimage: rayproject/ray:2.40.0",
                         "rayVersion: 2.53.0\n...\nimage: rayproject/ray:2.53.0", "ray-operator utils/validation.go"};
constexpr std::array kRules{&kNoTag, &kNotPinned, &kRegistry, &kVulnerable, &kMismatch};

struct Advisory {
  std::string_view id;
  Version from, fixed;  // affected: from <= version < fixed
  std::string_view what;
};
// GitHub advisories of ray-project/ray, up to July 2026.
constexpr std::array kAdvisories{
    Advisory{"CVE-2023-48023", {0, 0, 0}, {2, 8, 1}, "server-side request forgery by /log_proxy"},
    Advisory{"CVE-2023-6019", {0, 0, 0}, {2, 8, 1}, "command injection by cpu_profile"},
    Advisory{"CVE-2023-6020", {0, 0, 0}, {2, 8, 1}, "files read through /static/"},
    Advisory{"CVE-2023-6021", {0, 0, 0}, {2, 8, 1}, "files read through the log API"},
    Advisory{"CVE-2025-1979", {0, 0, 0}, {2, 43, 0}, "the Redis password is logged"},
    Advisory{"CVE-2025-62593", {0, 0, 0}, {2, 52, 0}, "code execution from a web page by DNS rebinding; exploited"},
    Advisory{"CVE-2026-27482", {0, 0, 0}, {2, 54, 0}, "a web page can shut Serve down"},
    Advisory{"CVE-2026-41486", {2, 49, 0}, {2, 55, 0}, "code execution by Parquet files"},
    Advisory{"CVE-2026-57516", {0, 0, 0}, {2, 56, 0}, "code execution by read_webdataset"},
};

std::string advisories_of(const Version& version) {
  std::string out;
  for (const Advisory& advisory : kAdvisories) {
    if (version >= advisory.from && version < advisory.fixed)
      out += fmt::format("{}{} ({}, mended in {})", out.empty() ? "" : "; ", advisory.id, advisory.what, advisory.fixed.text());
  }
  return out;
}

// `own` is what the image tells of itself; of one that tells nothing, the cluster's rayVersion is believed.
void check_ray(const Pod& pod, const kube::Container& container, const Node& image, const std::optional<Version>& own, Findings& findings) {
  if (container.node != ray_container(pod)) return;
  const Node* spec = pod.expansion->cluster_spec;
  const Node* declared = spec == nullptr ? nullptr : spec->find("rayVersion");
  const auto wanted = declared == nullptr ? std::nullopt : ray::parse_version(declared->text());
  const auto version = own ? own : wanted;
  const std::string known = version ? advisories_of(*version) : std::string();
  if (!known.empty()) findings.add(kVulnerable, pod, image, kube::title(container), fmt::format("Ray {}{}: {}", version->text(), own ? "" : ", as rayVersion says", known));
  if (own && wanted && *wanted != *own)
    findings.add(kMismatch, pod, image, kube::title(container), fmt::format("rayVersion says {}, the image {}", wanted->text(), own->text()));
}

// sha256 and sha512 in lowercase hexadecimal (OCI image specification, digests).
bool is_digest(std::string_view digest) {
  const std::size_t colon = digest.find(':');
  const std::string_view algorithm = digest.substr(0, colon);
  const std::string_view hex = colon == std::string_view::npos ? std::string_view() : digest.substr(colon + 1);
  return hex.size() == (algorithm == "sha256" ? 64U : algorithm == "sha512" ? 128U : 1U) && hex.find_first_not_of("0123456789abcdef") == std::string_view::npos && hex.size() > 1;
}

void check_container(const World& world, const Pod& pod, const kube::Container& container, Findings& findings) {
  const Node* image = container.node->find("image");
  if (image == nullptr || !image->is_string() || image->text().empty()) return;
  if (image->text() == "auto" || image->text().find_first_of("$<{") != std::string_view::npos) return;  // filled in later
  // The operator's own containers run the Ray container's image unless somebody named another; it is told there.
  const Node* ray = pod.is_ray() ? ray_container(pod) : nullptr;
  const Node* rays = ray == nullptr ? nullptr : ray->find("image");
  if (container.node->span().line == 0 && (image->span().line == 0 || pod.group->role == ray::PodRole::kSubmitter || (rays != nullptr && rays->span() == image->span()))) return;
  const ImageName name = read_image(image->text());
  const std::string title = kube::title(container);
  if (name.digest.empty() && (name.tag.empty() || name.tag == "latest" || name.tag.starts_with("nightly"))) {
    findings.add(kNoTag, pod, *image, title, fmt::format("{} has no fixed version", image->text()));
  } else if (name.digest.empty()) {
    findings.add(kNotPinned, pod, *image, title, fmt::format("{} can be moved to other contents", image->text()));
  } else if (!is_digest(name.digest)) {
    findings.add(kNotPinned, pod, *image, title, fmt::format("{} is no digest of 64 hexadecimal digits, so no node can pull this image", name.digest));
  }
  const std::string whole = name.registry + "/" + name.repository;
  const auto& allowed = world.settings.registries;
  if (!allowed.empty() && !is_below(allowed, whole)) findings.add(kRegistry, pod, *image, title, fmt::format("{} is not on the list of registries", whole));
  if (!pod.is_ray_node()) return;
  check_ray(pod, container, *image, ray_version_of(name), findings);
}

void check_pod(const World& world, const Pod& pod, Findings& findings) {
  for (const kube::Container& container : pod.containers) check_container(world, pod, container, findings);
}

}  // namespace

const Topic kImageTopic{kRules, nullptr, check_pod};

}  // namespace raykeep::checks
