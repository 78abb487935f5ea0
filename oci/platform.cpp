// SPDX-License-Identifier: Apache-2.0
#include "oci/platform.hpp"

#include "core/error.hpp"
#include "oci/printable.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <array>

namespace aic::oci {

namespace {

struct Alias {
    std::string_view spelling, architecture, variant;
};

// As containerd's platforms package normalises them.
constexpr std::array k_aliases = {
    Alias{"aarch64", "arm64", ""}, Alias{"x86_64", "amd64", ""}, Alias{"x86-64", "amd64", ""},
    Alias{"i386", "386", ""},      Alias{"i686", "386", ""},     Alias{"armhf", "arm", "v7"},
    Alias{"armv7l", "arm", "v7"},  Alias{"armel", "arm", "v6"},  Alias{"armv6l", "arm", "v6"},
};

bool is_word(std::string_view text) {
    return !text.starts_with('.') && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
               || c == '.' || c == '_' || c == '-';
    });
}

void lower(std::string& text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c + ('a' - 'A'));
}

Platform normalised(Platform platform) {
    for (auto* field : {&platform.os, &platform.architecture, &platform.variant})
        lower(*field);
    for (const auto& alias : k_aliases) {
        if (platform.architecture != alias.spelling)
            continue;
        platform.architecture = alias.architecture;
        if (platform.variant.empty())
            platform.variant = alias.variant;
        break;
    }
    if (platform.architecture == "arm" && platform.variant.empty())
        platform.variant = "v7";
    if ((platform.architecture == "arm64" && (platform.variant == "v8" || platform.variant == "8"))
        || (platform.architecture == "amd64" && platform.variant == "v1"))
        platform.variant.clear();
    return platform;
}

} // namespace

Platform Platform::parse(std::string_view text) {
    std::array<std::string_view, 3> parts;
    std::size_t count = 0;
    for (auto rest = text;; ++count) {
        const auto slash = rest.find('/');
        if (count == parts.size() || slash == 0 || rest.empty())
            throw Error(ErrorKind::usage,
                        "'{}' is not a platform such as linux/amd64 or linux/arm/v7",
                        printable(text));
        parts[count] = rest.substr(0, slash);
        if (!is_word(parts[count]))
            throw Error(ErrorKind::usage, "'{}' is not a platform: '{}' is not a plain word",
                        printable(text), printable(parts[count]));
        if (slash == std::string_view::npos)
            break;
        rest.remove_prefix(slash + 1);
    }
    if (count == 0)
        return normalised({"linux", std::string(parts[0]), ""});
    return normalised({std::string(parts[0]), std::string(parts[1]), std::string(parts[2])});
}

Platform Platform::from_fields(std::string os, std::string architecture, std::string variant) {
    for (const auto* field : {&os, &architecture, &variant})
        if (!is_word(*field))
            throw Error(ErrorKind::integrity, "the platform names '{}'", printable(*field));
    return normalised({std::move(os), std::move(architecture), std::move(variant)});
}

Platform Platform::host() {
    struct utsname name;
    if (::uname(&name) != 0)
        throw system_error("asking for this machine's architecture");
    return normalised({"linux", name.machine, ""});
}

static std::string join(const Platform& platform, char separator) {
    auto text = platform.os + separator + platform.architecture;
    if (!platform.variant.empty())
        text += separator + platform.variant;
    return text;
}

std::string Platform::str() const {
    return join(*this, '/');
}

std::string Platform::file_str() const {
    return join(*this, '-');
}

} // namespace aic::oci
