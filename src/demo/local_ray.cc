// SPDX-License-Identifier: Apache-2.0
#include "demo/local_ray.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <thread>

#include "core/crypto.h"
#include "core/encoding.h"
#include "core/file.h"
#include "core/file_descriptor.h"

namespace raykeep::demo {
namespace {

constexpr std::chrono::seconds kStartTime{90};
constexpr std::chrono::milliseconds kLook{200};

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::string cache_directory() {
  if (const std::string own = environment("RAYKEEP_CACHE"); !own.empty()) return own;
  if (const std::string xdg = environment("XDG_CACHE_HOME"); !xdg.empty()) return xdg + "/raykeep";
  return environment("HOME") + "/.cache/raykeep";
}

// Distinct free loopback ports. Ray refuses 10002 to 19999, which it keeps for workers; the kernel gives higher ones.
std::vector<std::string> free_ports(std::size_t count) {
  std::vector<FileDescriptor> held;
  std::vector<std::string> out;
  while (out.size() < count) {
    held.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(held.back().get(), reinterpret_cast<sockaddr*>(&address), size) != 0) return {};
    ::getsockname(held.back().get(), reinterpret_cast<sockaddr*>(&address), &size);
    out.push_back(std::to_string(ntohs(address.sin_port)));
  }
  return out;
}

bool answers(const std::string& url) {
  const auto asked = run({"curl", "-sf", "-m", "2", "-o", "/dev/null", url}, {}, std::chrono::seconds(5));
  return asked && asked->status == 0;
}

}  // namespace

Result<std::string> find_ray() {
  std::vector<std::string> candidates;
  if (const std::string named = environment("RAYKEEP_RAY"); !named.empty()) candidates = {named};
  if (candidates.empty()) {
    std::string path = environment("PATH");
    while (!path.empty()) {
      const std::size_t colon = path.find(':');
      candidates.push_back(path.substr(0, colon) + "/ray");
      path = colon == std::string::npos ? std::string() : path.substr(colon + 1);
    }
    candidates.push_back(cache_directory() + "/venv/bin/ray");
  }
  for (const std::string& candidate : candidates) {
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return fail(kNoRay, "there is no ray program on this machine");
}

Result<LocalRay> LocalRay::start(const std::string& ray, const std::string& directory) {
  const auto ports = free_ports(9);
  if (ports.empty()) return fail(kRayDidNotStart, "there are no free ports on 127.0.0.1");
  LocalRay out;
  out.token_ = Secret(hex_encode(random_bytes(16)));
  out.dashboard_ = "http://127.0.0.1:" + ports[1];
  // Without the first variable Ray swaps 127.0.0.1 for an address of the host and listens on all interfaces
  // (ray/_private/services.py). A home of its own keeps a token file of the user's from being taken up.
  const Environment surroundings{{"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0"}, {"RAY_AUTH_MODE", "token"},
                                 {"RAY_AUTH_TOKEN", std::string(out.token_.reveal())}, {"HOME", directory},
                                 {"AUTOSCALER_METRIC_PORT", ports[7]}, {"DASHBOARD_METRIC_PORT", ports[8]}, {"NO_COLOR", "1"},
                                 // Jobs run "python": that of Ray's own environment.
                                 {"PATH", std::filesystem::path(ray).parent_path().string() + ":" + environment("PATH")}};
  const std::vector<std::string> command{ray, "start", "--head", "--block", "--node-ip-address=127.0.0.1", "--port=" + ports[0],
                                         "--dashboard-host=127.0.0.1", "--dashboard-port=" + ports[1], "--ray-client-server-port=" + ports[2],
                                         "--dashboard-agent-listen-port=" + ports[3], "--metrics-export-port=" + ports[4],
                                         "--dashboard-agent-grpc-port=" + ports[5], "--runtime-env-agent-port=" + ports[6], "--num-cpus=1",
                                         "--object-store-memory=80000000", "--include-log-monitor=false", "--disable-usage-stats",
                                         "--temp-dir=" + directory + "/t"};
  const std::string log = directory + "/ray.log";
  RK_TRY(out.head_, Background::start(command, surroundings, log));
  const auto until = std::chrono::steady_clock::now() + kStartTime;
  while (!(answers(out.dashboard_ + "/api/gcs_healthz") && answers("http://127.0.0.1:" + ports[3] + "/api/healthz"))) {
    if (interrupted()) return fail(kInterrupted, "interrupted");
    if (!out.head_.running() || std::chrono::steady_clock::now() > until) {
      const auto said = read_file(log, 1U << 20);
      return fail(kRayDidNotStart, "Ray did not come up; it said:\n" + (said ? said->substr(said->size() > 2000 ? said->size() - 2000 : 0) : std::string()));
    }
    std::this_thread::sleep_for(kLook);
  }
  return out;
}

}  // namespace raykeep::demo
