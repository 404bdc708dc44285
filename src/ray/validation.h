// SPDX-License-Identifier: Apache-2.0
// What the operator refuses, or never gets made because the API server refuses it: a cluster without pods of which only an
// event tells (ray-operator controllers/ray/utils/validation.go). Private to this folder: expand.h is the door.
#pragma once

#include "ray/expand_cluster.h"

namespace raykeep::ray {

// Each adds to the problems of `out`, at the place in the custom resource.
void validate_cluster(const Cluster& cluster, Expansion& out);
void validate_job(const Cluster& cluster, const Node& job, Expansion& out);
void validate_service(const Cluster& cluster, Expansion& out);
void validate_cron_job(Expansion& out);

// A problem at a part of the custom resource; at the resource itself for what has no place there.
void tell(Expansion& out, const Node& at, std::string message);

// The same of what the operator itself refuses.
void refuse(Expansion& out, const Node& at, std::string message);

// What is there and neither null nor an empty text; null pointer otherwise.
const Node* set_at(const Node& node, std::initializer_list<std::string_view> path);
std::int64_t integer_at(const Node& node, std::string_view key, std::int64_t fallback);

// Whether a text may be part of a name of the kind (RFC 1123 and 1035 labels, as Kubernetes takes them).
bool is_dns_label(std::string_view text);
bool is_name(std::string_view text, std::size_t most);  // begins with a letter

}  // namespace raykeep::ray
