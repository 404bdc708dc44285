// SPDX-License-Identifier: Apache-2.0
#include "checks/image_name.h"

namespace raykeep::checks {

ImageName read_image(std::string_view text) {
  ImageName out;
  if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
    out.digest = text.substr(at + 1);
    text = text.substr(0, at);
  }
  const std::size_t slash = text.rfind('/');
  const std::size_t colon = text.find(':', slash == std::string_view::npos ? 0 : slash);
  if (colon != std::string_view::npos) {
    out.tag = text.substr(colon + 1);
    text = text.substr(0, colon);
  }
  const std::size_t first = text.find('/');
  const std::string_view host = first == std::string_view::npos ? std::string_view() : text.substr(0, first);
  const bool has_registry = host.find_first_of(".:") != std::string_view::npos || host == "localhost";
  out.registry = has_registry ? host : "docker.io";
  out.repository = has_registry ? text.substr(first + 1) : text;
  if (!has_registry && first == std::string_view::npos) out.repository = "library/" + out.repository;
  return out;
}

std::optional<ray::Version> ray_version_of(const ImageName& image) {
  const std::size_t slash = image.repository.rfind('/');
  const std::string_view name = slash == std::string::npos ? std::string_view(image.repository) : std::string_view(image.repository).substr(slash + 1);
  // Others give their own images such names too, with versions of their own.
  const bool published = image.repository.starts_with("rayproject/") && name.starts_with("ray");
  const bool is_ray = published || name == "ray" || name == "ray-ml" || name == "ray-llm" || name == "ray_base";
  const auto version = is_ray ? ray::parse_version(image.tag) : std::nullopt;
  return version && version->major <= 2 ? version : std::nullopt;
}

}  // namespace raykeep::checks
