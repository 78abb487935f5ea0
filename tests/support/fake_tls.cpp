// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_tls.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <csignal>
#include <stdexcept>

namespace aic::testing {

namespace {

void require(bool is_well, const char* what) {
    if (!is_well)
        throw std::runtime_error(what);
}

struct KeyDeleter {
    void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};

struct CertificateDeleter {
    void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};

using Key = std::unique_ptr<EVP_PKEY, KeyDeleter>;
using Certificate = std::unique_ptr<X509, CertificateDeleter>;

void add_extension(X509* certificate, int number, const char* value) {
    auto* extension = X509V3_EXT_conf_nid(nullptr, nullptr, number, value);
    require(extension && X509_add_ext(certificate, extension, -1) == 1, "an X.509 extension");
    X509_EXTENSION_free(extension);
}

Certificate certificate_for(EVP_PKEY* key) {
    constexpr long k_day_seconds = 24 * 60 * 60;
    Certificate certificate(X509_new());
    auto* const x509 = certificate.get();
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), -k_day_seconds);
    X509_gmtime_adj(X509_getm_notAfter(x509), k_day_seconds);
    X509_set_pubkey(x509, key);
    auto* const name = X509_get_subject_name(x509);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("aic-test"), -1, -1, 0);
    X509_set_issuer_name(x509, name);
    add_extension(x509, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(x509, NID_subject_alt_name, "IP:127.0.0.1");
    require(X509_sign(x509, key, EVP_sha256()) != 0, "signing a certificate");
    return certificate;
}

std::string pem_of(X509* certificate) {
    BIO* const memory = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(memory, certificate);
    char* data = nullptr;
    const auto size = BIO_get_mem_data(memory, &data);
    std::string pem(data, static_cast<std::size_t>(size));
    BIO_free(memory);
    return pem;
}

} // namespace

FakeTls::FakeTls() : context_(SSL_CTX_new(TLS_server_method())) {
    ::signal(SIGPIPE, SIG_IGN); // OpenSSL writes to whoever has gone
    const Key key(EVP_EC_gen("P-256"));
    require(key && context_, "making a key");
    const auto certificate = certificate_for(key.get());
    require(SSL_CTX_use_certificate(context_.get(), certificate.get()) == 1
                && SSL_CTX_use_PrivateKey(context_.get(), key.get()) == 1,
            "using a certificate");
    certificate_pem_ = pem_of(certificate.get());
}

SslPointer FakeTls::accept(int fd) const {
    SslPointer ssl(SSL_new(context_.get()));
    SSL_set_fd(ssl.get(), fd);
    SSL_set_accept_state(ssl.get());
    SSL_set_mode(ssl.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return ssl;
}

} // namespace aic::testing
