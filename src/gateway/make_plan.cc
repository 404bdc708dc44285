// SPDX-License-Identifier: Apache-2.0
#include "gateway/make_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <set>
#include <thread>

#include "core/file.h"
#include "gateway/config.h"
#include "gateway/target.h"

namespace raykeep::gateway {
namespace {

using document::Node;
using std::chrono::milliseconds;

constexpr ErrorCode kConfigConflict{"config-conflict", ErrorKind::kInput, ""};
constexpr std::size_t kLargestSecretFile = 64 * 1024;

struct HostPort {
  std::string host;
  std::string port;
};

// "127.0.0.1:8443", "[::1]:8443", "head.example:8265".
std::optional<HostPort> split_host_port(std::string_view text) {
  HostPort out;
  std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  out.host = std::string(text.substr(0, colon));
  out.port = std::string(text.substr(colon + 1));
  if (out.host.starts_with('[') && out.host.ends_with(']')) out.host = out.host.substr(1, out.host.size() - 2);
  unsigned port = 0;
  const auto [end, error] = std::from_chars(out.port.data(), out.port.data() + out.port.size(), port);
  const bool good = error == std::errc{} && end == out.port.data() + out.port.size() && port <= 65535 && !out.port.empty();
  if (!good || out.host.empty()) return std::nullopt;
  return out;
}

std::string trim(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
  return text;
}

// Reads validated nodes; the defaults stand where the keys are read, as config_keys.cc documents them.
class Maker {
 public:
  Maker(const std::string& path, std::shared_ptr<const Settings> running)
      : path_(path), directory_(std::filesystem::path(path).parent_path()), running_(std::move(running)) {}

  MadePlan make() {
    ConfigText config = read_config(path_);
    MadePlan out;
    out.errors = std::move(config.errors);
    if (!out.errors.empty()) return out;
    const Node& root = config.root;
    read_log(root, out);
    Plan plan;
    plan.files.push_back(path_);
    read_limits(root);
    for (const Node& listener : items(root.find("listeners"))) read_listener(listener, plan);
    if (items(root.find("listeners")).empty()) problem(*root.find("listeners"), "\"listeners\" is empty, so nobody could connect");
    read_admin(root, plan);
    read_settings(root, plan);
    read_identity(root, plan);
    read_audit(root, plan);
    read_rest(root, plan);
    plan.files.insert(plan.files.end(), files_.begin(), files_.end());
    plan.warnings = std::move(warnings_);
    out.errors = std::move(errors_);
    if (out.errors.empty()) out.plan = std::move(plan);
    return out;
  }

 private:
  static const Node::Sequence& items(const Node* node) {
    static const Node::Sequence kNone;
    return node == nullptr ? kNone : node->items();
  }
  static std::string text(const Node& node, std::string_view key, std::string_view fallback = {}) {
    const Node* found = node.find(key);
    return std::string(found == nullptr ? fallback : found->text());
  }
  static std::vector<std::string> texts(const Node& node, std::string_view key) {
    std::vector<std::string> out;
    for (const Node& item : items(node.find(key))) out.emplace_back(item.text());
    return out;
  }
  static bool flag(const Node& node, std::string_view key, bool fallback) {
    const Node* found = node.find(key);
    return found == nullptr ? fallback : found->as_boolean().value_or(fallback);
  }
  static std::size_t number(const Node& node, std::string_view key, std::size_t fallback) {
    const Node* found = node.find(key);
    return found == nullptr ? fallback : static_cast<std::size_t>(found->as_integer().value_or(0));
  }
  static std::size_t size(const Node& node, std::string_view key, std::size_t fallback) {
    const Node* found = node.find(key);
    return found == nullptr ? fallback : static_cast<std::size_t>(document::parse_size(found->text()).value_or(fallback));
  }
  static milliseconds duration(const Node& node, std::string_view key, milliseconds fallback) {
    const Node* found = node.find(key);
    return found == nullptr ? fallback : parse_duration(found->text()).value_or(fallback);
  }
  static std::vector<IpNetwork> networks(const Node& node, std::string_view key) {
    std::vector<IpNetwork> out;
    for (const Node& item : items(node.find(key))) out.push_back(*IpNetwork::parse(item.text()));
    return out;
  }
  // The section, or an empty one so that its defaults apply.
  static const Node& section(const Node& root, std::string_view key) {
    static const Node kEmpty = Node::mapping();
    const Node* found = root.find(key);
    return found == nullptr ? kEmpty : *found;
  }
  void problem(const Node& at, std::string message) {
    errors_.push_back(Error(kConfigConflict, std::move(message), {path_, at.span().line, at.span().column}));
  }
  template <typename T>
  std::optional<T> keep(Result<T> result, const Node& at) {
    if (result) return std::move(*result);
    if (result.error().at()) {
      errors_.push_back(std::move(result).error());
    } else {
      problem(at, result.error().message());
    }
    return std::nullopt;
  }
  // A file named in the configuration, watched for changes.
  std::string file(const Node& node, std::string_view key) {
    const std::string name = text(node, key);
    if (name.empty()) return {};
    const std::string out = (directory_ / name).lexically_normal().string();
    files_.push_back(out);
    return out;
  }
  std::string place(const Node& node, std::string_view key) { return (directory_ / text(node, key)).lexically_normal().string(); }

