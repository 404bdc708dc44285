// SPDX-License-Identifier: Apache-2.0
// TLS by OpenSSL. No OpenSSL type leaves this folder.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.h"

struct ssl_ctx_st;
struct ssl_st;

namespace raykeep::http {

inline constexpr ErrorCode kCertificateUnusable{"tls-certificate", ErrorKind::kInput,
                                                "Give the PEM files of one certificate chain and its private key."};

enum class TlsVersion { kTls12, kTls13 };

// What a server presents. Immutable: a reload makes a new one, and connections keep the one they started with.
class TlsServer {
 public:
  // Reads a PEM chain (leaf first) and its key, and checks that they belong together and that the leaf has not expired.
  static Result<std::shared_ptr<const TlsServer>> load(const std::string& certificate_file, const std::string& key_file,
                                                       TlsVersion least);
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;
  ssl_ctx_st* context() const { return context_; }
  // The end of the leaf certificate's life, seconds since the epoch.
  long long not_after() const { return not_after_; }

 private:
  TlsServer(ssl_ctx_st* context, long long not_after) : context_(context), not_after_(not_after) {}
  ssl_ctx_st* context_;
  long long not_after_;
};

enum class IoStatus { kDone, kWantRead, kWantWrite, kClosed, kFailed };

// The TLS state of one connection on a non-blocking socket. Every call does what it can and says what it waits for.
class TlsSession {
 public:
  TlsSession(const TlsServer& server, int fd);
  ~TlsSession();
  TlsSession(TlsSession&& other) noexcept;
  TlsSession& operator=(TlsSession&& other) noexcept;

  IoStatus handshake();
  IoStatus read(char* into, std::size_t size, std::size_t& got);
  IoStatus write(std::string_view bytes, std::size_t& sent);
  // True when decrypted bytes wait inside, which the socket's readiness does not show.
  bool has_pending() const;
  // Sends close_notify once, without waiting for the peer's.
  void close();
  std::string_view version() const;  // "TLSv1.3"

 private:
  IoStatus status_of(int result) const;
  ssl_st* ssl_ = nullptr;
};

}  // namespace raykeep::http
