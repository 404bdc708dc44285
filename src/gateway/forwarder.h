// SPDX-License-Identifier: Apache-2.0
// Carries one request to a cluster's dashboard and its answer back: streamed, or fetched whole where the gateway has to
// read it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/cluster.h"
#include "http/client.h"
#include "http/exchange.h"
#include "ray/package.h"

namespace raykeep::gateway {

// What came of forwarding, for the record.
struct Forwarded {
  int status = 0;            // given to the client; 0 when it left first
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::string_view problem;  // a plain reason id when the dashboard did not answer properly
};

struct Fetched {
  http::ClientStatus outcome = http::ClientStatus::kOk;
  int status = 0;
  std::string content_type;
  std::string body;
  bool too_large = false;
  bool ok() const { return outcome == http::ClientStatus::kOk && !too_large; }
};

// A plain reason id and the status to answer for a dashboard that cannot be asked.
struct UpstreamProblem {
  int status;
  std::string_view reason;
  std::string_view sentence;
};
UpstreamProblem describe(http::ClientStatus outcome);

inline constexpr std::size_t kLargestFetched = 64U << 20;  // of an answer that has to be read whole

class Forwarder {
 public:
  explicit Forwarder(http::Worker& worker);

  // A request of the gateway's own, or one whose answer it must read. Retried once on a fresh connection when it is
  // harmless to repeat and the pooled one turned out dead.
  http::Awaitable<Fetched> fetch(const Cluster& cluster, std::string_view method, std::string_view head, std::string_view body);

  // Opens a connection, sends the head (and, when the client sends one, the body as it comes) and reads the answer's
  // head. The lease goes back through `finish`.
  struct Opened {
    http::ClientStatus outcome = http::ClientStatus::kOk;
    std::unique_ptr<http::UpstreamConnection> connection;
    http::BodyPiece::Status body = http::BodyPiece::Status::kEnd;  // why the client's body broke off, if it did
    bool refused_content = false;  // the check said no; the upstream never got the end of the body
    std::uint64_t bytes_in = 0;
  };
  // A streamed body is chunked anew: so its end can be withheld, which makes the upstream throw it away.
  enum class SendBody { kNo, kStreamed };
  http::Awaitable<Opened> open(const Cluster& cluster, http::Exchange& exchange, std::string_view head, SendBody send_body,
                               ray::PackageCheck* check = nullptr);

  // Streams the rest of the answer to the client after its head went out.
  http::Awaitable<Forwarded> stream_body(const Cluster& cluster, http::Exchange& exchange, Opened opened, Forwarded so_far);
  // Reads the answer whole.
  http::Awaitable<Fetched> read_whole(const Cluster& cluster, Opened opened, std::size_t limit);
  void finish(const Cluster& cluster, std::unique_ptr<http::UpstreamConnection> connection);

 private:
  http::UpstreamPool& pool_of(const Cluster& cluster);
  http::Awaitable<bool> send_body(http::Exchange& exchange, Opened& opened, ray::PackageCheck* check);

  http::Worker& worker_;
  std::map<std::string, std::unique_ptr<http::UpstreamPool>, std::less<>> pools_;  // by authority
};

}  // namespace raykeep::gateway
