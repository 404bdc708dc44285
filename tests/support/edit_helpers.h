// SPDX-License-Identifier: Apache-2.0
// Short words for changes in tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "document/edit.h"
#include "document/json.h"

namespace raykeep::document::testing {

// "spec.containers[0].image" as a path.
inline NodePath path(std::string_view text) {
  NodePath out;
  std::string key;
  const auto close = [&] {
    if (!key.empty()) out.emplace_back(std::exchange(key, {}));
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '.') {
      close();
    } else if (text[i] == '[') {
      close();
      const std::size_t end = text.find(']', i);
      out.emplace_back(static_cast<std::size_t>(std::stoul(std::string(text.substr(i + 1, end - i - 1)))));
      i = end;
    } else {
      key += text[i];
    }
  }
  close();
  return out;
}

// A value written as JSON.
inline Node value(std::string_view json) { return *read_json(json); }

inline Change set(std::string_view at, std::string_view json, std::size_t document = 0) { return Change::set(path(at), value(json), document); }
inline Change remove(std::string_view at, std::size_t document = 0) { return Change::remove(path(at), document); }
inline Change add(std::string_view at, std::string_view json, std::size_t document = 0) { return Change::add(path(at), value(json), document); }
inline Change drop(std::string_view at, std::string_view json, std::size_t document = 0) { return Change::drop(path(at), value(json), document); }

}  // namespace raykeep::document::testing
