// SPDX-License-Identifier: Apache-2.0
// What is submitted and what finishes, as a short file tells it, and what a tree of quotas makes of it. docs/quota.md has
// every key.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "quota/simulate.h"

namespace raykeep::quota {

inline constexpr ErrorCode kBadScenario{"quota-scenario", ErrorKind::kInput, ""};

// Either something comes or something ends.
struct Step {
  std::vector<Workload> submitted;  // of one entry; manifests may hold several
  std::string finished;             // the name of a workload
  SourcePosition at;
};

struct Scenario {
  Amounts capacity;
  std::vector<Step> steps;
  std::vector<Error> errors;
};

// Reads the manifests at a path as the scenario names it.
using ReadManifests = std::function<Result<kube::Manifests>(const std::string& path)>;
Scenario read_scenario(std::string_view text, const std::string& file, const ReadManifests& read);

// Each step with its events. Stops at the first step that has no meaning.
struct Played {
  struct Turn {
    std::string title;  // "submit train of team-a", "finish train"
    std::vector<Event> events;
  };
  std::vector<Turn> turns;
  std::vector<Error> errors;
};
Played play(Simulator& simulator, const Scenario& scenario);

std::string write_played_text(const Simulator& simulator, const Played& played);
std::string write_played_json(const Simulator& simulator, const Played& played);

}  // namespace raykeep::quota
