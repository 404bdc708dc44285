// SPDX-License-Identifier: Apache-2.0
// Everybody who may sign in: the users of the file, with the groups that file and configuration give them. Immutable.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "identity/user_file.h"

namespace raykeep::identity {

struct Person {
  const User* user;                 // of the table that the roster holds
  std::vector<std::string> groups;  // of the file first, then of the configuration; each once
  // Changes with the password. Names the password that a session was begun with; says nothing about it.
  std::string password_mark;
  // Changes with anything about this person.
  std::string record;
};

class Roster {
 public:
  using Groups = std::map<std::string, std::vector<std::string>>;  // group -> its users

  Roster() : Roster(std::make_shared<const UserTable>(), {}) {}
  Roster(std::shared_ptr<const UserTable> users, Groups groups);

  // Null for who is unknown, and for who is disabled.
  const Person* find(std::string_view name) const;
  bool is_disabled(std::string_view name) const;
  // Also of names that have no line in the file: programs, which the configuration may put into groups.
  std::vector<std::string> groups_of(std::string_view name) const;
  // A hash to check in place of one that is not there.
  const std::string& decoy() const { return users_->decoy(); }

  const std::shared_ptr<const UserTable>& users() const { return users_; }
  const Groups& groups() const { return groups_; }

 private:
  std::shared_ptr<const UserTable> users_;
  Groups groups_;
  std::map<std::string, std::vector<std::string>, std::less<>> groups_of_user_;
  std::map<std::string, Person, std::less<>> people_;
};

}  // namespace raykeep::identity
