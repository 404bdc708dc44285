// SPDX-License-Identifier: Apache-2.0
#include "identity/session.h"

#include <gtest/gtest.h>

namespace raykeep::identity {
namespace {

const Time kNow = *parse_time("2026-11-23T20:00:00Z");
const SessionKey kKey{1, Secret("0123456789abcdef0123456789abcdef")};

TEST(Session, OpensOnlyWhatItSealed) {
  const Session session{"alice", fresh_session_id(), kNow, kNow, "markmarkmark"};
  const std::string sealed = seal_session(session, "gate.example", kKey);
  EXPECT_EQ(open_session(sealed, "GATE.example", {kKey}, {}, kNow).problem, SessionProblem::kNone);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(open_session(changed, "gate.example", {kKey}, {}, kNow).problem, SessionProblem::kNone) << i;
  }
  EXPECT_EQ(open_session(sealed, "gate.example", {{1, Secret("another key, another key, another")}}, {}, kNow).problem, SessionProblem::kForged);
  EXPECT_NE(form_token(session, kKey), sealed.substr(sealed.rfind('.') + 1));
}

}  // namespace
}  // namespace raykeep::identity
