// SPDX-License-Identifier: Apache-2.0
// The pure functions between a request and a cluster: targets, fields, browsers, forms, limits.
#include <gtest/gtest.h>

#include <string>

#include "gateway/browser.h"
#include "gateway/form.h"
#include "gateway/own_pages.h"
#include "gateway/pages.h"
#include "gateway/rate_limiter.h"
#include "gateway/settings.h"
#include "gateway/target.h"
#include "gateway/upstream_message.h"
#include "http/head_parser.h"
#include "ray/error_text.h"

namespace raykeep::gateway {
namespace {

http::RequestHead parsed(const std::string& text) {
  http::RequestHead head;
  EXPECT_FALSE(http::parse_request_head(text, {}, head));
  return head;
}

TEST(Target, SplitsNamespaceClusterAndRest) {
  const Target target = split_target("/team-a/ray-1/api/jobs/");
  EXPECT_EQ(target.kind, Target::Kind::kCluster);
  EXPECT_EQ(target.prefix, "/team-a/ray-1");
  EXPECT_EQ(target.rest, "/api/jobs/");
  EXPECT_EQ(split_target("/team-a/ray-1").kind, Target::Kind::kClusterRoot);
}

TEST(Target, TakesOnlyDnsLabels) {
  for (const char* path : {"/team-a", "//ray/x", "/team%2fa/ray/x", "/Team/ray/x", "/../ray/x", "/team/./x", "/team/ray%2e/x", "/-a/ray/x", "/a.b/ray/"}) {
    EXPECT_EQ(split_target(path).kind, Target::Kind::kUnknown) << path;
  }
  EXPECT_EQ(split_target("/" + std::string(64, 'a') + "/b/").kind, Target::Kind::kUnknown);
}

TEST(UpstreamHead, CarriesNoFieldThatIsNotListed) {
  const std::string text =
      "GET /t/r/api/version?x=1 HTTP/1.1\r\nHost: public\r\nAuthorization: Bearer mine\r\nCookie: ray-authentication-token=x\r\n"
      "X-Ray-Authorization: Bearer y\r\nX-Forwarded-User: root\r\nX_Forwarded_User: root\r\nX.Forwarded.User: root\r\nForwarded: for=1\r\n"
      "X-HTTP-Method-Override: DELETE\r\nUser-Agent: Mozilla/5.0\r\nSec-Fetch-Mode: cors\r\n\r\n";
  const http::RequestHead request = parsed(text);
  std::string out;
  write_upstream_head(request, "/api/version", {"10.0.0.1:8265", Secret("cluster-token")}, {}, out);
  EXPECT_EQ(out,
            "GET /api/version?x=1 HTTP/1.1\r\nHost: 10.0.0.1:8265\r\nAuthorization: Bearer cluster-token\r\nUser-Agent: Mozilla/5.0\r\n"
            "Sec-Fetch-Mode: cors\r\n\r\n");
}

TEST(UpstreamAnswer, LosesCookiesAndTheServersName) {
  const std::string text = "HTTP/1.1 200 OK\r\nServer: Python\r\nSet-Cookie: ray-authentication-token=x; Path=/\r\nContent-Type: text/html\r\nX-Other: 1\r\n\r\n";
  http::ResponseHead response;
  ASSERT_FALSE(http::parse_response_head(text, {}, "GET", response));
  FieldViews fields;
  pick_response_fields(response, fields);
  ASSERT_EQ(fields.size(), 1U);
  EXPECT_EQ(fields[0].second, "text/html");
}

TEST(Location, StaysUnderThePrefixOrGoes) {
  const UpstreamTarget target{"10.0.0.1:8265", Secret()};
  EXPECT_EQ(rewrite_location("/api/v0/logs/file?x=1", "/t/r", target), "/t/r/api/v0/logs/file?x=1");
  EXPECT_EQ(rewrite_location("http://10.0.0.1:8265/x", "/t/r", target), "/t/r/x");
  for (const char* away : {"https://evil.example/", "//evil.example/", "http://10.0.0.1:82/x", "javascript:alert(1)", "/\\evil"}) {
    EXPECT_FALSE(rewrite_location(away, "/t/r", target)) << away;
  }
}

TEST(BrowserCall, TellsOwnPagesFromOthers) {
  const auto call = [](const std::string& fields) { return browser_call_of(parsed("POST / HTTP/1.1\r\nHost: gate.example\r\n" + fields + "\r\n"), true); };
  EXPECT_FALSE(call("Origin: https://gate.example\r\n").cross_site);
  EXPECT_TRUE(call("Origin: https://evil.example\r\n").cross_site);
  EXPECT_TRUE(call("Origin: http://gate.example\r\n").cross_site);
  EXPECT_TRUE(call("Origin: null\r\n").cross_site);
  EXPECT_TRUE(call("Sec-Fetch-Site: cross-site\r\n").cross_site);
  EXPECT_TRUE(call("Sec-Fetch-Site: same-site\r\n").cross_site);
  EXPECT_FALSE(call("Sec-Fetch-Site: same-origin\r\n").cross_site);
  EXPECT_FALSE(call("User-Agent: python-requests/2\r\n").any);
}

TEST(Next, NeverLeadsAway) {
  EXPECT_EQ(safe_next("/team/ray/"), "/team/ray/");
  for (const char* away : {"//e", "/\\e", "https:e", "/%09/e\t", "", "e", "/-/logout", "/a\\b", "/a b"}) EXPECT_EQ(safe_next(away), "/") << away;
}

TEST(Form, RefusesWhatCanBeReadTwoWays) {
  EXPECT_EQ((*parse_form("user=a%20b&password=x+y"))["password"], "x y");
  for (const char* form : {"user=a&user=b", "user", "user=%zz", "user=%f", "user=%ff"}) EXPECT_FALSE(parse_form(form)) << form;
}

TEST(Settings, ServesItsHostsInAnyCaseAndNoOthers) {
  Settings settings;
  settings.public_hosts = {"gate.example", "127.0.0.1:8443"};
  for (const char* host : {"gate.example", "GATE.example", "gate.example.", "gate.example:8443", "127.0.0.1:8443"}) EXPECT_TRUE(settings.serves_host(host)) << host;
  for (const char* host : {"evil.example", "gate.example.evil", "127.0.0.1", "127.0.0.1:1", "x"}) EXPECT_FALSE(settings.serves_host(host)) << host;
}

TEST(RateLimiter, AllowsABurstThenThePaceAndSaysHowLongToWait) {
  RateLimiter limiter({2, 3});
  const auto start = RateLimiter::Clock::now();
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(limiter.take("a", start));
  EXPECT_EQ(limiter.take("a", start), std::chrono::milliseconds(500));
  EXPECT_FALSE(limiter.take("b", start));
  EXPECT_FALSE(limiter.take("a", start + std::chrono::milliseconds(500)));
}

TEST(ConcurrencyLimiter, GivesPlacesBack) {
  ConcurrencyLimiter limiter(1);
  {
    const auto place = limiter.enter("a");
    EXPECT_TRUE(static_cast<bool>(place));
    EXPECT_FALSE(static_cast<bool>(limiter.enter("a")));
    EXPECT_TRUE(static_cast<bool>(limiter.enter("b")));
  }
  EXPECT_TRUE(static_cast<bool>(limiter.enter("a")));
}

TEST(Pages, EscapeWhatTheyAreGiven) {
  const std::string page = login_page({"/\"><script>", "<b>", "<i>"});
  EXPECT_EQ(page.find("<script>"), std::string::npos);
  EXPECT_EQ(page.find("<i>"), std::string::npos);
  const std::string guarded = add_guard_script("<html><head></head></html>", "\"><script>alert(1)</script>", "t/r");
  EXPECT_EQ(guarded.find("<script>alert"), std::string::npos);
  EXPECT_NE(guarded.find("/-/assets/guard.js"), std::string::npos);
  EXPECT_FALSE(asset("style.css").empty());
  EXPECT_TRUE(asset("../style.css").empty());
}

TEST(ErrorText, KeepsTheMessageAndLosesTheInside) {
  EXPECT_EQ(ray::public_error_text("Job nope does not exist"), "Job nope does not exist\n");
  const std::string traceback = "Traceback (most recent call last):\n  File \"/opt/ray/job_head.py\", line 1\nValueError: no such file /home/ray/x at 10.1.2.3:8265";
  EXPECT_EQ(ray::public_error_text(traceback), "ValueError: no such file <removed> at <removed>\n");
  EXPECT_EQ(ray::public_error_text(""), "The dashboard reported an error.\n");
}

}  // namespace
}  // namespace raykeep::gateway
