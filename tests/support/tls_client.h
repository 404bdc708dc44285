// SPDX-License-Identifier: Apache-2.0
// A blocking TLS client, and certificates made at test time.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "support/raw_socket.h"

namespace raykeep::testing {

// Writes a new key and a certificate signed by itself. `days` from now may be negative: expired.
void write_certificate(const std::string& common_name, int days, const std::string& certificate_file, const std::string& key_file);
// The same key again, under a passphrase.
void write_encrypted_key(const std::string& key_file);

struct TlsOptions {
  int highest = 0;              // 0x0301 TLS 1.0 ... 0x0304 TLS 1.3; 0: the best there is
  std::string_view alpn;        // in wire form: "\x02h2\x08http/1.1"
  const char* ciphers = nullptr;  // of TLS 1.2 and below
};

class TlsClient {
 public:
  TlsClient(RawSocket socket, const TlsOptions& options);
  ~TlsClient();
  TlsClient(TlsClient&&) noexcept;

  // Empty when the handshake succeeded, or why it did not.
  std::string handshake();
  bool send(std::string_view bytes);
  std::string read_until(std::string_view end);
  std::string read_to_end();
  // True when the peer ended with close_notify, so that nothing was cut off.
  bool ended_properly() const { return proper_end_; }
  std::string common_name() const;  // of the server's certificate
  std::string version() const;
  std::string protocol() const;     // chosen by ALPN
  // Asks for a renegotiation (TLS 1.2); true when the server agreed.
  bool renegotiate();

 private:
  struct Session;
  bool fill();
  RawSocket socket_;
  std::unique_ptr<Session> session_;
  std::string buffer_;
  bool proper_end_ = false;
};

}  // namespace raykeep::testing
