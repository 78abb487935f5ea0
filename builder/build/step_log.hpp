// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/config.hpp"
#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/fd.hpp"

#include <filesystem>
#include <optional>
#include <span>
#include <string>

namespace aic::build {

/// A label as a name that a file can have.
std::string file_name_of(const std::string& label);

/// What a step prints, kept in a file of the user's own for thirty days. A step does not fail for
/// a home that is full: then that is told, and there is no log.
class StepLog {
public:
    StepLog(const Environment& environment, const std::string& label);

    void write(std::span<const std::byte> bytes);

    /// The step has made this layer: the file's name says so from now on.
    void made(const DiffId& layer);

    /// "" where there is none.
    const std::filesystem::path& path() const { return path_; }

private:
    void open(const Environment& environment, const std::string& label);
    void give_up(const Error& error);

    std::filesystem::path path_;
    Fd fd_;
};

/// The newest log of a step that made the layer, if this user has run one on this machine.
std::optional<std::filesystem::path> find_log(const Environment& environment, const DiffId& layer);

} // namespace aic::build
