// SPDX-License-Identifier: Apache-2.0
#include "registry/site_certificates.hpp"

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/log.hpp"

#include <curl/curl.h>
#include <sys/mman.h>

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

SiteCertificates read_directory(const fs::path& directory) {
    SiteCertificates found{directory, {}, false};
    for (const auto& path : entries_of(directory)) {
        if (path.extension() == ".crt")
            found.authorities.push_back(path);
        found.has_client_certificate = found.has_client_certificate || path.extension() == ".cert";
    }
    return found;
}

void append(int bundle, const fs::path& path) {
    const auto text = read_file_if_exists(path, k_max_certificates_bytes);
    if (!text)
        throw Error(ErrorKind::not_found, "there are no certificates '{}'", path.native());
    write_all(bundle, as_bytes(*text + "\n"), path);
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

TrustedAuthorities::TrustedAuthorities(std::string_view registry, const Environment& environment,
                                       const fs::path& root)
    : file_(environment("SSL_CERT_FILE").value_or("")) {
    const auto site = find_site_certificates(registry, environment, root);
    if (!site)
        return;
    if (site->has_client_certificate)
        warn("the client certificate in '{}' is not used: this version has no support for it",
             site->directory.native());
    if (site->authorities.empty())
        return;
    bundle_ = Fd(::memfd_create("certificates", MFD_CLOEXEC));
    if (!bundle_)
        throw system_error("making a file for certificates");
    if (const auto base = file_.empty() ? system_bundle() : file_; !base.empty())
        append(bundle_.get(), base);
    for (const auto& authority : site->authorities)
        append(bundle_.get(), authority);
    file_ = fmt::format("/proc/self/fd/{}", bundle_.get());
}

} // namespace aic::registry
