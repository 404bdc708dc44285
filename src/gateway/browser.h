// SPDX-License-Identifier: Apache-2.0
// What a browser says about where a request comes from (Fetch standard: Origin, Sec-Fetch-*). Scripts cannot change these
// fields, so they tell a page of this gateway from a page of elsewhere, also after DNS rebinding: Host is checked first.
#pragma once

#include "http/message.h"

namespace raykeep::gateway {

struct BrowserCall {
  bool any = false;         // it carries a browser's marks
  bool navigation = false;  // a person follows a link or types an address
  bool cross_site = false;  // another site's page started it, or it cannot be told which
};
BrowserCall browser_call_of(const http::RequestHead& request, bool tls);

}  // namespace raykeep::gateway