  void read_log(const Node& root, MadePlan& out) {
    const Node& log = section(root, "log");
    const std::string level = text(log, "level", "info");
    out.log_level = level == "debug" ? LogLevel::kDebug : level == "warning" ? LogLevel::kWarning : level == "error" ? LogLevel::kError : LogLevel::kInfo;
    out.log_format = text(log, "format", "text") == "json" ? LogFormat::kJson : LogFormat::kText;
  }

  void read_limits(const Node& root) {
    const Node& limits = section(root, "limits");
    http::ConnectionLimits& to = listener_.limits;
    to.head.bytes = size(limits, "header_bytes", http::Buffer::kSize);
    to.head.target = size(limits, "uri_bytes", 8 * 1024);
    to.head.fields = number(limits, "headers", 100);
    to.head_timeout = duration(limits, "head_timeout", milliseconds(10000));
    to.idle_timeout = duration(limits, "idle_timeout", milliseconds(75000));
    to.body_timeout = duration(limits, "body_timeout", milliseconds(30000));
    to.send_timeout = duration(limits, "send_timeout", milliseconds(60000));
    listener_.max_connections = number(limits, "connections", 20000);
    listener_.max_connections_per_address = number(limits, "connections_per_address", 2000);
  }

  std::optional<ListenerPlan> address(const Node& node) {
    const std::string wanted = text(node, "address");
    const auto parts = split_host_port(wanted);
    if (!parts || !IpAddress::parse(parts->host)) {
      problem(*node.find("address"), fmt::format("\"{}\" is not an IP address with a port, such as 127.0.0.1:8443 or [::]:8443", wanted));
      return std::nullopt;
    }
    ListenerPlan out;
    out.host = parts->host;
    std::from_chars(parts->port.data(), parts->port.data() + parts->port.size(), out.port);
    return out;
  }

  void read_listener(const Node& node, Plan& plan) {
    auto listener = address(node);
    if (!listener) return;
    auto settings = std::make_shared<http::ListenerSettings>(listener_);
    settings->allow = networks(node, "allow");
    settings->deny = networks(node, "deny");
    settings->proxy_protocol_from = networks(node, "proxy_protocol_from");
    const Node* tls = node.find("tls");
    const bool loopback = IpAddress::parse(listener->host)->is_loopback();
    if (tls != nullptr) {
      const auto least = text(*tls, "min_version", "1.2") == "1.3" ? http::TlsVersion::kTls13 : http::TlsVersion::kTls12;
      if (auto loaded = keep(http::TlsServer::load(file(*tls, "certificate"), file(*tls, "key"), least), *tls)) settings->tls = *loaded;
    } else if (!loopback && !flag(node, "plaintext", false)) {
      problem(node, fmt::format("{} would speak plain HTTP beyond this machine; give it \"tls\", or say \"plaintext: true\"", listener->name()));
    }
    const bool twice = listener->port != 0 && std::any_of(plan.listeners.begin(), plan.listeners.end(), [&](const ListenerPlan& l) { return l.name() == listener->name(); });
    if (twice) problem(node, fmt::format("{} is listed twice", listener->name()));
    listener->settings = std::move(settings);
    plan.listeners.push_back(std::move(*listener));
  }

