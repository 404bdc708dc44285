// SPDX-License-Identifier: Apache-2.0
#include "gateway/browser.h"

#include <string>

namespace raykeep::gateway {

using http::FieldId;

BrowserCall browser_call_of(const http::RequestHead& request, bool tls) {
  const http::Fields& fields = request.fields;
  const std::string_view origin = fields.first(FieldId::kOrigin);
  const std::string_view site = fields.first(FieldId::kSecFetchSite);
  const std::string_view mode = fields.first(FieldId::kSecFetchMode);
  BrowserCall out;
  out.any = fields.has(FieldId::kOrigin) || !site.empty() || !mode.empty() ||
            fields.first(FieldId::kUserAgent).starts_with("Mozilla");
  out.navigation = mode == "navigate" || (mode.empty() && !fields.has(FieldId::kOrigin) &&
                                          fields.first(FieldId::kAccept).find("text/html") != std::string_view::npos);
  const std::string own = std::string(tls ? "https://" : "http://").append(request.host);
  if (fields.count(FieldId::kOrigin) > 1 || fields.count(FieldId::kSecFetchSite) > 1) {
    out.cross_site = true;
  } else if (fields.has(FieldId::kOrigin)) {
    out.cross_site = !http::equals_ignoring_case(origin, own);
  } else if (!site.empty()) {
    out.cross_site = site != "same-origin" && site != "none";
  }
  return out;
}

}  // namespace raykeep::gateway
