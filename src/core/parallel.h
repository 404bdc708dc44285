// SPDX-License-Identifier: Apache-2.0
// Work on many independent things, on all processors at once.
#pragma once

#include <cstddef>
#include <functional>

namespace raykeep {

// Calls work(0) ... work(count - 1), each once, on this thread and as many others as there are processors, and returns
// when all are done; in what order they run is not said. When calls throw, the rest is not begun and the first exception
// caught comes out of here.
void parallel_for(std::size_t count, const std::function<void(std::size_t)>& work);

}  // namespace raykeep
