// SPDX-License-Identifier: Apache-2.0
#include "cli/import_options.hpp"

#include "cli/block_size.hpp"

#include <algorithm>
#include <thread>

namespace aic::cli {

builder::ImportOptions configured_import(Session& session, const std::string& compression,
                                         const std::string& block_size) {
    const auto& config = session.config();
    return {
        .compression = squashfs::Compression::parse(compression.empty() ? config.compression.value
                                                                        : compression),
        .block_bytes = parse_block_size(block_size.empty() ? config.block_size.value : block_size),
        .platform = oci::Platform::host(),
        .threads = std::max(1U, std::thread::hardware_concurrency()),
        .output = std::nullopt,
    };
}

} // namespace aic::cli
