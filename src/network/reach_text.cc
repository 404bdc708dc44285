// SPDX-License-Identifier: Apache-2.0
#include "network/reach_text.h"

#include <fmt/format.h>

#include "core/encoding.h"
#include "core/suggest.h"

namespace raykeep::network {
namespace {

std::string heading(const Network& network) {
  switch (network.kind) {
    case Network::Kind::kPod: return "pod network";
    case Network::Kind::kPrimary: return "primary network of namespace " + network.name + " (UserDefinedNetwork)";
    case Network::Kind::kPrimaryCluster: return "primary network " + network.name + " (ClusterUserDefinedNetwork)";
    case Network::Kind::kAttachment: return "attachment " + network.name + " (NetworkAttachmentDefinition)";
  }
  return network.name;
}

bool names(const std::string& wanted, const Place& place) {
  if (wanted.empty()) return true;
  if (place.endpoint == nullptr) {
    const auto address = IpAddress::parse(wanted);
    if (!address) return wanted == "external";
    const auto one = parse_cidr(wanted + (wanted.find(':') == std::string::npos ? "/32" : "/128"));
    return one && AddressSet(place.range).contains(one->range.first);
  }
  const Endpoint& endpoint = *place.endpoint;
  if (endpoint.ingress_controller) return wanted == endpoint.title();
  if (wanted.ends_with('/')) return wanted == endpoint.ns + "/";
  return wanted == endpoint.ns + "/" + endpoint.name || wanted == endpoint.title() || wanted == endpoint.name;
}

std::string csv(const std::string& field) {
  if (field.find_first_of(",\"\n") == std::string::npos) return field;
  std::string out = "\"";
  for (const char c : field) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

// Titles are made once for each end, not once for each line.
class Titles {
 public:
  Titles(const Reach& reach, const Network& network) : reach_(reach), network_(network) {}
  const std::string& operator()(const Place& place) {
    auto [known, added] = titles_.try_emplace(place.endpoint != nullptr ? AddressRange{{0, place.peer}, {0, 0}} : place.range);
    if (added) known->second = reach_.title(place, network_);
    return known->second;
  }

 private:
  const Reach& reach_;
  const Network& network_;
  std::map<AddressRange, std::string> titles_;
};

using Line = std::function<void(const Network&, const std::string& src, const std::string& dst, const Answer&)>;

void each_line(Reach& reach, const ConnectionFilter& filter, const Line& line) {
  for (const auto& network : reach.networks()) {
    Titles titles(reach, network->network());
    reach.each_connection(*network, [&](const Connection& connection) {
      if (filter.takes(connection)) line(network->network(), titles(connection.from), titles(connection.to), connection.answer);
    });
  }
}

}  // namespace

bool ConnectionFilter::takes(const Connection& connection) const {
  return names(from, connection.from) && names(to, connection.to);
}

Result<void> check_filter(Reach& reach, const ConnectionFilter& filter) {
  for (const std::string* wanted : {&filter.from, &filter.to}) {
    bool found = wanted->empty();
    std::vector<std::string> titles;
    for (const auto& network : reach.networks()) {
      for (const Place& place : reach.places(*network, Direction::kIngress)) {
        found = found || names(*wanted, place);
        if (place.endpoint != nullptr && !place.endpoint->ingress_controller) titles.push_back(place.endpoint->ns + "/" + place.endpoint->name);
      }
    }
    if (found) continue;
    const auto meant = suggest(*wanted, std::vector<std::string_view>(titles.begin(), titles.end()));
    return fail(kNoSuchPlace, fmt::format("nothing here is called {}{}", json_quote(*wanted), meant ? "; did you mean " + json_quote(*meant) + "?" : ""));
  }
  return {};
}

void write_connections_text(Reach& reach, const ConnectionFilter& filter, const Sink& sink) {
  const bool several = reach.networks().size() > 1;
  const Network* at = nullptr;
  std::string text;
  each_line(reach, filter, [&](const Network& network, const std::string& src, const std::string& dst, const Answer& answer) {
    text.clear();
    if (several && at != &network) {
      if (at != nullptr) text += '\n';
      text += heading(network) + ":\n";
      at = &network;
    }
    text.append(src).append(" => ").append(dst).append(" : ");
    if (answer.certain == answer.possible) {
      text += reach.pool().text(answer.certain);
    } else {
      text += reach.text(answer);
    }
    text += '\n';
    sink(text);
  });
}

void write_connections_csv(Reach& reach, const ConnectionFilter& filter, const Sink& sink) {
  const bool several = reach.networks().size() > 1;
  const bool may = reach.options().semantics == Semantics::kKubernetes;
  sink(fmt::format("src,dst,conn{}{}\n", may ? ",may" : "", several ? ",network" : ""));
  each_line(reach, filter, [&](const Network& network, const std::string& src, const std::string& dst, const Answer& answer) {
    std::string row = csv(src) + "," + csv(dst) + "," + csv(reach.pool().text(answer.certain));
    if (may) row += "," + (answer.certain == answer.possible ? std::string() : csv(reach.pool().text(answer.possible)));
    if (several) row += "," + csv(heading(network));
    sink(row + "\n");
  });
}

void write_connections_json(Reach& reach, const ConnectionFilter& filter, const Sink& sink) {
  const bool several = reach.networks().size() > 1;
  bool first = true;
  sink("[");
  each_line(reach, filter, [&](const Network& network, const std::string& src, const std::string& dst, const Answer& answer) {
    std::string row = fmt::format("{}\n  {{\"src\": {}, \"dst\": {}, \"conn\": {}", first ? "" : ",", json_quote(src), json_quote(dst),
                                  json_quote(reach.pool().text(answer.certain)));
    if (answer.certain != answer.possible) row += ", \"may\": " + json_quote(reach.pool().text(answer.possible));
    if (several) row += ", \"network\": " + json_quote(heading(network));
    sink(row + "}");
    first = false;
  });
  sink(first ? "]\n" : "\n]\n");
}

}  // namespace raykeep::network
