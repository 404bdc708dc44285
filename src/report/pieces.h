// SPDX-License-Identifier: Apache-2.0
// How the formats write many findings. Private to this folder.
#pragma once

#include <functional>
#include <string>

#include "report/formats.h"

namespace raykeep::report {

// Gives the sink what `add` appends for 0 ... count - 1, in this order. `add` is called from several threads at once.
void write_each(std::size_t count, const std::function<void(std::string& out, std::size_t i)>& add, const Sink& sink);

// The line of source that a finding shows: none for one about a credential, none of a Secret, and none with a credential in it.
std::optional<std::string_view> shown_line(const Report& report, const Finding& finding);

}  // namespace raykeep::report
