// SPDX-License-Identifier: Apache-2.0
// Packages of code in the cluster's key-value store. Ray names a directory's package after a hash of 64 bits that
// anybody can hit on purpose (the exclusive-or of truncated SHA-1s), lets anybody store anything under any name, and
// clients skip the upload of a name that exists. So whoever stores a name first, or replaces it, runs code as everybody
// who uses it. A gateway therefore gives every submitter names of their own: what a client calls _ray_pkg_<hash>.zip is
// stored, asked for and run as _ray_pkg_<SHA-256 of submitter and name, 40 digits>.zip.
// docs/decisions/package-names.md.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/crypto.h"

namespace raykeep::ray {

// DASHBOARD_CLIENT_MAX_SIZE of ray/dashboard/consts: one byte more is answered with 413.
inline constexpr std::size_t kLargestPackage = 104857600;

// The name under which `submitter`'s package `name` (is_package_name) is kept. Names differ for different submitters,
// and nobody can make a name that is another's.
std::string owned_package_name(std::string_view submitter, std::string_view name);

// "gcs://<name>" with a package name; the name, or nothing.
std::optional<std::string_view> package_of_uri(std::string_view uri);

// Compares a package that passes by with its name, where Ray's naming allows it: names of 40 digits are the SHA-1 of
// the file (packaging.py, get_uri_for_package). Names of 16 digits come from the files inside and prove nothing: for
// any content and any name, files can be added that make them fit. So this finds damaged uploads; owned_package_name is
// what protects.
class PackageCheck {
 public:
  explicit PackageCheck(std::string_view name);
  void update(std::string_view bytes);
  // Once, after the last byte. True when the content is what the name says, or the name says nothing.
  bool matches();

 private:
  std::string digits_;
  Sha1Stream hash_;
};

}  // namespace raykeep::ray
