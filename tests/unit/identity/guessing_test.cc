// SPDX-License-Identifier: Apache-2.0
// What somebody who guesses passwords can learn from the authenticator, and how fast.
#include <gtest/gtest.h>

#include "core/encoding.h"
#include "identity/authenticator.h"
#include "support/temp_directory.h"

namespace raykeep::identity {
namespace {

constexpr std::string_view kRight = "Right-horse-9";

class Guessing : public ::testing::Test {
 protected:
  Guessing() {
    AuthenticatorSettings settings;
    settings.throttle.free_failures = 3;
    authenticator_ = std::move(Authenticator::open(settings, directory_ / "state.db").value());
    authenticator_->set_users(std::make_shared<const UserTable>(parse_user_file("ann:" + hash() + "\n", "users", {}).value()));
  }

  static std::string hash() { return hash_password(kRight, {HashKind::kBcrypt, 4}).value(); }

  Origin from(std::string_view address) const { return {*IpAddress::parse(address), "ray.example", true}; }
  AuthOutcome present(std::string_view password, const Origin& origin) {
    const std::string field = "Basic " + base64_encode("ann:" + std::string(password));
    Presented presented;
    presented.authorization = field;
    presented.authorization_fields = 1;
    return authenticator_->authenticate(presented, origin, now_);
  }
  // As the gateway does: what has to be hashed is hashed.
  AuthOutcome sign_in(std::string_view password, const Origin& origin) {
    AuthOutcome out = present(password, origin);
    return out.check ? authenticator_->check_password(*out.check, origin, now_) : std::move(out);
  }
  void guess_until_blocked(const Origin& origin) {
    for (int i = 0; i < 10; ++i) sign_in("Wrong-guess-" + std::to_string(i), origin);
  }

