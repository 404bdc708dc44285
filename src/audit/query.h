// SPDX-License-Identifier: Apache-2.0
// Looking things up in a record: which lines match, and how they read as a table.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/time_text.h"
#include "document/node.h"

namespace raykeep::audit {

// Every part that is set must match. Names are compared whole.
struct Query {
  std::optional<std::string> user{};
  std::optional<std::string> cluster{};    // "<namespace>/<cluster>"
  std::optional<std::string> operation{};  // "jobs.submit", or "jobs." for all that begin so
  std::optional<std::string> job_id{};
  std::optional<Time> since{};  // records of that time and later
  bool denied_only = false;
};
bool matches(const Query& query, const document::Node& record);

struct Found {
  std::string_view line;  // as it stands in the file
  document::Node record;
};
// Calls `each` for every matching line of the files (directories stand for their segments), in the order given, until
// it returns false. Gives how many whole lines could not be read as records. Does not verify.
Result<std::size_t> for_each_record(std::span<const std::string> files, const Query& query,
                                    const std::function<bool(const Found&)>& each);

// The cells of one record: time, user, cluster, operation, outcome and details, safe for a terminal.
std::vector<std::string> table_row(const document::Node& record);
const std::vector<std::string>& table_header();

}  // namespace raykeep::audit
