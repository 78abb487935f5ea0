// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/fault.hpp"
#include "cache/image_check.hpp"
#include "cache/layout.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <vector>

namespace aic::cache {

struct VerifyOptions {
    Depth depth = Depth::contents;
    std::optional<std::vector<ImageKey>> only; ///< these images and nothing else
    /// Called before each image is looked at, with its directory.
    std::function<void(const std::filesystem::path&)> on_image;
};

/// What looking at a user's subtree, and at the catalogue, has come to.
struct Verified {
    std::uint64_t images = 0;
    std::uint64_t size_bytes = 0; ///< of their files
    std::vector<Fault> faults;
    std::vector<Fault> notes; ///< worth knowing, and no fault: "leads nowhere"
};

/// Looks whether everything is as it was written. Changes nothing. Whatever is wrong is in the
/// result; throws Error(interrupted), and what keeps the store as a whole from being read.
Verified verify(const Layout& layout, const VerifyOptions& options, std::stop_token stop);

} // namespace aic::cache
