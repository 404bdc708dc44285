// SPDX-License-Identifier: Apache-2.0
// The whole question: manifests in, connections out, network by network.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "network/entrance.h"
#include "network/reachability.h"

namespace raykeep::network {

// One end of a connection: an endpoint, or a range of outside addresses.
struct Place {
  const Endpoint* endpoint = nullptr;
  Reachability::PeerId peer = 0;  // of a range, its first part
  AddressRange range;
  auto operator<=>(const Place&) const = default;
};

struct Connection {
  Place from, to;
  Answer answer;
};

class Reach {
 public:
  explicit Reach(const kube::Manifests& manifests, const ReachOptions& options = {}, const ray::ExpandOptions& expand = {});

  const Topology& topology() const { return topology_; }
  const std::vector<Policy>& policies() const { return policies_; }
  const std::vector<Entrance>& entrances() const { return entrances_; }
  const ReachOptions& options() const { return options_; }
  ConnectionPool& pool() { return pool_; }
  Selection& selection() { return *selection_; }
  std::vector<std::unique_ptr<Reachability>>& networks() { return networks_; }
  // Policies that the API server would refuse, and Ray resources that the operator would.
  const std::vector<Error>& errors() const { return errors_; }
  // What is accepted and has no effect.
  const std::vector<Error>& warnings() const { return warnings_; }

  // Calls f for every connection that is possible on a network, sorted by the titles of both ends. Under np-guard's
  // semantics each part of the outside is told alone; otherwise neighbours with the same answer are one range.
  void each_connection(Reachability& network, const std::function<void(const Connection&)>& f);

  // The ends that connections can have: the outside, cut as the rules of one direction cut it, then the endpoints by title.
  std::vector<Place> places(const Reachability& network, Direction outside_by) const;

  // Whether one peer may open connections to another; from the ingress controller, what Ingresses and routes lead there.
  Answer connection(Reachability& network, Reachability::PeerId from, Reachability::PeerId to);

  // "team-a/demo[Deployment]", "10.0.0.0-10.255.255.255[External]".
  std::string title(const Place& place, const Network& network) const;
  // "TCP 80", "TCP 80 (may: TCP 80,443)".
  std::string text(const Answer& answer) const;

 private:
  std::vector<Place> merged_sources(Reachability& network, const std::vector<Place>& sources) const;
  void tell(Reachability& network, const Place& source, const std::vector<Place>& targets, const std::function<void(const Connection&)>& f);

  ReachOptions options_;
  Topology topology_;
  std::vector<Policy> policies_;
  std::vector<Error> errors_, warnings_;
  ConnectionPool pool_;
  std::vector<Entrance> entrances_;
  std::vector<ConnectionPool::Id> served_;  // by endpoint: what ingress controllers forward to it
  std::unique_ptr<Selection> selection_;
  std::vector<std::unique_ptr<Reachability>> networks_;
};

}  // namespace raykeep::network
