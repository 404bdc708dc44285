// SPDX-License-Identifier: Apache-2.0
// From the credentials of a request to a principal, on one worker. Password hashing and the state database run on the
// pool; everything else is answered at once.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/worker_pool.h"
#include "gateway/answers.h"
#include "http/exchange.h"
#include "identity/authenticator.h"
#include "identity/principal.h"

namespace raykeep::gateway {

class SignIn {
 public:
  SignIn(http::Worker& worker, identity::Authenticator& authenticator, WorkerPool& pool);

  struct Outcome {
    std::shared_ptr<const identity::Principal> principal;  // null: refused, with the answer
    Answer answer;
    std::string claimed_user;  // for the record of a refusal; may be empty
    std::string fields;        // to add to the response: a renewed or a removed session cookie
  };
  // What can be said at once. Nothing when a password has to be hashed or the database be asked first: then call
  // authenticate_slowly with `check`.
  std::optional<Outcome> authenticate(http::Exchange& exchange, const identity::Times& at, std::optional<identity::PasswordCheck>& check);
  http::Awaitable<Outcome> authenticate_slowly(http::Exchange& exchange, std::optional<identity::PasswordCheck> check);
  // For the sign-in page. The fields set the session cookie.
  http::Awaitable<Outcome> log_in(http::Exchange& exchange, std::string user, Secret password);
  // Revokes the session of this request. The fields remove the cookie.
  http::Awaitable<std::string> log_out(http::Exchange& exchange);

  // The token that the sign-out form must carry, bound to the session.
  std::string form_token(const http::Exchange& exchange) const;
  bool form_token_fits(const http::Exchange& exchange, std::string_view token) const;

  // For streams that stay open.
  bool still_valid(const identity::Principal& principal) const;
  // The same principal as users and groups are now; null when it is gone.
  std::shared_ptr<const identity::Principal> current(const identity::Principal& principal) const;
  // Changes whenever users, groups or tokens do.
  std::shared_ptr<const void> generation() const;

 private:
  enum class Purpose : std::uint8_t { kRequest, kSession };
  http::Awaitable<Outcome> look_again(http::Exchange& exchange);
  http::Awaitable<Outcome> check(http::Exchange& exchange, identity::PasswordCheck check, Purpose purpose);

  http::Worker& worker_;
  identity::Authenticator& authenticator_;
  WorkerPool& pool_;
};

}  // namespace raykeep::gateway
