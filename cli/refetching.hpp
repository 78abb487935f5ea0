// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/repair.hpp"
#include "cli/session.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <vector>

namespace aic::cli {

/// An image that a repair took out and that is there again.
struct Refetched {
    cache::Record record;
    std::filesystem::path file;
};

/// Pulls what repairs took out from where it came, in the same form. What cannot be had is warned
/// of, and the session will fail with the kind of the error; the others go on.
std::vector<Refetched> fetch_again(Session& session, const std::vector<cache::Repair>& repairs);

nlohmann::json to_json(const std::vector<Refetched>& images);

} // namespace aic::cli
