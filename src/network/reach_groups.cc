// SPDX-License-Identifier: Apache-2.0
// Worlds too large for a line each, and what changed between two of them.
#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "network/reach_text.h"

namespace raykeep::network {
namespace {

struct Group {
  std::vector<const Endpoint*> members;
  Reachability::PeerId example = 0;
  bool several = false;  // its members connect to each other
};

std::vector<Group> groups_of(Reach& reach, Reachability& network) {
  const std::vector<std::size_t> columns = network.alike_as_peers();
  std::map<std::tuple<std::size_t, std::size_t, std::size_t, bool>, std::size_t> known;
  std::vector<Group> out;
  for (const Place& place : reach.places(network, Direction::kEgress)) {
    if (place.endpoint == nullptr) continue;
    const auto key = std::make_tuple(network.row_of(place.peer, Direction::kIngress), network.row_of(place.peer, Direction::kEgress), columns[place.peer],
                                     place.endpoint->ingress_controller);
    const auto [at, added] = known.try_emplace(key, out.size());
    if (added) out.push_back({{}, place.peer, false});
    Group& group = out[at->second];
    group.several = !group.members.empty() || place.endpoint->several;
    group.members.push_back(place.endpoint);
  }
  return out;
}

std::string group_name(const std::vector<Group>& groups, std::size_t index) {
  const Group& group = groups[index];
  if (group.members.size() == 1) return group.members.front()->title();
  return fmt::format("group {} ({} and {} more)", index + 1, group.members.front()->title(), group.members.size() - 1);
}

std::string range_list(const std::vector<AddressRange>& ranges) {
  std::string out;
  for (const AddressRange& range : ranges) out += (out.empty() ? "" : ", ") + text(range);
  return out;
}

// Who reaches a group, by what they may: outside ranges and groups together.
struct Senders {
  std::vector<AddressRange> ranges;
  std::vector<std::size_t> groups;
};

void write_group(Reach& reach, Reachability& network, const std::vector<Group>& groups, std::size_t target, const std::vector<Place>& outside, const Sink& sink) {
  std::map<std::string, Senders> by_answer;
  for (const Place& place : outside) {
    const Answer answer = network.between(place.peer, groups[target].example);
    if (answer.possible == ConnectionPool::kNone) continue;
    auto& ranges = by_answer[reach.text(answer)].ranges;
    if (!ranges.empty() && next(ranges.back().last) == place.range.first) {
      ranges.back().last = place.range.last;
    } else {
      ranges.push_back(place.range);
    }
  }
  for (std::size_t source = 0; source < groups.size(); ++source) {
    if (source == target && !groups[source].several) continue;
    const Answer answer = reach.connection(network, groups[source].example, groups[target].example);
    if (answer.possible != ConnectionPool::kNone) by_answer[reach.text(answer)].groups.push_back(source);
  }
  sink(fmt::format("{} is reached\n", group_name(groups, target)));
  if (by_answer.empty()) sink("  by nobody\n");
  for (const auto& [answer, senders] : by_answer) {
    std::string who = range_list(senders.ranges);
    for (const std::size_t source : senders.groups) {
      who += who.empty() ? "" : ", ";
      who += groups[source].members.size() == 1 ? groups[source].members.front()->title() : fmt::format("group {}", source + 1);
    }
    sink(fmt::format("  over {} by {}\n", answer, who));
  }
}

using Lines = std::map<std::pair<std::string, std::string>, std::string>;

Lines lines_of(Reach& reach, const ConnectionFilter& filter) {
  Lines out;
  for (const auto& network : reach.networks()) {
    const std::string at = network->network().kind == Network::Kind::kPod ? "" : " on " + network->network().name;
    reach.each_connection(*network, [&](const Connection& connection) {
      if (filter.takes(connection))
        out[{reach.title(connection.from, network->network()) + at, reach.title(connection.to, network->network())}] = reach.text(connection.answer);
    });
  }
  return out;
}

}  // namespace

void write_groups_text(Reach& reach, const Sink& sink) {
  for (const auto& network : reach.networks()) {
    const std::vector<Group> groups = groups_of(reach, *network);
    for (std::size_t i = 0; i < groups.size(); ++i) {
      if (groups[i].members.size() == 1) continue;
      sink(fmt::format("group {}:", i + 1));
      for (const Endpoint* member : groups[i].members) sink(" " + member->title());
      sink("\n");
    }
    sink("\n");
    std::vector<Place> outside;
    for (const Place& place : reach.places(*network, Direction::kIngress)) {
      if (place.endpoint == nullptr) outside.push_back(place);
    }
    for (std::size_t i = 0; i < groups.size(); ++i) {
      if (!groups[i].members.front()->ingress_controller) write_group(reach, *network, groups, i, outside, sink);
    }
  }
}

bool write_difference(Reach& before, Reach& after, const ConnectionFilter& filter, const Sink& sink) {
  const Lines old_lines = lines_of(before, filter);
  const Lines new_lines = lines_of(after, filter);
  bool any = false;
  const auto tell = [&](std::string_view mark, const Lines::value_type& line) {
    any = true;
    sink(fmt::format("{} {} => {} : {}\n", mark, line.first.first, line.first.second, line.second));
  };
  for (const auto& line : new_lines) {
    const auto was = old_lines.find(line.first);
    if (was == old_lines.end()) {
      tell("+", line);
    } else if (was->second != line.second) {
      tell("-", *was);
      tell("+", line);
    }
  }
  for (const auto& line : old_lines) {
    if (!new_lines.contains(line.first)) tell("-", line);
  }
  if (!any) sink("No connection differs.\n");
  return any;
}

}  // namespace raykeep::network
