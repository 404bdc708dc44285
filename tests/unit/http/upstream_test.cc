// SPDX-License-Identifier: Apache-2.0
// Connections to an upstream that is played over a raw socket and may say anything.
#include <gtest/gtest.h>

#include <future>

#include "http/client.h"
#include "support/raw_socket.h"

namespace raykeep::testing {
namespace {

using http::Awaitable;
using http::ClientStatus;
using http::UpstreamConnection;
using http::UpstreamPool;

constexpr std::string_view kRequest = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::chrono::milliseconds kSoon{50};
constexpr std::chrono::milliseconds kLong{kDeadlineSeconds * 1000};

// What came of one request.
struct Outcome {
  ClientStatus status = ClientStatus::kOk;
  int code = 0;
  std::string body;
  std::string reason;
  bool reused = false;
};

class Upstream : public ::testing::Test {
 protected:
  Upstream() : worker_(0), pool_(std::make_unique<UpstreamPool>(worker_, "127.0.0.1", std::to_string(listener_.port()), std::chrono::milliseconds(2000))) {
    worker_.on_sweep([this](auto now) {
      if (sweep_stale_) pool_->close_stale(now);
    });
    worker_.start();
  }
  ~Upstream() override {
    worker_.stop();
    pool_.reset();
  }

  // Runs on the worker; the result is to be awaited by the test.
  template <typename T>
  std::future<T> run(Awaitable<T> work) {
    auto promise = std::make_shared<std::promise<T>>();
    http::asio::co_spawn(worker_.executor(), std::move(work), [promise](std::exception_ptr, T value) { promise->set_value(std::move(value)); });
    return promise->get_future();
  }

  std::future<Outcome> request(std::string_view method = "GET", std::chrono::milliseconds timeout = kLong) {
    return run(exchange(std::string(method), timeout));
  }

  // A request whose upstream answers with these bytes and, if told, closes.
  Outcome answered_with(std::string_view bytes, std::string_view method = "GET", bool then_close = false) {
    auto outcome = request(method);
    RawSocket upstream = listener_.accept();
    upstream.read_until("\r\n\r\n");
    upstream.send(bytes);
    if (then_close) upstream.close();
    Outcome out = outcome.get();
    last_ = std::make_unique<RawSocket>(std::move(upstream));
    return out;
  }

  // Whether the next request comes over a connection of its own.
  bool next_request_is_fresh() {
    auto outcome = request();
    RawSocket upstream = listener_.accept();
    upstream.read_until("\r\n\r\n");
    upstream.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nfresh");
    const Outcome out = outcome.get();
    return out.body == "fresh" && !out.reused;
  }

  Awaitable<Outcome> exchange(std::string method, std::chrono::milliseconds timeout) {
    Outcome out;
    auto connection = pool_->take_idle();
    if (!connection) {
      auto lease = co_await pool_->acquire_fresh();
      out.status = lease.status;
      connection = std::move(lease.connection);
    }
    if (!connection) co_return out;
    out.reused = connection->reused();
    out.status = co_await connection->write(kRequest, {});
    if (out.status == ClientStatus::kOk) out.status = co_await connection->read_head(method, timeout);
    out.code = connection->head().status;
    while (out.status == ClientStatus::kOk) {
      const auto piece = co_await connection->read_body(timeout);
      out.status = piece.status;
      out.body.append(piece.data);
      if (piece.last) break;
    }
    out.reason = std::string(connection->bad_reason());
    pool_->release(std::move(connection));
    co_return out;
  }