  void read_admin(const Node& root, Plan& plan) {
    const Node* node = root.find("admin");
    if (node == nullptr) return;
    plan.admin = address(*node);
    auto settings = std::make_shared<http::ListenerSettings>(listener_);
    settings->allow = networks(*node, "allow");
    if (plan.admin) plan.admin->settings = std::move(settings);
  }

  static std::vector<access::AllowedSource> sources(const Node& node, std::string_view key) {
    std::vector<access::AllowedSource> out;
    for (const Node& item : items(node.find(key))) out.push_back({text(item, "scheme"), texts(item, "hosts")});
    return out;
  }

  // `above` holds for the keys that are absent in "submission" of the node.
  static access::SubmissionPolicy submission_policy(const Node& holder, access::SubmissionPolicy above) {
    const Node& node = section(holder, "submission");
    access::SubmissionPolicy out = std::move(above);
    if (node.find("permissive") != nullptr) out = flag(node, "permissive", false) ? access::SubmissionPolicy::permissive() : access::SubmissionPolicy::standard();
    out.largest_body = size(node, "largest_body", out.largest_body);
    out.longest_entrypoint = number(node, "longest_entrypoint", out.longest_entrypoint);
    const auto lists = {std::pair{"denied_entrypoints", &out.denied_entrypoints}, std::pair{"denied_environment", &out.denied_environment},
                        std::pair{"allowed_environment", &out.allowed_environment}, std::pair{"images", &out.images},
                        std::pair{"allowed_fields", &out.allowed_fields}};
    for (const auto& [key, list] : lists) {
      if (node.find(key) != nullptr) *list = texts(node, key);
    }
    if (node.find("code_sources") != nullptr) out.code_sources = sources(node, "code_sources");
    if (node.find("package_sources") != nullptr) out.package_sources = sources(node, "package_sources");
    out.package_names_allowed = flag(node, "package_names_allowed", out.package_names_allowed);
    return out;
  }

  void read_cluster(const Node& node, const access::SubmissionPolicy& submission, Settings& settings) {
    auto cluster = std::make_shared<Cluster>();
    cluster->kube_namespace = text(node, "namespace");
    cluster->name = text(node, "name");
    cluster->id = cluster->kube_namespace + "/" + cluster->name;
    cluster->prefix = "/" + cluster->id;
    if (split_target(cluster->prefix + "/").kind != Target::Kind::kCluster) {
      return problem(node, fmt::format("\"{}\" are not two DNS labels (a-z, 0-9 and '-')", cluster->id));
    }
    const std::string dashboard = text(node, "dashboard");
    const auto parts = dashboard.starts_with("http://") ? split_host_port(std::string_view(dashboard).substr(7)) : std::nullopt;
    if (!parts || parts->port == "0" || parts->host.find_first_of("/@?# ") != std::string::npos) {
      return problem(*node.find("dashboard"), fmt::format("\"{}\" is not http://host:port", dashboard));
    }
    cluster->host = parts->host;
    cluster->port = parts->port;
    cluster->upstream.authority = dashboard.substr(7);
    cluster->upstream.token = token_of(node);
    cluster->allow = networks(node, "allow");
    cluster->deny = networks(node, "deny");
    cluster->connect_timeout = duration(node, "connect_timeout", milliseconds(2000));
    cluster->response_timeout = duration(node, "response_timeout", milliseconds(120000));
    cluster->submission = submission_policy(node, submission);
    const auto before = running_ ? running_->cluster(cluster->id) : nullptr;
    cluster->status = before ? before->status : std::make_shared<ClusterStatus>();
    const bool twice = std::any_of(settings.clusters.begin(), settings.clusters.end(), [&](const auto& c) { return c->id == cluster->id; });
    if (twice) return problem(node, fmt::format("the cluster {} is listed twice", cluster->id));
    settings.clusters.push_back(std::move(cluster));
  }

