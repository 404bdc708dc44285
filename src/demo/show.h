// SPDX-License-Identifier: Apache-2.0
// The demonstration: a real Ray, the gateway in front of it, people of each role, and what each of them gets.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "core/secret.h"
#include "demo/local_ray.h"
#include "demo/process.h"

namespace raykeep::demo {

struct Person {
  std::string name;
  std::string role;
  Secret password;
};

// One thing that was tried.
struct Scene {
  std::string what;
  std::string expected;
  std::string saw;
  bool good = false;
};

class Show {
 public:
  // Starts everything in a temporary directory of its own.
  static Result<Show> open(const std::string& raykeep);
  Show(Show&&) = default;
  Show& operator=(Show&&) = default;
  // Ends what was started and removes the directory.
  ~Show();

  // Plays all scenes, telling each as it is seen.
  Result<std::vector<Scene>> play();
  const std::string& url() const { return url_; }
  const std::vector<Person>& people() const { return people_; }
  std::string certificate() const { return directory_ + "/cert.pem"; }

 private:
  Show() = default;
  Result<void> make_people();
  Result<void> write_files();
  Result<void> start_gateway();

  Result<Scene> ask(const std::string& what, const std::string& who, const std::vector<std::string>& curl, const std::string& status);
  Result<Scene> submit_job();
  Result<Scene> start_long_job();
  Result<Scene> ray_stop(const std::string& what, const std::string& who, bool may);
  Result<Scene> verify_audit();
  Environment ray_environment(const std::string& who) const;
  const Person& person(const std::string& name) const;

  std::string raykeep_;
  std::string ray_;
  std::string directory_;
  std::vector<Person> people_;
  LocalRay cluster_;
  Background gateway_;
  std::string url_;
  std::string long_job_;
};

// The scenes as a table for a terminal.
std::string table_of(const std::vector<Scene>& scenes);

}  // namespace raykeep::demo
