// SPDX-License-Identifier: Apache-2.0
#include "core/ip_network.h"

#include <gtest/gtest.h>

namespace raykeep {
namespace {

bool inside(std::string_view network, std::string_view address) {
  return IpNetwork::parse(network)->contains(*IpAddress::parse(address));
}

TEST(IpAddress, ReadsBothFamiliesAndPrintsThemShort) {
  EXPECT_EQ(IpAddress::parse("192.0.2.1")->text(), "192.0.2.1");
  EXPECT_EQ(IpAddress::parse("2001:db8:0:0:0:0:0:1")->text(), "2001:db8::1");
  EXPECT_TRUE(IpAddress::parse("192.0.2.1")->is_v4());
  EXPECT_FALSE(IpAddress::parse("::1")->is_v4());
}

TEST(IpAddress, AMappedAddressIsTheIpv4AddressItCarries) {
  EXPECT_EQ(*IpAddress::parse("::ffff:192.0.2.1"), *IpAddress::parse("192.0.2.1"));
  EXPECT_TRUE(inside("192.0.2.0/24", "::ffff:192.0.2.9"));
}

TEST(IpAddress, RefusesWhatIsNotOne) {
  for (const std::string_view text : {"", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", "1.2.3.4 ", "[::1]", "::1%lo",
                                      "1.2.3.4:80", "localhost", ":::"}) {
    EXPECT_FALSE(IpAddress::parse(text).has_value()) << text;
  }
  EXPECT_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0x", 9)).has_value());
}

TEST(IpAddress, KnowsLoopback) {
  for (const std::string_view text : {"127.0.0.1", "127.255.0.3", "::1", "::ffff:127.0.0.1"})
    EXPECT_TRUE(IpAddress::parse(text)->is_loopback());
  for (const std::string_view text : {"128.0.0.1", "::2", "::", "1::1"})
    EXPECT_FALSE(IpAddress::parse(text)->is_loopback());
}

TEST(IpNetwork, ContainsWhatItsPrefixCovers) {
  EXPECT_TRUE(inside("10.0.0.0/8", "10.255.255.255"));
  EXPECT_FALSE(inside("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(inside("10.0.0.128/25", "10.0.0.128"));
  EXPECT_FALSE(inside("10.0.0.128/25", "10.0.0.127"));
  EXPECT_TRUE(inside("192.0.2.7", "192.0.2.7"));
  EXPECT_FALSE(inside("192.0.2.7", "192.0.2.8"));
  EXPECT_TRUE(inside("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(inside("2001:db8::/33", "2001:db8:8000::1"));
}

TEST(IpNetwork, OneFamilyNeverContainsTheOther) {
  EXPECT_TRUE(inside("0.0.0.0/0", "203.0.113.9"));
  EXPECT_FALSE(inside("0.0.0.0/0", "2001:db8::1"));
  EXPECT_FALSE(inside("::/0", "203.0.113.9"));
  EXPECT_TRUE(inside("::/0", "2001:db8::1"));
}

TEST(IpNetwork, RefusesMistakes) {
  for (const std::string_view text : {"10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "10.0.0.0/-1",
                                      "10.0.0.0/8 ", "/8", "::1/64", "::/129", "10.0.0.0/8/8"}) {
    EXPECT_FALSE(IpNetwork::parse(text).has_value()) << text;
  }
}

TEST(IpNetwork, PrintsAsItIsWritten) {
  for (const std::string_view text : {"10.0.0.0/8", "0.0.0.0/0", "2001:db8::/32", "::/0"})
    EXPECT_EQ(IpNetwork::parse(text)->text(), text);
  EXPECT_EQ(IpNetwork::parse("192.0.2.7")->text(), "192.0.2.7/32");
}

TEST(IpNetwork, AListContainsWhatOneOfItDoes) {
  const std::vector<IpNetwork> networks{*IpNetwork::parse("10.0.0.0/8"), *IpNetwork::parse("2001:db8::/32")};
  EXPECT_TRUE(any_contains(networks, *IpAddress::parse("2001:db8::5")));
  EXPECT_FALSE(any_contains(networks, *IpAddress::parse("192.0.2.1")));
  EXPECT_FALSE(any_contains({}, *IpAddress::parse("192.0.2.1")));
}

}  // namespace
}  // namespace raykeep
