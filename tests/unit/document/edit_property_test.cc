// SPDX-License-Identifier: Apache-2.0
// Changes at random over real files: whatever is done, is done exactly (tests/support/edit_properties.h).
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

#include "support/edit_properties.h"

namespace raykeep::document {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_below(const fs::path& root) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const std::string suffix = entry.path().extension();
    if (entry.is_regular_file() && (suffix == ".yaml" || suffix == ".yml" || suffix == ".json")) out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Tally {
  std::size_t done = 0;
  std::size_t refused = 0;
  std::size_t unverified = 0;
  std::size_t failed = 0;
};

void count(const EditResult& result, Tally& tally) {
  for (const ChangeOutcome& outcome : result.outcomes) {
    if (outcome.state == ChangeOutcome::State::kDone) ++tally.done;
    if (outcome.state != ChangeOutcome::State::kRefused) continue;
    ++tally.refused;
    if (outcome.reason->code().id != kEditUnverified.id) continue;
    ++tally.unverified;
    if (std::getenv("RAYKEEP_EDIT_VERBOSE") != nullptr) GTEST_LOG_(INFO) << outcome.reason->text();
  }
}

void try_changes(const std::string& name, const std::string& text, std::uint64_t seed, std::size_t most, Tally& tally) {
  const YamlStream stream = read_yaml(text);
  if (stream.documents.empty()) return;
  testing::Dice dice(seed);
  std::vector<Change> changes;
  for (std::size_t i = 1 + dice.roll(most); i > 0; --i) changes.push_back(testing::random_change(stream, dice));
  const auto result = edit_yaml(text, changes, {}, name);
  if (!result) {
    ++tally.failed;
    if (std::getenv("RAYKEEP_EDIT_VERBOSE") != nullptr) GTEST_LOG_(INFO) << name << " seed " << seed << ": " << result.error().text();
    return;
  }
  count(*result, tally);
  const auto wrong = testing::what_is_wrong(text, changes, *result);
  EXPECT_FALSE(wrong) << name << " seed " << seed << ": " << *wrong;
}

// RAYKEEP_EDIT_CORPUS names other files to try, RAYKEEP_EDIT_ROUNDS how often.
Tally try_all(std::size_t most) {
  const char* const corpus = std::getenv("RAYKEEP_EDIT_CORPUS");
  const char* const rounds = std::getenv("RAYKEEP_EDIT_ROUNDS");
  const fs::path data = corpus != nullptr ? fs::path(corpus) : fs::path(RAYKEEP_SOURCE_DIR) / "tests/data";
  Tally tally;
  std::uint64_t seed = 0;
  for (const fs::path& path : files_below(data)) {
    // Hundreds of documents that are all alike.
    if (corpus == nullptr && (path.filename() == "pods.yaml" || path.string().find("/kuberay-live/") != std::string::npos)) continue;
    const std::string text = read_file(path);
    for (int i = rounds != nullptr ? std::atoi(rounds) : 8; i > 0; --i) try_changes(path.string(), text, ++seed, most, tally);
  }
  GTEST_LOG_(INFO) << tally.done << " done, " << tally.refused << " refused, " << tally.unverified << " of them unverified, "
                   << tally.failed << " texts failed, " << seed << " texts";
  EXPECT_GT(tally.done, seed / 2);
  // What is refused only because the trial said something else is a gap of the editor, not a promise to users.
  EXPECT_LT(tally.unverified * 1000, tally.done);
  return tally;
}

TEST(EditProperties, HoldForOneChangeOfARealFile) { EXPECT_EQ(try_all(1).failed, 0U); }

// Changes at random may contradict each other, so that each run of them would undo something; nothing is done then.
TEST(EditProperties, HoldForSeveralChangesOfARealFile) {
  const Tally tally = try_all(6);
  EXPECT_LT(tally.failed * 1000, tally.done);
}

}  // namespace
}  // namespace raykeep::document
