// SPDX-License-Identifier: Apache-2.0
#include "identity/roster.h"

#include <algorithm>

#include "core/crypto.h"
#include "core/encoding.h"

namespace raykeep::identity {
namespace {

constexpr std::size_t kMarkBytes = 9;  // 12 characters: enough to tell the passwords of one user apart

// A fixed purpose, so that it is never the same as another digest of the same bytes. The salt inside the hash keeps the
// mark from being of use to whoever wants to guess the password.
std::string password_mark(const User& user) {
  const Digest digest = sha256("raykeep password mark 1\n" + user.name + "\n" + user.hash);
  return base64url_encode(as_text(digest).substr(0, kMarkBytes));
}

std::string record_of(const Person& person) {
  std::string text = "raykeep user record 1\n" + user_line(*person.user);
  for (const std::string& group : person.groups) text.append("\n").append(group);
  return hex_encode(as_text(sha256(text)));
}

}  // namespace

Roster::Roster(std::shared_ptr<const UserTable> users, Groups groups) : users_(std::move(users)), groups_(std::move(groups)) {
  for (const auto& [group, members] : groups_) {
    for (const std::string& member : members) groups_of_user_[member].push_back(group);
  }
  for (const auto& [name, user] : users_->users()) {
    if (!user.disabled) people_.emplace(name, Person{&user, {}, password_mark(user), {}});
  }
  for (auto& [name, person] : people_) person.groups = groups_of(name);
  for (auto& [name, person] : people_) person.record = record_of(person);
}

const Person* Roster::find(std::string_view name) const {
  const auto found = people_.find(name);
  return found == people_.end() ? nullptr : &found->second;
}

bool Roster::is_disabled(std::string_view name) const {
  const User* user = users_->find(name);
  return user != nullptr && user->disabled;
}

std::vector<std::string> Roster::groups_of(std::string_view name) const {
  std::vector<std::string> out;
  if (const User* user = users_->find(name)) out = user->groups;
  const auto configured = groups_of_user_.find(name);
  if (configured == groups_of_user_.end()) return out;
  for (const std::string& group : configured->second) {
    if (std::find(out.begin(), out.end(), group) == out.end()) out.push_back(group);
  }
  return out;
}

}  // namespace raykeep::identity
