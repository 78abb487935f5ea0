// SPDX-License-Identifier: Apache-2.0
#include "registry/site_certificates.hpp"

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/log.hpp"
#include "registry/private_file.hpp"

#include <curl/curl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

namespace fs = std::filesystem;

namespace aic::registry {

namespace {

constexpr std::uint64_t k_max_certificates_bytes = 8 << 20;

/// The names under which a registry's directory may stand: Docker has its own under where it is.
std::vector<std::string> directory_names(std::string_view registry) {
    if (registry == "docker.io")
        return {"docker.io", "registry-1.docker.io"};
    return {std::string(registry)};
}

std::string system_bundle() {
    const auto* version = ::curl_version_info(CURLVERSION_NOW);
    return version && version->cainfo ? version->cainfo : "";
}

Error incomplete(const fs::path& path, std::string_view lacks, const fs::path& missing) {
    return Error(ErrorKind::usage, "'{}' has no {} '{}' beside it", path.native(), lacks,
                 missing.filename().native())
        .with_hint(
            "a client's certificate ends in .cert and its key in .key, an authority in .crt");
}

SiteCertificates read_directory(const fs::path& directory) {
    SiteCertificates found{directory, {}, {}};
    const auto with_extension = [](fs::path path, const char* extension) {
        return path.replace_extension(extension);
    };
    for (const auto& path : entries_of(directory)) {
        if (path.extension() == ".crt")
            found.authorities.push_back(path);
        if (path.extension() == ".cert") {
            found.pairs.push_back({path, with_extension(path, ".key")});
            if (!fs::exists(found.pairs.back().key))
                throw incomplete(path, "key", found.pairs.back().key);
        }
        if (path.extension() == ".key" && !fs::exists(with_extension(path, ".cert")))
            throw incomplete(path, "certificate", with_extension(path, ".cert"));
    }
    return found;
}

/// None where the key is not for this user, such as one that Docker's daemon alone may read: the
/// registry may do without.
std::optional<ClientCertificate> client_certificate(const SiteCertificates& site) {
    if (site.pairs.empty())
        return std::nullopt;
    const auto& [certificate, key_path] = site.pairs.front();
    if (site.pairs.size() > 1)
        warn("of the client certificates in '{}' only '{}' is shown", site.directory.native(),
             certificate.filename().native());
    if (::access(key_path.c_str(), R_OK) != 0 && errno == EACCES) {
        warn("the client certificate '{}' is not shown: '{}' cannot be read", certificate.native(),
             key_path.filename().native());
        return std::nullopt;
    }
    const auto key = PrivateFile::read(key_path);
    if (!key)
        throw incomplete(certificate, "key", key_path);
    key->require_private_key();
    return ClientCertificate{certificate, Secret(std::string(key->text()))};
}

void append(int bundle, const fs::path& path) {
    const auto text = read_file_if_exists(path, k_max_certificates_bytes);
    if (!text)
        throw Error(ErrorKind::not_found, "there are no certificates '{}'", path.native());
    write_all(bundle, as_bytes(*text + "\n"), path);
}

void add_authorities(TlsSettings& settings, const std::vector<fs::path>& authorities) {
    settings.bundle = Fd(::memfd_create("certificates", MFD_CLOEXEC));
    if (!settings.bundle)
        throw system_error("making a file for certificates");
    auto& file = settings.authorities_file;
    if (const auto base = file.empty() ? system_bundle() : file; !base.empty())
        append(settings.bundle.get(), base);
    for (const auto& authority : authorities)
        append(settings.bundle.get(), authority);
    file = fmt::format("/proc/self/fd/{}", settings.bundle.get());
}

} // namespace

std::optional<SiteCertificates> find_site_certificates(std::string_view registry,
                                                       const Environment& environment,
                                                       const fs::path& root) {
    const auto config_home = environment("XDG_CONFIG_HOME");
    const auto user =
        config_home ? fs::path(*config_home) : home_directory(environment) / ".config";
    for (const auto& place :
         {user / "containers", root / "etc/containers", user / "docker", root / "etc/docker"})
        for (const auto& name : directory_names(registry)) {
            const auto directory = place / "certs.d" / name;
            std::error_code ignored;
            if (fs::is_directory(directory, ignored))
                return read_directory(directory);
        }
    return std::nullopt;
}

namespace {

/// Where libcurl looks, nothing has to be said; other distributions than the one that it was built
/// for have their certificates elsewhere.
std::string system_authorities(const fs::path& root) {
    constexpr const char* k_built_in = "etc/ssl/certs/ca-certificates.crt";
    std::error_code ignored;
    if (fs::exists(root / k_built_in, ignored))
        return "";
    for (const char* file :
         {"etc/pki/tls/certs/ca-bundle.crt", "etc/ssl/ca-bundle.pem",
          "etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "etc/ssl/cert.pem"})
        if (fs::exists(root / file, ignored))
            return (root / file).native();
    return "";
}

} // namespace

TlsSettings load_tls_settings(std::string_view registry, const Environment& environment,
                              const fs::path& root) {
    TlsSettings settings{.authorities_file =
                             environment("SSL_CERT_FILE").value_or(system_authorities(root))};
    const auto site = find_site_certificates(registry, environment, root);
    if (!site)
        return settings;
    settings.client = client_certificate(*site);
    if (!site->authorities.empty())
        add_authorities(settings, site->authorities);
    return settings;
}

} // namespace aic::registry
