// SPDX-License-Identifier: Apache-2.0
#include "cache/store.hpp"
#include "cli/doctor/checks.hpp"
#include "cli/registry_argument.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "oci/printable.hpp"
#include "oci/reference.hpp"
#include "registry/credentials.hpp"
#include "registry/key_kind.hpp"
#include "registry/login_proof.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <set>

namespace aic::cli::doctor {

namespace {

constexpr std::size_t k_most_registries = 16; ///< that are asked at once

using Registries = std::set<std::string>;

/// "host[:port]" of those that credentials are filed under; a file that cannot be used is a
/// finding.
void add_known(const Environment& environment, Registries& registries, Findings& findings) {
    for (const auto& source : registry::credential_sources(environment)) {
        try {
            for (const auto& entry : source.list())
                if (entry.registry != "*")
                    registries.insert(parse_registry_argument(entry.registry).registry);
        } catch (const Error& error) {
            findings.push_back(problem_of(error, "credentials"));
        }
    }
}

/// Those that images of the caller's came from.
void add_used(const Config& config, Registries& registries) {
    try {
        for (const auto& record : cache::Store(config.store.value).references()) {
            const auto reference = oci::Reference::parse(record.reference);
            if (const auto* of_registry = reference.registry())
                registries.insert(of_registry->registry);
        }
    } catch (const Error& error) {
        debug("looking for the registries that images came from: {}", error.message());
    }
}

/// netrc, which is enroot's, has hosts without ports: where one of a port is known, that is meant.
void drop_portless(Registries& registries) {
    std::erase_if(registries, [&](const std::string& name) {
        return std::ranges::any_of(registries, [&](const std::string& other) {
            return other != name && registry::without_port(other) == name;
        });
    });
}

std::optional<registry::Credentials> credentials_for(const std::string& registry,
                                                     const Environment& environment) {
    try {
        return registry::find_credentials(registry, "", "", environment);
    } catch (const Error&) {
        return std::nullopt; // add_known() tells why
    }
}

/// "the NGC API key of '$oauthtoken' from NGC_API_KEY"
std::string name_of(const std::string& registry, const registry::Credentials& credentials) {
    return fmt::format("the {} of '{}' from {}",
                       registry::kind_of_key(registry, credentials.password),
                       oci::printable(credentials.user), credentials.origin);
}

Finding ask(const std::string& registry, const Config& config, const Environment& environment,
            std::stop_token stop) {
    const auto credentials = credentials_for(registry, environment);
    try {
        if (!credentials && registry::is_open(registry, config, environment, stop))
            return ok(registry, "answers, to anybody");
        if (!credentials)
            return ok(registry, "answers, and asks who you are; there are no credentials for it");
        const auto proof = registry::prove_login(registry, *credentials, config, environment, stop);
        const auto name = name_of(registry, *credentials);
        return ok(registry, proof == registry::LoginProof::accepted
                                ? fmt::format("accepts {}", name)
                                : fmt::format("answers, and asks nobody; unproven is {}", name));
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::interrupted)
            throw;
        if (error.kind() == ErrorKind::denied && credentials)
            return problem(
                registry,
                fmt::format("refuses {}: {}", name_of(registry, *credentials), error.message()),
                fmt::format("aic-image login {}", registry));
        return warning(registry, error.message(),
                       error.hint().empty() ? "ask who runs the network for a route, a proxy or a "
                                              "mirror"
                                            : error.hint());
    }
}

} // namespace

Section check_registries(const Config& config, const Environment& environment,
                         const std::vector<std::string>& named, std::stop_token stop) {
    Section section{"registries", {}};
    Registries registries;
    for (const auto& name : named)
        registries.insert(parse_registry_argument(name).registry);
    if (named.empty()) {
        add_known(environment, registries, section.findings);
        add_used(config, registries);
        drop_portless(registries);
    }
    if (registries.empty())
        registries = {"docker.io", "nvcr.io"};
    std::vector<std::future<Finding>> answers;
    for (const auto& registry : registries) {
        if (answers.size() == k_most_registries) {
            section.findings.push_back(ok("others", "are left out; name them to have them asked"));
            break;
        }
        answers.push_back(std::async(std::launch::async, [&config, &environment, registry, stop] {
            return ask(registry, config, environment, stop);
        }));
    }
    for (auto& answer : answers)
        section.findings.push_back(answer.get());
    return section;
}

} // namespace aic::cli::doctor
