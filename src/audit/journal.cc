// SPDX-License-Identifier: Apache-2.0
#include "audit/journal.h"

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <mutex>
#include <sys/file.h>

#include "audit/writer.h"

namespace raykeep::audit {
namespace {

Result<FileDescriptor> lock_directory(const std::string& directory) {
  std::error_code problem;
  std::filesystem::create_directories(directory, problem);
  const std::string path = directory + "/lock";
  FileDescriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) {
    return fail(kJournalUnusable, fmt::format("cannot open it: {}", std::strerror(errno)), {directory, 0, 0});
  }
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    return fail(kJournalInUse, "another process writes its audit record here", {directory, 0, 0});
  }
  return fd;
}

}  // namespace

std::optional<OnFailure> parse_on_failure(std::string_view text) {
  if (text == "refuse-writes") return OnFailure::kRefuseWrites;
  if (text == "refuse-all") return OnFailure::kRefuseAll;
  if (text == "continue") return OnFailure::kContinue;
  return std::nullopt;
}

Result<std::unique_ptr<Journal>> Journal::open(JournalOptions options) {
  RK_TRY(FileDescriptor lock, lock_directory(options.directory));
  RK_TRY(ChainEnd end, find_chain_end(options.directory, options.hmac_key, std::chrono::system_clock::now()));
  std::optional<Event> recovered = std::move(end.recovered);
  auto writer = std::make_unique<Writer>(std::move(options), std::move(end), std::move(lock));
  RK_TRY_VOID(writer->start(std::move(recovered)));
  return std::unique_ptr<Journal>(new Journal(std::move(writer)));
}

Journal::Journal(std::unique_ptr<Writer> writer) : writer_(std::move(writer)) {}
Journal::~Journal() = default;

void Journal::append(Event event, Durability durability, std::function<void(Stored)> done) {
  writer_->append(std::move(event), durability, std::move(done));
}

bool Journal::healthy() const {
  return writer_->healthy();
}
OnFailure Journal::on_failure() const {
  return writer_->on_failure();
}
bool Journal::admits_reads() const {
  return healthy() || on_failure() != OnFailure::kRefuseAll;
}
bool Journal::admits_writes() const {
  return healthy() || on_failure() == OnFailure::kContinue;
}
Journal::Counters Journal::counters() const {
  return writer_->counters();
}
std::string Journal::failure() const {
  return writer_->failure();
}

Stored Journal::flush() {
  std::mutex mutex;
  std::condition_variable answered;
  std::optional<Stored> answer;
  writer_->append(std::nullopt, Durability::kSynced, [&](Stored stored) {
    // Under the lock: the caller may return, and these die, the moment it is let go.
    const std::lock_guard lock(mutex);
    answer = stored;
    answered.notify_one();
  });
  std::unique_lock lock(mutex);
  answered.wait(lock, [&] { return answer.has_value(); });
  return *answer;
}

}  // namespace raykeep::audit
