// SPDX-License-Identifier: Apache-2.0
#include "registry/credential_helper.hpp"

#include "core/error.hpp"
#include "core/log.hpp"
#include "core/subprocess.hpp"
#include "oci/json.hpp"
#include "oci/printable.hpp"

#include <nlohmann/json.hpp>

namespace aic::registry {

/// Docker files its own registry under the address of its first version.
static std::string server_name(std::string_view registry) {
    return registry == "docker.io" ? "https://index.docker.io/v1/" : std::string(registry);
}

Credentials parse_helper_output(std::string_view text) {
    try {
        const auto document = oci::parse_json(text);
        auto user = oci::required_string(document, "Username");
        Secret password(oci::required_string(document, "Secret"));
        if (!password.empty())
            return {std::move(user), std::move(password)};
    } catch (const Error&) {
        // Its text would be about the inside of an answer that holds a secret.
    }
    throw Error(ErrorKind::integrity, "it printed no credentials");
}

static std::optional<Credentials>
credentials_in(const Subprocess& program, const SubprocessResult& result, const Secret& output) {
    const auto& name = program.argv.front();
    if (result.status != 0) {
        // The words are the same in all helpers: docker's client looks for them too.
        if (output.reveal().find("credentials not found") == std::string::npos)
            warn("{} ended with status {}; going on without it", name, result.status);
        return std::nullopt;
    }
    auto found = parse_helper_output(output.reveal());
    if (found.user == "<token>") { // as Docker's helpers say that it is no user's password
        found.user.clear();
        found.kind = SecretKind::identity_token;
    }
    found.origin = name;
    return found;
}

std::optional<Credentials> ask_helper(const std::string& name, std::string_view registry,
                                      std::vector<std::string> environment) {
    const auto server = server_name(registry);
    const Subprocess program{.argv = {"docker-credential-" + name, "get"},
                             .environment = std::move(environment),
                             .input = server};
    try {
        auto result = run_to_end(program, {});
        if (!result) {
            warn("{} is not installed; going on without it", program.argv.front());
            return std::nullopt;
        }
        const Secret output(std::move(result->output));
        return credentials_in(program, *result, output);
    } catch (const Error& error) {
        warn("asking {}: {}; going on without it", program.argv.front(), error.message());
        return std::nullopt;
    }
}

std::vector<std::string> environment_for_helpers() {
    return environment_for_children();
}

} // namespace aic::registry
