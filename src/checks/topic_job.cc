// SPDX-License-Identifier: Apache-2.0
// How jobs are submitted, how long clusters live, and what they may cost.
#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "checks/code_source.h"
#include "checks/topics.h"

namespace raykeep::checks {
namespace {

using report::Fix;
using report::Rule;
using report::Severity;

constexpr Rule kHttpMode{"ray-job-http-mode", Severity::kMedium, "13", "The operator submits the job by HTTP",
                         "HTTPMode sends the job through the operator and needs the dashboard open to it; the guide asks for K8sJobMode.", "Set submissionMode: K8sJobMode.",
                         "submissionMode: HTTPMode", "submissionMode: K8sJobMode", "ray.io/v1 RayJob spec.submissionMode"};
constexpr Rule kInteractive{"ray-job-interactive-mode", Severity::kHigh, "13", "The cluster waits for somebody to submit a job",
                            "InteractiveMode leaves an open Job API until somebody uses it.", "Set submissionMode: K8sJobMode.", "submissionMode: InteractiveMode",
                            "submissionMode: K8sJobMode", "ray.io/v1 RayJob spec.submissionMode"};
constexpr Rule kSidecar{"ray-job-sidecar-mode", Severity::kLow, "13,19", "The submitter runs inside the head pod",
                        "The operator gives this container no securityContext, so the head pod breaks the restricted standard.", "Set submissionMode: K8sJobMode.",
                        "submissionMode: SidecarMode", "submissionMode: K8sJobMode", "ray-operator rayjob_controller.go"};
constexpr Rule kShared{"ray-job-shared-cluster", Severity::kMedium, "24", "The job runs on a cluster that others use",
                       "Jobs of one cluster read each other's memory, files and tokens.", "Give the job its own rayClusterSpec.",
                       "clusterSelector: {ray.io/cluster: shared}", "rayClusterSpec: {}", "ray.io/v1 RayJob spec.clusterSelector"};
constexpr Rule kKept{"ray-job-cluster-kept", Severity::kMedium, "24,25", "The cluster stays when the job is done",
                     "It goes on costing, and stays a place where code can run.", "Set shutdownAfterJobFinishes: true, or deletionStrategy.deletionRules.",
                     "spec: {}", "spec:\n  shutdownAfterJobFinishes: true", "ray.io/v1 RayJob spec.shutdownAfterJobFinishes (default false)"};
constexpr Rule kTtl{"ray-job-ttl-without-shutdown", Severity::kMedium, "25", "ttlSecondsAfterFinished has no effect",
                    "It counts only with shutdownAfterJobFinishes.", "Set shutdownAfterJobFinishes: true.", "ttlSecondsAfterFinished: 60",
                    "shutdownAfterJobFinishes: true\nttlSecondsAfterFinished: 60", "ray-operator utils/validation.go"};
constexpr Rule kNoDeadline{"ray-job-no-deadline", Severity::kInfo, "25", "The job may run for ever", "Nothing ends a job that hangs.", "Set activeDeadlineSeconds.", "spec: {}",
                           "spec:\n  activeDeadlineSeconds: 86400", "ray.io/v1 RayJob spec.activeDeadlineSeconds"};
constexpr Rule kUnbounded{"autoscaling-unbounded", Severity::kMedium, "15,25", "A worker group may grow without bound",
                          "maxReplicas is 2147483647 when it is not written; one job can take the whole Kubernetes cluster.", "Set maxReplicas.",
                          "enableInTreeAutoscaling: true\nworkerGroupSpecs: [{groupName: a}]", "workerGroupSpecs: [{groupName: a, maxReplicas: 10}]",
                          "ray.io/v1 WorkerGroupSpec maxReplicas"};
constexpr Rule kNeverIdle{"ray-cluster-never-ends", Severity::kInfo, "24,25", "A RayCluster of its own lives until somebody deletes it",
                          "KubeRay has no idle limit for a RayCluster; every user of it shares memory, files and tokens.", "Use a RayJob for each job.", "kind: RayCluster",
                          "kind: RayJob", "ray.io/v1 RayCluster"};
constexpr Rule kRemoteCode{"ray-job-remote-code", Severity::kMedium, "2", "A job loads code from a source that is not on the list",
                           "working_dir and py_modules are fetched and run on the cluster.", "Use a listed source, or list this one.", "working_dir: https://example.com/x.zip",
                           "working_dir: oss://team-code/x.zip", "scan.codeSources of the configuration"};
constexpr Rule kHistory{"history-server-account-replaced", Severity::kMedium, "8,17,22", "ACK's history server replaces the cluster's ServiceAccount",
                        "The annotation makes the add-on overwrite the postStart hook and give the pods an account that may write all history in the object store; "
                        "so may every job.",
                        "Limit the role to the prefix of this cluster, and drop the hook.", "ray.alibabacloud.com/enable-historyserver: \"true\"",
                        "(a collector without cloud rights)", "ACK, HistoryServer component"};
constexpr std::array kRules{&kHttpMode, &kInteractive, &kSidecar, &kShared, &kKept, &kTtl, &kNoDeadline, &kUnbounded, &kNeverIdle, &kRemoteCode, &kHistory};

void check_mode(const Subject& subject, const Node& job, Findings& findings) {
  const Node* mode = job.find("submissionMode");
  if (mode == nullptr) return;
  // v1alpha1 has no such field, and only InteractiveMode does without an entrypoint.
  const auto fixes = [&]() -> std::vector<Fix> {
    if (subject.written->version() != "v1" || kube::string_at(job, {"entrypoint"}).empty()) return {};
    return {{Fix::Kind::kSet, path_to(*subject.written->root, *mode), Node::string("K8sJobMode")}};
  };
  if (mode->text() == "HTTPMode") findings.add(kHttpMode, subject, *mode, "submissionMode is HTTPMode", fixes);
  if (mode->text() == "InteractiveMode") findings.add(kInteractive, subject, *mode, "submissionMode is InteractiveMode", fixes);
  if (mode->text() == "SidecarMode") findings.add(kSidecar, subject, *mode, "submissionMode is SidecarMode", fixes);
}

// Whether a deletion strategy removes the cluster, and not only its workers, once a job ended so: "SUCCEEDED" or "FAILED".
bool deletes_cluster(const Node& job, std::string_view status) {
  const auto removes = [](const Node& rule) {
    const std::string_view policy = kube::string_at(rule, {"policy"});
    return policy == "DeleteCluster" || policy == "DeleteSelf";
  };
  if (const Node* old = job.find_path({"deletionStrategy", status == "FAILED" ? "onFailure" : "onSuccess"})) return removes(*old);
  const Node* rules = job.find_path({"deletionStrategy", "deletionRules"});
  return rules != nullptr && std::any_of(rules->items().begin(), rules->items().end(), [&](const Node& rule) { return removes(rule) && kube::string_at(rule, {"condition", "jobStatus"}) == status; });
}

void check_life(const Subject& subject, const Node& job, Findings& findings) {
  const Node* shared = job.find("clusterSelector");
  if (shared != nullptr && !shared->members().empty()) {
    findings.add(kShared, subject, *shared, "the job goes to an existing cluster");
    return;
  }
  const bool ends = kube::is_true(job.find("shutdownAfterJobFinishes"));
  const Node* strategy = job.find("deletionStrategy");
  const Node* ttl = job.find("ttlSecondsAfterFinished");
  // The operator refuses a job that shuts down and has a strategy of its own (utils/validation.go).
  const auto fixes = [&]() -> std::vector<Fix> {
    if (strategy != nullptr) return {};
    std::vector<std::string> path = path_to(*subject.written->root, job);
    path.emplace_back("shutdownAfterJobFinishes");
    return {{Fix::Kind::kSet, std::move(path), Node::boolean(true)}};
  };
  if (!ends && strategy == nullptr) findings.add(kKept, subject, job, "shutdownAfterJobFinishes is not true", fixes);
  for (const char* status : {"SUCCEEDED", "FAILED"}) {
    if (!ends && strategy != nullptr && !deletes_cluster(job, status)) findings.add(kKept, subject, *strategy, fmt::format("nothing deletes the cluster of a job that ends as {}", status));
  }
  if (!ends && ttl != nullptr && ttl->as_integer().value_or(0) > 0) findings.add(kTtl, subject, *ttl, "shutdownAfterJobFinishes is not true", fixes);
  if (job.find("activeDeadlineSeconds") == nullptr) findings.add(kNoDeadline, subject, job, "activeDeadlineSeconds is not set");
}

// More replicas than this are no bound for anybody.
constexpr std::int64_t kMostReplicas = 10'000;

void check_bound(const Subject& subject, const ray::PodGroup& group, Findings& findings) {
  const Node* most = group.source->find("maxReplicas");
  if (most == nullptr || most->is_null()) findings.add(kUnbounded, subject, *group.source, fmt::format("worker group {} has no maxReplicas", group.name));
  else if (most->as_integer().value_or(0) > kMostReplicas) findings.add(kUnbounded, subject, *most, fmt::format("worker group {} may have {} replicas", group.name, most->text()));
}

// Where the runtime environments of a job or of Serve applications come from.
void check_code(const World& world, const Subject& subject, Findings& findings) {
  const Node* job = ray::job_spec(*subject.object);
  for (const Node* text : {job == nullptr ? nullptr : job->find("runtimeEnvYAML"), subject.object->find({"spec", "serveConfigV2"})}) {
    if (text == nullptr) continue;
    for (const std::string& source : unlisted_sources(world.settings, text->text())) findings.add(kRemoteCode, subject, *text, fmt::format("{} is not below a listed source", source));
  }
}

void check(const World& world, Findings& findings) {
  for (const ray::Expansion& expansion : world.expansions) {
    const kube::Object& object = *expansion.source;
    const Subject subject{&object, &object, &expansion};
    if (const Node* job = ray::job_spec(object)) {
      check_mode(subject, *job, findings);
      check_life(subject, *job, findings);
    }
    check_code(world, subject, findings);
    if (object.kind == "RayCluster") findings.add(kNeverIdle, subject, *object.root, "nothing ends this cluster when it idles");
    for (const ray::PodGroup& group : expansion.pods) {
      if (group.role == ray::PodRole::kWorker && expansion.autoscaling) check_bound(subject, group, findings);
    }
    if (kube::annotation(*object.root, "ray.alibabacloud.com/enable-historyserver") == "true")
      findings.add(kHistory, subject, *object.find({"metadata", "annotations", "ray.alibabacloud.com/enable-historyserver"}), "the add-on gives this cluster's pods an account of its own");
  }
}

}  // namespace

const Topic kJobTopic{kRules, check};

}  // namespace raykeep::checks
