// SPDX-License-Identifier: Apache-2.0
// The doors of Ray's pods, each of which runs code for whoever gets in, and everyone who gets to them.
#pragma once

#include <string>
#include <vector>

#include "network/exposure.h"
#include "network/reach.h"

namespace raykeep::network {

// Why somebody gets in: the rule that lets it, or that nothing closes the door.
struct Reason {
  std::string text;  // "NetworkPolicy team-a/demo-head", "no policy closes it"
  SourcePosition at;  // of the rule; empty file when there is none
};

struct Visitor {
  enum class Kind : std::uint8_t {
    kOwn,       // pods of the same Ray cluster, and the submitters of its jobs
    kOther,     // other workloads that the manifests have
    kStranger,  // pods that anybody may create in a namespace, or in the cluster
    kOutside,   // addresses outside the cluster
  };
  Kind kind = Kind::kOther;
  std::string who;
  bool certain = true;  // false: the network plugin decides
  std::vector<Reason> reasons;
};

struct Door {
  std::string name;  // "dashboard"
  std::uint32_t port = 0;
  std::vector<Visitor> visitors;  // sorted by kind, then by name
  // Whether somebody gets in who is not of this Ray cluster and whom no policy names.
  bool is_open() const;
};

struct EndpointDoors {
  const Endpoint* endpoint = nullptr;
  std::vector<Door> doors;
};

// Every Ray node of the pod network, by title. Ports are those that the containers declare, else Ray's own (ray-project/
// ray python/ray/_private/ray_constants.py; agent 52365).
std::vector<EndpointDoors> find_doors(Reach& reach);

std::string write_doors_text(const std::vector<EndpointDoors>& doors, bool colour);
std::string write_doors_json(const std::vector<EndpointDoors>& doors);
// A picture for people: each Ray node a card, each door a field, the open ones first and red. Self-contained SVG 1.1.
std::string write_doors_svg(const std::vector<EndpointDoors>& doors);

}  // namespace raykeep::network
