// SPDX-License-Identifier: Apache-2.0
#include "report/pieces.h"

#include <algorithm>
#include <vector>

#include "core/parallel.h"

namespace raykeep::report {
namespace {

constexpr std::size_t kPiece = 512;   // findings that are worth a thread's while
constexpr std::size_t kPieces = 16;   // in memory at a time

}  // namespace

void write_each(std::size_t count, const std::function<void(std::string& out, std::size_t i)>& add, const Sink& sink) {
  std::vector<std::string> pieces(kPieces);
  for (std::size_t first = 0; first < count; first += kPiece * kPieces) {
    const std::size_t used = std::min(kPieces, (count - first + kPiece - 1) / kPiece);
    parallel_for(used, [&](std::size_t piece) {
      const std::size_t begin = first + piece * kPiece;
      for (std::size_t i = begin; i < std::min(begin + kPiece, count); ++i) add(pieces[piece], i);
    });
    for (std::size_t piece = 0; piece < used; ++piece) {
      sink(pieces[piece]);
      pieces[piece].clear();
    }
  }
}

}  // namespace raykeep::report
