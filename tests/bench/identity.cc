// SPDX-License-Identifier: Apache-2.0
// What it costs to know who is calling, for each kind of credential, when nothing has to be hashed.
#include <benchmark/benchmark.h>

#include <memory>

#include "core/crypto.h"
#include "core/encoding.h"
#include "identity/api_token.h"
#include "identity/authenticator.h"
#include "store/state_database.h"
#include "support/temp_directory.h"

namespace raykeep::identity {
namespace {

constexpr std::string_view kPassword = "Right-horse-9";
const SessionKey kKey{1, Secret("0123456789abcdef0123456789abcdef")};

// A door with a thousand users and as many tokens.
struct Door {
  Door() {
    const auto state = store::StateDatabase::open(directory / "state.db");
    const std::string hash = hash_password(kPassword, {HashKind::kBcrypt, 4}).value();
    std::string lines;
    for (int i = 0; i < 1000; ++i) lines += "user" + std::to_string(i) + ":" + hash + ":groups=ml,ops\n";
    const FreshToken fresh = make_token();
    token = std::string(fresh.text.reveal());
    store::TokenRow row;
    row.user = "user7";
    row.id = fresh.id;
    row.secret_hash = hex_encode(as_text(fresh.secret_hash));
    row.created = now.wall;
    if (!(*state)->add_token(row)) std::abort();
    authenticator = std::move(Authenticator::open({}, directory / "state.db").value());
    authenticator->set_users(std::make_shared<const UserTable>(parse_user_file(lines, "users", {}).value()));
    const auto signed_in = authenticator->log_in({"user7", Secret(std::string(kPassword))}, origin, now);
    cookie = signed_in.set_cookie.substr(0, signed_in.set_cookie.find(';'));
  }

  raykeep::testing::TempDirectory directory;
  Times now{std::chrono::system_clock::now(), std::chrono::steady_clock::now()};
  Origin origin{*IpAddress::parse("192.0.2.1"), "ray.example", true};
  std::unique_ptr<Authenticator> authenticator;
  std::string basic = "Basic " + base64_encode("user7:" + std::string(kPassword));
  std::string token;
  std::string cookie;
};

Door& door() {
  static Door one;
  return one;
}

void authenticate(benchmark::State& state, const Presented& presented) {
  Door& at = door();
  for (auto _ : state) {
    auto outcome = at.authenticator->authenticate(presented, at.origin, at.now);
    if (!outcome.principal) state.SkipWithError("refused");
    benchmark::DoNotOptimize(outcome);
  }
}

void remembered_password(benchmark::State& state) { authenticate(state, {door().basic, 1, {}, 0, {}, 0}); }
void api_token(benchmark::State& state) { authenticate(state, {"Bearer " + door().token, 1, {}, 0, {}, 0}); }
void session_cookie(benchmark::State& state) { authenticate(state, {{}, 0, {}, 0, door().cookie, 1}); }

void cache_hit(benchmark::State& state) {
  static VerifiedCache cache(std::chrono::seconds(300), 100000);
  const auto now = VerifiedCache::Clock::now();
  const std::string record(64, 'r');
  cache.remember(cache.key("user7", kPassword, record), std::make_shared<const Principal>(), now);
  for (auto _ : state) benchmark::DoNotOptimize(cache.find(cache.key("user7", kPassword, record), now));
}

void open_cookie(benchmark::State& state) {
  const Time now = std::chrono::system_clock::now();
  Session session;
  session.user = "user7";
  session.id = fresh_session_id();
  session.issued = session.renewed = now;
  const std::string cookie = seal_session(session, "ray.example", kKey);
  const std::vector<SessionKey> keys{kKey};
  for (auto _ : state) benchmark::DoNotOptimize(open_session(cookie, "ray.example", keys, {}, now));
}

void throttle_wait(benchmark::State& state) {
  static Throttle throttle({});
  const auto from = *IpAddress::parse("192.0.2.1");
  const auto now = Throttle::Clock::now();
  throttle.succeeded("user7", from, now);
  for (auto _ : state) benchmark::DoNotOptimize(throttle.wait("user7", from, now));
}

BENCHMARK(cache_hit)->Threads(1)->Threads(2);
BENCHMARK(open_cookie);
BENCHMARK(throttle_wait)->Threads(1)->Threads(2);
BENCHMARK(remembered_password)->Threads(1)->Threads(2);
BENCHMARK(api_token)->Threads(1)->Threads(2);
BENCHMARK(session_cookie)->Threads(1)->Threads(2);

}  // namespace
}  // namespace raykeep::identity
