// SPDX-License-Identifier: Apache-2.0
// Image references (distribution/reference): registry/repository:tag@digest.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ray/version.h"

namespace raykeep::checks {

struct ImageName {
  std::string registry;    // "docker.io" when none is written
  std::string repository;  // "rayproject/ray"; "library/nginx" for "nginx"
  std::string tag;         // empty when none is written
  std::string digest;      // "sha256:..."; empty when none is written
};
ImageName read_image(std::string_view text);

// The Ray version that a tag of a Ray image says; nothing for other images and for "latest" and "nightly".
std::optional<ray::Version> ray_version_of(const ImageName& image);

}  // namespace raykeep::checks
