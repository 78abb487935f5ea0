// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/config.hpp"
#include "oci/reference.hpp"

#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

namespace aic::registry {

/// A reference with a glob in the place of its tag: "nvcr.io#nvidia/tensorflow:*-tf2-py3".
struct TagPattern {
    std::string repository; ///< as it was written: "nvcr.io#nvidia/tensorflow"
    std::string pattern;

    /// The repository with this tag.
    oci::Reference with_tag(std::string_view tag) const;
};

/// Nothing when the text is no such reference. Throws Error(usage) when all but its tag is wrong.
std::optional<TagPattern> split_tag_pattern(std::string_view text);

/// Of the tags that fit the glob, the one of the newest version.
std::optional<std::string> newest_match(std::span<const std::string> tags,
                                        const std::string& pattern);

/// What a text that may hold a tag pattern refers to: with a pattern, the newest image that fits,
/// for which the registry is asked. Throws Error(not_found) when none does.
oci::Reference choose_reference(std::string_view text, const Config& config,
                                const Environment& environment, std::stop_token stop);

} // namespace aic::registry
