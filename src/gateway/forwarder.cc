// SPDX-License-Identifier: Apache-2.0
#include "gateway/forwarder.h"

#include <fmt/format.h>

#include "http/chunked.h"

namespace raykeep::gateway {
namespace {

using http::Awaitable;
using http::BodyPiece;
using http::ClientStatus;

// A log stream may be silent for as long as its job; the sweep ends it when the client goes.
constexpr std::chrono::milliseconds kNoLimit{0};

bool repeatable(std::string_view head) { return head.starts_with("GET ") || head.starts_with("HEAD "); }

}  // namespace

UpstreamProblem describe(ClientStatus outcome) {
  switch (outcome) {
    case ClientStatus::kConnectFailed: return {502, "cluster-unreachable", "The dashboard of this cluster does not answer."};
    case ClientStatus::kGone: return {502, "cluster-hung-up", "The dashboard of this cluster ended the connection early."};
    case ClientStatus::kTimeout: return {504, "cluster-timeout", "The dashboard of this cluster did not answer in time."};
    case ClientStatus::kBadResponse: return {502, "cluster-bad-answer", "The dashboard of this cluster gave an answer that is not valid HTTP."};
    case ClientStatus::kCancelled: return {503, "cancelled", "The gateway is stopping."};
    case ClientStatus::kOk: return {502, "cluster-answer-too-large", "The answer of this cluster is too large to be checked."};
  }
  return {502, "cluster-unreachable", "The dashboard of this cluster does not answer."};
}

Forwarder::Forwarder(http::Worker& worker) : worker_(worker) {
  worker.on_sweep([this](auto now) {
    for (auto& [authority, pool] : pools_) pool->close_stale(now);
  });
}

http::UpstreamPool& Forwarder::pool_of(const Cluster& cluster) {
  auto found = pools_.find(cluster.upstream.authority);
  if (found == pools_.end()) {
    auto pool = std::make_unique<http::UpstreamPool>(worker_, cluster.host, cluster.port, cluster.connect_timeout);
    found = pools_.emplace(cluster.upstream.authority, std::move(pool)).first;
  }
  return *found->second;
}

void Forwarder::finish(const Cluster& cluster, std::unique_ptr<http::UpstreamConnection> connection) {
  if (connection) pool_of(cluster).release(std::move(connection));
}

Awaitable<bool> Forwarder::send_body(http::Exchange& exchange, Opened& opened, ray::PackageCheck* check) {
  std::string framed;
  for (;;) {
    const BodyPiece piece = co_await exchange.read_body();
    opened.body = piece.status;
    if (piece.status == BodyPiece::Status::kEnd) {
      opened.refused_content = check != nullptr && !check->matches();
      if (opened.refused_content) co_return false;
      opened.outcome = co_await opened.connection->write(http::kLastChunk, {});
      co_return true;
    }
    if (piece.status != BodyPiece::Status::kData) co_return false;
    opened.bytes_in += piece.data.size();
    if (check != nullptr) check->update(piece.data);
    framed = http::chunk_header(piece.data.size()).append(piece.data).append("\r\n");
    opened.outcome = co_await opened.connection->write(framed, {});
    // A dashboard that stops reading has usually answered already (413): its answer is what counts.
    if (opened.outcome != ClientStatus::kOk) co_return true;
  }
}

Awaitable<Forwarder::Opened> Forwarder::open(const Cluster& cluster, http::Exchange& exchange, std::string_view head,
                                             SendBody how, ray::PackageCheck* check) {
  http::UpstreamPool& pool = pool_of(cluster);
  const bool may_repeat = how == SendBody::kNo && repeatable(head);
  bool reuse = may_repeat;
  for (;;) {
    Opened opened;
    if (reuse) opened.connection = pool.take_idle();
    if (!opened.connection) {
      auto lease = co_await pool.acquire_fresh();
      opened.outcome = lease.status;
      if (lease.status != ClientStatus::kOk) co_return opened;
      opened.connection = std::move(lease.connection);
    }
    exchange.wake_when_client_leaves(opened.connection->stream());
    std::string_view unsent = head;
    if (!opened.connection->write_now(unsent)) opened.outcome = co_await opened.connection->write(unsent, {});
    if (opened.outcome == ClientStatus::kOk && how != SendBody::kNo) {
      if (!co_await send_body(exchange, opened, check)) co_return opened;
    }
    opened.outcome = co_await opened.connection->read_head(exchange.request().method, cluster.response_timeout);
    const bool stale = opened.outcome == ClientStatus::kGone && opened.connection->reused();
    if (!stale || !may_repeat) co_return opened;
    reuse = false;
  }
}

Awaitable<Forwarded> Forwarder::stream_body(const Cluster& cluster, http::Exchange& exchange, Opened opened, Forwarded so_far) {
  http::UpstreamConnection& connection = *opened.connection;
  while (!connection.body_done()) {
    const auto piece = co_await connection.read_body(kNoLimit);
    if (piece.status != ClientStatus::kOk) {
      so_far.problem = describe(piece.status).reason;
      exchange.close_after();
      co_return so_far;
    }
    so_far.bytes_out += piece.data.size();
    if (co_await exchange.send_more(piece.data, piece.last) != http::SendStatus::kOk) {
      so_far.problem = "client-gone";
      co_return so_far;
    }
  }
  finish(cluster, std::move(opened.connection));
  co_return so_far;
}

Awaitable<Fetched> Forwarder::read_whole(const Cluster& cluster, Opened opened, std::size_t limit) {
  Fetched out;
  out.outcome = opened.outcome;
  if (opened.outcome != ClientStatus::kOk) co_return out;
  http::UpstreamConnection& connection = *opened.connection;
  out.status = connection.head().status;
  out.content_type = std::string(connection.head().fields.first(http::FieldId::kContentType));
  while (!connection.body_done()) {
    const auto piece = co_await connection.read_body(cluster.response_timeout);
    out.outcome = piece.status;
    if (piece.status != ClientStatus::kOk) co_return out;
    out.body.append(piece.data);
    out.too_large = out.body.size() > limit;
    if (out.too_large) co_return out;
  }
  finish(cluster, std::move(opened.connection));
  co_return out;
}

Awaitable<Fetched> Forwarder::fetch(const Cluster& cluster, std::string_view method, std::string_view head,
                                    std::string_view body) {
  http::UpstreamPool& pool = pool_of(cluster);
  const bool may_repeat = repeatable(head);
  bool reuse = may_repeat;
  for (;;) {
    Opened opened;
    if (reuse) opened.connection = pool.take_idle();
    if (!opened.connection) {
      auto lease = co_await pool.acquire_fresh();
      opened.outcome = lease.status;
      opened.connection = std::move(lease.connection);
    }
    if (opened.outcome == ClientStatus::kOk) opened.outcome = co_await opened.connection->write(head, body);
    if (opened.outcome == ClientStatus::kOk) {
      opened.outcome = co_await opened.connection->read_head(method, cluster.response_timeout);
    }
    const bool stale = opened.outcome == ClientStatus::kGone && opened.connection->reused();
    if (!stale || !may_repeat) co_return co_await read_whole(cluster, std::move(opened), kLargestFetched);
    reuse = false;
  }
}

}  // namespace raykeep::gateway
