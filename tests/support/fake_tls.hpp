// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace aic::testing {

struct SslDeleter {
    void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
};

using SslPointer = std::unique_ptr<SSL, SslDeleter>;

/// The server's side of TLS, with a certificate for 127.0.0.1 that it has signed itself.
class FakeTls {
public:
    FakeTls();

    /// For the certs.d of those who are to trust it.
    const std::string& certificate_pem() const { return certificate_pem_; }

    /// The server's end of a connection, whose handshake comes with the first bytes.
    SslPointer accept(int fd) const;

private:
    struct ContextDeleter {
        void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
    };

    std::unique_ptr<SSL_CTX, ContextDeleter> context_;
    std::string certificate_pem_;
};

} // namespace aic::testing
