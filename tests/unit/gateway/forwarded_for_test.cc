// SPDX-License-Identifier: Apache-2.0
#include "gateway/forwarded_for.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

namespace raykeep::gateway {
namespace {

const std::vector<IpNetwork> kProxies{*IpNetwork::parse("10.0.0.0/8"), *IpNetwork::parse("2001:db8::/32")};

std::string client_of(const char* peer, std::initializer_list<std::string_view> values, const std::vector<IpNetwork>& trusted = kProxies) {
  http::Fields fields;
  fields.add({"Host", "h", http::FieldId::kHost});
  for (const std::string_view value : values) fields.add({"X-Forwarded-For", value, http::FieldId::kXForwardedFor});
  fields.add({"Accept", "192.0.2.99", http::FieldId::kAccept});
  return client_address(*IpAddress::parse(peer), fields, trusted).text();
}

TEST(ForwardedFor, OfAStrangerIsNotBelieved) {
  EXPECT_EQ(client_of("192.0.2.1", {"198.51.100.7"}), "192.0.2.1");
  EXPECT_EQ(client_of("10.0.0.1", {"198.51.100.7"}, {}), "10.0.0.1") << "nobody is trusted by default";
}

TEST(ForwardedFor, NamesTheClientOfATrustedProxy) {
  EXPECT_EQ(client_of("10.0.0.1", {"198.51.100.7"}), "198.51.100.7");
  EXPECT_EQ(client_of("2001:db8::1", {" 2001:db9::5 "}), "2001:db9::5");
  EXPECT_EQ(client_of("10.0.0.1", {}), "10.0.0.1");
}

TEST(ForwardedFor, EndsAtTheFirstHopThatIsNotTrusted) {
  EXPECT_EQ(client_of("10.0.0.1", {"203.0.113.9, 198.51.100.7, 10.0.0.2"}), "198.51.100.7") << "what that client claims itself does not count";
  EXPECT_EQ(client_of("10.0.0.1", {"203.0.113.9", "198.51.100.7", "10.0.0.2, 10.0.0.3"}), "198.51.100.7");
  EXPECT_EQ(client_of("10.0.0.1", {"10.0.0.4, 10.0.0.3"}), "10.0.0.4") << "a client may be in a proxy's network";
}

TEST(ForwardedFor, EndsAtWhatIsNoAddress) {
  for (const char* wrong : {"unknown", "", "198.51.100.7:80", "[2001:db9::5]", "_hidden", "198.51.100.7 203.0.113.9"}) {
    EXPECT_EQ(client_of("10.0.0.1", {wrong}), "10.0.0.1") << wrong;
    EXPECT_EQ(client_of("10.0.0.1", {"203.0.113.9, " + std::string(wrong) + ", 10.0.0.2"}), "10.0.0.2") << wrong;
  }
  EXPECT_EQ(client_of("10.0.0.1", {"203.0.113.9,"}), "10.0.0.1");
  EXPECT_EQ(client_of("10.0.0.1", {",198.51.100.7"}), "198.51.100.7");
}

}  // namespace
}  // namespace raykeep::gateway
