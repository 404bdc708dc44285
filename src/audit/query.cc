// SPDX-License-Identifier: Apache-2.0
#include "audit/query.h"

#include <filesystem>
#include <fmt/format.h>

#include "audit/segment.h"
#include "core/encoding.h"
#include "document/json.h"

namespace raykeep::audit {
namespace {

using document::Node;

std::string_view text_of(const Node& record, std::string_view key) {
  const Node* node = record.find(key);
  return node == nullptr ? std::string_view{} : node->text();
}

// Escaped where it has to be, without the quotes.
std::string cell(std::string_view text) {
  const std::string quoted = json_quote(text);
  return text.empty() ? "-" : quoted.substr(1, quoted.size() - 2);
}

bool is_denied(const Node& record) {
  const Node* allowed = record.find("allowed");
  return allowed != nullptr && allowed->as_boolean() == false;
}

std::string outcome_of(const Node& record) {
  const Node* allowed = record.find("allowed");
  if (allowed == nullptr) return cell(text_of(record, "kind"));
  std::string out = is_denied(record) ? "denied" : "allowed";
  if (const auto status = text_of(record, "status"); !status.empty()) out += fmt::format(" {}", cell(status));
  return out;
}

std::string details_of(const Node& record) {
  std::vector<std::string> parts;
  if (const auto kind = text_of(record, "kind"); kind != "request") parts.push_back(cell(kind));
  for (const std::string_view key : {"job_id", "reason", "peer", "count", "detail"}) {
    const auto value = text_of(record, key);
    if (value.empty() || (key == "reason" && value == "granted")) continue;
    parts.push_back(key == "detail" ? cell(value) : fmt::format("{}={}", key == "job_id" ? "job" : key, cell(value)));
  }
  return fmt::format("{}", fmt::join(parts, " "));
}

}  // namespace

bool matches(const Query& query, const Node& record) {
  if (query.user && text_of(record, "user") != *query.user) return false;
  if (query.cluster && text_of(record, "cluster") != *query.cluster) return false;
  if (query.job_id && text_of(record, "job_id") != *query.job_id) return false;
  if (query.operation) {
    const auto operation = text_of(record, "operation");
    const bool family = query.operation->ends_with('.');
    if (family ? !operation.starts_with(*query.operation) : operation != *query.operation) return false;
  }
  if (query.denied_only && !is_denied(record)) return false;
  if (!query.since) return true;
  const auto time = parse_time(text_of(record, "time"));
  return time && *time >= *query.since;
}

Result<std::size_t> for_each_record(std::span<const std::string> files, const Query& query,
                                    const std::function<bool(const Found&)>& each) {
  std::size_t unreadable = 0;
  bool more = true;
  RK_TRY(const auto paths, segments_of(files));
  for (const std::string& path : paths) {
    if (!more) break;
    RK_TRY_VOID(for_each_line(path, [&](const LineAt& line) {
      auto record = document::read_json(line.text);
      if (!record || !record->is_mapping()) {
        // A line without its end may just be being written.
        if (line.ended) ++unreadable;
        return true;
      }
      Found found{line.text, std::move(*record)};
      if (matches(query, found.record)) more = each(found);
      return more;
    }));
  }
  return unreadable;
}

const std::vector<std::string>& table_header() {
  static const std::vector<std::string> kHeader{"TIME", "USER", "CLUSTER", "OPERATION", "OUTCOME", "DETAILS"};
  return kHeader;
}

std::vector<std::string> table_row(const Node& record) {
  return {cell(text_of(record, "time")),
          cell(text_of(record, "user")),
          cell(text_of(record, "cluster")),
          cell(text_of(record, "operation")),
          outcome_of(record),
          details_of(record)};
}

}  // namespace raykeep::audit
