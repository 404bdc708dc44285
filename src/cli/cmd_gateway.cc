// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <sys/resource.h>

#include <cstdio>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "gateway/config.h"
#include "gateway/file_watch.h"
#include "gateway/make_plan.h"
#include "gateway/server.h"

namespace raykeep::cli {
namespace {

using gateway::Plan;

struct Options {
  std::string config;
  bool check = false;
  bool schema = false;
  bool keys = false;
};

void print_all(const std::vector<Error>& errors) {
  for (const Error& error : errors) std::fprintf(stderr, "raykeep: %s\n", error.text().c_str());
}

// The signals the main thread waits for. Blocked before any thread starts, so that all inherit that.
sigset_t block_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGHUP, SIGINT, SIGTERM}) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return set;
}

// A connection takes a descriptor or two: what the system lets this process have, it uses.
void allow_all_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

void warn(const Log& log, const Plan& plan) {
  for (const std::string& warning : plan.warnings) log.warning(warning);
}

void reload(gateway::Server& server, const std::string& path, gateway::FileWatch& watch, const Log& log) {
  auto made = gateway::make_plan(path, server.settings());
  if (!made.plan) {
    for (const Error& error : made.errors) log.error("not reloaded, what runs is kept", {{"problem", error.text()}});
    server.note_failed_reload();
    return;
  }
  warn(log, *made.plan);
  watch.watch(made.plan->files);
  server.reload(std::move(*made.plan));
  log.info("reloaded", {{"config", path}});
}

void say_where(const gateway::Server& server, const Plan& plan) {
  const std::vector<std::string> addresses = server.addresses();
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const bool tls = plan.listeners[i].settings->tls != nullptr;
    std::printf("listening on %s://%s\n", tls ? "https" : "http", addresses[i].c_str());
  }
  if (!server.admin_address().empty()) std::printf("admin on http://%s\n", server.admin_address().c_str());
  std::fflush(stdout);
}

int serve(const Options& options) {
  auto made = gateway::make_plan(options.config);
  print_all(made.errors);
  if (!made.plan) return kExitUsage;
  const Log log(made.log_level, made.log_format);
  warn(log, *made.plan);
  allow_all_descriptors();
  const sigset_t signals = block_signals();
  const Plan kept = *made.plan;
  auto server = gateway::Server::open(std::move(*made.plan), log);
  if (!server) return report(server.error());
  gateway::FileWatch watch;
  watch.watch(kept.files);
  (*server)->start();
  say_where(**server, kept);
  for (;;) {
    constexpr timespec kLook{1, 0};
    const int signal = sigtimedwait(&signals, nullptr, &kLook);
    if (signal == SIGINT || signal == SIGTERM) break;
    (*server)->refresh_identity();
    if (signal == SIGHUP || watch.changed()) reload(**server, options.config, watch, log);
  }
  log.info("draining");
  (*server)->drain();
  return kExitOk;
}

int check(const Options& options) {
  const auto made = gateway::make_plan(options.config);
  print_all(made.errors);
  if (!made.plan) return kExitUsage;
  for (const std::string& warning : made.plan->warnings) std::fprintf(stderr, "raykeep: warning: %s\n", warning.c_str());
  std::printf("%s: good\n", options.config.c_str());
  return kExitOk;
}

int run(const Options& options) {
  if (options.schema) {
    std::printf("%s\n", gateway::config_schema_json().c_str());
    return kExitOk;
  }
  if (options.keys) {
    std::printf("%s", gateway::config_markdown().c_str());
    return kExitOk;
  }
  return options.check ? check(options) : serve(options);
}

void declare(CLI::App& app, Action& action) {
  const auto options = std::make_shared<Options>();
  auto* config = app.add_option("--config", options->config, "The configuration file (docs/config.md)");
  app.add_flag("--check-config", options->check, "Read the configuration and everything it names, say what is wrong, and stop");
  auto* schema = app.add_flag("--print-schema", options->schema, "Print the configuration's JSON Schema and stop");
  auto* keys = app.add_flag("--print-keys", options->keys, "Print docs/config.md and stop");
  app.callback([&action, options, config, schema, keys] {
    if (config->count() == 0 && schema->count() == 0 && keys->count() == 0) throw CLI::RequiredError("--config");
    action = [options] { return run(*options); };
  });
}

}  // namespace

constinit const Command kGateway{
    .name = "gateway",
    .summary = "Serve the one door to Ray clusters",
    .details = "Stands in front of the dashboards of Ray clusters: each under /<namespace>/<cluster>/, for known people, for\n"
               "what their roles allow, with a record. SIGHUP or a changed file reloads; SIGTERM drains.\n\n"
               "Example:\n"
               "  raykeep gateway --config gateway.yaml --check-config\n"
               "  raykeep gateway --config gateway.yaml",
    .declare = declare,
};

}  // namespace raykeep::cli
