// SPDX-License-Identifier: Apache-2.0
#include "http/tls.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "support/recording_service.h"
#include "support/temp_directory.h"
#include "support/tls_client.h"

namespace raykeep::testing {
namespace {

using http::Awaitable;
using http::Exchange;
using http::TlsServer;
using http::TlsVersion;
using namespace std::string_view_literals;

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view kGetOnce = "GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

class Tls : public ::testing::Test {
 protected:
  Tls() {
    write_certificate("first", 30, directory_ / "first.crt", directory_ / "first.key");
    write_certificate("second", 60, directory_ / "second.crt", directory_ / "second.key");
  }

  Result<std::shared_ptr<const TlsServer>> load(const std::string& certificate, const std::string& key, TlsVersion least = TlsVersion::kTls12) {
    return TlsServer::load(directory_ / certificate, directory_ / key, least);
  }

  http::ListenerSettings settings(const std::string& name, TlsVersion least = TlsVersion::kTls12) {
    http::ListenerSettings out;
    out.tls = *load(name + ".crt", name + ".key", least);
    return out;
  }

  TempDirectory directory_;
};

TlsClient connect(const RunningListener& running, const TlsOptions& options = {}) { return {running.connect(), options}; }

TEST_F(Tls, RefusesFilesThatCannotServe) {
  std::ofstream(directory_ / "half.crt") << "-----BEGIN CERTIFICATE-----\nMIIB";
  std::ofstream(directory_ / "empty.key");
  write_certificate("old", -1, directory_ / "old.crt", directory_ / "old.key");
  write_encrypted_key(directory_ / "encrypted.key");
  const struct {
    std::string certificate, key, says;
  } cases[] = {
      {"missing.crt", "first.key", "missing.crt"},
      {"half.crt", "first.key", "half.crt"},
      {"first.crt", "missing.key", "missing.key"},
      {"first.crt", "empty.key", "empty.key"},
      {"first.crt", "second.key", "second.key"},
      {"first.crt", "encrypted.key", "encrypted.key"},
      {"old.crt", "old.key", "expired"},
  };
  for (const auto& c : cases) {
    const auto loaded = load(c.certificate, c.key);
    ASSERT_FALSE(loaded.has_value()) << c.certificate << " " << c.key;
    EXPECT_NE(loaded.error().text().find(c.says), std::string::npos) << loaded.error().text();
  }
  EXPECT_TRUE(load("first.crt", "first.key").has_value());
}

TEST_F(Tls, ServesOverVersions12And13) {
  RunningListener running(echo, settings("first"));
  for (const int highest : {0x0303, 0x0304}) {
    TlsClient client = connect(running, {.highest = highest, .alpn = {}});
    ASSERT_EQ(client.handshake(), "");
    EXPECT_EQ(client.version(), highest == 0x0303 ? "TLSv1.2" : "TLSv1.3");
    EXPECT_EQ(client.common_name(), "first");
    client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
    EXPECT_TRUE(client.read_until("hello").ends_with("hello"));
    client.send(kGetOnce);
    client.read_to_end();
    EXPECT_TRUE(client.ended_properly()) << "the end of the answer is vouched for by close_notify";
  }
}

TEST_F(Tls, RefusesOldVersionsAndWeakCiphers) {
  RunningListener running(echo, settings("first"));
  for (const int highest : {0x0301, 0x0302}) EXPECT_NE(connect(running, {.highest = highest, .alpn = {}}).handshake(), "") << highest;
  EXPECT_NE(connect(running, {.highest = 0x0303, .alpn = {}, .ciphers = "ECDHE-ECDSA-AES128-SHA256"}).handshake(), "") << "without authenticated encryption";
  EXPECT_EQ(connect(running, {.highest = 0x0303, .alpn = {}, .ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256"}).handshake(), "");
  RunningListener newest(echo, settings("first", TlsVersion::kTls13));
  EXPECT_NE(connect(newest, {.highest = 0x0303, .alpn = {}}).handshake(), "");
  EXPECT_EQ(connect(newest).handshake(), "");
  EXPECT_TRUE(newest.service().requests().empty());
}

TEST_F(Tls, SpeaksOnlyHttp11) {
  RunningListener running(echo, settings("first"));
  EXPECT_NE(connect(running, {.alpn = "\x02h2"}).handshake(), "") << "h2 alone cannot be agreed on";
  TlsClient both = connect(running, {.alpn = "\x02h2\x08http/1.1"});
  ASSERT_EQ(both.handshake(), "");
  EXPECT_EQ(both.protocol(), "http/1.1");
  TlsClient none = connect(running);
  ASSERT_EQ(none.handshake(), "");
  EXPECT_EQ(none.protocol(), "");
  running.wait_for_sweeps(1);
  EXPECT_EQ(running.listener().counters().failed_handshakes.load(), 1U);
}

TEST_F(Tls, DoesNotRenegotiate) {
  RunningListener running(echo, settings("first"));
  TlsClient client = connect(running, {.highest = 0x0303, .alpn = {}});
  ASSERT_EQ(client.handshake(), "");
  EXPECT_FALSE(client.renegotiate());
}

TEST_F(Tls, ANewCertificateIsForNewConnections) {
  RunningListener running(echo, settings("first"));
  TlsClient old = connect(running);
  ASSERT_EQ(old.handshake(), "");
  old.send(kGet);
  old.read_until("\r\n\r\n");
  running.listener().set_settings(std::make_shared<const http::ListenerSettings>(settings("second")));
  TlsClient fresh = connect(running);
  ASSERT_EQ(fresh.handshake(), "");
  EXPECT_EQ(fresh.common_name(), "second");
  old.send(kGetOnce);
  EXPECT_TRUE(old.read_to_end().starts_with("HTTP/1.1 200 OK"));
  EXPECT_TRUE(old.ended_properly());
}

TEST_F(Tls, PlainHttpOnATlsPortIsClosed) {
  RunningListener running(echo, settings("first"));
  RawSocket client = running.connect();
  client.send(kGet);
  const std::string reply = client.read_to_end();
  EXPECT_EQ(reply.find("HTTP/"), std::string::npos) << reply;
  EXPECT_TRUE(running.service().requests().empty());
}

TEST_F(Tls, AProxyHeaderGoesBeforeTheHandshake) {
  http::ListenerSettings behind = settings("first");
  behind.proxy_protocol_from = {*IpNetwork::parse("127.0.0.0/8")};
  RunningListener running(echo, behind);
  for (const std::string_view header : {"PROXY UNKNOWN\r\n"sv, "PROXY TCP4 192.0.2.1 198.51.100.1 1234 443\r\n"sv,
                                        "\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00"sv}) {
    RawSocket socket = running.connect();
    // Nothing of the hello may be read as part of the header, even when both arrive at once.
    socket.send(header);
    TlsClient client(std::move(socket), {});
    EXPECT_EQ(client.handshake(), "") << header;
    client.send(kGetOnce);
    EXPECT_TRUE(client.read_to_end().starts_with("HTTP/1.1 200 OK"));
  }
  EXPECT_EQ(running.service().peers(), (std::vector<std::string>{"127.0.0.1", "192.0.2.1", "127.0.0.1"}));
}

TEST_F(Tls, LargeBodiesGoBothWays) {
  constexpr std::size_t kSize = 16 * 1024 * 1024;
  RunningListener running([](Exchange& exchange) -> Awaitable<void> {
    std::string body;
    co_await read_all(exchange, body, kSize);
    co_await answer(exchange, std::move(body));
  }, settings("first"));
  TlsClient client = connect(running);
  ASSERT_EQ(client.handshake(), "");
  std::string body(kSize, 'x');
  for (std::size_t i = 0; i < kSize; i += 1000) body[i] = static_cast<char>('a' + i % 26);
  client.send("POST /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: " + std::to_string(kSize) + "\r\n\r\n");
  ASSERT_TRUE(client.send(body));
  const std::string reply = client.read_to_end();
  EXPECT_TRUE(reply.ends_with(body));
  EXPECT_TRUE(client.ended_properly());
}

TEST_F(Tls, ABrokenOffRequestIsNotTakenForWhole) {
  RunningListener running(echo, settings("first"));
  TlsClient client = connect(running);
  ASSERT_EQ(client.handshake(), "");
  client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf");
  // The socket closes without close_notify, as when somebody cuts the line.
  { const TlsClient gone = std::move(client); }
  running.wait_for_sweeps(3);
  EXPECT_TRUE(running.wait_for_open(0));
}

}  // namespace
}  // namespace raykeep::testing
