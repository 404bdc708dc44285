// SPDX-License-Identifier: Apache-2.0
#include "support/tls_client.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace raykeep::testing {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(std::FILE* file) const { std::fclose(file); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

Owned<std::FILE> open_for_writing(const std::string& path) {
  Owned<std::FILE> out(std::fopen(path.c_str(), "wb"));
  if (!out) std::abort();
  return out;
}

std::string common_name_of(X509* certificate) {
  char text[256] = {};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text, sizeof text);
  return text;
}

std::string last_error() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason == nullptr ? "connection closed" : reason;
}

}  // namespace

void write_certificate(const std::string& common_name, int days, const std::string& certificate_file, const std::string& key_file) {
  const Owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
  const Owned<X509> certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -86400L * 365);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86400L * days);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  X509_set_pubkey(certificate.get(), key.get());
  if (X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0) std::abort();
  PEM_write_X509(open_for_writing(certificate_file).get(), certificate.get());
  PEM_write_PrivateKey(open_for_writing(key_file).get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
}

void write_encrypted_key(const std::string& key_file) {
  const Owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
  unsigned char passphrase[] = "secret";
  PEM_write_PrivateKey(open_for_writing(key_file).get(), key.get(), EVP_aes_128_cbc(), passphrase, 6, nullptr, nullptr);
}

struct TlsClient::Session {
  Owned<SSL_CTX> context;
  Owned<SSL> ssl;
};

TlsClient::TlsClient(RawSocket socket, const TlsOptions& options) : socket_(std::move(socket)), session_(std::make_unique<Session>()) {
  session_->context.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = session_->context.get();
  // Old versions need the lowest security level, so that it is the server that refuses them.
  SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
  if (options.highest != 0 && options.highest < TLS1_2_VERSION) SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
  if (options.highest != 0) SSL_CTX_set_max_proto_version(context, options.highest);
  if (options.ciphers != nullptr) SSL_CTX_set_cipher_list(context, options.ciphers);
  session_->ssl.reset(SSL_new(context));
  SSL_set_fd(session_->ssl.get(), socket_.fd());
  if (!options.alpn.empty()) {
    SSL_set_alpn_protos(session_->ssl.get(), reinterpret_cast<const unsigned char*>(options.alpn.data()), static_cast<unsigned>(options.alpn.size()));
  }
}
TlsClient::~TlsClient() = default;
TlsClient::TlsClient(TlsClient&&) noexcept = default;

std::string TlsClient::handshake() {
  ERR_clear_error();
  return SSL_connect(session_->ssl.get()) == 1 ? std::string() : last_error();
}

bool TlsClient::send(std::string_view bytes) {
  ERR_clear_error();
  return SSL_write(session_->ssl.get(), bytes.data(), static_cast<int>(bytes.size())) == static_cast<int>(bytes.size());
}

bool TlsClient::fill() {
  char block[16384];
  ERR_clear_error();
  const int n = SSL_read(session_->ssl.get(), block, sizeof block);
  if (n > 0) buffer_.append(block, static_cast<std::size_t>(n));
  if (n <= 0) proper_end_ = SSL_get_error(session_->ssl.get(), n) == SSL_ERROR_ZERO_RETURN;
  return n > 0;
}

std::string TlsClient::read_until(std::string_view end) {
  std::size_t found = buffer_.find(end);
  while (found == std::string::npos && fill()) found = buffer_.find(end);
  const std::size_t take = found == std::string::npos ? buffer_.size() : found + end.size();
  std::string out = buffer_.substr(0, take);
  buffer_.erase(0, take);
  return out;
}

std::string TlsClient::read_to_end() {
  while (fill()) {
  }
  return std::exchange(buffer_, {});
}

std::string TlsClient::common_name() const {
  const Owned<X509> certificate(SSL_get1_peer_certificate(session_->ssl.get()));
  return certificate ? common_name_of(certificate.get()) : std::string();
}

std::string TlsClient::version() const { return SSL_get_version(session_->ssl.get()); }

std::string TlsClient::protocol() const {
  const unsigned char* name = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(session_->ssl.get(), &name, &length);
  return {reinterpret_cast<const char*>(name), length};
}

bool TlsClient::renegotiate() {
  ERR_clear_error();
  return SSL_renegotiate(session_->ssl.get()) == 1 && SSL_do_handshake(session_->ssl.get()) == 1;
}

}  // namespace raykeep::testing
