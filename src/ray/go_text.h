// SPDX-License-Identifier: Apache-2.0
// Texts as the operator's Go writes them into commands: encoding/json and strconv.
#pragma once

#include <string>
#include <string_view>

#include "document/node.h"

namespace raykeep::ray {

// json.Marshal of a decoded value: keys sorted, numbers as float64 where they have a fraction or an exponent, and <, > and &
// escaped.
std::string go_json(const document::Node& value);
// The shortest text that reads back as the same float64; with an exponent below 1e-6 and from 1e21 on.
std::string go_number(double value);
// strconv.Quote.
std::string go_quote(std::string_view text);

}  // namespace raykeep::ray
