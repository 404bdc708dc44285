// SPDX-License-Identifier: Apache-2.0
// TLS between Ray's own processes, and where its keys lie.
#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "checks/ca_key.h"
#include "checks/topics.h"
#include "core/crypto.h"
#include "core/encoding.h"
#include "core/encoding.h"
#include "kube/stored_value.h"

namespace raykeep::checks {
namespace {

using report::Rule;
using report::Severity;

constexpr Rule kMissing{"ray-tls-missing", Severity::kLow, "1", "Ray's processes talk without TLS",
                        "Objects, code and tokens travel in clear between head and workers, and nothing proves who a worker is.",
                        "Set tlsOptions.enabled (KubeRay 1.7 with cert-manager), or RAY_USE_TLS with certificates on every Ray container.", "spec: {}",
                        "spec:\n  tlsOptions:\n    enabled: true", "Ray, Configure: TLS authentication"};
constexpr Rule kPartly{"ray-tls-incomplete", Severity::kHigh, "1", "Only some of the cluster uses TLS",
                       "Ray processes with and without TLS do not understand each other; the cluster does not form.",
                       "Set RAY_USE_TLS and the three files on the Ray container of the head and of every worker group.",
                       "env:\n- {name: RAY_USE_TLS, value: \"1\"}  # head only", "env:\n- {name: RAY_USE_TLS, value: \"1\"}  # everywhere",
                       "Ray, Configure: TLS authentication"};
constexpr Rule kNoFile{"ray-tls-file-missing", Severity::kHigh, "1", "TLS is on, but a file is not named or not mounted",
                       "With RAY_USE_TLS Ray needs RAY_TLS_SERVER_CERT, RAY_TLS_SERVER_KEY and RAY_TLS_CA_CERT, and the files must be there.",
                       "Name all three files inside a mounted volume.", "env:\n- {name: RAY_USE_TLS, value: \"1\"}",
                       "env:\n- {name: RAY_TLS_CA_CERT, value: /etc/ray/tls/ca.crt}", "Ray, Configure: TLS authentication"};
constexpr Rule kCaKey{"tls-ca-key-in-pod", Severity::kCritical, "1", "A pod holds the private key of the certificate authority",
                      "Every job on the cluster can read the key and make certificates that the whole cluster trusts.",
                      "Make certificates outside the pods and mount only certificate, key and CA certificate.", "volumes:\n- secret: {secretName: ca-tls}  # ca.key inside",
                      "volumes:\n- secret: {secretName: ray-worker-tls}", "Ray, Configure: TLS authentication"};
constexpr Rule kSampleCa{"tls-sample-ca", Severity::kCritical, "1", "The certificate authority is KubeRay's published sample",
                         "Its private key is in the KubeRay repository; everybody can make certificates that this cluster trusts.", "Make a certificate authority of your own.",
                         "ca.crt: (CN=*.kuberay.com)", "ca.crt: (your own)", "ray-operator config/samples/ray-cluster.tls.yaml"};
constexpr std::array kRules{&kMissing, &kPartly, &kNoFile, &kCaKey, &kSampleCa};

// SHA-256 of the sample's certificate in DER, the same since KubeRay 1.0.
constexpr std::string_view kSampleFingerprint = "6f49f331ff2b1a765a94f36cc04c49fe1f0eaa2cd58b11d977565c0a6b058c62";
constexpr std::array<std::string_view, 3> kFiles{"RAY_TLS_SERVER_CERT", "RAY_TLS_SERVER_KEY", "RAY_TLS_CA_CERT"};

bool uses_tls(const Node* container) {
  const Node* value = container == nullptr ? nullptr : literal_env(*container, "RAY_USE_TLS");
  return value != nullptr && (value->text() == "1" || value->text() == "true" || value->text() == "True");
}

bool is_mounted(const Node& container, std::string_view path) {
  const Node* mounts = container.find("volumeMounts");
  if (mounts == nullptr) return false;
  return std::any_of(mounts->items().begin(), mounts->items().end(), [&](const Node& mount) {
    std::string_view at = kube::string_at(mount, {"mountPath"});
    while (at.ends_with('/')) at.remove_suffix(1);
    return path == at || (path.starts_with(at) && path[at.size()] == '/' && mount.find("mountPath") != nullptr);
  });
}

void check_files(const Pod& pod, const Node& container, Findings& findings) {
  const std::string title = "container " + std::string(kube::string_at(container, {"name"}));
  for (const std::string_view name : kFiles) {
    const Node* path = literal_env(container, name);
    if (path == nullptr)
      findings.add(kNoFile, pod, container, title, fmt::format("{} is not set", name));
    else if (!is_mounted(container, path->text()))
      findings.add(kNoFile, pod, *path, title, fmt::format("{} is {}, and no volume is mounted there", name, path->text()));
  }
}

// The autoscaler talks to the GCS from a container of its own, which takes nothing from the one that runs Ray unless the
// operator sets up both (tlsOptions).
void check_autoscaler(const Pod& head, Findings& findings) {
  if (literal_env(*ray_container(head), "RAY_USE_TLS")->span().line == 0) return;
  for (const kube::Container& container : head.containers) {
    if (container.name != "autoscaler" || container.node == ray_container(head)) continue;
    if (uses_tls(container.node)) check_files(head, *container.node, findings);
    else findings.add(kPartly, head, *container.node, kube::title(container), "RAY_USE_TLS is set for the head, but not for its autoscaler (autoscalerOptions.env and volumeMounts)");
  }
}

void check_cluster(const World& world, const ray::Expansion& expansion, Findings& findings) {
  std::vector<const Pod*> with, without;
  for (const Pod& pod : world.pods_of(expansion)) {
    if (!pod.is_ray_node() || ray_container(pod) == nullptr) continue;
    (uses_tls(ray_container(pod)) ? with : without).push_back(&pod);
  }
  for (const Pod* pod : with) {
    check_files(*pod, *ray_container(*pod), findings);
    check_autoscaler(*pod, findings);
  }
  if (with.empty() && !without.empty() && expansion.cluster_spec != nullptr) {
    findings.add(kMissing, Subject{expansion.source, expansion.source, &expansion}, *expansion.cluster_spec, "neither tlsOptions.enabled nor RAY_USE_TLS is set");
  } else if (!with.empty()) {
    for (const Pod* pod : without) findings.add(kPartly, *pod, *ray_container(*pod), "", fmt::format("RAY_USE_TLS is set for {}, but not here", with.front()->part));
  }
}

// SHA-256 of the first certificate of a PEM text, in hexadecimal; empty when there is none.
std::string fingerprint(std::string_view pem) {
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
  const std::size_t begin = pem.find(kBegin);
  const std::size_t end = begin == std::string_view::npos ? begin : pem.find("-----END CERTIFICATE-----", begin);
  if (end == std::string_view::npos) return {};
  std::string packed;
  for (const char c : pem.substr(begin + kBegin.size(), end - begin - kBegin.size())) {
    if (c != '\n' && c != '\r' && c != ' ') packed += c;
  }
  const auto der = base64_decode(packed);
  return der ? hex_encode(as_text(sha256(*der))) : std::string();
}

void check_secrets(const World& world, Findings& findings) {
  for (const Subject& subject : world.of("", "Secret")) {
    const kube::Object& secret = *subject.object;
    for (const char* part : {"data", "stringData"}) {
      const Node* values = secret.find({part});
      if (values == nullptr) continue;
      for (const document::Member& member : values->members()) {
        if (fingerprint(kube::stored_value(secret, member.name())) == kSampleFingerprint)
          findings.add(kSampleCa, subject, member.value, fmt::format("{} is the certificate that KubeRay publishes with its key", member.name()));
      }
    }
  }
}

void check_pod(const World& world, const Pod& pod, Findings& findings) {
  if (!pod.is_ray()) return;
  for (FoundKey& key : find_ca_keys(world, pod)) findings.add(kCaKey, pod, *key.at, key.inside, std::move(key.message));
}

void check(const World& world, Findings& findings) {
  for (const ray::Expansion& expansion : world.expansions) check_cluster(world, expansion, findings);
  check_secrets(world, findings);
}

}  // namespace

const Topic kTlsTopic{kRules, check, check_pod};

}  // namespace raykeep::checks
