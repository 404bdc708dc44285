// SPDX-License-Identifier: Apache-2.0
#include "store/state_database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <mutex>

#include "core/crypto.h"
#include "core/file_descriptor.h"

namespace raykeep::store {
namespace {

constexpr int kBusyMilliseconds = 5000;
constexpr int kSchemaVersion = 1;
constexpr std::string_view kSchema = R"(
CREATE TABLE token (id TEXT PRIMARY KEY, user TEXT NOT NULL, secret_hash TEXT NOT NULL, note TEXT NOT NULL, clusters TEXT NOT NULL,
  role TEXT NOT NULL, created INTEGER NOT NULL, expires INTEGER, last_used INTEGER, revoked INTEGER) STRICT;
CREATE TABLE revoked_session (id TEXT PRIMARY KEY, until INTEGER NOT NULL) STRICT;
CREATE TABLE user_not_before (user TEXT PRIMARY KEY, not_before INTEGER NOT NULL) STRICT;
CREATE TABLE session_key (number INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB NOT NULL, created INTEGER NOT NULL) STRICT;
CREATE TABLE change (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), counter INTEGER NOT NULL) STRICT;
INSERT INTO change VALUES (1, 1);
PRAGMA user_version = 1;
)";
constexpr const char* kBump = "UPDATE change SET counter = counter + 1";

std::int64_t milliseconds(Time time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}
Time time_of(std::int64_t value) { return Time(std::chrono::milliseconds(value)); }

}  // namespace

// One prepared statement, bound in order.
class Statement {
 public:
  Statement(sqlite3* db, const char* sql) { sqlite3_prepare_v2(db, sql, -1, &statement_, nullptr); }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& text(std::string_view value) {
    sqlite3_bind_text(statement_, ++bound_, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
    return *this;
  }
  Statement& blob(std::string_view value) {
    sqlite3_bind_blob(statement_, ++bound_, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
    return *this;
  }
  Statement& time(std::optional<Time> value) {
    ++bound_;
    if (value) sqlite3_bind_int64(statement_, bound_, milliseconds(*value));
    return *this;
  }
  // True while there is a row; failed() tells an end from an error.
  bool step() {
    const int result = statement_ == nullptr ? SQLITE_ERROR : sqlite3_step(statement_);
    failed_ = result != SQLITE_ROW && result != SQLITE_DONE;
    return result == SQLITE_ROW;
  }
  bool failed() const { return failed_; }
  std::string column_text(int i) const {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, i));
    return data == nullptr ? std::string() : std::string(data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, i)));
  }
  std::int64_t column_integer(int i) const { return sqlite3_column_int64(statement_, i); }
  Time column_time(int i) const { return time_of(column_integer(i)); }
  std::optional<Time> column_optional_time(int i) const {
    if (sqlite3_column_type(statement_, i) == SQLITE_NULL) return std::nullopt;
    return column_time(i);
  }

 private:
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
  bool failed_ = false;
};

