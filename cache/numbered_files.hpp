// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace aic::cache {

/// Counting never comes so far. A file with a higher number is somebody's mischief, and does not
/// count.
inline constexpr std::uint64_t k_highest_number = std::uint64_t{1} << 62;

/// Files `<number><suffix>` in one directory, of which the highest is the truth. None is ever
/// changed: the next state gets the next number by link(), which names exactly one winner on every
/// file system. Whoever loses looks at what the winner wrote and tries again.
class NumberedFiles {
public:
    NumberedFiles(std::filesystem::path directory, std::string suffix)
        : directory_(std::move(directory))
        , suffix_(std::move(suffix)) {}

    const std::filesystem::path& directory() const { return directory_; }

    /// All there are, ascending. Listing the directory, so that what another node has just
    /// published is seen on NFS.
    std::vector<std::uint64_t> numbers() const;
    /// 0 when there is none.
    std::uint64_t newest() const;
    std::filesystem::path path(std::uint64_t number) const;
    /// Publishes a finished, synced file of the same file system as `number`; false when that is
    /// taken. The file keeps its old name too.
    bool publish(const std::filesystem::path& finished, std::uint64_t number) const;

private:
    std::filesystem::path directory_;
    std::string suffix_;
};

} // namespace aic::cache
