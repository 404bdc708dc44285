// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/password_input.h"
#include "core/encoding.h"
#include "core/file.h"
#include "identity/password_policy.h"
#include "identity/user_file_editor.h"

namespace raykeep::cli {
namespace {

using identity::User;
using identity::UserFileEditor;

constexpr ErrorCode kPasswordRefused{"password-refused", ErrorKind::kRefused, "Choose another, or let --generate make one."};
constexpr ErrorCode kPasswordWrong{"password-wrong", ErrorKind::kRefused, ""};

struct Options {
  std::string file;
  std::string user;
  std::vector<std::string> groups;
  std::string hash = "yescrypt";
  unsigned cost = 0;
  bool from_stdin = false;
  bool generate = false;
  bool no_password = false;
  bool enable = false;
  bool disable = false;
  std::string common_file;
  identity::PasswordPolicy policy;
};

Result<identity::PasswordPolicy> policy_of(const Options& options) {
  identity::PasswordPolicy out = options.policy;
  out.common = identity::well_known_passwords();
  if (options.common_file.empty()) return out;
  RK_TRY(const std::string text, read_file(options.common_file, 64U << 20));
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string word = text.substr(begin, end - begin);
    for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    if (!word.empty()) out.common.push_back(std::move(word));
    begin = end + 1;
  }
  return out;
}

Result<Secret> new_password(const Options& options) {
  if (options.generate) return Secret(identity::generate_password());
  return options.from_stdin ? read_password_line() : ask_new_password();
}

// Only once it is in the file.
void show_generated(const Options& options, const Secret& password) {
  if (options.generate) std::printf("%s\n", std::string(password.reveal()).c_str());
}

Result<void> check(const Secret& password, const Options& options, const User* existing) {
  RK_TRY(const identity::PasswordPolicy policy, policy_of(options));
  const auto violations = identity::check_password_policy(password.reveal(), options.user, policy);
  if (!violations.empty()) {
    std::string text = "this password is not strong enough:";
    for (const auto& violation : violations) text += fmt::format("\n  - {} [{}]", violation.sentence, violation.id);
    return fail(kPasswordRefused, std::move(text));
  }
  if (existing != nullptr && identity::was_used_before(password.reveal(), *existing, policy)) {
    return fail(kPasswordRefused, fmt::format("it was used before; the last {} may not come back", policy.history));
  }
  return {};
}

Result<std::string> hash(const Secret& password, const Options& options) {
  const auto kind = identity::hash_kind_named(options.hash);
  return identity::hash_password(password.reveal(), {*kind, options.cost});
}

// The lines as they stand now, without a lock: for looking only.
Result<std::vector<User>> read_users(const Options& options) {
  RK_TRY(const std::string text, read_file(options.file, identity::kLargestUserFile));
  return identity::read_user_lines(text, options.file);
}

Result<User> find_user(const Options& options) {
  RK_TRY(const auto users, read_users(options));
  for (const User& user : users) {
    if (user.name == options.user) return user;
  }
  return fail(identity::kNoSuchUser, fmt::format("there is no user {}", json_quote(options.user)), {options.file, 0, 0});
}

Result<void> add(const Options& options) {
  User user;
  user.name = options.user;
  user.groups = options.groups;
  user.hash = identity::kNoPassword;
  if (!identity::is_user_name(user.name)) return fail(identity::kUserFileLine, "a user name is 1 to 128 letters, digits and ._@+-");
  if (std::filesystem::exists(options.file)) {
    if (const auto there = find_user(options)) return fail(identity::kUserExists, fmt::format("user {} is there already", user.name), {options.file, there->line, 1});
  }
  // Nothing is locked while a person types; the edit itself looks again.
  Secret password;
  if (!options.no_password) {
    RK_TRY(password, new_password(options));
    RK_TRY_VOID(check(password, options, nullptr));
    RK_TRY(user.hash, hash(password, options));
    user.changed = std::chrono::system_clock::now();
  }
  RK_TRY(UserFileEditor editor, UserFileEditor::open(options.file, UserFileEditor::Missing::kCreate));
  RK_TRY_VOID(editor.add(user));
  show_generated(options, password);
  return {};
}

Result<void> set(const Options& options) {
  RK_TRY(User user, find_user(options));
  const std::string seen = identity::user_line(user);
  const bool state_alone = (options.enable || options.disable || !options.groups.empty()) && !options.from_stdin && !options.generate;
  Secret password;
  if (options.no_password) {
    user.hash = identity::kNoPassword;
    user.changed.reset();
  } else if (!state_alone) {
    RK_TRY(password, new_password(options));
    RK_TRY_VOID(check(password, options, &user));
    // One that cannot be checked is of no use there.
    if (identity::hash_problem(user.hash).empty()) user.history.insert(user.history.begin(), user.hash);
    RK_TRY(user.hash, hash(password, options));
    user.changed = std::chrono::system_clock::now();
  }
  if (user.history.size() > options.policy.history) user.history.resize(options.policy.history);
  if (!options.groups.empty()) user.groups = options.groups;
  user.disabled = options.disable || (user.disabled && !options.enable);
  RK_TRY(UserFileEditor editor, UserFileEditor::open(options.file, UserFileEditor::Missing::kError));
  const User* current = editor.find(user.name);
  if (current != nullptr && identity::user_line(*current) != seen) return fail(identity::kUserFileBusy, "this user was changed meanwhile", {options.file, current->line, 1});
  RK_TRY_VOID(editor.replace(user));
  show_generated(options, password);
  return {};
}

Result<void> remove(const Options& options) {
  RK_TRY(UserFileEditor editor, UserFileEditor::open(options.file, UserFileEditor::Missing::kError));
  RK_TRY_VOID(editor.remove(options.user));
  // A name without a line may still have tokens, as programs do.
  std::fprintf(stderr, "API tokens of %s stay good; revoke them with 'raykeep token revoke --user %s'.\n", options.user.c_str(), options.user.c_str());
  return {};
}

// Is this their password, and what does the policy say of it?
Result<void> check_password(const Options& options) {
  RK_TRY(const User user, find_user(options));
  RK_TRY(const Secret password, options.from_stdin ? read_password_line() : ask_password());
  RK_TRY(const identity::PasswordPolicy policy, policy_of(options));
  for (const auto& violation : identity::check_password_policy(password.reveal(), options.user, policy)) {
    std::printf("policy: %s [%s]\n", violation.sentence.c_str(), std::string(violation.id).c_str());
  }
  if (!identity::verify_password(password.reveal(), user.hash)) return fail(kPasswordWrong, fmt::format("this is not the password of {}", user.name));
  std::printf("this is the password of %s\n", user.name.c_str());
  return {};
}

Result<void> list(const Options& options) {
  RK_TRY(const auto users, read_users(options));
  std::printf("%-24s %-14s %-12s %s\n", "USER", "HASH", "CHANGED", "GROUPS");
  for (const User& user : users) {
    std::string groups;
    for (const std::string& group : user.groups) groups += (groups.empty() ? "" : ",") + group;
    const std::string changed = user.changed ? format_time(*user.changed).substr(0, 10) : "unknown";
    const std::string kind(user.has_password() ? identity::name_of(identity::kind_of_hash(user.hash)) : "none");
    std::printf("%-24s %-14s %-12s %s%s\n", user.name.c_str(), kind.c_str(), changed.c_str(), groups.c_str(), user.disabled ? " (disabled)" : "");
  }
  return {};
}

using Step = Result<void> (*)(const Options&);

int run(Step step, const Options& options) {
  const auto done = step(options);
  return done ? kExitOk : report(done.error());
}

void add_password_options(CLI::App& app, Options& options) {
  app.add_flag("--stdin", options.from_stdin, "Read the password from the first line of standard input");
  app.add_option("--min-length", options.policy.least_length, "At least this many characters")->check(CLI::Range(8, 256))->capture_default_str();
  app.add_option("--max-length", options.policy.most_length, "At most this many characters")->check(CLI::Range(8, 256))->capture_default_str();
  app.add_option("--history", options.policy.history, "Earlier passwords that may not come back")->check(CLI::Range(0, 24))->capture_default_str();
  app.add_option("--common-passwords", options.common_file, "File of further passwords to refuse, one a line");
}

void add_hash_options(CLI::App& app, Options& options) {
  app.add_flag("--generate", options.generate, "Make a password and print it, once");
  app.add_flag("--no-password", options.no_password, "For programs, which sign in by token alone")->excludes("--generate")->excludes("--stdin");
  app.add_option("--group", options.groups, "Put the user into this group (repeat for more)");
  app.add_option("--hash", options.hash, "yescrypt, bcrypt or sha512-crypt")->check(CLI::IsMember({"yescrypt", "bcrypt", "sha512-crypt"}))->capture_default_str();
  app.add_option("--cost", options.cost, "Of the hash; 0 takes a good one")->capture_default_str();
}

void declare(CLI::App& app, Action& action) {
  app.require_subcommand(1);
  const auto options = std::make_shared<Options>();
  const auto sub = [&](const char* name, const char* summary, Step step, bool takes_user) {
    CLI::App* out = app.add_subcommand(name, summary);
    out->add_option("USERS_FILE", options->file, "The users file (htpasswd form)")->required();
    if (takes_user) out->add_option("USER", options->user, "The user's name")->required();
    out->callback([&action, options, step] { action = [options, step] { return run(step, *options); }; });
    return out;
  };
  CLI::App* adding = sub("add", "Add a user, making the file if there is none", add, true);
  CLI::App* setting = sub("set", "Set a user's password anew; or groups or state alone", set, true);
  for (CLI::App* one : {adding, setting}) {
    add_password_options(*one, *options);
    add_hash_options(*one, *options);
  }
  auto* enable = setting->add_flag("--enable", options->enable, "Let the user sign in again");
  setting->add_flag("--disable", options->disable, "Let the user in no more, by password, session or token")->excludes(enable);
  sub("remove", "Remove a user", remove, true);
  add_password_options(*sub("check", "Say whether a password is the user's, and what the policy says of it", check_password, true), *options);
  sub("list", "Show who is in the file; no hashes", list, false);
}

}  // namespace

constinit const Command kPasswd{
    .name = "passwd",
    .summary = "Keep the file of users and passwords",
    .details = "Passwords follow the policy of the ACK guide: 8 to 30 characters, three of upper case, lower case, digits and special\n"
               "characters; no user name inside, none that is guessed first, none of the last five. A running gateway takes a changed\n"
               "file over within a second.\n\n"
               "Example:\n"
               "  raykeep passwd add users alice --group ml\n"
               "  raykeep passwd add users bob --generate\n"
               "  raykeep passwd add users ci --no-password\n"
               "  raykeep passwd set users alice --disable\n"
               "  raykeep passwd list users",
    .declare = declare,
};

}  // namespace raykeep::cli
