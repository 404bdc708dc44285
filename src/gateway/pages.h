// SPDX-License-Identifier: Apache-2.0
// The gateway's own pages. Everything that is not written here is escaped; no page loads anything from elsewhere.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "gateway/answers.h"
#include "gateway/cluster.h"

namespace raykeep::gateway {

// The content policy of the gateway's own pages, as a field ready to send.
inline constexpr std::string_view kPagePolicy =
    "Content-Security-Policy: default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'\r\n";

// A file of the pages by its name ("style.css"); empty when there is none.
std::string_view asset(std::string_view name);

struct LoginPage {
  std::string_view next;     // where to go after signing in, a path of this gateway
  std::string_view user;     // filled in again after a failure
  std::string_view problem;  // a sentence; empty at first
};
std::string login_page(const LoginPage& page);

struct LandingRow {
  std::string_view id;       // "<namespace>/<cluster>"
  std::string_view role;
  ClusterHealth health;
};
struct LandingPage {
  std::string_view user;
  std::string_view address;     // scheme and host, for the command line example
  std::string_view logout_token;
  std::string_view notice;      // a sentence, such as a password that expires soon; may be empty
  std::span<const LandingRow> rows;
};
std::string landing_page(const LandingPage& page);

std::string problem_page(const Answer& answer);

// The dashboard's index.html with the gateway's script in its head; unchanged when it has none.
std::string add_guard_script(std::string_view html, std::string_view user, std::string_view cluster);

}  // namespace raykeep::gateway
