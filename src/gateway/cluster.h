// SPDX-License-Identifier: Apache-2.0
// One Ray cluster behind the gateway, as configured, and what is known of it now.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "access/submission_policy.h"
#include "core/ip_network.h"
#include "core/time_text.h"
#include "gateway/upstream_message.h"
#include "ray/operation.h"

namespace raykeep::gateway {

// What the last look at the dashboard showed. Written by one worker, read by pages and metrics.
struct ClusterHealth {
  enum class State : std::uint8_t { kUnknown, kUp, kDown };
  State state = State::kUnknown;
  std::string ray_version;  // empty when not up
  std::string problem;      // why it is down, a sentence
  Time since;               // when the state last changed
};

// Survives reloads as long as the cluster keeps its name.
class ClusterStatus {
 public:
  // Claims a package name until the returned place dies: two uploads of one name at a time could replace each other.
  class UploadPlace {
   public:
    UploadPlace() = default;
    UploadPlace(ClusterStatus& status, std::string name) : status_(&status), name_(std::move(name)) {}
    UploadPlace(UploadPlace&& other) noexcept : status_(std::exchange(other.status_, nullptr)), name_(std::move(other.name_)) {}
    UploadPlace& operator=(UploadPlace&&) = delete;
    ~UploadPlace();
    explicit operator bool() const { return status_ != nullptr; }

   private:
    ClusterStatus* status_ = nullptr;
    std::string name_;
  };
  UploadPlace begin_upload(const std::string& name);

  ClusterHealth health() const;
  void set_health(ClusterHealth health);

  // Requests by class of operation, decided and counted once each.
  struct Counts {
    std::atomic<std::uint64_t> allowed{0};
    std::atomic<std::uint64_t> denied{0};
  };
  std::array<Counts, ray::kOperationClasses> requests;
  std::atomic<std::uint64_t> upstream_errors{0};

 private:
  mutable std::mutex mutex_;
  ClusterHealth health_;
  std::set<std::string> uploads_;
};
using UploadPlace = ClusterStatus::UploadPlace;

struct Cluster {
  std::string kube_namespace;
  std::string name;
  std::string id;      // "<namespace>/<name>", as in bindings and the audit record
  std::string prefix;  // "/<namespace>/<name>"
  std::string host;
  std::string port;
  UpstreamTarget upstream;
  std::vector<IpNetwork> allow;  // empty: everybody whom the listener lets in
  std::vector<IpNetwork> deny;
  access::SubmissionPolicy submission;
  std::chrono::milliseconds connect_timeout{2000};
  std::chrono::milliseconds response_timeout{120000};
  std::shared_ptr<ClusterStatus> status;

  bool admits(const IpAddress& from) const {
    return !any_contains(deny, from) && (allow.empty() || any_contains(allow, from));
  }
};

}  // namespace raykeep::gateway
