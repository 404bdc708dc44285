// SPDX-License-Identifier: Apache-2.0
#include "demo/show.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <utility>

#include "core/encoding.h"
#include "core/file.h"
#include "identity/password_policy.h"
#include "pki/self_signed.h"

namespace raykeep::demo {
namespace {

constexpr std::string_view kPrefix = "/demo/ray";
constexpr std::chrono::seconds kJobTime{120};
constexpr std::chrono::seconds kGatewayTime{20};

void tell(const Scene& scene) { std::fprintf(stderr, "  %s %s\n", scene.good ? "ok  " : "FAIL", scene.what.c_str()); }

std::string first_line_with(const std::string& text, std::string_view part) {
  const std::size_t found = text.find(part);
  if (found == std::string::npos) return {};
  const std::size_t begin = text.rfind('\n', found) + 1;
  return text.substr(begin, text.find('\n', found) - begin);
}

std::string last_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace

Result<Show> Show::open(const std::string& raykeep) {
  Show show;
  show.raykeep_ = raykeep;
  RK_TRY(show.ray_, find_ray());
  std::string directory = (std::filesystem::temp_directory_path() / "rkdemo-XXXXXX").string();
  if (::mkdtemp(directory.data()) == nullptr) return fail(kCannotRun, "cannot make a directory below " + std::filesystem::temp_directory_path().string());
  show.directory_ = directory;
  std::fprintf(stderr, "  starting Ray (%s)\n", show.ray_.c_str());
  RK_TRY(show.cluster_, LocalRay::start(show.ray_, directory));
  RK_TRY_VOID(show.make_people());
  RK_TRY_VOID(show.write_files());
  std::fprintf(stderr, "  starting the gateway\n");
  RK_TRY_VOID(show.start_gateway());
  return show;
}

Show::~Show() {
  gateway_.stop();
  cluster_ = LocalRay();
  std::error_code ignored;
  if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
}

Result<void> Show::make_people() {
  std::string users;
  for (const auto& [name, role] : {std::pair{"vera", "viewer"}, std::pair{"dan", "developer"}, std::pair{"dora", "developer"}, std::pair{"ada", "admin"}}) {
    Person person{name, role, Secret(identity::generate_password())};
    RK_TRY(const std::string hash, identity::hash_password(person.password.reveal(), {}));
    users += person.name + ":" + hash + "\n";
    people_.push_back(std::move(person));
  }
  return write_file(directory_ + "/users", users);
}

Result<void> Show::write_files() {
  RK_TRY(const auto issued, pki::make_self_signed("localhost", {"DNS:localhost", "IP:127.0.0.1"}, 7));
  RK_TRY_VOID(write_file(directory_ + "/cert.pem", issued.certificate_pem));
  RK_TRY_VOID(write_file(directory_ + "/key.pem", issued.key_pem.reveal()));
  RK_TRY_VOID(write_file(directory_ + "/ray-token", cluster_.token().reveal()));
  std::filesystem::create_directory(directory_ + "/job");
  RK_TRY_VOID(write_file(directory_ + "/job/main.py", "import ray\nray.init()\n\n@ray.remote\ndef square(x):\n    return x * x\n\n"
                                                      "print('squares:', ray.get([square.remote(i) for i in range(4)]), flush=True)\n"));
  return write_file(directory_ + "/gateway.yaml", fmt::format(
      "listeners:\n  - address: 127.0.0.1:0\n    tls: {{certificate: cert.pem, key: key.pem}}\n"
      "public_hosts: [localhost, 127.0.0.1]\n"
      "clusters:\n  - {{namespace: demo, name: ray, dashboard: \"{}\", token_file: ray-token}}\n"
      "users: {{file: users}}\nstate: {{database: state.db}}\naudit: {{directory: audit}}\n"
      "bindings:\n  - {{name: viewers, role: viewer, users: [vera], clusters: [\"demo/*\"]}}\n"
      "  - {{name: developers, role: developer, users: [dan, dora], clusters: [\"demo/*\"]}}\n"
      "  - {{name: admins, role: admin, users: [ada], clusters: [\"*/*\"]}}\n",
      cluster_.dashboard()));
}

Result<void> Show::start_gateway() {
  const std::string log = directory_ + "/gateway.log";
  RK_TRY(gateway_, Background::start({raykeep_, "gateway", "--config", directory_ + "/gateway.yaml"}, {}, log));
  const auto until = std::chrono::steady_clock::now() + kGatewayTime;
  while (url_.empty()) {
    const auto said = read_file(log, 1U << 20);
    const std::string line = said ? first_line_with(*said, "listening on https://") : std::string();
    if (!line.empty()) url_ = line.substr(line.find("https://"));
    if (interrupted()) return fail(kInterrupted, "interrupted");
    if (!gateway_.running() || std::chrono::steady_clock::now() > until) {
      return fail(kCannotRun, "the gateway did not come up; it said:\n" + (said ? *said : std::string()));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return {};
}

const Person& Show::person(const std::string& name) const {
  return *std::find_if(people_.begin(), people_.end(), [&](const Person& p) { return p.name == name; });
}

// One request with curl: the status must be the expected one. The password travels in a configuration on standard input's
// stead, a file of this directory, so that no list of processes shows it.
Result<Scene> Show::ask(const std::string& what, const std::string& who, const std::vector<std::string>& curl, const std::string& status) {
  std::vector<std::string> command{"curl", "-s", "-m", "30", "--cacert", certificate(), "-w", "\n%{http_code}"};
  if (!who.empty()) {
    const std::string secret = directory_ + "/curl-" + who;
    RK_TRY_VOID(write_file(secret, fmt::format("user = \"{}:{}\"\n", who, person(who).password.reveal())));
    command.insert(command.end(), {"--config", secret});
  }
  command.insert(command.end(), curl.begin(), curl.end());
  command.back() = url_ + command.back();
  RK_TRY(const Finished done, run(command, {}, std::chrono::seconds(40)));
  const std::string got = last_line(done.output);
  const std::string body = done.output.substr(0, done.output.find('\n'));
  const std::string shown = body.starts_with("{") || body.starts_with("[") ? std::string("JSON") : body.substr(0, 60);
  return Scene{what, "HTTP " + status, fmt::format("HTTP {}{}{}", got, shown.empty() ? "" : ": ", shown), got == status};
}

Environment Show::ray_environment(const std::string& who) const {
  const std::string basic = base64_encode(fmt::format("{}:{}", who, person(who).password.reveal()));
  return {{"RAY_ADDRESS", url_ + std::string(kPrefix)}, {"RAY_JOB_HEADERS", fmt::format(R"({{"Authorization": "Basic {}"}})", basic)},
          {"NO_COLOR", "1"}, {"HOME", directory_}, {"RAY_AUTH_MODE", "disabled"}};
}

Result<Scene> Show::submit_job() {
  RK_TRY(const Finished done, run({ray_, "job", "submit", "--verify", certificate(), "--working-dir", directory_ + "/job", "--", "python", "main.py"},
                                  ray_environment("dan"), kJobTime));
  const std::string line = first_line_with(done.output, "squares:");
  const bool good = done.status == 0 && line.find("[0, 1, 4, 9]") != std::string::npos;
  return Scene{"dan (developer): ray job submit, code uploaded, log followed", "the job's output", good ? line : last_line(done.output), good};
}

Result<Scene> Show::start_long_job() {
  long_job_ = "dans-long-job";
  RK_TRY(const Finished done, run({ray_, "job", "submit", "--verify", certificate(), "--no-wait", "--submission-id", long_job_, "--", "sleep", "300"},
                                  ray_environment("dan"), kJobTime));
  return Scene{"dan: submits a job that runs for minutes", "submitted", done.status == 0 ? "submitted" : last_line(done.output), done.status == 0};
}

Result<Scene> Show::ray_stop(const std::string& what, const std::string& who, bool may) {
  RK_TRY(const Finished done, run({ray_, "job", "stop", "--verify", certificate(), long_job_}, ray_environment(who), kJobTime));
  const std::string refusal = first_line_with(done.output, "403");
  const bool stopped = done.output.find("was stopped") != std::string::npos;
  const bool good = may ? done.status == 0 && stopped : done.status != 0 && done.output.find("Authentication failed") != std::string::npos;
  const std::string saw = stopped ? "stopped" : !refusal.empty() ? refusal : first_line_with(done.output, "Authentication failed");
  return Scene{what, may ? "stopped" : "refused", saw.empty() ? last_line(done.output) : saw.substr(0, 90), good};
}

Result<Scene> Show::verify_audit() {
  RK_TRY(const Finished done, run({raykeep_, "audit", "verify", directory_ + "/audit"}, {}, std::chrono::seconds(30)));
  return Scene{"raykeep audit verify", "intact", done.output.substr(0, done.output.find('\n')), done.status == 0};
}

Result<std::vector<Scene>> Show::play() {
  const std::string api = std::string(kPrefix) + "/api";
  const std::string job = R"({"entrypoint": "id"})";
  const std::vector<std::string> post{"-H", "Content-Type: application/json", "-d", job, api + "/jobs/"};
  std::vector<Scene> out;
  const auto add = [&](Result<Scene> scene) -> Result<void> {
    RK_TRY(Scene seen, std::move(scene));
    tell(seen);
    out.push_back(std::move(seen));
    return {};
  };
  RK_TRY_VOID(add(ask("a stranger looks", "", {api + "/version"}, "401")));
  RK_TRY_VOID(add(ask("a stranger submits code", "", post, "401")));
  RK_TRY_VOID(add(ask("vera (viewer) lists the jobs", "vera", {api + "/jobs/"}, "200")));
  RK_TRY_VOID(add(ask("vera submits code", "vera", post, "403")));
  RK_TRY_VOID(add(submit_job()));
  RK_TRY_VOID(add(start_long_job()));
  RK_TRY_VOID(add(ray_stop("dora (developer) stops dan's job", "dora", false)));
  RK_TRY_VOID(add(ask("dora submits a job named x/../dans-long-job", "dora",
                      {"-H", "Content-Type: application/json", "-d", R"({"entrypoint":"id","submission_id":"x/../dans-long-job"})", api + "/jobs/"}, "400")));
  RK_TRY_VOID(add(ask("a page of another site submits with dan's password", "dan",
                      {"-H", "Origin: https://evil.example", "-H", "Content-Type: application/json", "-d", job, api + "/jobs/"}, "403")));
  RK_TRY_VOID(add(ray_stop("ada (admin) stops dan's job", "ada", true)));
  RK_TRY_VOID(add(verify_audit()));
  return out;
}

std::string table_of(const std::vector<Scene>& scenes) {
  std::size_t what = 0;
  std::size_t expected = 0;
  for (const Scene& scene : scenes) {
    what = std::max(what, scene.what.size());
    expected = std::max(expected, scene.expected.size());
  }
  std::string out = fmt::format("{:<{}}  {:<{}}  {}\n", "WHAT WAS TRIED", what + 4, "EXPECTED", expected, "SEEN");
  for (const Scene& scene : scenes) {
    out += fmt::format("{} {:<{}}  {:<{}}  {}\n", scene.good ? "ok " : "BAD", scene.what, what, scene.expected, expected, scene.saw);
  }
  return out;
}

}  // namespace raykeep::demo