  Secret token_of(const Node& node) {
    const Node* token = node.find("token");
    const Node* named = node.find("token_file");
    if (token == nullptr && named == nullptr) return Secret();
    if (token != nullptr && named != nullptr) problem(*token, "give \"token\" or \"token_file\", not both");
    Secret out(token == nullptr ? std::string() : std::string(token->text()));
    if (named != nullptr) {
      auto content = keep(read_file(file(node, "token_file"), kLargestSecretFile), *named);
      if (!content) return out;
      out = Secret(trim(std::move(*content)));
    }
    if (!is_field_value(out)) problem(named == nullptr ? *token : *named, "the cluster's token is empty or holds white space or control characters");
    return out;
  }

  static bool is_field_value(const Secret& token) {
    const std::string_view value = token.reveal();
    return !value.empty() && std::all_of(value.begin(), value.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  }

  void read_settings(const Node& root, Plan& plan) {
    auto settings = std::make_shared<Settings>();
    for (const Node& host : items(root.find("public_hosts"))) settings->public_hosts.emplace_back(host.text());
    if (settings->public_hosts.empty()) problem(root, "\"public_hosts\" is empty, so every request would be refused");
    const access::SubmissionPolicy submission = submission_policy(root, access::SubmissionPolicy::standard());
    for (const Node& cluster : items(root.find("clusters"))) read_cluster(cluster, submission, *settings);
    settings->forwarded_from = networks(root, "forwarded_from");
    const Node& limits = section(root, "limits");
    const auto burst = static_cast<double>(number(limits, "burst_seconds", 5));
    const auto rate = [&](std::string_view key) {
      const auto per_second = static_cast<double>(number(limits, key, 0));
      return RateLimit{per_second, per_second * burst};
    };
    settings->per_identity = rate("requests_per_second_per_identity");
    settings->per_address = rate("requests_per_second_per_address");
    settings->concurrent_per_identity = number(limits, "concurrent_per_identity", 200);
    settings->index_clusters();
    read_policy(root, *settings);
    plan.settings = std::move(settings);
  }

  std::vector<access::Role> roles(const Node& root) {
    std::vector<access::Role> out;
    const Node& node = section(root, "roles");
    for (const document::Member& member : node.members()) {
      access::Role role;
      role.name = std::string(member.name());
      for (const document::Member& grant : member.value.members()) {
        const auto reach = grant.value.text() == "all" ? access::Reach::kAll : access::Reach::kOwnJobs;
        const auto operation_class = class_named(grant.name());
        if (grant.name() == "secrets") {
          role.secrets = reach;
        } else if (operation_class) {
          role.with(*operation_class, reach);
        } else {
          problem(grant.key, fmt::format("\"{}\" is no class of operations: public, view, sensitive-read, submit, manage, profile, secrets", grant.name()));
        }
      }
      out.push_back(std::move(role));
    }
    return out;
  }
  static std::optional<ray::OperationClass> class_named(std::string_view name) {
    for (std::size_t i = 0; i < ray::kOperationClasses; ++i) {
      const auto c = static_cast<ray::OperationClass>(i);
      if (c != ray::OperationClass::kInternal && ray::name_of(c) == name) return c;
    }
    return std::nullopt;
  }

  void read_policy(const Node& root, Settings& settings) {
    std::vector<access::Binding> bindings;
    for (const Node& node : items(root.find("bindings"))) {
      access::Binding binding{text(node, "name"), text(node, "role"), texts(node, "users"), texts(node, "groups"), {}};
      for (const Node& pattern : items(node.find("clusters"))) {
        if (auto parsed = keep(access::ClusterPattern::parse(pattern.text()), pattern)) binding.clusters.push_back(std::move(*parsed));
      }
      const bool reaches = std::any_of(settings.clusters.begin(), settings.clusters.end(), [&](const auto& cluster) {
        return std::any_of(binding.clusters.begin(), binding.clusters.end(), [&](const auto& p) { return p.matches({cluster->kube_namespace, cluster->name}); });
      });
      if (!reaches) warnings_.push_back(fmt::format("{}:{}: the binding \"{}\" matches none of the clusters", path_, node.span().line, binding.name));
      bindings.push_back(std::move(binding));
    }
    if (!errors_.empty()) return;
    const Node* at = root.find("bindings");
    if (auto policy = keep(access::Policy::make(roles(root), std::move(bindings)), at == nullptr ? root : *at)) settings.policy = std::move(*policy);
  }

  void read_identity(const Node& root, Plan& plan) {
    const Node& users = section(root, "users");
    std::vector<identity::HashKind> legacy;
    for (const std::string& name : texts(users, "allow_legacy_hashes")) legacy.push_back(*identity::hash_kind_named(name));
    const std::string users_file = file(users, "file");
    if (auto content = keep(read_file(users_file, identity::kLargestUserFile), users)) {
      if (auto table = keep(identity::parse_user_file(*content, users_file, legacy), users)) plan.users = std::make_shared<const identity::UserTable>(std::move(*table));
    }
    if (users.find("max_age") != nullptr) plan.identity.password_max_age = std::chrono::duration_cast<std::chrono::seconds>(duration(users, "max_age", {}));
    plan.identity.password_warn_before = std::chrono::duration_cast<std::chrono::seconds>(duration(users, "warn_before", std::chrono::days(14)));
    const Node& sessions = section(root, "sessions");
    plan.identity.sessions.idle = std::chrono::duration_cast<std::chrono::seconds>(duration(sessions, "idle", std::chrono::hours(1)));
    plan.identity.sessions.absolute = std::chrono::duration_cast<std::chrono::seconds>(duration(sessions, "absolute", std::chrono::hours(12)));
    const Node& groups = section(root, "groups");
    for (const document::Member& group : groups.members()) {
      for (const Node& user : group.value.items()) plan.groups[std::string(group.name())].emplace_back(user.text());
    }
    plan.state_database = place(section(root, "state"), "database");
  }

  void read_audit(const Node& root, Plan& plan) {
    const Node& audit = section(root, "audit");
    plan.audit.directory = place(audit, "directory");
    plan.audit.segment_bytes = size(audit, "rotate_size", 64U << 20);
    plan.audit.on_failure = audit::parse_on_failure(text(audit, "on_failure", "refuse-writes")).value_or(audit::OnFailure::kRefuseWrites);
    plan.summary_interval = duration(audit, "summary_interval", milliseconds(60000));
    const std::string key_file = file(audit, "hmac_key_file");
    if (key_file.empty()) return;
    auto key = keep(read_file(key_file, kLargestSecretFile), audit);
    if (key && trim(*key).size() < 32) problem(audit, "the audit key is shorter than 32 bytes; make one with: openssl rand -hex 32");
    if (key) plan.audit.hmac_key = Secret(trim(std::move(*key)));
  }

  void read_rest(const Node& root, Plan& plan) {
    const Node& limits = section(root, "limits");
    plan.workers = number(root, "workers", std::max(1U, std::thread::hardware_concurrency()));
    plan.hash_threads = number(limits, "hash_threads", 1);
    plan.hash_queue = number(limits, "hash_queue", 64);
    plan.drain_timeout = duration(root, "drain_timeout", milliseconds(30000));
  }

  const std::string& path_;
  std::filesystem::path directory_;
  std::shared_ptr<const Settings> running_;
  http::ListenerSettings listener_;
  std::vector<std::string> files_;
  std::vector<std::string> warnings_;
  std::vector<Error> errors_;
};

}  // namespace

MadePlan make_plan(const std::string& path, std::shared_ptr<const Settings> running) { return Maker(path, std::move(running)).make(); }

}  // namespace raykeep::gateway
