// SPDX-License-Identifier: Apache-2.0
// Accepts connections of one address on every worker (SO_REUSEPORT spreads them) and serves each with a service.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/ip_network.h"
#include "core/result.h"
#include "core/snapshot.h"
#include "http/exchange.h"
#include "http/http1_connection.h"
#include "http/tls.h"
#include "http/worker.h"

namespace raykeep::http {

inline constexpr ErrorCode kCannotListen{"cannot-listen", ErrorKind::kEnvironment,
                                         "Choose an address of this machine and a port that nothing else uses."};

// Everything about a listener that a reload may change. Connections keep what they started with.
struct ListenerSettings {
  std::shared_ptr<const TlsServer> tls;       // none: plain HTTP
  std::vector<IpNetwork> allow;               // empty: everybody
  std::vector<IpNetwork> deny;                // wins over allow
  std::vector<IpNetwork> proxy_protocol_from; // peers that must begin with a PROXY header
  ConnectionLimits limits;
  std::size_t max_connections = 20000;
  std::size_t max_connections_per_address = 2000;  // of the client; behind PROXY headers, of the one they name
};

struct ListenerCounters {
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> open{0};
  std::atomic<std::uint64_t> refused_by_network{0};  // allow and deny lists, before any byte is read
  std::atomic<std::uint64_t> refused_by_limit{0};
  std::atomic<std::uint64_t> failed_handshakes{0};
};

class Listener {
 public:
  // Binds host:port on all workers. Port 0 takes a free one, the same for all. `services` has one service a worker.
  static Result<std::unique_ptr<Listener>> open(const std::string& host, std::uint16_t port, std::vector<Worker*> workers,
                                                std::vector<Service*> services, std::shared_ptr<const ListenerSettings> settings);
  ~Listener();

  void start();
  // No new connections; responses from now on say "close". Callable from any thread.
  void drain();

  std::uint16_t port() const { return port_; }
  std::string address() const { return host_; }
  void set_settings(std::shared_ptr<const ListenerSettings> settings) { settings_.set(std::move(settings)); }
  const ListenerCounters& counters() const { return counters_; }

 private:
  struct Door;
  struct Place;
  explicit Listener(std::shared_ptr<const ListenerSettings> settings);
  Awaitable<void> accept_forever(Door& door);
  Awaitable<void> serve(Door& door, Socket socket, IpAddress from, Place place, std::shared_ptr<const ListenerSettings> settings);
  static Awaitable<bool> read_proxy_header(Stream& stream, Peer& peer, std::string& rest);
  bool admit(Place& place, const IpAddress& from, const ListenerSettings& settings);

  std::string host_;
  std::uint16_t port_ = 0;
  Snapshot<ListenerSettings> settings_;
  ListenerCounters counters_;
  std::atomic<bool> draining_{false};
  std::mutex per_address_mutex_;
  std::map<IpAddress, std::size_t> per_address_;
  std::vector<std::unique_ptr<Door>> doors_;
};

}  // namespace raykeep::http
