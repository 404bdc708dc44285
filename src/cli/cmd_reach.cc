// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <fmt/format.h>
#include <memory>

#include "cli/commands.h"
#include "cli/manifest_input.h"
#include "network/exposure.h"
#include "network/reach_text.h"

namespace raykeep::cli {
namespace {

inline constexpr ErrorCode kReachOptions{"reach-options", ErrorKind::kInput, ""};

struct Options {
  std::vector<std::string> paths;
  std::string format = "text";
  std::string semantics = "kubernetes";
  std::vector<std::string> pod_cidrs;
  bool exposure = false;
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

int run(const Options& options) {
  const auto read = reach_options(options);
  if (!read) return report(read.error());
  const ManifestInput input = read_manifests(options.paths);
  int status = report_input(input);
  network::Reach reach(input.manifests, *read, options.expand);
  for (const Error& error : reach.errors()) status = std::max(status, report(error));
  for (const Error& warning : reach.warnings()) std::fprintf(stderr, "raykeep: warning: %s\n", warning.text().c_str());
  Output output;
  const network::Sink sink = [&output](std::string_view text) { output(text); };
  if (options.format == "csv") {
    network::write_connections_csv(reach, options.filter, sink);
  } else if (options.format == "json") {
    network::write_connections_json(reach, options.filter, sink);
  } else {
    network::write_connections_text(reach, options.filter, sink);
    if (options.exposure) output("\n" + network::write_exposures(network::find_exposures(reach)));
  }
  return status;
}

void declare(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  app.add_option("PATH,--dir", options->paths, "Files or directories; - for standard input")->required();
  app.add_option("-o,--output", options->format, "text, csv or json")->check(CLI::IsMember({"text", "csv", "json"}))->capture_default_str();
  app.add_option("--from", options->filter.from, "Only connections from here: ns/name, ns/, an address, external or {ingress-controller}");
  app.add_option("--to", options->filter.to, "Only connections to here, in the same form");
  app.add_flag("--exposure", options->exposure, "Say also to whom workloads are open who are not there yet");
  app.add_option("--pod-cidr", options->pod_cidrs, "The addresses of pods; an ipBlock that does not touch them takes no pod");
  app.add_option("--semantics", options->semantics, "kubernetes, or np-guard for the conventions of its analyser")
      ->check(CLI::IsMember({"kubernetes", "np-guard"}))->capture_default_str();
  app.add_option("--kuberay-version", options->expand.kuberay_version, "The operator's version")->capture_default_str();
  app.callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace

const Command kReach{
    "reach",
    "Show who can reach whom under the NetworkPolicies, Ray's pods and doors first",
    "Ray resources are expanded to their pods. Where Kubernetes leaves an answer to the network plugin, it says may.\n\n"
    "Example: raykeep reach manifests/ --to team-a/demo/head",
    declare};

}  // namespace raykeep::cli
