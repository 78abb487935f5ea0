// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.hpp"
#include "tests/support/fake_server.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace aic::registry {

/// What the registry makes of the answer to the `number`th request for the blob, from 0. Below its
/// "/token" there is a token "t" for everybody, and at "/elsewhere" stands the blob.
using Misbehaviour = std::function<testing::FakeResponse(
    std::size_t number, const testing::FakeRequest& request, const testing::FakeResponse& proper)>;

/// A way in which a registry or a network fails, and what has to come of it.
struct Fault {
    const char* name;
    const char* outcome;
    Misbehaviour answer;
    std::optional<ErrorKind> error; ///< nothing when the blob arrives
    const char* said;               ///< in the error's message
    std::size_t requests;           ///< for the blob
    std::size_t bytes_twice;        ///< at most
    std::chrono::milliseconds at_least{};
};

inline constexpr std::size_t k_size = 1'000'000;

/// Of the blob, k_size of them.
const std::string& blob_bytes();

/// All of them, as docs/registry-faults.md lists them.
const std::vector<Fault>& faults();

} // namespace aic::registry
