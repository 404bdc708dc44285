// SPDX-License-Identifier: Apache-2.0
// What a certificate says of itself.
#pragma once

#include <string_view>

namespace raykeep::pki {

// Whether the first certificate of a PEM text may issue others (RFC 5280, basicConstraints cA). False for what is no certificate.
bool is_authority(std::string_view pem);

}  // namespace raykeep::pki
