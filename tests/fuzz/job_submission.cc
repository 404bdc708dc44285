// SPDX-License-Identifier: Apache-2.0
// Input: a submission body. What is admitted must be one JSON object with plain ids, the submitter's stamp, no reserved
// key of the client set.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "access/submission_policy.h"
#include "document/json.h"
#include "ray/job_view.h"
#include "ray/path.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace raykeep;
  static const access::SubmissionPolicy kStandard = access::SubmissionPolicy::standard();
  static const access::SubmissionPolicy kPermissive = access::SubmissionPolicy::permissive();
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  static_cast<void>(ray::redact_secrets(body, ray::SecretsSeen::kOwnJobs, "ann"));
  static_cast<void>(ray::owner_of_job(body));
  const auto standard = access::admit_submission({"application/json", "", body, "ann", "raysubmit_fresh"}, kStandard);
  const auto permissive =
      access::admit_submission({"application/json", "", body, "ann", "raysubmit_fresh"}, kPermissive);
  for (const auto* admitted : {&standard, &permissive}) {
    if (!*admitted) {
      require(access::status_of(admitted->error()) >= 400 && !admitted->error().message().empty());
      continue;
    }
    auto forwarded = document::read_json((*admitted)->body);
    require(forwarded.has_value() && forwarded->is_mapping());
    const document::Node* id = forwarded->find("submission_id");
    require(id != nullptr && ray::is_job_id(id->text()) && id->text() == (*admitted)->submission_id);
    require(forwarded->find("job_id") == nullptr);
    require(*ray::owner_of_job((*admitted)->body) == "ann");
    document::Node* metadata = forwarded->find("metadata");
    require(metadata != nullptr && metadata->erase(ray::kSubmitterKey));
    for (const auto& member : metadata->members()) require(!member.name().starts_with(ray::kReservedMetadataPrefix));
  }
  return 0;
}
