// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/logout.hpp"

#include "cli/registry_argument.hpp"
#include "core/log.hpp"
#include "registry/credentials.hpp"
#include "registry/enroot_file.hpp"
#include "registry/private_file.hpp"

namespace aic::cli {

/// Where else credentials for the registry are, of which a logout knows nothing.
static std::optional<std::string> other_origin(const std::string& registry, const std::string& user,
                                               const Environment& environment) {
    try {
        const auto found = registry::find_credentials(registry, "", user, environment);
        return found ? std::optional(found->origin) : std::nullopt;
    } catch (const Error& error) {
        warn("{}", error.message());
        return std::nullopt;
    }
}

void Logout::describe(const Arguments& arguments) {
    arguments.description("remove the credentials for a registry from enroot's file");
    arguments.add_option("registry", registry_, "nvcr.io, registry.lab:5000 (default: docker.io)")
        .not_empty()
        .type_name("REGISTRY");
    arguments.add_option("-u,--username", user_, "only this user's").type_name("USER");
    arguments.footer(
        R"(The password stays valid: an access token that is no longer needed is revoked at the registry.

Examples:
  aic-image logout nvcr.io
  aic-image logout --username me registry.lab:5000)");
}

void Logout::run(Session& session) {
    const auto [registry, named_user] = parse_registry_argument(registry_);
    const auto user = user_.empty() ? named_user : user_;
    const auto file = registry::enroot_credentials_path(session.environment());
    const bool removed = registry::remove_credentials(file, registry, user);
    const auto other = other_origin(registry, user, session.environment());
    if (!removed) {
        const Error error(ErrorKind::not_found, "'{}' holds no credentials for {}", file.native(),
                          registry);
        throw other ? error.with_hint(fmt::format("there are some in {}", *other)) : error;
    }
    if (session.json())
        return session.print_json(
            {{"logout",
              {{"registry", registry},
               {"file", file.native()},
               {"left_in", other ? nlohmann::json(*other) : nlohmann::json(nullptr)}}}});
    session.say(fmt::format("removed the credentials for {} from '{}'", registry, file.native()));
    if (other)
        session.say(fmt::format("  there are others in {}, which are used from now on", *other));
}

} // namespace aic::cli
