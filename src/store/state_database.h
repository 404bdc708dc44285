// SPDX-License-Identifier: Apache-2.0
// What must outlive a process and be shared with the command line: API tokens, revocations, session keys. One SQLite file
// in WAL mode, made with mode 0600. Every call may wait for the disk or for another process: not for I/O threads.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/secret.h"
#include "core/time_text.h"

namespace raykeep::store {

inline constexpr ErrorCode kStateUnusable{"state-database", ErrorKind::kEnvironment,
                                          "Check the path, that this user may write there, and that no other program holds the file."};

struct TokenRow {
  std::string id;
  std::string user;
  std::string secret_hash;  // SHA-256, hexadecimal
  std::string note;
  std::string clusters;     // patterns, separated by commas; empty: all
  std::string role;         // empty: the user's own
  Time created;
  std::optional<Time> expires;
  std::optional<Time> last_used;
  std::optional<Time> revoked;
};

struct SessionKeyRow {
  std::int64_t number;
  Secret key;
  Time created;
};

struct RevokedSession {
  std::string id;
  Time until;  // when the session would have ended anyway
};

struct UserNotBefore {
  std::string user;
  Time not_before;  // sessions made earlier are void
};

class StateDatabase {
 public:
  static Result<std::unique_ptr<StateDatabase>> open(const std::string& path);
  ~StateDatabase();
  StateDatabase(const StateDatabase&) = delete;
  StateDatabase& operator=(const StateDatabase&) = delete;

  // Changes whenever this or another process has changed the database. Cheap.
  Result<std::int64_t> change_counter();

  Result<void> add_token(const TokenRow& token);
  Result<std::vector<TokenRow>> tokens();
  // False when there is no such token or it is revoked already.
  Result<bool> revoke_token(std::string_view id, Time now);
  // In one step. Does not move the change counter: nobody has to know at once.
  Result<void> note_token_uses(const std::map<std::string, Time>& when_by_id);

  Result<void> revoke_session(const RevokedSession& session);
  Result<std::vector<RevokedSession>> revoked_sessions();
  Result<void> revoke_sessions_of(const UserNotBefore& mark);
  Result<std::vector<UserNotBefore>> users_not_before();
  Result<void> forget_revoked_before(Time now);

  // Newest first. A new key is made when there is none or the newest is older than `rotate_after`; keys older than
  // `keep_for` are removed.
  Result<std::vector<SessionKeyRow>> session_keys(Time now, std::chrono::hours rotate_after, std::chrono::hours keep_for);

 private:
  class Connection;
  explicit StateDatabase(std::unique_ptr<Connection> connection);
  std::unique_ptr<Connection> connection_;
};

}  // namespace raykeep::store
