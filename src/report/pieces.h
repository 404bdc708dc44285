// SPDX-License-Identifier: Apache-2.0
// How the formats write many findings. Private to this folder.
#pragma once

#include <functional>
#include <string>

#include "report/formats.h"

namespace raykeep::report {

// Gives the sink what `add` appends for 0 ... count - 1, in this order. `add` is called from several threads at once.
void write_each(std::size_t count, const std::function<void(std::string& out, std::size_t i)>& add, const Sink& sink);

// A finding about a credential must not print the line that holds it.
inline bool hides_source(const Rule& rule) { return rule.id.starts_with("credential-") || rule.id.starts_with("redis-password") || rule.id.starts_with("secret-"); }

}  // namespace raykeep::report
