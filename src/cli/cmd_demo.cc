// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "cli/commands.h"
#include "demo/show.h"

namespace raykeep::cli {
namespace {

constexpr std::chrono::milliseconds kLook{200};

void tell_how_to_use(const demo::Show& show) {
  std::printf("\nOpen %s/ in a browser (the certificate is its own: %s), or use it from here:\n\n", show.url().c_str(), show.certificate().c_str());
  for (const demo::Person& person : show.people()) {
    std::printf("  %-6s %-10s %s\n", person.name.c_str(), person.role.c_str(), std::string(person.password.reveal()).c_str());
  }
  std::printf("\n  curl --cacert %s -u dan %s/demo/ray/api/version\n\nCtrl-C ends it and removes everything.\n", show.certificate().c_str(), show.url().c_str());
  std::fflush(stdout);
}

int run(bool once) {
  demo::catch_interrupts();
  std::error_code unknown;
  const std::string self = std::filesystem::read_symlink("/proc/self/exe", unknown).string();
  auto show = demo::Show::open(self);
  if (!show) return report(show.error());
  const auto scenes = show->play();
  if (!scenes) return report(scenes.error());
  std::printf("\n%s", demo::table_of(*scenes).c_str());
  const bool good = std::all_of(scenes->begin(), scenes->end(), [](const demo::Scene& scene) { return scene.good; });
  if (!once) {
    tell_how_to_use(*show);
    while (!demo::interrupted()) std::this_thread::sleep_for(kLook);
  }
  return good ? kExitOk : kExitFindings;
}

void declare(CLI::App& app, Action& action) {
  const auto once = std::make_shared<bool>(false);
  app.add_flag("--once", *once, "End after the table instead of staying up");
  app.callback([&action, once] { action = [once] { return run(*once); }; });
}

}  // namespace

constinit const Command kDemo{
    .name = "demo",
    .summary = "Show it on this machine, with a real Ray",
    .details = "Starts a Ray head on loopback, the gateway in front of it with a certificate of its own, and four people of three roles;\n"
               "tries what each may and may not, with curl and Ray's own command line; says what it saw. Ends only what it started.\n\n"
               "Example:\n"
               "  raykeep demo --once\n"
               "  raykeep demo",
    .declare = declare,
};

}  // namespace raykeep::cli