class StateDatabase::Connection {
 public:
  Connection(sqlite3* db, std::string path) : db_(db), path_(std::move(path)) {}
  ~Connection() { sqlite3_close(db_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  std::mutex& mutex() { return mutex_; }
  sqlite3* db() { return db_; }
  tl::unexpected<Error> error(std::string_view what) {
    return fail(kStateUnusable, fmt::format("cannot {}: {}", what, sqlite3_errmsg(db_)), {path_, 0, 0});
  }
  Result<void> execute(std::string_view sql, std::string_view what) {
    if (sqlite3_exec(db_, std::string(sql).c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return error(what);
    return {};
  }
  // A database of another program has tables, and not ours.
  Result<void> recognise() {
    Statement tables(db_, "SELECT count(*), sum(name = 'session_key') FROM sqlite_master");
    if (!tables.step()) return error("read it");
    if (tables.column_integer(0) == 0 || tables.column_integer(1) == 1) return {};
    return fail(kStateUnusable, "it is the database of another program", {path_, 0, 0});
  }
  Result<void> set_up() {
    RK_TRY_VOID(execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL", "set it up"));
    RK_TRY_VOID(execute("BEGIN IMMEDIATE", "set it up"));
    Statement version(db_, "PRAGMA user_version");
    const std::int64_t found = version.step() ? version.column_integer(0) : -1;
    if (found > kSchemaVersion) {
      return fail(kStateUnusable, fmt::format("it was made by a newer Raykeep (schema {}, this one knows {})", found, kSchemaVersion), {path_, 0, 0});
    }
    if (found == 0) RK_TRY_VOID(execute(kSchema, "set it up"));
    return execute("COMMIT", "set it up");
  }
  // Runs `work` in one transaction; nothing of it stays when it or the commit fails.
  Result<void> transact(std::string_view what, const std::function<bool()>& work) {
    RK_TRY_VOID(execute("BEGIN IMMEDIATE", what));
    if (work() && sqlite3_exec(db_, "COMMIT", nullptr, nullptr, nullptr) == SQLITE_OK) return {};
    auto failed = error(what);
    sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
    return failed;
  }
  // The same, and bumps the change counter.
  Result<void> change(std::string_view what, const std::function<bool()>& work) {
    return transact(what, [&] { return work() && sqlite3_exec(db_, kBump, nullptr, nullptr, nullptr) == SQLITE_OK; });
  }

 private:
  std::mutex mutex_;
  sqlite3* db_;
  std::string path_;
};

StateDatabase::StateDatabase(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
StateDatabase::~StateDatabase() = default;

namespace {

tl::unexpected<Error> unusable(const std::string& path, std::string message) { return fail(kStateUnusable, std::move(message), {path, 0, 0}); }

// Made here and not by SQLite, so that nobody else can read it even for a moment. A file that is there is not opened: to
// close it would give up the locks that another connection of this process holds on it.
Result<void> make_if_missing(const std::string& path) {
  const FileDescriptor made(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (made.valid()) return {};
  struct stat about {};
  if (errno != EEXIST || ::stat(path.c_str(), &about) != 0) return unusable(path, fmt::format("cannot open or create it: {}", std::strerror(errno)));
  if (!S_ISREG(about.st_mode)) return unusable(path, "it is not a regular file");
  return {};
}

// It holds the keys that sessions are signed with.
Result<void> close_to_others(const std::string& path) {
  struct stat about {};
  const bool open_to_others = ::stat(path.c_str(), &about) != 0 || (about.st_mode & 0077U) != 0;
  if (!open_to_others || ::chmod(path.c_str(), 0600) == 0) return {};
  return unusable(path, fmt::format("others may read or write it, and that cannot be changed: {}", std::strerror(errno)));
}

}  // namespace

Result<std::unique_ptr<StateDatabase>> StateDatabase::open(const std::string& path) {
  RK_TRY_VOID(make_if_missing(path));
  sqlite3* db = nullptr;
  const int opened = sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX, nullptr);
  auto connection = std::make_unique<Connection>(db, path);
  if (opened != SQLITE_OK) return connection->error("open it");
  sqlite3_busy_timeout(db, kBusyMilliseconds);
  // Before anything is changed: a path that was mistyped must not cost another program its file.
  RK_TRY_VOID(connection->recognise());
  RK_TRY_VOID(close_to_others(path));
  RK_TRY_VOID(connection->set_up());
  return std::unique_ptr<StateDatabase>(new StateDatabase(std::move(connection)));
}

Result<std::int64_t> StateDatabase::change_counter() {
  const std::lock_guard lock(connection_->mutex());
  Statement read(connection_->db(), "SELECT counter FROM change");
  if (!read.step()) return connection_->error("read it");
  return read.column_integer(0);
}

Result<void> StateDatabase::add_token(const TokenRow& token) {
  const std::lock_guard lock(connection_->mutex());
  return connection_->change("store the token", [&] {
    Statement insert(connection_->db(),
                     "INSERT INTO token (id, user, secret_hash, note, clusters, role, created, expires) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    insert.text(token.id).text(token.user).text(token.secret_hash).text(token.note).text(token.clusters).text(token.role);
    insert.time(token.created).time(token.expires).step();
    return !insert.failed();
  });
}

Result<std::vector<TokenRow>> StateDatabase::tokens() {
  const std::lock_guard lock(connection_->mutex());
  Statement read(connection_->db(),
                 "SELECT id, user, secret_hash, note, clusters, role, created, expires, last_used, revoked FROM token ORDER BY created, id");
  std::vector<TokenRow> out;
  while (read.step()) {
    out.push_back({read.column_text(0), read.column_text(1), read.column_text(2), read.column_text(3), read.column_text(4),
                   read.column_text(5), read.column_time(6), read.column_optional_time(7), read.column_optional_time(8),
                   read.column_optional_time(9)});
  }
  if (read.failed()) return connection_->error("read the tokens");
  return out;
}

Result<bool> StateDatabase::revoke_token(std::string_view id, Time now) {
  const std::lock_guard lock(connection_->mutex());
  bool revoked = false;
  RK_TRY_VOID(connection_->change("revoke the token", [&] {
    Statement update(connection_->db(), "UPDATE token SET revoked = ? WHERE id = ? AND revoked IS NULL");
    update.time(now).text(id).step();
    revoked = sqlite3_changes(connection_->db()) > 0;
    return !update.failed();
  }));
  return revoked;
}

Result<void> StateDatabase::note_token_uses(const std::map<std::string, Time>& when_by_id) {
  if (when_by_id.empty()) return {};
  const std::lock_guard lock(connection_->mutex());
  return connection_->transact("note the use of tokens", [&] {
    for (const auto& [id, when] : when_by_id) {
      // Of two processes that share the file, the one that writes last need not have seen the last use.
      Statement update(connection_->db(), "UPDATE token SET last_used = max(ifnull(last_used, 0), ?) WHERE id = ?");
      update.time(when).text(id).step();
      if (update.failed()) return false;
    }
    return true;
  });
}

Result<void> StateDatabase::revoke_session(const RevokedSession& session) {
  const std::lock_guard lock(connection_->mutex());
  return connection_->change("revoke the session", [&] {
    Statement insert(connection_->db(), "INSERT OR REPLACE INTO revoked_session VALUES (?, ?)");
    insert.text(session.id).time(session.until).step();
    return !insert.failed();
  });
}

Result<std::vector<RevokedSession>> StateDatabase::revoked_sessions() {
  const std::lock_guard lock(connection_->mutex());
  Statement read(connection_->db(), "SELECT id, until FROM revoked_session");
  std::vector<RevokedSession> out;
  while (read.step()) out.push_back({read.column_text(0), read.column_time(1)});
  if (read.failed()) return connection_->error("read the revoked sessions");
  return out;
}

Result<void> StateDatabase::revoke_sessions_of(const UserNotBefore& mark) {
  const std::lock_guard lock(connection_->mutex());
  return connection_->change("revoke the sessions", [&] {
    Statement insert(connection_->db(), "INSERT OR REPLACE INTO user_not_before VALUES (?, ?)");
    insert.text(mark.user).time(mark.not_before).step();
    return !insert.failed();
  });
}

Result<std::vector<UserNotBefore>> StateDatabase::users_not_before() {
  const std::lock_guard lock(connection_->mutex());
  Statement read(connection_->db(), "SELECT user, not_before FROM user_not_before");
  std::vector<UserNotBefore> out;
  while (read.step()) out.push_back({read.column_text(0), read.column_time(1)});
  if (read.failed()) return connection_->error("read the revoked users");
  return out;
}

Result<void> StateDatabase::forget_revoked_before(Time now) {
  const std::lock_guard lock(connection_->mutex());
  Statement remove(connection_->db(), "DELETE FROM revoked_session WHERE until < ?");
  remove.time(now).step();
  if (remove.failed()) return connection_->error("forget old sessions");
  return {};
}

namespace {

bool rotate(sqlite3* db, Time now, std::chrono::hours rotate_after, std::chrono::hours keep_for) {
  Statement newest(db, "SELECT max(created) FROM session_key");
  newest.step();
  if (newest.failed()) return false;
  const auto made = newest.column_optional_time(0);
  if (made && now - *made <= rotate_after) return true;
  Statement insert(db, "INSERT INTO session_key (key, created) VALUES (?, ?)");
  insert.blob(random_bytes(32)).time(now).step();
  Statement remove(db, "DELETE FROM session_key WHERE created < ?");
  remove.time(now - keep_for).step();
  return !insert.failed() && !remove.failed() && sqlite3_exec(db, kBump, nullptr, nullptr, nullptr) == SQLITE_OK;
}

bool read_keys(sqlite3* db, std::vector<SessionKeyRow>& out) {
  Statement read(db, "SELECT number, key, created FROM session_key ORDER BY number DESC");
  while (read.step()) out.push_back({read.column_integer(0), Secret(read.column_text(1)), read.column_time(2)});
  return !read.failed();
}

}  // namespace

Result<std::vector<SessionKeyRow>> StateDatabase::session_keys(Time now, std::chrono::hours rotate_after, std::chrono::hours keep_for) {
  const std::lock_guard lock(connection_->mutex());
  sqlite3* db = connection_->db();
  std::vector<SessionKeyRow> out;
  RK_TRY_VOID(connection_->transact("keep the session keys", [&] { return rotate(db, now, rotate_after, keep_for) && read_keys(db, out); }));
  if (out.empty()) return connection_->error("make a session key");
  return out;
}

}  // namespace raykeep::store
