// SPDX-License-Identifier: Apache-2.0
// A certificate for one machine and a few days, for demonstrations and tests.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "core/secret.h"

namespace raykeep::pki {

inline constexpr ErrorCode kCannotIssue{"cannot-issue-certificate", ErrorKind::kEnvironment, ""};

struct IssuedCertificate {
  std::string certificate_pem;
  Secret key_pem;  // ECDSA P-256
};

// `alternative_names` as OpenSSL writes them: "DNS:localhost", "IP:127.0.0.1".
Result<IssuedCertificate> make_self_signed(const std::string& common_name, const std::vector<std::string>& alternative_names, int days);

}  // namespace raykeep::pki
