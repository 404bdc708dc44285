// SPDX-License-Identifier: Apache-2.0
#include "gateway/forwarded_for.h"

#include <optional>
#include <string_view>

namespace raykeep::gateway {
namespace {

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

// The last entry of a comma-separated list, taken off it.
std::string_view take_last(std::string_view& list) {
  const std::size_t comma = list.rfind(',');
  const std::string_view last = comma == std::string_view::npos ? list : list.substr(comma + 1);
  list = comma == std::string_view::npos ? std::string_view{} : list.substr(0, comma);
  return trim(last);
}

}  // namespace

IpAddress client_address(const IpAddress& peer, const http::Fields& fields, const std::vector<IpNetwork>& trusted) {
  IpAddress client = peer;
  // Several fields of a name are one list, in their order (RFC 9110 5.3).
  for (auto field = fields.end(); field != fields.begin();) {
    --field;
    if (field->id != http::FieldId::kXForwardedFor) continue;
    std::string_view list = field->value;
    do {
      if (!any_contains(trusted, client)) return client;
      const std::optional<IpAddress> before = IpAddress::parse(take_last(list));
      if (!before) return client;
      client = *before;
    } while (!list.empty());
  }
  return client;
}

}  // namespace raykeep::gateway