  raykeep::testing::TempDirectory directory_;
  std::unique_ptr<Authenticator> authenticator_;
  Times now_{std::chrono::system_clock::now(), std::chrono::steady_clock::now()};
};

TEST_F(Guessing, AnAddressThatMustWaitLearnsNothingFromWhatIsRemembered) {
  ASSERT_TRUE(sign_in(kRight, from("192.0.2.1")).principal);
  guess_until_blocked(from("198.51.100.7"));
  const AuthOutcome right = sign_in(kRight, from("198.51.100.7"));
  const AuthOutcome wrong = sign_in("Wrong-guess-x", from("198.51.100.7"));
  EXPECT_FALSE(right.principal);
  EXPECT_EQ(right.refusal.reason, "slow-down");
  EXPECT_EQ(right.refusal.status, wrong.refusal.status);
  EXPECT_EQ(right.refusal.reason, wrong.refusal.reason);
}

TEST_F(Guessing, ABlockedAddressDoesNotDisturbTheUserElsewhere) {
  ASSERT_TRUE(sign_in(kRight, from("192.0.2.1")).principal);
  guess_until_blocked(from("198.51.100.7"));
  EXPECT_TRUE(sign_in(kRight, from("192.0.2.1")).principal);
  EXPECT_TRUE(sign_in(kRight, from("203.0.113.9")).principal);
}

TEST_F(Guessing, GuessesThatTheCacheDoesNotKnowAreCounted) {
  ASSERT_TRUE(sign_in(kRight, from("192.0.2.1")).principal);
  guess_until_blocked(from("192.0.2.1"));
  EXPECT_EQ(sign_in(kRight, from("192.0.2.1")).refusal.reason, "slow-down");
  now_.steady += std::chrono::hours(1);
  EXPECT_TRUE(sign_in(kRight, from("192.0.2.1")).principal);
}

TEST_F(Guessing, OnePasswordSentManyTimesAtOnceIsHashedOnce) {
  const Origin origin = from("192.0.2.1");
  const AuthOutcome first = present(kRight, origin);
  const AuthOutcome second = present(kRight, origin);
  ASSERT_TRUE(first.check);
  ASSERT_TRUE(second.check);
  const auto verified = authenticator_->check_password(*first.check, origin, now_);
  // The very principal that the first one made: nothing was hashed for the second.
  EXPECT_EQ(authenticator_->check_password(*second.check, origin, now_).principal, verified.principal);
}

TEST_F(Guessing, UnknownUsersAreSlowedLikeKnownOnes) {
  const Origin origin = from("198.51.100.7");
  const PasswordCheck unknown("nobody", Secret("Wrong-guess-1"));
  const PasswordCheck known("ann", Secret("Wrong-guess-1"));
  for (int i = 0; i < 3; ++i) {
    const auto a = authenticator_->check_password(unknown, origin, now_);
    const auto b = authenticator_->check_password(known, origin, now_);
    EXPECT_EQ(a.refusal.reason, b.refusal.reason) << i;
    EXPECT_EQ(a.refusal.status, b.refusal.status) << i;
  }
  const auto a = authenticator_->check_password(unknown, origin, now_);
  const auto b = authenticator_->check_password(known, origin, now_);
  EXPECT_EQ(a.refusal.status, 429);
  EXPECT_EQ(a.refusal.retry_after, b.refusal.retry_after);
}

IpAddress address(unsigned number) {
  return IpAddress::from_v4({10, static_cast<std::uint8_t>(number >> 16), static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)});
}

TEST(ThrottleUnderAttack, OneAddressNeverSlowsTheUserElsewhereHoweverLongItGoesOn) {
  Throttle throttle({});
  auto now = Throttle::Clock::now();
  for (int i = 0; i < 1000; ++i, now += std::chrono::minutes(16)) throttle.failed("ann", address(1), now);
  EXPECT_TRUE(throttle.wait("ann", address(1), now - std::chrono::minutes(16)));
  EXPECT_FALSE(throttle.wait("ann", address(2), now - std::chrono::minutes(16)));
}

TEST(ThrottleUnderAttack, ManyAddressesSlowOnlyAddressesThatTheUserHasNotComeFrom) {
  Throttle throttle({});
  const auto long_ago = Throttle::Clock::now();
  throttle.succeeded("ann", address(1), long_ago);
  const auto now = long_ago + std::chrono::hours(24 * 7);
  for (unsigned i = 0; i < 100; ++i) throttle.failed("ann", address(100 + i), now);
  EXPECT_FALSE(throttle.wait("ann", address(1), now)) << "a week later the user's own address is still known";
  EXPECT_EQ(throttle.wait("ann", address(2), now), std::chrono::seconds(2));
  EXPECT_FALSE(throttle.wait("bob", address(2), now));
}

TEST(ThrottleUnderAttack, TrustEnds) {
  Throttle throttle({});
  const auto long_ago = Throttle::Clock::now();
  throttle.succeeded("ann", address(1), long_ago);
  const auto now = long_ago + std::chrono::hours(24 * 31);
  for (unsigned i = 0; i < 100; ++i) throttle.failed("ann", address(100 + i), now);
  EXPECT_TRUE(throttle.wait("ann", address(1), now));
}

TEST(ThrottleUnderAttack, FailuresOfATrustedAddressAreForgottenAndItsTrustIsNot) {
  Throttle throttle({});
  auto now = Throttle::Clock::now();
  throttle.succeeded("ann", address(1), now);
  for (int i = 0; i < 9; ++i) throttle.failed("ann", address(1), now);
  EXPECT_TRUE(throttle.wait("ann", address(1), now));
  now += std::chrono::hours(2);
  for (unsigned i = 0; i < 100; ++i) throttle.failed("ann", address(100 + i), now);
  EXPECT_FALSE(throttle.wait("ann", address(1), now));
  throttle.failed("ann", address(1), now);
  EXPECT_FALSE(throttle.wait("ann", address(1), now)) << "the count began anew";
}

TEST(ThrottleUnderAttack, AFloodOfAddressesFreesNobodyWhoMustWait) {
  ThrottleSettings settings;
  settings.most = 1000;
  Throttle throttle(settings);
  auto now = Throttle::Clock::now();
  throttle.succeeded("ann", address(1), now);
  for (int i = 0; i < 14; ++i) throttle.failed("ann", address(2), now);
  for (unsigned i = 0; i < 20000; ++i) {
    now += std::chrono::milliseconds(1);
    throttle.failed("nobody" + std::to_string(i), address(1000 + i), now);
  }
  EXPECT_TRUE(throttle.wait("ann", address(2), now));
  for (unsigned i = 0; i < 100; ++i) throttle.failed("ann", address(100000 + i), now);
  EXPECT_FALSE(throttle.wait("ann", address(1), now)) << "nor is the user's own address forgotten";
}

}  // namespace
}  // namespace raykeep::identity
