// SPDX-License-Identifier: Apache-2.0
// Which jobs may be submitted, and the body that is forwarded for them: parsed strictly, checked, stamped with the
// submitter, serialised anew. The client's bytes never reach Ray, which takes the last of duplicate keys, decodes
// charset=utf-7 and accepts any submission id.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace raykeep::access {

// Each code is a reason id; status_of gives the HTTP status.
inline constexpr ErrorCode kSubmissionMediaType{
    "submission-media-type", ErrorKind::kInput,
    "Send 'Content-Type: application/json' in UTF-8, without Content-Encoding."};
inline constexpr ErrorCode kSubmissionTooLarge{"submission-too-large", ErrorKind::kInput,
                                               "Put files into working_dir, which is uploaded as a package."};
inline constexpr ErrorCode kSubmissionMalformed{"submission-malformed", ErrorKind::kInput, ""};
inline constexpr ErrorCode kSubmissionUnknownKey{"submission-unknown-key", ErrorKind::kInput, ""};
inline constexpr ErrorCode kSubmissionReservedKey{"submission-reserved-key", ErrorKind::kRefused,
                                                  "Metadata keys that begin with raykeep.io/ are set by the gateway."};
inline constexpr ErrorCode kSubmissionRefused{"submission-policy", ErrorKind::kRefused, ""};
int status_of(const Error& error);  // 400, 403, 413 or 415

// Where code may come from. An empty host list allows every host of the scheme.
struct AllowedSource {
  std::string scheme;              // "gcs", "https", "s3", "gs", "oss", "azure", "hdfs"
  std::vector<std::string> hosts;  // globs on the host (bucket for object stores): "*.example.com"
};

struct SubmissionPolicy {
  std::size_t largest_body = 1U << 20;
  std::size_t longest_entrypoint = 32768;
  std::vector<std::string> denied_entrypoints;  // globs on the whole command; '*' matches everything
  std::vector<AllowedSource> code_sources;      // working_dir, py_modules; "gcs" (uploaded packages) must be named, too
  std::vector<AllowedSource>
      package_sources;                // pip and uv: requirement URLs, --index-url, --extra-index-url, --find-links
  bool package_names_allowed = true;  // plain requirements such as "numpy==2.1"
  std::vector<std::string> denied_environment;   // globs on variable names
  std::vector<std::string> allowed_environment;  // globs; win over denied_environment
  std::vector<std::string> images;               // globs for image_uri and container.image; empty: none allowed
  std::vector<std::string> allowed_fields;       // runtime_env fields; others are refused

  // Uploaded packages and https/s3/gs/oss code, any index, no container images, no worker_process_setup_hook,
  // py_executable or other fields that replace programs; RAY_*, LD_*, PYTHONPATH and the like denied.
  static SubmissionPolicy standard();
  // Every field, scheme, image and variable but those that would let a job pose as the gateway or take the cluster's
  // token.
  static SubmissionPolicy permissive();
};

struct SubmissionRequest {
  std::string_view content_type;      // header value, empty when absent
  std::string_view content_encoding;  // header value, empty when absent
  std::string_view body;
  std::string_view submitter;  // the authenticated user's name
  std::string_view fresh_id;   // used when the client gives no id: ray::fresh_submission_id()
};

struct AdmittedSubmission {
  std::string submission_id;
  std::string entrypoint;  // redacted, for the audit record
  std::string body;        // what to forward, with Content-Type: application/json
};

Result<AdmittedSubmission> admit_submission(const SubmissionRequest& request, const SubmissionPolicy& policy);

}  // namespace raykeep::access
