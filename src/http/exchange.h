// SPDX-License-Identifier: Apache-2.0
// One request and its response, whatever version of HTTP carries it. A protocol implements Exchange; a service handles
// it. HTTP/2 and gRPC come as further implementations, one exchange a stream, with the same service behind.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ip_network.h"
#include "http/asio.h"
#include "http/message.h"

namespace raykeep::http {

class Stream;
class Worker;

// Who is at the other end of the connection, as far as the network tells.
struct Peer {
  IpAddress address;       // after PROXY protocol or a trusted forwarded address, if configured
  IpAddress connected_to_us;  // the other end of the TCP connection itself
  std::string text;        // `address` as text
  bool tls = false;
};

// A response to send. Views live until the call returns. Framing fields (Content-Length, Transfer-Encoding, Connection)
// are the exchange's own business.
struct Response {
  int status = 200;
  std::vector<std::pair<std::string_view, std::string_view>> fields;
  // The length of the whole body when it is known; without one the body is framed as it comes.
  std::optional<std::uint64_t> length;
  // Fields ready to send, each "Name: value\r\n", for what is the same in many responses.
  std::string_view raw_fields;
};

struct BodyPiece {
  enum class Status : std::uint8_t { kData, kEnd, kBroken, kTooLarge, kTimeout };
  Status status = Status::kEnd;
  std::string_view data;     // valid until the next call
  std::string_view reason;   // for kBroken
};

enum class SendStatus : std::uint8_t { kOk, kPeerGone };

class Exchange {
 public:
  virtual ~Exchange() = default;

  virtual const RequestHead& request() const = 0;
  virtual const Peer& peer() const = 0;
  virtual Worker& worker() = 0;
  // Whom peer() names for this request: the client that a believed proxy speaks for.
  virtual void set_client(const IpAddress& address) = 0;

  // The next piece of the request's body. Asks the client to go on (100-continue) when it waits for that. Bytes beyond
  // the limit end it with kTooLarge.
  virtual Awaitable<BodyPiece> read_body() = 0;
  virtual void limit_body(std::uint64_t bytes) = 0;

  // Sends the head and a first piece of body; `last` says that there is no more.
  virtual Awaitable<SendStatus> send(const Response& response, std::string_view body, bool last) = 0;
  virtual Awaitable<SendStatus> send_more(std::string_view body, bool last) = 0;
  // True once a response head has gone out.
  virtual bool responded() const = 0;
  // The connection must not be used for another request after this one.
  virtual void close_after() = 0;

  // Whatever waits on `upstream` for this exchange is to be woken when the client leaves.
  virtual void wake_when_client_leaves(Stream& upstream) = 0;

  // For a WebSocket: the stream itself, after the 101 went out through send(). Bytes the client sent early come first.
  virtual Stream& tunnel() = 0;
  virtual std::string_view early_bytes() const = 0;
};

// What a service does with each exchange. It must answer or close; exceptions do not leave it.
class Service {
 public:
  virtual ~Service() = default;
  virtual Awaitable<void> handle(Exchange& exchange) = 0;
  // A request that could not even be read was refused; for counting and the log. The reason is a plain id.
  virtual void refused(const Peer& peer, int status, std::string_view reason) = 0;
};

}  // namespace raykeep::http
