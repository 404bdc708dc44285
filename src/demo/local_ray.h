// SPDX-License-Identifier: Apache-2.0
// A real Ray head on loopback, with a token, ports and a home of its own, that meets no other Ray of this machine.
#pragma once

#include <string>

#include "core/secret.h"
#include "demo/process.h"

namespace raykeep::demo {

inline constexpr ErrorCode kNoRay{"no-ray", ErrorKind::kEnvironment,
                                  "Run tools/setup ray, or pip install 'ray[default]', or name the program in RAYKEEP_RAY."};
inline constexpr ErrorCode kRayDidNotStart{"ray-did-not-start", ErrorKind::kEnvironment, ""};

// The ray program: RAYKEEP_RAY, else of PATH, else of Raykeep's own Python environment.
Result<std::string> find_ray();

class LocalRay {
 public:
  // `directory` must be short: Ray puts UNIX sockets below it.
  static Result<LocalRay> start(const std::string& ray, const std::string& directory);
  const std::string& dashboard() const { return dashboard_; }  // "http://127.0.0.1:port"
  const Secret& token() const { return token_; }

 private:
  Background head_;
  std::string dashboard_;
  Secret token_;
};

}  // namespace raykeep::demo
