// SPDX-License-Identifier: Apache-2.0
#include "registry/base64.hpp"
#include "registry/credential_helper.hpp"
#include "registry/docker_config.hpp"
#include "registry/netrc_edit.hpp"
#include "registry/ngc_config.hpp"
#include "tests/fuzz/fuzz_target.hpp"

/// Whether another machine's entries are the same before and after an edit.
static void check_edit(std::string_view text) {
    using namespace aic::registry;
    const auto others = [](std::string_view netrc) {
        std::string all;
        for (const auto& entry : parse_netrc(netrc))
            if (without_port(entry.machine) != "nvcr.io")
                all += entry.machine + ' ' + entry.login + ' ' + entry.password.reveal() + '\n';
        return all;
    };
    const auto added = with_entry(text, {"nvcr.io", "me", Secret("key")});
    const auto found = credentials_from_netrc(parse_netrc(added.reveal()), "nvcr.io", "me", "/f");
    aic::fuzz::require(found && found->password.reveal() == "key");
    const auto removed = without_entries(added.reveal(), "nvcr.io", "");
    aic::fuzz::require(others(text) == others(added.reveal()));
    aic::fuzz::require(others(text) == others(removed.reveal()));
}

AIC_FUZZ_TEXT(text) {
    using namespace aic;
    const auto entries = registry::parse_netrc(text);
    registry::credentials_from_netrc(entries, "nvcr.io", "", "/f");
    fuzz::allow_error([&] { check_edit(text); });
    fuzz::allow_error([&] {
        const auto config = registry::DockerConfig::parse(text);
        config.helper_for("docker.io");
        config.entries("'/f'");
        config.find("docker.io", "library/x");
    });
    fuzz::allow_error([&] { registry::parse_helper_output(text); });
    registry::ngc_api_key(text);
    fuzz::require(registry::base64_decode(registry::base64_encode(text)) == text);
}
