// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace aic::oci {

/// os/architecture[/variant] in Go's words ("linux/amd64", "linux/arm64/v8"), normalised: aarch64
/// is arm64, x86_64 is amd64, and arm64's v8 is no variant at all.
struct Platform {
    std::string os = "linux";
    std::string architecture;
    std::string variant;

    /// From "linux/amd64", "linux/arm64/v8" or a bare architecture; throws Error(usage).
    static Platform parse(std::string_view text);
    /// From the fields of a document, whatever their spelling; throws Error(integrity) when one
    /// holds more than letters, digits, '_', '-' and, not first, '.'.
    static Platform from_fields(std::string os, std::string architecture, std::string variant);
    /// That of this machine (uname(2)).
    static Platform host();
    /// "linux/arm/v7"
    std::string str() const;
    /// "linux-arm-v7": the form that file names use.
    std::string file_str() const;
    bool operator==(const Platform&) const = default;
};

} // namespace aic::oci
