// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <fmt/format.h>
#include <memory>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/manifest_input.h"
#include "network/doors.h"
#include "network/explain.h"
#include "network/exposure.h"
#include "network/plugin_notes.h"
#include "network/reach_text.h"

namespace raykeep::cli {
namespace {

inline constexpr ErrorCode kReachOptions{"reach-options", ErrorKind::kInput, ""};

struct Options {
  std::vector<std::string> paths;
  std::string format = "text";
  std::string semantics = "kubernetes";
  std::vector<std::string> pod_cidrs;
  std::string show = "connections";
  std::string compare;
  std::string plugin;
  network::ConnectionFilter filter;
  ray::ExpandOptions expand;
};

// Standard output in large pieces.
class Output {
 public:
  ~Output() { flush(); }
  void operator()(std::string_view text) {
    buffer_ += text;
    if (buffer_.size() >= kPiece) flush();
  }

 private:
  static constexpr std::size_t kPiece = 1 << 16;
  void flush() {
    std::fwrite(buffer_.data(), 1, buffer_.size(), stdout);
    buffer_.clear();
  }
  std::string buffer_;
};

Result<network::ReachOptions> reach_options(const Options& options) {
  network::ReachOptions out;
  out.semantics = options.semantics == "np-guard" ? network::Semantics::kNpGuard : network::Semantics::kKubernetes;
  for (const std::string& text : options.pod_cidrs) {
    const auto cidr = network::parse_cidr(text);
    if (!cidr) return fail(kReachOptions, "--pod-cidr: " + text + " is no network in CIDR form, like 10.244.0.0/16");
    out.pod_addresses.add(cidr->range);
  }
  return out;
}

// Writes what --show and -o ask for together; false when there is no such form.
bool write(network::Reach& reach, const Options& options, Output& output) {
  const network::Sink sink = [&output](std::string_view text) { output(text); };
  const std::string form = options.show + " as " + options.format;
  if (form == "connections as text") {
    network::write_connections_text(reach, options.filter, sink);
  } else if (form == "connections as csv") {
    network::write_connections_csv(reach, options.filter, sink);
  } else if (form == "connections as json") {
    network::write_connections_json(reach, options.filter, sink);
  } else if (form == "doors as text") {
    output(network::write_doors_text(network::find_doors(reach), ::isatty(STDOUT_FILENO) == 1));
  } else if (form == "doors as json") {
    output(network::write_doors_json(network::find_doors(reach)));
  } else if (form == "doors as svg") {
    output(network::write_doors_svg(network::find_doors(reach)));
  } else if (form == "exposure as text") {
    network::write_connections_text(reach, options.filter, sink);
    output("\n" + network::write_exposures(network::find_exposures(reach)));
  } else if (form == "explanation as text") {
    network::write_explanation(reach, options.filter, sink);
  } else if (form == "groups as text") {
    network::write_groups_text(reach, sink);
  } else {
    return false;
  }
  return true;
}

void print_notes(const std::vector<network::Note>& notes) {
  for (const network::Note& note : notes) {
    const std::string place = note.at.line == 0 ? std::string() : fmt::format("{}:{}:{}: ", note.at.file, note.at.line, note.at.column);
    std::fprintf(stderr, "raykeep: note: %s%s\n", place.c_str(), note.text.c_str());
  }
}

int report_reach(network::Reach& reach, int status) {
  for (const Error& error : reach.errors()) status = std::max(status, report(error));
  for (const Error& warning : reach.warnings()) std::fprintf(stderr, "raykeep: warning: %s\n", warning.text().c_str());
  print_notes(network::find_idle(reach));
  return status;
}

int compare(network::Reach& reach, const Options& options, const network::ReachOptions& reach_options, Output& output) {
  const ManifestInput before_input = read_manifests({options.compare});
  network::Reach before(before_input.manifests, reach_options, options.expand);
  int status = report_input(before_input);
  for (const Error& error : before.errors()) status = std::max(status, report(error));
  const bool differs = network::write_difference(before, reach, options.filter, [&output](std::string_view text) { output(text); });
  return status != kExitOk ? status : differs ? kExitFindings : kExitOk;
}

int run(const Options& options) {
  const auto read = reach_options(options);
  if (!read) return report(read.error());
  const ManifestInput input = read_manifests(options.paths);
  int status = report_input(input);
  network::Reach reach(input.manifests, *read, options.expand);
  status = report_reach(reach, status);
  if (const auto plugin = network::parse_plugin(options.plugin)) print_notes(network::plugin_notes(reach, *plugin));
  if (const auto known = network::check_filter(reach, options.filter); !known) return report(known.error());
  Output output;
  if (!options.compare.empty()) return std::max(status, compare(reach, options, *read, output));
  if (!write(reach, options, output))
    return report(Error(kReachOptions, "--show " + options.show + " is not written as " + options.format));
  return status;
}

void declare(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  app.add_option("PATH,--dir", options->paths, "Files or directories; - for standard input")->required();
  app.add_option("--show", options->show,
                 "connections; doors of each Ray pod and who gets to them; exposure to pods that are not there yet; explanation, step by step; groups of pods that are alike")
      ->check(CLI::IsMember({"connections", "doors", "exposure", "explanation", "groups"}))->capture_default_str();
  app.add_option("--compare", options->compare, "Say what changed since these manifests; exit status 1 when something did");
  app.add_option("-o,--output", options->format, "text; csv or json for connections; json or svg for doors")
      ->check(CLI::IsMember({"text", "csv", "json", "svg"}))->capture_default_str();
  app.add_option("--from", options->filter.from, "Only connections from here: ns/name, ns/, an address, external or {ingress-controller}");
  app.add_option("--to", options->filter.to, "Only connections to here, in the same form");
  app.add_option("--pod-cidr", options->pod_cidrs, "The addresses of pods; an ipBlock that does not touch them takes no pod");
  app.add_option("--cni", options->plugin, "Note what this network plugin does otherwise: terway, poseidon or flannel")->check(CLI::IsMember({"terway", "poseidon", "flannel"}));
  app.add_option("--semantics", options->semantics, "kubernetes, or np-guard for the conventions of its analyser")
      ->check(CLI::IsMember({"kubernetes", "np-guard"}))->capture_default_str();
  app.add_option("--kuberay-version", options->expand.kuberay_version, "The operator's version")->check(check_kuberay_version)->capture_default_str();
  app.callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace

const Command kReach{
    "reach",
    "Show who can reach whom under the NetworkPolicies, and who gets to Ray's doors",
    "Ray resources are expanded to their pods. Where Kubernetes leaves an answer to the network plugin, it says may.\n\n"
    "Example: raykeep reach manifests/ --show doors",
    declare};

}  // namespace raykeep::cli
