// SPDX-License-Identifier: Apache-2.0
// What a request to a Ray dashboard does. One table holds every route of Ray 2.60 and of the older and newer versions
// known; what is not in it is denied. Called for every request: it allocates nothing.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <tl/expected.hpp>

#include "ray/refusal.h"

namespace raykeep::ray {

enum class OperationClass : std::uint8_t {
  kPublic,         // the dashboard's own files, the version handshake, health: for everybody who may open the cluster
  kView,           // the state of the cluster, secrets redacted
  kSensitiveRead,  // logs, file lists, addresses of every node
  kSubmit,         // runs code on the cluster: jobs, packages, Serve applications
  kManage,         // stops, deletes, scales
  kProfile,        // attaches to running processes
  kInternal,       // Ray's own traffic, test routes and retired dangerous routes: denied to everybody
};
inline constexpr std::size_t kOperationClasses = 7;
// "public", "view", "sensitive-read", "submit", "manage", "profile", "internal".
std::string_view name_of(OperationClass operation_class);

enum class RequestBody : std::uint8_t {
  kNone,        // Ray reads none; a client that sends one is refused or drained
  kForwarded,   // bounded by the general limit, passed on as it is
  kSubmission,  // access::admit_submission decides and gives the body to forward
  kPackage,     // streamed, at most kLargestPackage bytes, ray/package.h
};
// Who gets the answer unchanged.
enum class Redaction : std::uint8_t {
  kNone,     // the answer holds no secrets
  kSecrets,  // ray/job_view.h for principals who may not see secrets
};
enum class Recording : std::uint8_t {
  kEach,        // one audit record a request
  kSummarised,  // what pages and clients poll: counted, one audit record an interval. Denials are always recorded
};

struct Operation {
  std::string_view id;  // stable: "jobs.submit"
  OperationClass operation_class;
  Recording recording = Recording::kEach;
  Redaction redaction = Redaction::kNone;
  RequestBody body = RequestBody::kNone;
  bool of_one_job = false;  // it acts on the job MatchedOperation::job_id, so its owner can matter
  bool websocket = false;   // answered with 101; every other route must not be upgraded
  bool by_gateway = false;  // the gateway answers; Ray never sees it

  bool writes() const {
    return operation_class == OperationClass::kSubmit || operation_class == OperationClass::kManage ||
           operation_class == OperationClass::kProfile;
  }
};

// An operation with what the request named. The views point into the request.
struct MatchedOperation {
  const Operation* operation = nullptr;  // of the table; never null in a result
  std::string_view job_id;               // of the path or query, checked; empty when the request names no job
  std::string_view package_name;         // "_ray_pkg_....zip", checked
  bool shows_environments = false;       // a log file that holds every job's environment variables is named
};

// `method` as received ("GET"), `path` after the cluster's prefix (begins with '/'), `query` without '?'.
// HEAD is the GET of the same path, because Ray runs the same handler for it.
// The refusal points to a constant.
tl::expected<MatchedOperation, const Refusal*> operation_of(std::string_view method, std::string_view path,
                                                            std::string_view query);

// One line of the table, for documentation and tests. Patterns hold {job}, {protocol}, {package}, {id}, {name} (one
// segment each) and a final {rest} (one or more segments).
struct Route {
  std::string_view method;
  std::string_view pattern;
  Operation operation;
  std::string_view versions;  // of Ray, when not all supported: "<= 2.52", ">= 2.56"
};
std::span<const Route> routes();

}  // namespace raykeep::ray
