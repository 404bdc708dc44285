// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdio>
#include <string>

#include "cli/command.h"
#include "cli/commands.h"

namespace raykeep::cli {

int report(const Error& error) {
  std::fprintf(stderr, "raykeep: %s\n", error.text().c_str());
  switch (error.code().kind) {
    case ErrorKind::kInput: return kExitUsage;
    case ErrorKind::kRefused: return kExitFindings;
    case ErrorKind::kEnvironment: return kExitEnvironment;
  }
  return kExitEnvironment;
}

namespace {

int run(int argc, char** argv) {
  CLI::App app{"Raykeep guards Ray clusters: one door with users, roles and a record of what was done."};
  app.name("raykeep");
  app.set_version_flag("--version", std::string("raykeep ") + RAYKEEP_VERSION);
  app.require_subcommand(1);
  Action action;
  for (const Command* command : kCommands) {
    CLI::App* sub = app.add_subcommand(std::string(command->name), std::string(command->summary));
    sub->footer(std::string(command->details));
    command->declare(*sub, action);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  return action ? action() : kExitUsage;
}

}  // namespace
}  // namespace raykeep::cli

int main(int argc, char** argv) { return raykeep::cli::run(argc, argv); }
