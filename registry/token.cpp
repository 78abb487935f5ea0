// SPDX-License-Identifier: Apache-2.0
#include "registry/token.hpp"

#include "core/error.hpp"
#include "oci/json.hpp"
#include "oci/printable.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace aic::registry {

using namespace std::chrono_literals;

namespace {

constexpr std::chrono::seconds k_longest_lifetime = 24h;
constexpr const char* k_client_id = "aic-image";

std::chrono::seconds lifetime_of(const nlohmann::json& document) {
    const auto* expires = oci::find_field(document, "expires_in");
    if (!expires || !expires->is_number_unsigned() || *expires == 0)
        return 60s;
    constexpr auto k_longest = static_cast<std::uint64_t>(k_longest_lifetime.count());
    return std::chrono::seconds(std::min(expires->get<std::uint64_t>(), k_longest));
}

std::string scope_of(const Challenge& challenge, const std::string& scope) {
    const auto own = challenge.parameter("scope");
    return own.empty() ? scope : own;
}

} // namespace

Token parse_token(std::string_view text) {
    try {
        const auto document = oci::parse_json(text);
        auto value = oci::string_field(document, "token");
        if (value.empty())
            value = oci::string_field(document, "access_token");
        const bool fits = std::ranges::all_of(value, [](char c) { return c > ' ' && c <= '~'; });
        if (!value.empty() && fits)
            return {Secret(std::move(value)), lifetime_of(document),
                    Secret(oci::string_field(document, "refresh_token"))};
    } catch (const Error&) {
        // Its text would be about the inside of an answer that holds a secret.
    }
    throw Error(ErrorKind::network, "the token server's answer holds no token");
}

Url token_realm(const Challenge& challenge, const Url& registry) {
    auto realm = Url::parse(challenge.parameter("realm"));
    if (realm.origin() == registry.origin())
        return realm;
    const auto refuse = [&](std::string_view reason) {
        throw Error(ErrorKind::denied, "{} sends us for a token to {}, {}", registry.name(),
                    oci::printable(realm.name()), reason);
    };
    if (is_private(realm.host()) && !is_private(registry.host()))
        refuse("an address within a private network");
    const bool is_on_this_machine = is_loopback(realm.host()) && is_loopback(registry.host());
    if (!realm.is_https() && !is_on_this_machine)
        refuse("without encryption");
    return realm;
}

Url token_url(const Challenge& challenge, const Url& registry, const std::string& scope) {
    const auto realm = token_realm(challenge, registry);
    const auto service = challenge.parameter("service");
    const auto wanted = scope_of(challenge, scope);
    const auto with_service = service.empty() ? realm : realm.with_query("service", service);
    return wanted.empty() ? with_service : with_service.with_query("scope", wanted);
}

Secret refresh_form(const Challenge& challenge, const std::string& scope,
                    const Secret& identity_token) {
    std::string form = fmt::format("grant_type=refresh_token&client_id={}", k_client_id);
    const auto add = [&](std::string_view name, const std::string& value) {
        if (!value.empty())
            form += fmt::format("&{}={}", name, url_encoded(value));
    };
    add("service", challenge.parameter("service"));
    add("scope", scope_of(challenge, scope));
    const Secret encoded(url_encoded(identity_token.reveal()));
    return Secret(fmt::format("{}&refresh_token={}", form, encoded.reveal()));
}

} // namespace aic::registry
