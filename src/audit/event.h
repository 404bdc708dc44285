// SPDX-License-Identifier: Apache-2.0
// One audited event and its line. Values that clients choose are escaped; nothing here ever holds a secret.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/time_text.h"

namespace raykeep::audit {

enum class Kind : std::uint8_t {
  kRequest,    // a finished or refused request
  kAttempt,    // a write that is about to be forwarded; its kRequest follows with the same request id
  kSummary,    // several alike requests since `since`
  kSignIn,     // a login, a logout, a failed password, a token used for the first time
  kAdmin,      // configuration reloaded, token made or revoked
  kOpened,     // a segment begins
  kRecovered,  // a torn line was found after a crash and kept aside
  kGap,        // records were lost while the sink failed; `count` says how many
  kClosed,     // the journal was closed in order
};
std::string_view name_of(Kind kind);

struct Event {
  Kind kind = Kind::kRequest;
  Time time;               // when the request arrived
  std::string request_id;  // joins kAttempt, kRequest and the log; empty for none
  std::string user;        // empty: not authenticated
  std::string method;      // how authenticated: "password", "token", "session"; empty
  std::string credential;  // id of the token or session, never the credential itself
  std::string peer;        // the client's address
  std::string cluster;     // "<namespace>/<cluster>"; empty for the gateway's own pages
  std::string operation;   // "jobs.submit"; empty when not understood
  std::string job_id;
  std::string http_method;
  std::string path;    // after the prefix, without query, at most kLongestPath bytes are written
  std::string detail;  // one sentence: why refused, what was recovered
  bool allowed = false;
  std::string reason;  // "granted", "not-owner", "unknown-route"
  std::string role;
  int status = 0;  // HTTP status given to the client; 0 for none
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::chrono::microseconds latency{0};
  std::uint64_t count = 1;    // kSummary, kGap: how many
  std::optional<Time> since;  // kSummary: the first of them
};

inline constexpr std::size_t kLongestPath = 256;
inline constexpr std::size_t kLongestValue = 1024;  // of any other client-chosen value; longer ones end in "..."

}  // namespace raykeep::audit
