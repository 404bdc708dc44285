// SPDX-License-Identifier: Apache-2.0
// Manifests from the paths of a command line: files, directories, Helm charts, kustomizations, standard input.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "kube/manifests.h"

namespace raykeep::cli {

inline constexpr ErrorCode kNoManifests{"no-manifests", ErrorKind::kInput,
                                        "Give files, or directories that hold .yaml, .yml or .json files."};
inline constexpr ErrorCode kRenderFailed{"render-failed", ErrorKind::kInput, ""};

struct ManifestInput {
  kube::Manifests manifests;
  std::vector<Error> errors;      // paths that could not be read or rendered, and Ray resources that nobody knows
  std::vector<std::string> notes; // what was left out, in sentences
};

// Reads every path: a file whatever its name, a directory with everything below it (names sorted, hidden directories and
// node_modules left out), "-" for standard input. A directory with a Chart.yaml is rendered by helm, one with a
// kustomization by kubectl, when these programs are there.
ManifestInput read_manifests(const std::vector<std::string>& paths);

// For CLI11: what is wrong with a --kuberay-version; empty for nothing.
std::string check_kuberay_version(const std::string& text);

// Prints the errors and notes of reading on standard error; the exit status that they call for, kExitOk for none.
int report_input(const ManifestInput& input);

}  // namespace raykeep::cli
