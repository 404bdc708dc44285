// SPDX-License-Identifier: Apache-2.0
#include "gateway/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace raykeep::gateway {
namespace {

constexpr std::size_t kReasonsKept = 256;  // reasons are ids of ours; the bound is for safety

class Text {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    fmt::format_to(std::back_inserter(out_), "# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
  }
  template <typename T>
  void sample(std::string_view name, std::string_view labels, T value) {
    if (labels.empty()) {
      fmt::format_to(std::back_inserter(out_), "{} {}\n", name, value);
    } else {
      fmt::format_to(std::back_inserter(out_), "{}{{{}}} {}\n", name, labels, value);
    }
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

void write_clusters(Text& text, const Settings& settings) {
  text.family("raykeep_cluster_requests_total", "counter", "Requests for a cluster, by class of operation and decision.");
  for (const auto& cluster : settings.clusters) {
    for (std::size_t i = 0; i < ray::kOperationClasses; ++i) {
      const auto& counts = cluster->status->requests[i];
      const auto name = ray::name_of(static_cast<ray::OperationClass>(i));
      const auto labels = fmt::format("cluster=\"{}\",class=\"{}\"", cluster->id, name);
      text.sample("raykeep_cluster_requests_total", labels + ",decision=\"allowed\"", counts.allowed.load());
      text.sample("raykeep_cluster_requests_total", labels + ",decision=\"denied\"", counts.denied.load());
    }
  }
  text.family("raykeep_cluster_up", "gauge", "1 while the cluster's dashboard answers.");
  for (const auto& cluster : settings.clusters) {
    const bool up = cluster->status->health().state == ClusterHealth::State::kUp;
    text.sample("raykeep_cluster_up", fmt::format("cluster=\"{}\"", cluster->id), up ? 1 : 0);
  }
  text.family("raykeep_cluster_errors_total", "counter", "Requests that the cluster's dashboard did not answer properly.");
  for (const auto& cluster : settings.clusters) {
    text.sample("raykeep_cluster_errors_total", fmt::format("cluster=\"{}\"", cluster->id), cluster->status->upstream_errors.load());
  }
}

void write_listeners(Text& text, const Metrics::Sources& sources) {
  text.family("raykeep_connections_open", "gauge", "Connections open now.");
  for (const auto& [name, counters] : sources.listeners) {
    text.sample("raykeep_connections_open", fmt::format("listener=\"{}\"", name), counters->open.load());
  }
  text.family("raykeep_connections_total", "counter", "Connections by what became of them.");
  for (const auto& [name, counters] : sources.listeners) {
    const auto sample = [&, &listener = name](std::string_view result, std::uint64_t value) {
      text.sample("raykeep_connections_total", fmt::format("listener=\"{}\",result=\"{}\"", listener, result), value);
    };
    sample("accepted", counters->accepted.load());
    sample("refused-network", counters->refused_by_network.load());
    sample("refused-limit", counters->refused_by_limit.load());
    sample("failed-handshake", counters->failed_handshakes.load());
  }
}

void write_audit(Text& text, const Metrics::Sources& sources) {
  text.family("raykeep_audit_healthy", "gauge", "1 while audit records can be stored.");
  text.sample("raykeep_audit_healthy", "", sources.audit_healthy ? 1 : 0);
  text.family("raykeep_audit_records_total", "counter", "Audit records stored since the start.");
  text.sample("raykeep_audit_records_total", "", sources.audit.written);
  text.family("raykeep_audit_dropped_total", "counter", "Audit records lost because the queue was full.");
  text.sample("raykeep_audit_dropped_total", "", sources.audit.dropped);
  text.family("raykeep_audit_failures_total", "counter", "Failed writes of the audit record.");
  text.sample("raykeep_audit_failures_total", "", sources.audit.failures);
}

}  // namespace

void Metrics::count_request(std::size_t worker, const Call& call) {
  Worker& own = by_worker_[worker];
  const auto took = call.took ? *call.took : call.age();
  const double seconds = std::chrono::duration<double>(took).count();
  const auto bucket = std::lower_bound(kDurationBounds.begin(), kDurationBounds.end(), seconds) - kDurationBounds.begin();
  own.requests.fetch_add(1, std::memory_order_relaxed);
  own.duration_microseconds.fetch_add(static_cast<std::uint64_t>(took.count()), std::memory_order_relaxed);
  own.durations[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  if (!call.cluster || call.matched.operation == nullptr) return;
  auto& counts = call.cluster->status->requests[static_cast<std::size_t>(call.matched.operation->operation_class)];
  (call.allowed ? counts.allowed : counts.denied).fetch_add(1, std::memory_order_relaxed);
}

void Metrics::add(Counted& counted, std::string_view key) {
  const auto found = counted.find(key);
  if (found != counted.end()) {
    ++found->second;
  } else if (counted.size() < kReasonsKept) {
    counted.emplace(std::string(key), 1);
  }
}

void Metrics::count_refused_head(int status, std::string_view reason) {
  const std::lock_guard lock(mutex_);
  add(refused_heads_, fmt::format("status=\"{}\",reason=\"{}\"", status, reason));
}

void Metrics::count_sign_in(std::string_view result) {
  const std::lock_guard lock(mutex_);
  add(sign_ins_, fmt::format("result=\"{}\"", result));
}

void Metrics::count_reload(bool good) {
  const std::lock_guard lock(mutex_);
  ++(good ? reloads_good_ : reloads_bad_);
}

void Metrics::set_certificate_end(std::string listener, long long seconds_since_epoch) {
  const std::lock_guard lock(mutex_);
  certificates_[std::move(listener)] = seconds_since_epoch;
}

std::string Metrics::text(const Sources& sources) const {
  Text text;
  std::uint64_t requests = 0;
  std::uint64_t microseconds = 0;
  std::array<std::uint64_t, kDurationBounds.size() + 1> durations{};
  for (const Worker& worker : by_worker_) {
    requests += worker.requests.load();
    microseconds += worker.duration_microseconds.load();
    for (std::size_t i = 0; i < durations.size(); ++i) durations[i] += worker.durations[i].load();
  }
  text.family("raykeep_request_duration_seconds", "histogram", "Time from a request's head to the end of its answer.");
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < durations.size(); ++i) {
    below += durations[i];
    const std::string bound = i < kDurationBounds.size() ? fmt::format("{}", kDurationBounds[i]) : "+Inf";
    text.sample("raykeep_request_duration_seconds_bucket", fmt::format("le=\"{}\"", bound), below);
  }
  text.sample("raykeep_request_duration_seconds_sum", "", static_cast<double>(microseconds) / 1e6);
  text.sample("raykeep_request_duration_seconds_count", "", requests);
  write_clusters(text, sources.settings);
  write_listeners(text, sources);
  write_audit(text, sources);
  text.family("raykeep_hash_queue", "gauge", "Password checks that wait for a thread.");
  text.sample("raykeep_hash_queue", "", sources.pool_queued);
  const std::lock_guard lock(mutex_);
  text.family("raykeep_refused_heads_total", "counter", "Requests that could not be read, by reason.");
  for (const auto& [labels, count] : refused_heads_) text.sample("raykeep_refused_heads_total", labels, count);
  text.family("raykeep_sign_ins_total", "counter", "Checked credentials that were refused, and sign-ins, by result.");
  for (const auto& [labels, count] : sign_ins_) text.sample("raykeep_sign_ins_total", labels, count);
  text.family("raykeep_reloads_total", "counter", "Reloads of configuration, certificates and users, by result.");
  text.sample("raykeep_reloads_total", "result=\"good\"", reloads_good_);
  text.sample("raykeep_reloads_total", "result=\"bad\"", reloads_bad_);
  text.family("raykeep_certificate_expiry_seconds", "gauge", "End of a certificate's life, seconds since the epoch.");
  for (const auto& [listener, end] : certificates_) {
    text.sample("raykeep_certificate_expiry_seconds", fmt::format("listener=\"{}\"", listener), end);
  }
  return text.take();
}

}  // namespace raykeep::gateway
