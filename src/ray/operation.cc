// SPDX-License-Identifier: Apache-2.0
#include "ray/operation.h"

#include <algorithm>

#include "ray/path.h"
#include "ray/route_table.h"

namespace raykeep::ray {
namespace {

using table::kRoutes;

constexpr bool is_exact(const Route& route) {
  return route.pattern.find('{') == std::string_view::npos;
}
constexpr std::size_t kExactCount = static_cast<std::size_t>(std::count_if(kRoutes.begin(), kRoutes.end(), is_exact));

// By length first: most comparisons end there.
constexpr bool path_before(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

constexpr auto sorted_exact_routes() {
  std::array<const Route*, kExactCount> out{};
  std::size_t n = 0;
  for (const Route& route : kRoutes) {
    if (is_exact(route)) out[n++] = &route;
  }
  std::sort(out.begin(), out.end(), [](const Route* a, const Route* b) { return path_before(a->pattern, b->pattern); });
  return out;
}
constexpr auto kExactRoutes = sorted_exact_routes();

constexpr auto pattern_routes() {
  std::array<const Route*, kRoutes.size() - kExactCount> out{};
  std::size_t n = 0;
  for (const Route& route : kRoutes) {
    if (!is_exact(route)) out[n++] = &route;
  }
  return out;
}
constexpr auto kPatternRoutes = pattern_routes();

struct Captures {
  std::string_view job;
  std::string_view protocol;
  std::string_view package;
};

std::string_view take_segment(std::string_view& path) {
  const auto slash = path.find('/');
  const auto segment = path.substr(0, slash);
  path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash);
  return segment;
}

// Fills `captures` when the whole path matches.
bool matches(std::string_view pattern, std::string_view path, Captures& captures) {
  for (;;) {
    const auto brace = pattern.find('{');
    if (brace == std::string_view::npos) return pattern == path;
    if (path.substr(0, brace) != pattern.substr(0, brace)) return false;
    path.remove_prefix(brace);
    const auto end = pattern.find('}', brace);
    const auto name = pattern.substr(brace + 1, end - brace - 1);
    pattern.remove_prefix(end + 1);
    if (name == "rest") return !path.empty() && path.back() != '/';
    const auto segment = take_segment(path);
    if (segment.empty()) return false;
    if (name == "job") captures.job = segment;
    if (name == "protocol") captures.protocol = segment;
    if (name == "package") captures.package = segment;
  }
}

struct Found {
  const Route* route = nullptr;
  bool path_known = false;
  Captures captures;
};

Found find_route(std::string_view method, std::string_view path) {
  Found found;
  const auto before = [](const Route* route, std::string_view p) { return path_before(route->pattern, p); };
  auto exact = std::lower_bound(kExactRoutes.begin(), kExactRoutes.end(), path, before);
  for (; exact != kExactRoutes.end() && (*exact)->pattern == path; ++exact) {
    found.path_known = true;
    if ((*exact)->method == method) return found.route = *exact, found;
  }
  for (const Route* route : kPatternRoutes) {
    Captures captures;
    if (!matches(route->pattern, path, captures)) continue;
    found.path_known = true;
    if (route->method == method) return found.route = route, found.captures = captures, found;
  }
  return found;
}

// What a query selects, still escaped.
struct Selectors {
  std::string_view submission;
  std::string_view job;
  std::string_view file;
  std::string_view glob;
  std::string_view download;
  bool by_process = false;  // actor_id, task_id or pid
};

Selectors selectors_of(std::string_view query) {
  Selectors out;
  while (!query.empty()) {
    const QueryPart part = take_query_part(query);
    if (part.value.empty()) continue;
    if (part.name == "submission_id") out.submission = part.value;
    if (part.name == "job_id") out.job = part.value;
    if (part.name == "filename") out.file = part.value;
    if (part.name == "glob") out.glob = part.value;
    if (part.name == "download_filename") out.download = part.value;
    if (part.name == "actor_id" || part.name == "task_id" || part.name == "pid") out.by_process = true;
  }
  return out;
}

bool names_log_file(std::string_view escaped) {
  const auto decoded = decode_query_value(escaped);
  if (!decoded || !is_log_file_name(*decoded)) return false;
  const auto job = job_of_driver_log(*decoded);
  return !job || is_job_id(*job);
}

struct QueryMeaning {
  std::string_view job;
  bool shows_environments = false;
};

// Checks what Ray puts into paths and file names. Sets the job to the job that a log request is about when the request
// leaves no doubt: of several selectors Ray takes actor_id, task_id, submission_id, pid and filename in this order
// (modules/log/log_manager.py, resolve_filename).
const Refusal* check_query(std::string_view query, QueryMeaning& meaning) {
  if (query.empty()) return nullptr;
  if (const Refusal* problem = query_problem(query)) return problem;
  const Selectors selected = selectors_of(query);
  for (const std::string_view id : {selected.submission, selected.job}) {
    if (!id.empty() && !is_job_id(id)) return &kBadJobId;
  }
  for (const std::string_view name : {selected.file, selected.glob, selected.download}) {
    if (!name.empty() && !names_log_file(name)) return &kBadFileName;
  }
  meaning.shows_environments = log_file_shows_environments(decode_query_value(selected.file).value_or(""));
  if (selected.by_process) return nullptr;
  if (selected.file.empty()) {
    meaning.job = selected.submission;
  } else if (selected.submission.empty()) {
    meaning.job = job_of_driver_log(selected.file).value_or("");
    // An escaped name is not the id itself; the job then stays unknown.
    if (!is_job_id(meaning.job)) meaning.job = {};
  }
  return nullptr;
}

}  // namespace

std::string_view name_of(OperationClass operation_class) {
  switch (operation_class) {
    case OperationClass::kPublic:
      return "public";
    case OperationClass::kView:
      return "view";
    case OperationClass::kSensitiveRead:
      return "sensitive-read";
    case OperationClass::kSubmit:
      return "submit";
    case OperationClass::kManage:
      return "manage";
    case OperationClass::kProfile:
      return "profile";
    case OperationClass::kInternal:
      return "internal";
  }
  return "internal";
}

tl::expected<MatchedOperation, const Refusal*> operation_of(std::string_view method, std::string_view path,
                                                            std::string_view query) {
  if (const Refusal* problem = path_problem(path)) return tl::make_unexpected(problem);
  const Found found = find_route(method == "HEAD" ? "GET" : method, path);
  if (found.route == nullptr) return tl::make_unexpected(found.path_known ? &kMethodNotAllowed : &kUnknownRoute);
  if (!found.captures.job.empty() && !is_job_id(found.captures.job)) return tl::make_unexpected(&kBadJobId);
  const bool package = !found.captures.package.empty();
  if (package && (found.captures.protocol != "gcs" || !is_package_name(found.captures.package))) {
    return tl::make_unexpected(&kBadPackageName);
  }
  std::string_view job = found.captures.job;
  QueryMeaning meaning;
  if (const Refusal* problem = check_query(query, meaning)) return tl::make_unexpected(problem);
  if (job.empty() && found.route->operation.of_one_job) job = meaning.job;
  return MatchedOperation{&found.route->operation, job, found.captures.package, meaning.shows_environments};
}

std::span<const Route> routes() {
  return kRoutes;
}

}  // namespace raykeep::ray
