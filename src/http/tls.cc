// SPDX-License-Identifier: Apache-2.0
#include "http/tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <climits>
#include <ctime>
#include <utility>

namespace raykeep::http {
namespace {

// The last OpenSSL error as a sentence; the queue is empty afterwards.
std::string openssl_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "unknown reason" : reason;
}

constexpr unsigned char kHttp11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

// ALPN (RFC 7301): a client that offers protocols must offer one we speak; one that offers none speaks HTTP/1.1.
int select_protocol(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* offered,
                    unsigned int offered_length, void*) {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_length, kHttp11, sizeof kHttp11, offered, offered_length) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

// A key under a passphrase is refused: nobody sits at this process's terminal to type it.
int no_passphrase(char*, int, int, void*) { return -1; }

struct ContextDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using ContextPtr = std::unique_ptr<SSL_CTX, ContextDeleter>;

void harden(SSL_CTX* context, TlsVersion least) {
  SSL_CTX_set_min_proto_version(context, least == TlsVersion::kTls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // Forward secrecy and authenticated encryption only; TLS 1.3 suites are all of that kind.
  SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_max_early_data(context, 0);
  // Clients resume by their tickets; a store of sessions would be memory and a lock that all workers share.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_default_passwd_cb(context, no_passphrase);
  SSL_CTX_set_alpn_select_cb(context, select_protocol, nullptr);
}

long long end_of_life(const SSL_CTX* context) {
  const X509* leaf = SSL_CTX_get0_certificate(context);
  std::tm at{};
  if (leaf == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(leaf), &at) != 1) return 0;
  return static_cast<long long>(timegm(&at));
}

}  // namespace

Result<std::shared_ptr<const TlsServer>> TlsServer::load(const std::string& certificate_file, const std::string& key_file,
                                                         TlsVersion least) {
  ERR_clear_error();
  ContextPtr context(SSL_CTX_new(TLS_server_method()));
  if (!context) return fail(kCertificateUnusable, "OpenSSL gave no context: " + openssl_reason());
  harden(context.get(), least);
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1) {
    return fail(kCertificateUnusable, "cannot use this certificate chain: " + openssl_reason(), {certificate_file, 0, 0});
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return fail(kCertificateUnusable, "cannot use this private key with the certificate: " + openssl_reason(), {key_file, 0, 0});
  }
  if (SSL_CTX_check_private_key(context.get()) != 1) {
    return fail(kCertificateUnusable, "this private key does not belong to the certificate", {key_file, 0, 0});
  }
  const long long not_after = end_of_life(context.get());
  if (not_after <= static_cast<long long>(std::time(nullptr))) {
    return fail(kCertificateUnusable, "this certificate has expired", {certificate_file, 0, 0});
  }
  return std::shared_ptr<const TlsServer>(new TlsServer(context.release(), not_after));
}

TlsServer::~TlsServer() { SSL_CTX_free(context_); }

TlsSession::TlsSession(const TlsServer& server, int fd) : ssl_(SSL_new(server.context())) {
  if (ssl_ == nullptr) return;
  SSL_set_fd(ssl_, fd);
  SSL_set_accept_state(ssl_);
  SSL_set_read_ahead(ssl_, 1);
}
TlsSession::~TlsSession() { SSL_free(ssl_); }
TlsSession::TlsSession(TlsSession&& other) noexcept : ssl_(std::exchange(other.ssl_, nullptr)) {}
TlsSession& TlsSession::operator=(TlsSession&& other) noexcept {
  if (this != &other) {
    SSL_free(ssl_);
    ssl_ = std::exchange(other.ssl_, nullptr);
  }
  return *this;
}

IoStatus TlsSession::status_of(int result) const {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_NONE: return IoStatus::kDone;
    case SSL_ERROR_WANT_READ: return IoStatus::kWantRead;
    case SSL_ERROR_WANT_WRITE: return IoStatus::kWantWrite;
    case SSL_ERROR_ZERO_RETURN: return IoStatus::kClosed;
    default: ERR_clear_error(); return IoStatus::kFailed;
  }
}

IoStatus TlsSession::handshake() {
  if (ssl_ == nullptr) return IoStatus::kFailed;
  ERR_clear_error();
  return status_of(SSL_do_handshake(ssl_));
}

IoStatus TlsSession::read(char* into, std::size_t size, std::size_t& got) {
  ERR_clear_error();
  const int n = SSL_read(ssl_, into, static_cast<int>(std::min<std::size_t>(size, INT_MAX)));
  got = n > 0 ? static_cast<std::size_t>(n) : 0;
  return n > 0 ? IoStatus::kDone : status_of(n);
}

IoStatus TlsSession::write(std::string_view bytes, std::size_t& sent) {
  ERR_clear_error();
  const int n = SSL_write(ssl_, bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX)));
  sent = n > 0 ? static_cast<std::size_t>(n) : 0;
  return n > 0 ? IoStatus::kDone : status_of(n);
}

bool TlsSession::has_pending() const { return ssl_ != nullptr && SSL_has_pending(ssl_) == 1; }

void TlsSession::close() {
  if (ssl_ == nullptr || SSL_is_init_finished(ssl_) == 0) return;
  ERR_clear_error();
  SSL_shutdown(ssl_);
  ERR_clear_error();
}

std::string_view TlsSession::version() const { return SSL_get_version(ssl_); }

}  // namespace raykeep::http
