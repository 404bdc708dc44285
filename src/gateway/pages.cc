// SPDX-License-Identifier: Apache-2.0
#include "gateway/pages.h"

#include <fmt/format.h>

#include "core/encoding.h"

namespace raykeep::gateway {
namespace {

std::string document(std::string_view title, std::string_view header, std::string_view main) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
      "<title>{}</title><link rel=\"stylesheet\" href=\"/-/assets/style.css\"></head>\n<body>{}<main>{}</main></body></html>\n",
      html_escape(title), header, main);
}

std::string_view state_class(ClusterHealth::State state) {
  switch (state) {
    case ClusterHealth::State::kUp: return "up";
    case ClusterHealth::State::kDown: return "down";
    case ClusterHealth::State::kUnknown: return "unknown";
  }
  return "unknown";
}

std::string state_text(const ClusterHealth& health) {
  switch (health.state) {
    case ClusterHealth::State::kUp: return "up";
    case ClusterHealth::State::kDown: return "down: " + health.problem;
    case ClusterHealth::State::kUnknown: return "not asked yet";
  }
  return "not asked yet";
}

std::string row(const LandingRow& r) {
  return fmt::format(
      "<tr><td><a href=\"/{0}/\">{0}</a></td><td class=\"state {1}\">{2}</td><td>{3}</td><td>{4}</td></tr>",
      html_escape(r.id), state_class(r.health.state), html_escape(state_text(r.health)), html_escape(r.health.ray_version),
      html_escape(r.role));
}

std::string cluster_table(std::span<const LandingRow> rows) {
  if (rows.empty()) {
    return "<p>No cluster is open to you here.</p><p class=\"muted\">Ask whoever runs this gateway for a binding to a role.</p>";
  }
  std::string out = "<table><thead><tr><th>Cluster</th><th>State</th><th>Ray</th><th>Your role</th></tr></thead><tbody>";
  for (const LandingRow& r : rows) out += row(r);
  return out + "</tbody></table>";
}

}  // namespace

std::string login_page(const LoginPage& page) {
  const std::string problem =
      page.problem.empty() ? "" : fmt::format("<p class=\"problem\" role=\"alert\">{}</p>", html_escape(page.problem));
  const std::string main = fmt::format(
      "<div class=\"card narrow\"><h1>Sign in to Raykeep</h1>{}"
      "<form method=\"post\" action=\"/-/login\"><input type=\"hidden\" name=\"next\" value=\"{}\">"
      "<label for=\"user\">User</label><input id=\"user\" name=\"user\" value=\"{}\" autocomplete=\"username\" autofocus required>"
      "<label for=\"password\">Password</label><input id=\"password\" name=\"password\" type=\"password\" "
      "autocomplete=\"current-password\" required><button class=\"submit\">Sign in</button></form></div>",
      problem, html_escape(page.next), html_escape(page.user));
  return document("Sign in · Raykeep", "", main);
}

std::string landing_page(const LandingPage& page) {
  const std::string header = fmt::format(
      "<header><span class=\"brand\">Raykeep</span><span class=\"who\">{}</span>"
      "<form method=\"post\" action=\"/-/logout\"><input type=\"hidden\" name=\"token\" value=\"{}\">"
      "<button class=\"plain\">Sign out</button></form></header>",
      html_escape(page.user), html_escape(page.logout_token));
  const std::string notice =
      page.notice.empty() ? "" : fmt::format("<p class=\"problem\">{}</p>", html_escape(page.notice));
  const std::string example = page.rows.empty() ? "" : fmt::format(
      "<h1 class=\"second\">From the command line</h1><p class=\"muted\">With an API token from "
      "<code>raykeep token create</code>:</p><pre>export RAY_ADDRESS={}/{}\n"
      "export RAY_JOB_HEADERS='{{\"Authorization\": \"Bearer rk_...\"}}'\nray job submit -- python -c 'print(1)'</pre>",
      html_escape(page.address), html_escape(page.rows.front().id));
  return document("Clusters · Raykeep", header,
                  fmt::format("{}<div class=\"card\"><h1>Ray clusters</h1>{}{}</div>", notice, cluster_table(page.rows), example));
}

std::string problem_page(const Answer& answer) {
  const std::string main = fmt::format(
      "<div class=\"card\"><h1>{} {}</h1><p class=\"problem\">{}</p><p class=\"muted\">Reason: <code>{}</code></p>"
      "<p><a href=\"/\">All clusters</a></p></div>",
      answer.status, http::reason_phrase(answer.status), html_escape(answer.message), html_escape(answer.reason));
  return document(fmt::format("{} · Raykeep", http::reason_phrase(answer.status)), "", main);
}

std::string add_guard_script(std::string_view html, std::string_view user, std::string_view cluster) {
  const std::size_t head = html.find("<head>");
  if (head == std::string_view::npos) return std::string(html);
  const std::string script = fmt::format("<script src=\"/-/assets/guard.js\" data-user=\"{}\" data-cluster=\"{}\"></script>",
                                         html_escape(user), html_escape(cluster));
  return std::string(html.substr(0, head + 6)).append(script).append(html.substr(head + 6));
}

}  // namespace raykeep::gateway
