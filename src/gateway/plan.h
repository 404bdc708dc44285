// SPDX-License-Identifier: Apache-2.0
// A configuration with everything it names read and checked: certificates, users, tokens, roles. Making a plan is what a
// reload can fail at; taking it over cannot.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "audit/journal.h"
#include "core/result.h"
#include "gateway/settings.h"
#include "http/listener.h"
#include "identity/authenticator.h"

namespace raykeep::gateway {

struct ListenerPlan {
  std::string host;
  std::uint16_t port = 0;
  std::shared_ptr<const http::ListenerSettings> settings;
  std::string name() const;
};

struct Plan {
  std::vector<ListenerPlan> listeners;
  std::optional<ListenerPlan> admin;
  std::shared_ptr<const Settings> settings;
  identity::AuthenticatorSettings identity;
  std::shared_ptr<const identity::UserTable> users;
  std::map<std::string, std::vector<std::string>> groups;  // group -> users
  std::string state_database;
  audit::JournalOptions audit;
  std::chrono::milliseconds summary_interval{60000};
  std::size_t workers = 1;
  std::size_t hash_threads = 1;
  std::size_t hash_queue = 64;
  std::chrono::milliseconds drain_timeout{30000};
  // Every file that was read, for noticing changes.
  std::vector<std::string> files;
  // Said once at start and after each reload.
  std::vector<std::string> warnings;
};

}  // namespace raykeep::gateway
