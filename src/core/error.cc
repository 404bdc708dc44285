// SPDX-License-Identifier: Apache-2.0
#include "core/error.h"

#include <fmt/format.h>

namespace raykeep {

std::string Error::text() const {
  std::string out;
  if (at_) {
    out = at_->file;
    if (at_->line != 0) out += fmt::format(":{}", at_->line);
    if (at_->line != 0 && at_->column != 0) out += fmt::format(":{}", at_->column);
    out += ": ";
  }
  out += fmt::format("{} [{}]", message_, code_->id);
  if (!code_->remedy.empty()) out += fmt::format("\n  {}", code_->remedy);
  return out;
}

}  // namespace raykeep
