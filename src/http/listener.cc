// SPDX-License-Identifier: Apache-2.0
#include "http/listener.h"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "http/proxy_protocol.h"

namespace raykeep::http {

using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;

struct Listener::Door {
  Door(Worker& w, Service& s) : worker(w), service(s), acceptor(w.executor()) {}
  Worker& worker;
  Service& service;
  Acceptor acceptor;
};

// A connection's place in the counts, given back when it ends.
struct Listener::Place {
  explicit Place(Listener& listener) : of(&listener) { of->counters_.open.fetch_add(1, std::memory_order_relaxed); }
  Place(Place&& other) noexcept : of(std::exchange(other.of, nullptr)), address(other.address) {}
  Place& operator=(Place&&) = delete;
  ~Place() {
    if (of == nullptr) return;
    of->counters_.open.fetch_sub(1, std::memory_order_relaxed);
    if (!address) return;
    const std::lock_guard lock(of->per_address_mutex_);
    const auto found = of->per_address_.find(*address);
    if (--found->second == 0) of->per_address_.erase(found);
  }
  Listener* of;
  std::optional<IpAddress> address;  // once it is counted
};

namespace {

constexpr std::chrono::milliseconds kHandshakeTimeout{10000};
constexpr std::chrono::milliseconds kAcceptPause{50};  // when the process is out of descriptors

using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

IpAddress address_of(const asio::ip::tcp::endpoint& endpoint) {
  if (endpoint.address().is_v4()) return IpAddress::from_v4(endpoint.address().to_v4().to_bytes());
  return IpAddress::from_v6(endpoint.address().to_v6().to_bytes());
}

// A peer that vanished without a word is found out within two minutes, even where nothing has a time limit. Accepted
// sockets inherit this (tcp(7)).
void find_dead_peers(int fd) {
  const auto set = [fd](int level, int option, int value) { ::setsockopt(fd, level, option, &value, sizeof value); };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 60);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 15);
  set(IPPROTO_TCP, TCP_KEEPCNT, 4);
}

boost::system::error_code open_acceptor(Acceptor& acceptor, const asio::ip::tcp::endpoint& endpoint) {
  boost::system::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.set_option(ReusePort(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(4096, error);
  if (!error) find_dead_peers(acceptor.native_handle());
  return error;
}

// SO_REUSEPORT would let a second gateway of the same user share the port in silence, so the port is first tried alone.
boost::system::error_code try_exclusively(asio::io_context& context, const asio::ip::tcp::endpoint& endpoint) {
  boost::system::error_code error;
  asio::ip::tcp::acceptor probe(context);
  probe.open(endpoint.protocol(), error);
  if (!error) probe.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) probe.bind(endpoint, error);
  return error;
}

bool network_allows(const IpAddress& from, const ListenerSettings& settings) {
  if (any_contains(settings.deny, from)) return false;
  return settings.allow.empty() || any_contains(settings.allow, from);
}

}  // namespace

Result<std::unique_ptr<Listener>> Listener::open(const std::string& host, std::uint16_t port, std::vector<Worker*> workers,
                                                 std::vector<Service*> services,
                                                 std::shared_ptr<const ListenerSettings> settings) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (error) return fail(kCannotListen, fmt::format("\"{}\" is not an IP address to listen on", host));
  asio::ip::tcp::endpoint endpoint(address, port);
  if (port != 0) error = try_exclusively(workers.front()->context(), endpoint);
  std::unique_ptr<Listener> out(new Listener(std::move(settings)));
  out->host_ = host;
  for (std::size_t i = 0; i < workers.size() && !error; ++i) {
    out->doors_.push_back(std::make_unique<Door>(*workers[i], *services[i]));
    error = open_acceptor(out->doors_.back()->acceptor, endpoint);
    if (!error) endpoint.port(out->doors_.back()->acceptor.local_endpoint().port());
  }
  if (error) return fail(kCannotListen, fmt::format("cannot listen on {}:{}: {}", host, port, error.message()));
  out->port_ = endpoint.port();
  return out;
}

Listener::Listener(std::shared_ptr<const ListenerSettings> settings) : settings_(std::move(settings)) {}
Listener::~Listener() = default;

