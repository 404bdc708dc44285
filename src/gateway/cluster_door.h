// SPDX-License-Identifier: Apache-2.0
// One authenticated request for one cluster: may it, in which form, and what the client gets back.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/answers.h"
#include "gateway/call.h"
#include "gateway/forwarder.h"
#include "gateway/recorder.h"
#include "http/exchange.h"
#include "http/websocket_relay.h"

namespace raykeep::gateway {

// What a worker's doors share.
struct DoorTools {
  http::Worker& worker;
  Forwarder& forwarder;
  Recorder& recorder;
  // Gives an empty text while the principal may go on, or the reason why not; for streams that stay open.
  std::function<std::string(const Call&)> still_allowed;
};

class ClusterDoor {
 public:
  ClusterDoor(DoorTools& tools, Call& call) : tools_(tools), call_(call) {}
  http::Awaitable<void> serve();

 private:
  using Done = http::Awaitable<void>;

  // Checks in the order of their cost. Each gives the refusal, or nothing.
  std::optional<Answer> check_cluster();
  std::optional<Answer> check_operation();
  std::optional<Answer> check_browser() const;
  std::optional<Answer> check_access();
  http::Awaitable<access::JobOwner> find_owner();

  // Chooses one of the following; no coroutine of its own.
  Done serve_allowed();
  Done serve_by_gateway();
  Done submit_job();
  Done upload_package();
  Done forward_write();
  Done forward_read();
  Done forward_websocket();
  Done fetch_redacted();
  Done relay(Forwarder::Opened opened);

  Done answer_opened(Forwarder::Opened opened);
  Done send_fetched(Fetched fetched);
  Done send_problem_of(Fetched fetched);
  Done send_body(int status, std::string_view content_type, std::string_view body);
  Done refuse(Answer answer);
  Done upstream_failed(http::ClientStatus outcome);
  http::Awaitable<bool> announce();
  void record(int status, std::string_view problem = {});
  std::string path_at_ray() const;
  void write_head(const UpstreamBody& body);
  http::Awaitable<bool> read_body(std::size_t limit, std::string& out);
  Answer body_answer(http::BodyPiece::Status status, std::string_view reason) const;

  DoorTools& tools_;
  Call& call_;
  std::string head_;
  FieldViews fields_;
  Forwarded result_;
  std::string_view reason_ = access::kNotDecided;
};

}  // namespace raykeep::gateway
