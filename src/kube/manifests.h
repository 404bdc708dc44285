// SPDX-License-Identifier: Apache-2.0
// The objects of a set of files, in the order of the text. Unreadable documents are told one by one; the rest is there.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "core/error.h"
#include "document/yaml.h"
#include "kube/object.h"

namespace raykeep::kube {

inline constexpr ErrorCode kNotAnObject{"not-a-kubernetes-object", ErrorKind::kInput, ""};

// A key that stands twice in an object; the last one counts.
struct DuplicateKey {
  const Object* object = nullptr;
  Node key;
};

class Manifests {
 public:
  Manifests() = default;
  Manifests(const Manifests&) = delete;
  Manifests& operator=(const Manifests&) = delete;
  Manifests(Manifests&&) = default;
  Manifests& operator=(Manifests&&) = delete;

  // Reads every object of a YAML or JSON text. Lists ("kind: List") are taken apart; what an AppWrapper (codeflare.dev) holds
  // follows it, in its namespace.
  void add(std::string file, std::string text, const document::YamlLimits& limits = {});
  // An object that no file holds, kept alive here.
  const Object& add_built(Node root);

  const std::deque<Object>& objects() const { return objects_; }
  // The document of a file in which an object was written; null pointer for a built one.
  const document::YamlDocument* document_of(const Object& object) const;
  const std::vector<std::unique_ptr<SourceFile>>& files() const { return files_; }
  const std::vector<Error>& errors() const { return errors_; }
  const std::vector<DuplicateKey>& duplicates() const { return duplicates_; }
  // Documents that are no Kubernetes objects: values of a chart, a kustomization, anything else.
  std::size_t others() const { return others_; }

 private:
  // What the items of a typed list (PodList) leave out, as kubectl and the API server print them; empty elsewhere.
  struct ListItem {
    std::string_view api_version, kind;
  };
  void add_document(const SourceFile& file, const Node& root, unsigned depth, const ListItem& inherited);
  void add_wrapped(const SourceFile& file, const Node& wrapper, unsigned depth);
  void add_object(const SourceFile& file, const Node& root, std::string_view version, std::string_view kind);
  void reject(const SourceFile& file, const Node& at, std::string message);

  std::vector<std::unique_ptr<SourceFile>> files_;
  std::deque<document::YamlStream> streams_;
  std::deque<Node> built_;
  std::deque<Object> objects_;
  std::vector<DuplicateKey> duplicates_;
  std::vector<Error> errors_;
  std::size_t others_ = 0;
};

}  // namespace raykeep::kube
