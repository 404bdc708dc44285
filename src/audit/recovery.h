// SPDX-License-Identifier: Apache-2.0
// Finds where the chain of a directory ends, and puts aside what a crash left half-written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "audit/event.h"
#include "core/result.h"
#include "core/secret.h"

namespace raykeep::audit {

struct ChainEnd {
  std::uint64_t next_seq = 1;
  std::string head;                // `prev` of the next line
  std::string segment;             // path to go on with; empty: begin a new segment
  std::optional<Event> recovered;  // to be recorded when something was found amiss
};

// Bytes after the last whole line move to "<segment>.torn-<offset>" beside the segment. A line that was changed is not
// repaired: the segment stays as it is, and the chain goes on in a new one, with a record of what was found.
Result<ChainEnd> find_chain_end(const std::string& directory, const Secret& hmac_key, Time now);

}  // namespace raykeep::audit
