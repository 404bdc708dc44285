// SPDX-License-Identifier: Apache-2.0
#include "audit/recovery.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <unistd.h>

#include "audit/chain.h"
#include "audit/journal.h"
#include "audit/segment.h"
#include "core/crypto.h"
#include "core/encoding.h"
#include "core/file.h"

namespace raykeep::audit {
namespace {

constexpr std::size_t kLargestTornTail = 256U << 20;

// What one segment holds. A line is whole when it ends and has the form of a line, and genuine when its hash fits.
struct Survey {
  std::uint64_t whole_lines = 0;
  std::uint64_t genuine_lines = 0;
  std::uint64_t last_seq = 0;  // of the last whole line
  std::string last_hash;
  std::size_t first_bad_line = 0;  // 0: every line is genuine
  std::uint64_t good_bytes = 0;    // what stands before it
  bool whole_from_bad_on = false;  // then it is no torn tail but a change, or another key
};

Result<Survey> survey(const std::string& path, const Secret& key) {
  Survey out;
  RK_TRY_VOID(for_each_line(path, [&](const LineAt& line) {
    const auto frame = line.ended ? parse_frame(line.text) : std::nullopt;
    const bool genuine = frame && is_genuine(*frame, key);
    if (out.first_bad_line == 0 && !genuine) out.first_bad_line = line.number;
    if (out.first_bad_line == 0) out.good_bytes = line.offset + line.text.size() + 1;
    out.genuine_lines += genuine ? 1 : 0;
    if (!frame) return true;
    ++out.whole_lines;
    out.whole_from_bad_on |= out.first_bad_line != 0;
    out.last_seq = frame->seq;
    out.last_hash = std::string(frame->hash);
    return true;
  }));
  return out;
}

tl::unexpected<Error> unusable(const std::string& path, std::string_view what) {
  return fail(kJournalUnusable, fmt::format("cannot {}: {}", what, std::strerror(errno)), {path, 0, 0});
}

Result<std::string> read_from(const std::string& path, std::uint64_t offset) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid() || ::lseek(fd.get(), static_cast<off_t>(offset), SEEK_SET) < 0) return unusable(path, "read it");
  std::string out;
  std::string buffer(1U << 16, '\0');
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return unusable(path, "read it");
    if (n == 0) return out;
    out.append(buffer, 0, static_cast<std::size_t>(n));
    if (out.size() > kLargestTornTail)
      return fail(kJournalUnusable, "what follows the last whole line is too large", {path, 0, 0});
  }
}

// Moves what follows `good_bytes` beside the segment. The copy is on the disk before the segment is cut.
Result<Event> put_torn_tail_aside(const std::string& path, std::uint64_t good_bytes, Time now) {
  RK_TRY(const std::string torn, read_from(path, good_bytes));
  std::string aside = fmt::format("{}.torn-{}", path, good_bytes);
  for (int n = 2; std::filesystem::exists(aside) && n < 1000; ++n)
    aside = fmt::format("{}.torn-{}-{}", path, good_bytes, n);
  RK_TRY_VOID(write_file(aside, torn));
  SegmentFile segment = SegmentFile::open(path);
  if (!segment.valid() || !segment.truncate(good_bytes) || !segment.sync())
    return unusable(path, "cut off its torn end");
  Event event;
  event.kind = Kind::kRecovered;
  event.time = now;
  event.reason = "torn-line";
  event.detail = fmt::format("{} bytes after the last whole line moved to {}, SHA-256 {}", torn.size(),
                             std::filesystem::path(aside).filename().string(), hex_encode(as_text(sha256(torn))));
  return event;
}

Event changed_line(const std::string& path, std::size_t line, Time now) {
  Event event;
  event.kind = Kind::kRecovered;
  event.time = now;
  event.reason = "changed-line";
  event.detail = fmt::format("line {} of {} does not verify; the file was left as it is", line,
                             std::filesystem::path(path).filename().string());
  return event;
}

}  // namespace

Result<ChainEnd> find_chain_end(const std::string& directory, const Secret& hmac_key, Time now) {
  ChainEnd end;
  end.head = std::string(kFirstPrev);
  RK_TRY(std::vector<std::string> segments, list_segments(directory));
  while (!segments.empty()) {
    const std::string& path = segments.back();
    RK_TRY(const Survey found, survey(path, hmac_key));
    if (found.whole_lines > 0 && found.genuine_lines == 0) {
      return fail(kJournalUnusable, "no line of it verifies; was it written with another key? Use a new directory",
                  {path, 0, 0});
    }
    const bool torn = found.first_bad_line != 0 && !found.whole_from_bad_on;
    if (torn) {
      RK_TRY(Event event, put_torn_tail_aside(path, found.good_bytes, now));
      end.recovered = std::move(event);
    } else if (found.first_bad_line != 0) {
      end.recovered = changed_line(path, found.first_bad_line, now);
    }
    if (found.whole_lines > 0) {
      end.next_seq = found.last_seq + 1;
      end.head = found.last_hash;
      if (found.first_bad_line == 0 || torn) end.segment = path;
      return end;
    }
    // Nothing whole in it: a crash between creating the segment and its first line.
    if (::unlink(path.c_str()) != 0) return unusable(path, "remove it");
    segments.pop_back();
  }
  return end;
}

}  // namespace raykeep::audit
