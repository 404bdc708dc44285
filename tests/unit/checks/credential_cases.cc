// SPDX-License-Identifier: Apache-2.0
// Credentials wherever a manifest can hold one. The keys here are made up and belong to nobody.
#include "unit/checks/rule_case.h"

namespace raykeep::checks {
namespace {

const char* const kEnv = "credential-in-env";
const char* const kCommand = "credential-in-command";
const char* const kJob = "credential-in-job";
const char* const kMap = "credential-in-config-map";
const char* const kAnnotation = "credential-in-annotation";
const std::string kKey = "LTAI5tBcDeFgHiJkLmNoPqRs";

// A RayCluster; `container` are members of the head's container, `metadata` of its pod's, `spec` of the cluster's.
std::string ray(const std::string& container, const std::string& metadata = "", const std::string& spec = "") {
  return "apiVersion: ray.io/v1\nkind: RayCluster\nmetadata: {name: demo, namespace: team}\nspec: {" + spec + "headGroupSpec: {rayStartParams: {}, template: {metadata: {" + metadata +
         "}, spec: {containers: [{" + container + "name: h, image: 'rayproject/ray:2.56.0'}]}}}}\n";
}
std::string env(const std::string& name, const std::string& value) { return ray("env: [{name: " + name + ", value: '" + value + "'}], "); }
std::string command(const std::string& words) { return ray("args: [" + words + "], "); }
std::string job(const std::string& spec) {
  return "apiVersion: ray.io/v1\nkind: RayJob\nmetadata: {name: j, namespace: team}\nspec: {" + spec + "rayClusterSpec: {headGroupSpec: {template: {spec: {containers: [{name: h}]}}}}}\n";
}
std::string entrypoint(const std::string& line) { return job("entrypoint: '" + line + "', "); }
std::string config_map(const std::string& data) { return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: team}\n" + data + "\n"; }

std::string secret(const std::string& data) { return "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: team}\nstringData: " + data + "\n"; }
std::string wrapper(const std::string& value) {
  return "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: w, namespace: team}\nspec: {templates: [{container: {env: [{name: A, value: " + value + "}]}}]}\n";
}

// The object, indented, in an AppWrapper.
std::string app_wrapper(const std::string& object) {
  std::string out = "apiVersion: workload.codeflare.dev/v1beta2\nkind: AppWrapper\nmetadata: {name: w, namespace: team}\nspec:\n  components:\n  - template:\n";
  for (std::size_t begin = 0; begin < object.size();) {
    const std::size_t end = object.find('\n', begin);
    out += "      " + object.substr(begin, end - begin + 1);
    begin = end + 1;
  }
  return out;
}

}  // namespace

std::vector<Case> credential_cases() {
  return {
      // Forms.
      {kEnv, env("A", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"), env("A", "eyJhbGciOiJIUzI1NiJ9")},
      {kEnv, env("A", "sk-aBcDeFgHiJkLmNoPqRsTT3BlbkFJaBcDeFgHiJkLmNoPqRsT"), env("A", "sk-aBcDeFgHiJkL")},
      {kEnv, env("A", "A3TX7QRSTUVWABCDEFGH"), env("A", "A3TX7")},
      {kEnv, env("A", "abc8Q~dEfGhIjKlMnOpQrStUvWxYz0123456789a"), env("A", "abc8Q~d")},
      {kEnv, env("A", "https://q7w8e9r0t1y2u3i4@git.internal/team/repo"), env("A", "https://deploy@git.internal/team/repo")},
      {kEnv, env("A", "postgres://app:p4ss/w0rd@db/prod"), env("A", "http://db:8080/mail@box")},
      {kEnv, env("A", "TFRBSTV0QmNEZUZnSGlKa0xtTm9QcVJz"), env("A", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b")},
      {kEnv, env("A", "Authorization: Bearer q7w8e9r0t1y2u3i4o5"), env("A", "Authorization: Bearer $TOKEN")},
      {kEnv, env("A", "Server=db;Database=x;Password=q7w8e9r0;"), env("A", "jdbc:sqlserver://db:1433;database=x;user=a@b")},
      {kEnv, env("A", "https://hooks.slack.com/services/T01234567/B01234567/q7w8e9r0t1y2u3i4"), env("A", "https://hooks.slack.com/services/")},
      {kEnv, env("A", "STS.NTq2x8Zv7LmPwK4rB9cDeF"), env("A", "STS.AssumeRoleWithWebIdentity")},
      // Names.
      {kEnv, env("LITELLM_MASTER_KEY", "q7w8e9r0t1"), env("LITELLM_MASTER_KEY", "EMPTY")},
      {kEnv, env("OPENAI_API_KEY", "q7w8e9r0t1"), env("OPENAI_API_KEY", "not-needed")},
      {kEnv, env("API_TOKEN", "q7w8e9r0t1"), env("API_TOKEN", "vault:secret/data/app#token")},
      {kEnv, env("API_TOKEN", "q7w8e9r0t1"), env("API_TOKEN", "REPLACE_ME_1234")},
      {kEnv, env("API_TOKEN", "q7w8e9r0t1"), env("API_TOKEN", "%API_TOKEN%")},
      {kEnv, env("CLIENT_SECRET", "q7w8e9r0t1"), env("IMAGE_PULL_SECRET", "q7w8e9r0t1")},
      {kEnv, env("HF_TOKEN", "q7w8e9r0t1"), env("PAD_TOKEN", "[PAD]end0")},
      {kEnv, env("accessKeySecret", "q7w8e9r0t1"), env("accessKeySecretName", "q7w8e9r0t1")},
      {kEnv, env("DB_PASS", "q7w8e9r0t1"), env("COMPASS", "q7w8e9r0t1")},
      {kEnv, env("MYSQL_PWD", "q7w8e9r0t1"), env("PWD", "q7w8e9r0t1")},
      {kEnv, env("OSS_AK", "q7w8e9r0t1"), env("SPARK_BREAK", "q7w8e9r0t1")},
      {kEnv, env("OSS_SK", "q7w8e9r0t1"), env("RAY_TASK", "q7w8e9r0t1")},
      // What only looks like a placeholder.
      {kEnv, env("PASSWORD", "/9j4AAQSkZJRg"), env("PASSWORD", "/run/secrets/password")},
      {kEnv, env("PASSWORD", "$up3r-s3cret"), env("PASSWORD", "$PASSWORD")},
      {kEnv, env("PASSWORD", "Ex4mple-example-77"), env("PASSWORD", "my-example-password")},
      // Command lines.
      {kCommand, command("'export HF_TOKEN=q7w8e9r0t1 && python x.py'"), command("'export HF_TOKEN=$(cat token) && python x.py'")},
      {kCommand, command("bash, -c, 'serve --api-key q7w8e9r0t1 --port 1'"), command("bash, -c, 'serve --api-key --port 1'")},
      {kCommand, command("redis-server, --requirepass, q7w8e9r0t1"), command("etcd, --initial-cluster-token=etcd-cluster-1")},
      {kJob, entrypoint("python train.py --api-key q7w8e9r0t1"), entrypoint("python train.py --api-key $API_KEY")},
      {kJob, entrypoint("PASSWORD=q7w8e9r0t1 python train.py"), entrypoint("TOKENS=4096 python train.py --max-tokens 4096")},
      {kCommand, ray("livenessProbe: {httpGet: {port: 1, httpHeaders: [{name: Authorization, value: 'Basic cTd3OGU5cjA='}]}}, "), ray("livenessProbe: {httpGet: {port: 1, httpHeaders: [{name: Accept, value: 'text/html'}]}}, ")},
      {kCommand, ray("lifecycle: {preStop: {exec: {command: [curl, --password, q7w8e9r0t1]}}}, "), ray("lifecycle: {preStop: {exec: {command: [curl, --retry, '7']}}}, ")},
      // Copies and what is not used now.
      {kAnnotation, ray("", "annotations: {key: " + kKey + "}"), ray("", "annotations: {key: none}")},
      {kAnnotation, ray("", "", "headServiceAnnotations: {key: " + kKey + "}, "), ray("", "", "headServiceAnnotations: {key: none}, ")},
      {kEnv, ray("", "", "autoscalerOptions: {env: [{name: A, value: " + kKey + "}]}, "), ray("", "", "autoscalerOptions: {env: [{name: A, value: none}]}, ")},
      {kEnv, job("submissionMode: HTTPMode, submitterPodTemplate: {spec: {containers: [{name: s, env: [{name: DB_PASS, value: q7w8e9r0t1}]}]}}, "), job("submissionMode: HTTPMode, ")},
      {kJob, job("metadata: {token: q7w8e9r0t1}, "), job("metadata: {tokens: '4096'}, ")},
      {kMap, config_map("binaryData: {k: '" + std::string("TFRBSTV0QmNEZUZnSGlKa0xtTm9QcVJz") + "'}"), config_map("binaryData: {k: aGVsbG8gd29ybGQ=}")},
      {kMap, config_map("data: {x.py: \"a\\ntoken = 'q7w8e9r0t1'\\n\"}"), config_map("data: {x.py: \"a\\nself.token = args.token\\ntokenizer.pad_token = tokenizer.eos_token\\n\"}")},
      {kMap, config_map("data: {x.ini: \"a\\npassword = q7w8e9r0t1\\n\"}"), config_map("data: {x.go: \"a\\npassword: string\\ntoken = os.environ[0]\\n\"}")},
      {"credential-in-secret", secret("{token: " + std::string(kKey) + "}"), secret("{token: q7w8e9r0t1}")},
      {"secret-in-manifest", secret("{token: q7w8e9r0t1}"), secret("{token: <your-token>, other: ''}")},
      {kEnv, app_wrapper(env("A", kKey)), app_wrapper(env("A", "none"))},
      {"credential-elsewhere", wrapper(kKey), wrapper("none")},
      {kMap, config_map("data: {dbPassword: q7w8e9r0t1}"), config_map("data: {dbPasswordFile: q7w8e9r0t1}")},
  };
}

}  // namespace raykeep::checks
