// SPDX-License-Identifier: Apache-2.0
#include "checks/guide.h"

#include <array>

namespace raykeep::checks {
namespace {

struct Recommendation {
  std::string_view title;
  bool visible;
};
constexpr std::array<Recommendation, 25> kGuide{{{"TLS between the pods of a Ray cluster", true},
                                                 {"Only trusted code runs in Ray", false},
                                                 {"GCS and Ray Client are not exposed", true},
                                                 {"NetworkPolicies around head and workers", true},
                                                 {"Dashboard and Job API are not exposed", true},
                                                 {"What is exposed has authentication or access control", true},
                                                 {"Port forwarding for the few who need it", false},
                                                 {"A history server for clusters that are gone", false},
                                                 {"Internet access only through a narrow access control list", true},
                                                 {"Basic authentication with strong passwords", true},
                                                 {"Access control on the ingress controller's load balancer", true},
                                                 {"Head Services of type ClusterIP", true},
                                                 {"RayJobs in K8sJobMode", true},
                                                 {"A namespace for each team", true},
                                                 {"A ResourceQuota for each namespace", true},
                                                 {"An ElasticQuotaTree", true},
                                                 {"A least-privilege ServiceAccount for each cluster", true},
                                                 {"No mounted token where none is needed", true},
                                                 {"Pod security contexts", true},
                                                 {"Scanned images", false},
                                                 {"Requests and limits on every container", true},
                                                 {"RRSA for cloud access", true},
                                                 {"No plaintext AccessKeys", true},
                                                 {"One cluster a job", true},
                                                 {"Cost management", true}}};

bool serves(const report::Rule& rule, unsigned number) {
  std::string_view rest = rule.guide;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    if (rest.substr(0, comma) == std::to_string(number)) return true;
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return false;
}

}  // namespace

std::vector<GuideRow> guide(const std::vector<report::Finding>& findings) {
  std::vector<GuideRow> out;
  for (unsigned number = 1; number <= kGuide.size(); ++number) {
    GuideRow row{number, kGuide[number - 1].title, kGuide[number - 1].visible, {}};
    for (const report::Finding& finding : findings) {
      if (finding.suppressed.empty() && finding.severity >= report::Severity::kLow && serves(*finding.rule, number)) row.failures.push_back(&finding);
    }
    out.push_back(std::move(row));
  }
  return out;
}

}  // namespace raykeep::checks
