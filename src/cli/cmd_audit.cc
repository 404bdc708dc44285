// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <memory>

#include "audit/query.h"
#include "audit/verify.h"
#include "cli/commands.h"
#include "core/file.h"

namespace raykeep::cli {
namespace {

constexpr std::size_t kLongestKeyFile = 4096;

inline constexpr ErrorCode kBadSince{
    "bad-since", ErrorKind::kInput,
    "Give a time such as 2026-11-23T20:00:00Z, or how long ago, such as 15m, 12h or 7d."};

struct ShowOptions {
  std::vector<std::string> files;
  audit::Query query;
  std::string since;
  std::string format = "text";
};

struct VerifyFlags {
  std::vector<std::string> files;
  std::string key_file;
  std::string head;
};

Result<std::optional<Time>> since_of(const std::string& text) {
  if (text.empty()) return std::optional<Time>();
  if (const auto time = parse_time(text)) return std::optional<Time>(*time);
  if (const auto ago = parse_duration(text)) return std::optional<Time>(std::chrono::system_clock::now() - *ago);
  return fail(kBadSince, "--since is neither a time nor a duration");
}

// Rows are kept until the widths are known; a record of any length is shown in pages of this many.
constexpr std::size_t kRowsTogether = 1000;

class Table {
 public:
  ~Table() { flush(); }
  void add(std::vector<std::string> row) {
    rows_.push_back(std::move(row));
    if (rows_.size() == kRowsTogether) flush();
  }

 private:
  void flush() {
    if (rows_.empty()) return;
    rows_.insert(rows_.begin(), audit::table_header());
    std::vector<std::size_t> widths(rows_.front().size());
    for (const auto& row : rows_) {
      for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    for (const auto& row : rows_) {
      std::string line;
      for (std::size_t i = 0; i < row.size(); ++i)
        line += i + 1 < row.size() ? fmt::format("{:<{}}  ", row[i], widths[i]) : row[i];
      fmt::print("{}\n", line);
    }
    rows_.clear();
  }
  std::vector<std::vector<std::string>> rows_;
};

int show(ShowOptions options) {
  auto since = since_of(options.since);
  if (!since) return report(since.error());
  options.query.since = *since;
  Table table;
  const bool json = options.format == "json";
  const auto unreadable = audit::for_each_record(options.files, options.query, [&](const audit::Found& found) {
    if (json) {
      fmt::print("{}\n", found.line);
    } else {
      table.add(audit::table_row(found.record));
    }
    return true;
  });
  if (!unreadable) return report(unreadable.error());
  if (*unreadable > 0) {
    fmt::print(stderr, "raykeep: {} lines are not audit records; see raykeep audit verify\n", *unreadable);
    return kExitFindings;
  }
  return kExitOk;
}

Result<Secret> key_from(const std::string& path) {
  if (path.empty()) return Secret();
  RK_TRY(std::string key, read_file(path, kLongestKeyFile));
  while (!key.empty() && (key.back() == '\n' || key.back() == '\r')) key.pop_back();
  return Secret(std::move(key));
}

int verify(const VerifyFlags& flags) {
  auto key = key_from(flags.key_file);
  if (!key) return report(key.error());
  const auto record = audit::verify(flags.files, {std::move(*key), flags.head});
  if (!record) return report(record.error());
  if (record->intact() && record->lines == 0) {
    fmt::print("empty: there is no record in these files\n");
    return kExitFindings;
  }
  if (record->intact()) {
    fmt::print("intact: {} records, {} to {}, head {}\n", record->lines, record->first_seq, record->last_seq,
               record->head);
    if (record->first_seq > 1)
      fmt::print("begins at record {}: what was before is not part of these files\n", record->first_seq);
  } else {
    const auto& broken = *record->first_break;
    fmt::print("broken: {}:{}: {} [{}]\n", broken.file, broken.line, broken.explanation, audit::name_of(broken.kind));
    fmt::print("{} records before it are intact\n", record->lines);
  }
  if (record->recoveries > 0) fmt::print("recoveries recorded: {}\n", record->recoveries);
  if (record->gaps > 0) fmt::print("events recorded as lost: {}\n", record->gaps);
  return record->intact() ? kExitOk : kExitFindings;
}

void declare_show(CLI::App& audit, Action& action) {
  auto options = std::make_shared<ShowOptions>();
  CLI::App* sub = audit.add_subcommand("show", "print records, one a line");
  sub->add_option("FILE", options->files, "segment files, or the directory of them")->required();
  sub->add_option("--user", options->query.user, "only what this user did");
  sub->add_option("--cluster", options->query.cluster, "only on this cluster, <namespace>/<name>");
  sub->add_option("--operation", options->query.operation,
                  "only this operation; with a dot at the end, all that begin so: jobs.");
  sub->add_option("--job", options->query.job_id, "only about this job");
  sub->add_option("--since", options->since,
                  "only from this time on, or from this long ago: 2026-11-23T20:00:00Z, 12h");
  sub->add_flag("--denied", options->query.denied_only, "only what was refused");
  sub->add_option("-o,--output", options->format, "text or json")->check(CLI::IsMember({"text", "json"}));
  sub->callback([options, &action] { action = [options] { return show(*options); }; });
}

void declare_verify(CLI::App& audit, Action& action) {
  auto flags = std::make_shared<VerifyFlags>();
  CLI::App* sub = audit.add_subcommand("verify", "check that no record was changed, removed or added");
  sub->add_option("FILE", flags->files, "segment files in any order, or the directory of them")->required();
  sub->add_option("--key-file", flags->key_file, "the key that the gateway writes with, if it has one");
  sub->add_option("--head", flags->head, "a head that was noted earlier and must still be there");
  sub->callback([flags, &action] { action = [flags] { return verify(*flags); }; });
}

void declare(CLI::App& app, Action& action) {
  app.require_subcommand(1);
  declare_show(app, action);
  declare_verify(app, action);
}

}  // namespace

extern const Command kAudit{"audit", "show and verify the record of what was done",
                            "Examples:\n"
                            "  raykeep audit show /var/lib/raykeep/audit --user ann --since 12h\n"
                            "  raykeep audit show /var/lib/raykeep/audit --denied -o json\n"
                            "  raykeep audit verify /var/lib/raykeep/audit --key-file /etc/raykeep/audit.key\n"
                            "verify exits with 1 when the record is broken and says where.",
                            declare};

}  // namespace raykeep::cli
