// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "access/cluster_pattern.h"
#include "cli/commands.h"
#include "core/encoding.h"
#include "identity/api_token.h"
#include "identity/user_file.h"
#include "store/state_database.h"

namespace raykeep::cli {
namespace {

constexpr ErrorCode kTokenOption{"token-option", ErrorKind::kInput, ""};
constexpr ErrorCode kNoState{"no-state-database", ErrorKind::kInput, "Give the gateway's state.database."};
constexpr ErrorCode kNoSuchToken{"no-such-token", ErrorKind::kInput, "'raykeep token list' shows the ids of tokens that can be revoked."};

struct Options {
  std::string state;
  std::string user;
  std::string note;
  std::vector<std::string> clusters;
  std::string role;
  std::string expires = "90d";
  std::vector<std::string> ids;
  std::string format = "text";
};

std::string join(const std::vector<std::string>& list) {
  std::string out;
  for (const std::string& item : list) out += (out.empty() ? "" : ",") + item;
  return out;
}

Result<store::TokenRow> row_of(const Options& options, Time now) {
  store::TokenRow out;
  if (!identity::is_user_name(options.user)) return fail(kTokenOption, "a user name is 1 to 128 letters, digits and ._@+-");
  for (const std::string& pattern : options.clusters) {
    const auto parsed = access::ClusterPattern::parse(pattern);
    if (!parsed) return tl::make_unexpected(parsed.error());
    if (pattern.find(',') != std::string::npos) return fail(kTokenOption, "a cluster pattern holds no comma; repeat --cluster");
  }
  if (options.expires != "never") {
    const auto life = parse_duration(options.expires);
    if (!life || life->count() == 0) return fail(kTokenOption, fmt::format("\"{}\" is no time to live such as 12h, 90d or never", options.expires));
    out.expires = now + *life;
  }
  out.user = options.user;
  out.note = options.note;
  out.clusters = join(options.clusters);
  out.role = options.role;
  out.created = now;
  return out;
}

Result<int> create(const Options& options) {
  const Time now = std::chrono::system_clock::now();
  RK_TRY(store::TokenRow row, row_of(options, now));
  RK_TRY(auto database, store::StateDatabase::open(options.state));
  const identity::FreshToken token = identity::make_token();
  row.id = token.id;
  row.secret_hash = hex_encode(as_text(token.secret_hash));
  RK_TRY_VOID(database->add_token(row));
  const std::string text(token.text.reveal());
  if (options.format == "json") {
    std::printf("{\"id\":%s,\"token\":%s,\"user\":%s,\"expires\":%s}\n", json_quote(row.id).c_str(), json_quote(text).c_str(),
                json_quote(row.user).c_str(), row.expires ? json_quote(format_time(*row.expires)).c_str() : "null");
    return kExitOk;
  }
  std::printf("%s\n", text.c_str());
  std::fprintf(stderr, "Token %s of %s%s. It is shown this once; send it as 'Authorization: Bearer %s...'.\n", row.id.c_str(), row.user.c_str(),
               row.expires ? fmt::format(", until {}", format_time(*row.expires)).c_str() : ", without end", text.substr(0, 6).c_str());
  return kExitOk;
}

std::string state_of(const store::TokenRow& row, Time now) {
  if (row.revoked) return "revoked";
  return row.expires && *row.expires <= now ? "expired" : "good";
}

std::string optional_time(const std::optional<Time>& time, std::string_view none) { return time ? format_time(*time) : std::string(none); }

// A note may hold anything; a terminal must not obey it.
std::string shown(const std::string& note) {
  const std::string quoted = json_quote(note);
  return quoted.substr(1, quoted.size() - 2);
}

void print_json(const std::vector<store::TokenRow>& rows, Time now) {
  const auto time_or_null = [](const std::optional<Time>& time) { return time ? json_quote(format_time(*time)) : std::string("null"); };
  std::string out = "[";
  for (const store::TokenRow& row : rows) {
    out += out.size() > 1 ? "," : "";
    out += fmt::format(R"({{"id":{},"user":{},"state":{},"role":{},"clusters":{},"note":{},"created":{},"expires":{},"last_used":{}}})", json_quote(row.id),
                       json_quote(row.user), json_quote(state_of(row, now)), json_quote(row.role), json_quote(row.clusters), json_quote(row.note),
                       json_quote(format_time(row.created)), time_or_null(row.expires), time_or_null(row.last_used));
  }
  std::printf("%s]\n", out.c_str());
}

// Only making a token makes the file: a mistyped path must not look like a database without tokens.
Result<std::unique_ptr<store::StateDatabase>> open_existing(const Options& options) {
  if (!std::filesystem::exists(options.state)) return fail(kNoState, "there is no such file", {options.state, 0, 0});
  return store::StateDatabase::open(options.state);
}

Result<int> list(const Options& options) {
  RK_TRY(auto database, open_existing(options));
  RK_TRY(const auto rows, database->tokens());
  const Time now = std::chrono::system_clock::now();
  if (options.format == "json") {
    print_json(rows, now);
    return kExitOk;
  }
  std::printf("%-13s %-16s %-8s %-10s %-20s %-25s %-25s %s\n", "ID", "USER", "STATE", "ROLE", "CLUSTERS", "EXPIRES", "LAST USED", "NOTE");
  for (const store::TokenRow& row : rows) {
    std::printf("%-13s %-16s %-8s %-10s %-20s %-25s %-25s %s\n", row.id.c_str(), row.user.c_str(), state_of(row, now).c_str(),
                row.role.empty() ? "own" : row.role.c_str(), row.clusters.empty() ? "all" : row.clusters.c_str(),
                optional_time(row.expires, "never").c_str(), optional_time(row.last_used, "never").c_str(), shown(row.note).c_str());
  }
  return kExitOk;
}

// An id, or the token itself as it was found somewhere.
std::string id_of(const std::string& text) {
  const auto parsed = identity::parse_token(text);
  return parsed ? std::string(parsed->id) : text;
}

Result<int> revoke(const Options& options) {
  RK_TRY(auto database, open_existing(options));
  std::vector<std::string> ids;
  for (const std::string& text : options.ids) ids.push_back(id_of(text));
  if (!options.user.empty()) {
    RK_TRY(const auto rows, database->tokens());
    for (const store::TokenRow& row : rows) {
      if (row.user == options.user && !row.revoked) ids.push_back(row.id);
    }
  }
  if (ids.empty()) return fail(kNoSuchToken, "no token is named, and no user with tokens");
  std::string missing;
  for (const std::string& id : ids) {
    RK_TRY(const bool revoked, database->revoke_token(id, std::chrono::system_clock::now()));
    if (revoked) std::printf("revoked %s\n", id.c_str());
    else missing += (missing.empty() ? "" : ", ") + json_quote(id);
  }
  if (!missing.empty()) return fail(kNoSuchToken, fmt::format("there is no token {} that could be revoked", missing));
  return kExitOk;
}

using Step = Result<int> (*)(const Options&);

int run(Step step, const Options& options) {
  const auto done = step(options);
  return done ? *done : report(done.error());
}

void declare(CLI::App& app, Action& action) {
  app.require_subcommand(1);
  const auto options = std::make_shared<Options>();
  const auto sub = [&](const char* name, const char* summary, Step step) {
    CLI::App* out = app.add_subcommand(name, summary);
    out->add_option("--state", options->state, "The gateway's state database (state.database)")->required();
    out->add_option("-o,--output", options->format, "text or json")->check(CLI::IsMember({"text", "json"}))->capture_default_str();
    out->callback([&action, options, step] { action = [options, step] { return run(step, *options); }; });
    return out;
  };
  CLI::App* creating = sub("create", "Make a token and show it, once", create);
  creating->add_option("--user", options->user, "Whose token it is")->required();
  creating->add_option("--cluster", options->clusters, "Only for clusters of this pattern (repeat for more)");
  creating->add_option("--role", options->role, "At most what this role may");
  creating->add_option("--expires", options->expires, "Time to live, or never")->capture_default_str();
  creating->add_option("--note", options->note, "What it is for");
  sub("list", "Show the tokens; no secrets", list);
  CLI::App* revoking = sub("revoke", "Revoke tokens; running gateways notice within a second or two", revoke);
  revoking->add_option("ID", options->ids, "Ids, or the tokens themselves");
  revoking->add_option("--user", options->user, "All tokens of this user");
}

}  // namespace

constinit const Command kToken{
    .name = "token",
    .summary = "Make, list and revoke API tokens",
    .details = "A token stands for its user in programs: 'Authorization: Bearer rk_...' or 'X-Ray-Authorization: Bearer rk_...'. Only its hash\n"
               "is stored.\n\n"
               "Example:\n"
               "  raykeep token create --state state.db --user ci --cluster 'team-a/*' --role developer --expires 30d\n"
               "  export RAY_JOB_HEADERS='{\"Authorization\": \"Bearer rk_...\"}'\n"
               "  raykeep token revoke --state state.db 0123456789ab",
    .declare = declare,
};

}  // namespace raykeep::cli
