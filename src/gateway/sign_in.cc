// SPDX-License-Identifier: Apache-2.0
#include "gateway/sign_in.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "core/crypto.h"
#include "http/worker.h"

namespace raykeep::gateway {
namespace {

using http::Awaitable;
using http::FieldId;

identity::Presented presented_by(const http::RequestHead& request) {
  const http::Fields& fields = request.fields;
  return {fields.first(FieldId::kAuthorization),     fields.count(FieldId::kAuthorization),
          fields.first(FieldId::kXRayAuthorization), fields.count(FieldId::kXRayAuthorization),
          fields.first(FieldId::kCookie),            fields.count(FieldId::kCookie)};
}

identity::Origin origin_of(const http::Exchange& exchange) {
  return {exchange.peer().address, exchange.request().host, exchange.peer().tls};
}

identity::Times now() { return {std::chrono::system_clock::now(), std::chrono::steady_clock::now()}; }

// Runs `work` on the pool and comes back to this worker with its result; nothing when the pool is full.
template <typename Work>
Awaitable<std::optional<decltype(std::declval<Work>()())>> on_pool(WorkerPool& pool, http::Worker& worker, Work work) {
  using Result = decltype(work());
  struct Waiting {
    explicit Waiting(http::Executor executor) : wake(executor) { wake.expires_at(std::chrono::steady_clock::time_point::max()); }
    http::Timer wake;
    std::optional<Result> result;
  };
  const auto waiting = std::make_shared<Waiting>(worker.executor());
  const auto shared_work = std::make_shared<Work>(std::move(work));
  const bool taken = pool.try_submit([waiting, shared_work, executor = worker.executor()] {
    auto result = std::make_shared<Result>((*shared_work)());
    http::asio::post(executor, [waiting, result] {
      waiting->result = std::move(*result);
      waiting->wake.cancel();
    });
  });
  if (!taken) co_return std::nullopt;
  while (!waiting->result) co_await waiting->wake.async_wait(http::kNoThrow);
  co_return std::move(waiting->result);
}

SignIn::Outcome busy() {
  SignIn::Outcome out;
  out.answer = {503, "sign-in-busy", "Too many sign-ins are being checked; try again in a moment.", 1};
  return out;
}

SignIn::Outcome outcome_of(identity::AuthOutcome found) {
  SignIn::Outcome out;
  out.principal = std::move(found.principal);
  out.claimed_user = std::move(found.claimed_user);
  if (!found.set_cookie.empty()) out.fields = "Set-Cookie: " + found.set_cookie + "\r\n";
  if (out.principal) return out;
  out.answer.status = found.refusal.status;
  out.answer.reason = found.refusal.reason;
  out.answer.message = std::string(found.refusal.message);
  if (found.refusal.retry_after) out.answer.retry_after_seconds = found.refusal.retry_after->count();
  return out;
}

}  // namespace

SignIn::SignIn(http::Worker& worker, identity::Authenticator& authenticator, WorkerPool& pool)
    : worker_(worker), authenticator_(authenticator), pool_(pool) {}

std::optional<SignIn::Outcome> SignIn::authenticate(http::Exchange& exchange, const identity::Times& at,
                                                    std::optional<identity::PasswordCheck>& check) {
  identity::AuthOutcome found = authenticator_.authenticate(presented_by(exchange.request()), origin_of(exchange), at);
  check = std::move(found.check);
  if (check || found.unknown_token) return std::nullopt;
  return outcome_of(std::move(found));
}

// A token that was made a moment ago is not known here yet: the state database is looked at before it is refused.
Awaitable<SignIn::Outcome> SignIn::look_again(http::Exchange& exchange) {
  auto work = [this] { return authenticator_.refresh_if_stale(now()); };
  const auto refreshed = co_await on_pool(pool_, worker_, std::move(work));
  if (!refreshed) co_return busy();
  co_return outcome_of(authenticator_.authenticate(presented_by(exchange.request()), origin_of(exchange), now()));
}

Awaitable<SignIn::Outcome> SignIn::authenticate_slowly(http::Exchange& exchange, std::optional<identity::PasswordCheck> wanted) {
  if (!wanted) return look_again(exchange);
  return check(exchange, std::move(*wanted), Purpose::kRequest);
}

Awaitable<SignIn::Outcome> SignIn::check(http::Exchange& exchange, identity::PasswordCheck check, Purpose purpose) {
  const identity::Origin origin = origin_of(exchange);
  // Named, not written into the co_await: g++ 12 copies such a lambda's captures bit by bit.
  auto work = [this, check = std::move(check), origin, purpose] {
    return purpose == Purpose::kSession ? authenticator_.log_in(check, origin, now()) : authenticator_.check_password(check, origin, now());
  };
  auto checked = co_await on_pool(pool_, worker_, std::move(work));
  co_return checked ? outcome_of(std::move(*checked)) : busy();
}

Awaitable<SignIn::Outcome> SignIn::log_in(http::Exchange& exchange, std::string user, Secret password) {
  identity::PasswordCheck wanted(std::move(user), std::move(password));
  co_return co_await check(exchange, std::move(wanted), Purpose::kSession);
}

Awaitable<std::string> SignIn::log_out(http::Exchange& exchange) {
  const identity::Presented presented = presented_by(exchange.request());
  const identity::Origin origin = origin_of(exchange);
  auto work = [this, presented, origin] { return authenticator_.log_out(presented, origin, now()); };
  auto removed = co_await on_pool(pool_, worker_, std::move(work));
  // Without its revocation the cookie would still be good elsewhere, so it is not taken away as if it were gone.
  if (!removed || !*removed) co_return std::string();
  co_return "Set-Cookie: " + **removed + "\r\n";
}

std::string SignIn::form_token(const http::Exchange& exchange) const {
  return authenticator_.form_token(presented_by(exchange.request()), origin_of(exchange), now());
}

bool SignIn::form_token_fits(const http::Exchange& exchange, std::string_view token) const {
  const std::string expected = form_token(exchange);
  return !expected.empty() && constant_time_equal(expected, token);
}

bool SignIn::still_valid(const identity::Principal& principal) const {
  return authenticator_.still_valid(principal, std::chrono::system_clock::now());
}

std::shared_ptr<const identity::Principal> SignIn::current(const identity::Principal& principal) const {
  return authenticator_.current(principal, std::chrono::system_clock::now());
}

std::shared_ptr<const void> SignIn::generation() const { return authenticator_.generation(); }

}  // namespace raykeep::gateway