void Listener::start() {
  for (const auto& door : doors_) asio::co_spawn(door->worker.executor(), accept_forever(*door), asio::detached);
}

void Listener::drain() {
  draining_.store(true, std::memory_order_relaxed);
  for (const auto& door : doors_) {
    asio::post(door->worker.executor(), [&door = *door] {
      boost::system::error_code ignored;
      door.acceptor.close(ignored);
    });
  }
}

bool Listener::admit(Place& place, const IpAddress& from, const ListenerSettings& settings) {
  const std::lock_guard lock(per_address_mutex_);
  std::size_t& open = per_address_[from];
  if (open >= settings.max_connections_per_address) {
    if (open == 0) per_address_.erase(from);
    counters_.refused_by_limit.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  ++open;
  place.address = from;
  return true;
}

Awaitable<void> Listener::accept_forever(Door& door) {
  Timer pause(door.worker.executor());
  while (door.acceptor.is_open()) {
    auto [error, socket] = co_await door.acceptor.async_accept(kNoThrow);
    if (error == asio::error::operation_aborted || !door.acceptor.is_open()) co_return;
    if (error) {
      pause.expires_after(kAcceptPause);
      co_await pause.async_wait(kNoThrow);
      continue;
    }
    boost::system::error_code gone;
    const auto endpoint = socket.remote_endpoint(gone);
    if (gone) continue;
    counters_.accepted.fetch_add(1, std::memory_order_relaxed);
    const IpAddress from = address_of(endpoint);
    auto settings = settings_.get();
    const bool balancer = any_contains(settings->proxy_protocol_from, from);
    if (!balancer && !network_allows(from, *settings)) {
      counters_.refused_by_network.fetch_add(1, std::memory_order_relaxed);
      continue;
    }
    if (counters_.open.load(std::memory_order_relaxed) >= settings->max_connections) {
      counters_.refused_by_limit.fetch_add(1, std::memory_order_relaxed);
      continue;
    }
    Place place(*this);
    // Behind a balancer the client is known, and counted, only after its header.
    if (!balancer && !admit(place, from, *settings)) continue;
    asio::co_spawn(door.worker.executor(), serve(door, std::move(socket), from, std::move(place), std::move(settings)), asio::detached);
  }
}

Awaitable<bool> Listener::read_proxy_header(Stream& stream, Peer& peer, std::string& rest) {
  char block[512];
  for (;;) {
    const ProxyHeader header = parse_proxy_header(rest);
    if (header.state == ProxyHeader::State::kBad) co_return false;
    if (header.state == ProxyHeader::State::kComplete) {
      if (header.source) peer.address = *header.source;
      rest.erase(0, header.length);
      co_return true;
    }
    // Never further than the header: what follows may be a TLS hello, which is not ours to read.
    const ReadResult got = co_await stream.read_some(block, std::min(header.missing, sizeof block), kHandshakeTimeout);
    if (got.status != StreamStatus::kDone) co_return false;
    rest.append(block, got.size);
  }
}

Awaitable<void> Listener::serve(Door& door, Socket socket, IpAddress from, Place place,
                                std::shared_ptr<const ListenerSettings> settings) {
  Stream stream(door.worker, std::move(socket));
  Peer peer{from, from, {}, settings->tls != nullptr};
  std::string early;
  if (any_contains(settings->proxy_protocol_from, from)) {
    if (!co_await read_proxy_header(stream, peer, early)) co_return;
    if (!network_allows(peer.address, *settings)) {
      counters_.refused_by_network.fetch_add(1, std::memory_order_relaxed);
      co_return;
    }
    if (!admit(place, peer.address, *settings)) co_return;
  }
  peer.text = peer.address.text();
  if (settings->tls) {
    const StreamStatus status = co_await stream.accept_tls(*settings->tls, kHandshakeTimeout);
    if (status != StreamStatus::kDone) {
      counters_.failed_handshakes.fetch_add(1, std::memory_order_relaxed);
      co_return;
    }
  }
  // The protocol that ALPN chose decides the connection class; HTTP/1.1 is the only one offered so far.
  Http1Connection connection(stream, door.service, peer, settings->limits, draining_);
  co_await connection.serve(early);
}

}  // namespace raykeep::http