  RawListener listener_;
  http::Worker worker_;
  std::unique_ptr<UpstreamPool> pool_;
  std::unique_ptr<RawSocket> last_;
  std::atomic<bool> sweep_stale_{false};
};

TEST_F(Upstream, AConnectionWhoseAnswerWasReadToTheEndIsUsedAgain) {
  const std::string_view answers[] = {
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
  };
  auto first = request();
  RawSocket upstream = listener_.accept();
  bool reused = false;
  for (const std::string_view answer : answers) {
    EXPECT_EQ(upstream.read_until("\r\n\r\n"), kRequest);
    upstream.send(answer);
    const Outcome out = first.get();
    EXPECT_EQ(out.status, ClientStatus::kOk) << out.reason;
    EXPECT_EQ(out.body, "abc");
    EXPECT_EQ(out.reused, reused);
    reused = true;
    first = request();
  }
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  first.get();
  EXPECT_FALSE(listener_.pending());
}

TEST_F(Upstream, AnAnswerThatIsNotStrictHttpIsRefusedAndItsConnectionNeverUsedAgain) {
  std::string flood;
  for (int i = 0; i < 20; ++i) flood += "HTTP/1.1 100 Continue\r\n\r\n";
  const struct {
    std::string_view name;
    std::string bytes;
    std::string_view reason;
  } cases[] = {
      {"CL and TE", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "content-length-and-transfer-encoding"},
      {"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "content-length-repeated"},
      {"bare LF", "HTTP/1.1 200 OK\nContent-Length: 3\n\nabc", "bare-lf"},
      {"folded field", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 3\r\n\r\nabc", "field-without-colon"},
      {"flood of interim answers", flood, "interim-flood"},
      {"head without end", "HTTP/1.1 200 OK\r\nX: " + std::string(20000, 'x'), "head-too-large"},
      {"another protocol", "SSH-2.0-OpenSSH_9.2\r\n", "status-line"},
      {"broken chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcX\r\n0\r\n\r\n", "chunk-data-end"},
  };
  for (const auto& c : cases) {
    auto outcome = request();
    RawSocket upstream = listener_.accept();
    upstream.read_until("\r\n\r\n");
    upstream.send(c.bytes + "\r\n\r\n");
    const Outcome out = outcome.get();
    EXPECT_EQ(out.status, ClientStatus::kBadResponse) << c.name;
    EXPECT_EQ(out.reason, c.reason) << c.name;
    EXPECT_TRUE(next_request_is_fresh()) << c.name;
  }
}

TEST_F(Upstream, AConnectionThatSaidMoreThanItsAnswerIsNeverUsedAgain) {
  const struct {
    std::string_view name, method, head, late;
  } cases[] = {
      {"a second answer", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"},
      {"more than its length", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "d"},
      {"body after HEAD", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", "abc"},
      {"body after 204", "GET", "HTTP/1.1 204 No Content\r\n\r\n", "abc"},
      {"body after 304", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", "abc"},
      {"after the last chunk", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"},
      {"an upgrade nobody asked for", "GET", "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Outcome at_once = answered_with(std::string(c.head) + std::string(c.late), c.method);
    EXPECT_EQ(at_once.status, ClientStatus::kOk) << c.name;
    EXPECT_TRUE(next_request_is_fresh()) << c.name << ", at once";
    // The bytes may as well come when the connection is already back in the pool.
    answered_with(c.head, c.method);
    last_->send(c.late);
    EXPECT_TRUE(next_request_is_fresh()) << c.name << ", late";
  }
}

TEST_F(Upstream, AConnectionTheUpstreamClosedIsNotUsedAgain) {
  answered_with("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "GET", true);
  EXPECT_TRUE(next_request_is_fresh()) << "closed while idle";
  answered_with("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_TRUE(next_request_is_fresh()) << "said close";
  answered_with("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_TRUE(next_request_is_fresh()) << "HTTP/1.0";
}

TEST_F(Upstream, AnIdleConnectionThatClosesIsLetGoBySweeps) {
  sweep_stale_ = true;
  answered_with("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc");
  last_->half_close();
  EXPECT_EQ(last_->read_to_end(), "");
  EXPECT_EQ(last_->end(), RawSocket::End::kClosed);
}

TEST_F(Upstream, AnAnswerThatBreaksOffIsNotTakenForWhole) {
  const struct {
    std::string_view name, bytes;
  } cases[] = {
      {"nothing", ""},
      {"inside the head", "HTTP/1.1 200 OK\r\nContent-"},
      {"inside the length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc"},
      {"inside a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"},
      {"before the last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"},
      {"inside the trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n"},
      {"after an interim answer", "HTTP/1.1 100 Continue\r\n\r\n"},
  };
  for (const auto& c : cases) EXPECT_EQ(answered_with(c.bytes, "GET", true).status, ClientStatus::kGone) << c.name;
}

TEST_F(Upstream, OnlyAProperCloseEndsABodyWithoutALength) {
  const Outcome whole = answered_with("HTTP/1.1 200 OK\r\n\r\nabc", "GET", true);
  EXPECT_EQ(whole.status, ClientStatus::kOk);
  EXPECT_EQ(whole.body, "abc");
  auto outcome = request();
  RawSocket upstream = listener_.accept();
  upstream.read_until("\r\n\r\n");
  upstream.send("HTTP/1.1 200 OK\r\n\r\nabc");
  upstream.reset();
  EXPECT_EQ(outcome.get().status, ClientStatus::kGone) << "cut by a reset";
}

TEST_F(Upstream, ASilentUpstreamTimesOut) {
  auto head = request("GET", kSoon);
  RawSocket first = listener_.accept();
  EXPECT_EQ(head.get().status, ClientStatus::kTimeout);
  auto body = request("GET", kSoon);
  RawSocket second = listener_.accept();
  second.read_until("\r\n\r\n");
  second.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc");
  EXPECT_EQ(body.get().status, ClientStatus::kTimeout);
  EXPECT_TRUE(next_request_is_fresh());
}

TEST_F(Upstream, AHeadThatTricklesDoesNotMoveItsDeadline) {
  auto outcome = request("GET", std::chrono::milliseconds(500));
  RawSocket upstream = listener_.accept();
  upstream.read_until("\r\n\r\n");
  upstream.send("HTTP/1.1 200 OK\r\nX: ");
  // Each byte comes well within the time; all of them do not.
  const auto begun = std::chrono::steady_clock::now();
  while (outcome.wait_for(std::chrono::milliseconds(100)) != std::future_status::ready) {
    ASSERT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));
    upstream.send("x");
  }
  EXPECT_EQ(outcome.get().status, ClientStatus::kTimeout);
}

TEST_F(Upstream, APortThatNobodyListensOnFailsAndIsRememberedForAMoment) {
  std::uint16_t port = 0;
  {
    const RawListener gone;
    port = gone.port();
  }
  auto lost = std::make_unique<UpstreamPool>(worker_, "127.0.0.1", std::to_string(port), std::chrono::milliseconds(2000));
  EXPECT_EQ(run(lost->acquire_fresh()).get().status, ClientStatus::kConnectFailed);
  EXPECT_EQ(run(lost->acquire_fresh()).get().status, ClientStatus::kConnectFailed);
}

// The pool must not hand out a connection on which a request was begun and not finished.
TEST_F(Upstream, AConnectionWithHalfARequestIsNeverUsedAgain) {
  answered_with("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc");
  auto half = [this]() -> Awaitable<bool> {
    auto connection = pool_->take_idle();
    const bool was_idle = connection != nullptr;
    if (was_idle) co_await connection->write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhalf", {});
    if (was_idle) pool_->release(std::move(connection));
    co_return was_idle;
  };
  EXPECT_TRUE(run(half()).get());
  EXPECT_TRUE(next_request_is_fresh());
}

// A client that leaves just as the answer is complete cancels the wait for it; the next client must not inherit that.
TEST_F(Upstream, ACancelledConnectionIsNeverUsedAgain) {
  answered_with("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc");
  RawSocket kept = std::move(*last_);
  auto outcome = run([](UpstreamPool& pool) -> Awaitable<bool> {
    auto connection = pool.take_idle();
    co_await connection->write(kRequest, {});
    const ClientStatus status = co_await connection->read_head("GET", kLong);
    while (!connection->body_done()) co_await connection->read_body(kLong);
    connection->stream().cancel();
    pool.release(std::move(connection));
    co_return status == ClientStatus::kOk;
  }(*pool_));
  kept.read_until("\r\n\r\n");
  kept.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_TRUE(outcome.get());
  EXPECT_TRUE(next_request_is_fresh());
}

}  // namespace
}  // namespace raykeep::testing
