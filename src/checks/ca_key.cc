// SPDX-License-Identifier: Apache-2.0
#include "checks/ca_key.h"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>

#include "kube/stored_value.h"
#include "pki/certificate.h"

namespace raykeep::checks {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// "ca.key", "ca-key.pem", "rootCA.key", "my-ca-private.key": a word "ca" or "root", and one that means a key.
bool is_ca_key_name(std::string_view name) {
  const std::string text = lower(name);
  const bool is_key = text.find("key") != std::string::npos || text.find("private") != std::string::npos;
  if (!is_key) return false;
  for (const std::string_view word : {"ca", "rootca", "root", "cakey", "issuer"}) {
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
      const std::size_t end = at + word.size();
      const bool begins = at == 0 || std::isalnum(static_cast<unsigned char>(text[at - 1])) == 0;
      const bool ends = end == text.size() || std::isalnum(static_cast<unsigned char>(text[end])) == 0;
      if (begins && ends) return true;
    }
  }
  return false;
}

constexpr std::string_view kKeyOfPair = "tls.key";

// Whether tls.key of a Secret is an authority's: its certificate says so, or cert-manager makes it for one.
bool is_authority_pair(const World& world, std::string_view ns, std::string_view name) {
  const kube::Object* secret = world.find("", "Secret", ns, name);
  if (secret != nullptr && pki::is_authority(kube::stored_value(*secret, "tls.crt"))) return true;
  const auto& certificates = world.of("cert-manager.io", "Certificate");
  return std::any_of(certificates.begin(), certificates.end(), [&](const Subject& subject) {
    const kube::Object& certificate = *subject.object;
    return certificate.effective_namespace() == ns && kube::string_at(*certificate.root, {"spec", "secretName"}) == name && kube::is_true(certificate.find({"spec", "isCA"}));
  });
}

class Finder {
 public:
  Finder(const World& world, const Pod& pod) : world_(world), pod_(pod) {}

  std::vector<FoundKey> run() {
    if (const Node* volumes = pod_.spec->find("volumes")) {
      for (const Node& volume : volumes->items()) add_volume(volume);
    }
    for (const kube::Container& container : pod_.containers) add_variables(container);
    return std::move(found_);
  }

 private:
  void tell(const Node& at, const std::string& inside, std::string_view kind, std::string_view name, std::string_view key) {
    found_.push_back({&at, inside, fmt::format("{} {} holds {}", kind, name, key)});
  }

  void one(std::string_view kind, std::string_view name, std::string_view key, const Node& at, const std::string& inside) {
    const bool is_pair = kind == "Secret" && key == kKeyOfPair && is_authority_pair(world_, pod_.ns, name);
    if (is_pair) tell(at, inside, kind, name, "tls.key of a certificate authority");
    else if (is_ca_key_name(key)) tell(at, inside, kind, name, key);
  }

  // All keys of an object, or those that `items` lists. Of an object that is not here, only what is listed is known.
  void all(std::string_view kind, std::string_view name, const Node* items, const Node& at, const std::string& inside) {
    if (items != nullptr && !items->items().empty()) {
      for (const Node& item : items->items()) one(kind, name, kube::string_at(item, {"key"}), at, inside);
      return;
    }
    const kube::Object* object = world_.find("", kind, pod_.ns, name);
    if (object == nullptr) return one(kind, name, kKeyOfPair, at, inside);
    for (const char* part : {"data", "stringData", "binaryData"}) {
      const Node* values = object->find({part});
      if (values == nullptr) continue;
      for (const document::Member& member : values->members()) one(kind, name, member.name(), at, inside);
    }
  }

  void add_volume(const Node& volume) {
    const std::string inside = "volume " + std::string(kube::string_at(volume, {"name"}));
    if (const Node* secret = volume.find("secret")) all("Secret", kube::string_at(*secret, {"secretName"}), secret->find("items"), volume, inside);
    if (const Node* map = volume.find("configMap")) all("ConfigMap", kube::string_at(*map, {"name"}), map->find("items"), volume, inside);
    const Node* sources = volume.find_path({"projected", "sources"});
    if (sources == nullptr) return;
    for (const Node& source : sources->items()) {
      if (const Node* secret = source.find("secret")) all("Secret", kube::string_at(*secret, {"name"}), secret->find("items"), source, inside);
      if (const Node* map = source.find("configMap")) all("ConfigMap", kube::string_at(*map, {"name"}), map->find("items"), source, inside);
    }
  }

  void add_variables(const kube::Container& container) {
    const std::string inside = kube::title(container);
    if (const Node* variables = container.node->find("env")) {
      for (const Node& variable : variables->items()) {
        if (const Node* key = variable.find_path({"valueFrom", "secretKeyRef"})) one("Secret", kube::string_at(*key, {"name"}), kube::string_at(*key, {"key"}), variable, inside);
        if (const Node* key = variable.find_path({"valueFrom", "configMapKeyRef"})) one("ConfigMap", kube::string_at(*key, {"name"}), kube::string_at(*key, {"key"}), variable, inside);
      }
    }
    if (const Node* sources = container.node->find("envFrom")) {
      for (const Node& source : sources->items()) {
        if (const Node* secret = source.find("secretRef")) all("Secret", kube::string_at(*secret, {"name"}), nullptr, source, inside);
        if (const Node* map = source.find("configMapRef")) all("ConfigMap", kube::string_at(*map, {"name"}), nullptr, source, inside);
      }
    }
  }

  const World& world_;
  const Pod& pod_;
  std::vector<FoundKey> found_;
};

}  // namespace

std::vector<FoundKey> find_ca_keys(const World& world, const Pod& pod) { return Finder(world, pod).run(); }

}  // namespace raykeep::checks
