// SPDX-License-Identifier: Apache-2.0
// The gateway's own pages on one worker: the list of clusters, sign-in, sign-out, and the files they use.
#pragma once

#include <string>
#include <string_view>

#include "gateway/call.h"
#include "gateway/recorder.h"
#include "gateway/sign_in.h"

namespace raykeep::gateway {

class OwnPages {
 public:
  OwnPages(SignIn& sign_in, Recorder& recorder) : sign_in_(sign_in), recorder_(recorder) {}

  // Paths are those after "/-". Sign-in and files are for strangers, too.
  bool is_open_to_strangers(std::string_view rest) const;
  // call.principal is set unless the path is open to strangers.
  http::Awaitable<void> serve(Call& call);
  // Where a stranger is sent who asked for `path`.
  static std::string sign_in_path(std::string_view path);

 private:
  http::Awaitable<void> landing(Call& call);
  http::Awaitable<void> cluster_list(Call& call);
  http::Awaitable<void> show_login(Call& call);
  http::Awaitable<void> log_in(Call& call);
  http::Awaitable<void> log_out(Call& call);
  http::Awaitable<void> file(Call& call, std::string_view name);
  http::Awaitable<std::string> read_form(Call& call);
  void record(Call& call, bool allowed, std::string_view reason, std::string_view user, std::string_view operation);

  SignIn& sign_in_;
  Recorder& recorder_;
};

// The grants of a principal on a cluster.
access::Grants grants_of(const access::Policy& policy, const identity::Principal& principal, const Cluster& cluster);

// A path of this gateway that is safe to go to after signing in, or "/": never another host, scheme or a page that acts.
std::string safe_next(std::string_view next);

}  // namespace raykeep::gateway
