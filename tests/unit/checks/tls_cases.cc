// SPDX-License-Identifier: Apache-2.0
// TLS between Ray's processes, and the ways by which a pod comes to the key of an authority.
#include "unit/checks/rule_case.h"

namespace raykeep::checks {
namespace {

const char* const kKey = "tls-ca-key-in-pod";
const char* const kPartly = "ray-tls-incomplete";
const char* const kFile = "ray-tls-file-missing";
// Self-signed certificates of P-256, base64 of their PEM; one with CA:TRUE, one with CA:FALSE.
const std::string kAuthority =
    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJkRENDQVJ1Z0F3SUJBZ0lVS1Z6Z2szK2VRVmV5b285UHpmV0Y3KzdPWGRZd0NnWUlLb1pJemowRUF3SXcKRHpFTk1Bc0dBMVVFQXd3RWRHVnpkREFnRncw"
    "eU5qRXhNamN4TVRFNE5ETmFHQTh5TVRJMk1URXdNekV4TVRnMApNMW93RHpFTk1Bc0dBMVVFQXd3RWRHVnpkREJaTUJNR0J5cUdTTTQ5QWdFR0NDcUdTTTQ5QXdFSEEwSUFCS0FUClR5NGJuSEVDMldHb3dIV3Bh"
    "QVZHem5vQ1grNTNDUk8rTENCb1JlT1V0M25YQk9GL0dJc1ZxenNzbFA3d0c5aWEKNVc1VkZQalJpQ3RScDdNNGxMdWpVekJSTUIwR0ExVWREZ1FXQkJUdjBmQVJUWFgvY3M0YjllUWZZVnVxY3phMAoxREFmQmdO"
    "VkhTTUVHREFXZ0JUdjBmQVJUWFgvY3M0YjllUWZZVnVxY3phMDFEQVBCZ05WSFJNQkFmOEVCVEFECkFRSC9NQW9HQ0NxR1NNNDlCQU1DQTBjQU1FUUNJQ21LS2VoajdMVnlQZFRhTjkwK1ZjMTR6ZlRJOHdKRFZI"
    "cjcKNFUzMkQ5d1ZBaUFzZFFNVzNrSVBLVGFTaXVWV09aMXVJemZYUmJqRU1hdVJoa1hTa2MvaXlBPT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo=";
const std::string kLeaf =
    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJjakNDQVJpZ0F3SUJBZ0lVV1VwY0VlWU1ReDZROUtudGxBYlBaRjBkY2lFd0NnWUlLb1pJemowRUF3SXcKRHpFTk1Bc0dBMVVFQXd3RWJHVmhaakFnRncw"
    "eU5qRXhNamN4TVRFNE5ETmFHQTh5TVRJMk1URXdNekV4TVRnMApNMW93RHpFTk1Bc0dBMVVFQXd3RWJHVmhaakJaTUJNR0J5cUdTTTQ5QWdFR0NDcUdTTTQ5QXdFSEEwSUFCS0FUClR5NGJuSEVDMldHb3dIV3Bh"
    "QVZHem5vQ1grNTNDUk8rTENCb1JlT1V0M25YQk9GL0dJc1ZxenNzbFA3d0c5aWEKNVc1VkZQalJpQ3RScDdNNGxMdWpVREJPTUIwR0ExVWREZ1FXQkJUdjBmQVJUWFgvY3M0YjllUWZZVnVxY3phMAoxREFmQmdO"
    "VkhTTUVHREFXZ0JUdjBmQVJUWFgvY3M0YjllUWZZVnVxY3phMDFEQU1CZ05WSFJNQkFmOEVBakFBCk1Bb0dDQ3FHU000OUJBTUNBMGdBTUVVQ0lFTTkyTzFYL25OYStjRFdvNFQ0WVczWlpNV0xBclNYYjJPdWda"
    "OTkKSHJrSEFpRUFsQWxhWUo5b3ZZM2RWQjJucWZ5YWtUNFNEcFFOdHZRWWZNQXhuRTRsRVZzPQotLS0tLUVORCBDRVJUSUZJQ0FURS0tLS0tCg==";

// A RayCluster; `pod` are members of the head's pod spec, `container` of its container, `spec` of the cluster's.
std::string ray(const std::string& pod, const std::string& container = "", const std::string& spec = "") {
  return "apiVersion: ray.io/v1\nkind: RayCluster\nmetadata: {name: demo, namespace: team}\nspec: {" + spec + "headGroupSpec: {rayStartParams: {}, template: {spec: {" + pod +
         "containers: [{" + container + "name: h, image: 'rayproject/ray:2.56.0'}]}}}}\n";
}
std::string volume(const std::string& source) { return ray("volumes: [{name: v, " + source + "}], "); }
std::string secret(const std::string& values) { return "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: team}\ndata: {" + values + "}\n"; }
std::string certificate(const std::string& is_ca) {
  return "---\napiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: c, namespace: team}\nspec: {secretName: s, isCA: " + is_ca + "}\n";
}
std::string tls_env(const std::string& folder) {
  return "env: [{name: RAY_USE_TLS, value: '1'}, {name: RAY_TLS_SERVER_CERT, value: " + folder + "/tls.crt}, {name: RAY_TLS_SERVER_KEY, value: " + folder + "/tls.key}, {name: RAY_TLS_CA_CERT, value: " +
         folder + "/ca.crt}], ";
}
const std::string kMounts = "volumeMounts: [{name: v, mountPath: /etc/ray/tls}], ";
std::string scaled(const std::string& options) { return ray("", tls_env("/etc/ray/tls") + kMounts, "enableInTreeAutoscaling: true, autoscalerOptions: {" + options + "}, "); }

}  // namespace

std::vector<Case> tls_cases() {
  return {
      {kKey, volume("secret: {secretName: s}") + secret("ca.key: eA=="), volume("secret: {secretName: s, items: [{key: ca.crt, path: ca.crt}]}") + secret("ca.key: eA==, ca.crt: eA==")},
      {kKey, volume("secret: {secretName: elsewhere, items: [{key: rootCA.key, path: k}]}"), volume("secret: {secretName: elsewhere, items: [{key: tls.key, path: k}]}")},
      {kKey, volume("projected: {sources: [{secret: {name: s}}]}") + secret("ca-key.pem: eA=="), volume("projected: {sources: [{secret: {name: s}}]}") + secret("worker-key.pem: eA==")},
      {kKey, volume("configMap: {name: m}") + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: m, namespace: team}\ndata: {my-ca-private.key: x}\n",
       volume("configMap: {name: m}") + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: m, namespace: team}\ndata: {location.key: x}\n"},
      {kKey, ray("", "env: [{name: K, valueFrom: {secretKeyRef: {name: s, key: ca.key}}}], "), ray("", "env: [{name: K, valueFrom: {secretKeyRef: {name: s, key: ca.crt}}}], ")},
      {kKey, ray("", "envFrom: [{secretRef: {name: s}}], ") + secret("CA_KEY: eA=="), ray("", "envFrom: [{secretRef: {name: s}}], ") + secret("OSCAR_KEY: eA==")},
      {kKey, volume("secret: {secretName: s}") + secret("tls.key: eA==, tls.crt: " + kAuthority), volume("secret: {secretName: s}") + secret("tls.key: eA==, tls.crt: " + kLeaf)},
      {kKey, volume("secret: {secretName: s}") + certificate("true"), volume("secret: {secretName: s}") + certificate("false")},
      {kPartly, scaled("idleTimeoutSeconds: 60"), scaled(tls_env("/etc/ray/tls") + "volumeMounts: [{name: v, mountPath: /etc/ray/tls}]")},
      {kFile, scaled(tls_env("/etc/ray/tls") + "idleTimeoutSeconds: 60"), scaled(tls_env("/etc/ray/tls") + "volumeMounts: [{name: v, mountPath: /etc/ray/}]")},
      {kFile, ray("", tls_env("/etc/ray/tls-other") + kMounts), ray("", tls_env("/etc/ray/tls") + kMounts)},
  };
}

}  // namespace raykeep::checks
