// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/digest.hpp"
#include "core/fd.hpp"

#include <filesystem>
#include <optional>

namespace aic::registry {

/// The directory that downloads go to: `<hex digest>` is a complete blob, `.<hex
/// digest>.<…>.partial` one on its way, locked by the process that writes it.
class Spool {
public:
    /// Makes the directory where it is missing. Throws Error(denied) when others than its owner,
    /// who is the caller or root, could exchange files in it.
    explicit Spool(std::filesystem::path directory);

    std::filesystem::path path_of(const Digest& digest) const;
    /// The complete file of that size, written by the caller, if it is there. Its bytes are not
    /// checked.
    std::optional<Fd> open(const Digest& digest, std::uint64_t size_bytes) const;
    /// Removes the partial files that no process is writing.
    void remove_abandoned() const;

private:
    std::filesystem::path directory_;
};

/// A blob on its way into a spool; gone unless published.
class PartialFile {
public:
    PartialFile(const Spool& spool, const Digest& digest);
    PartialFile(const PartialFile&) = delete;
    PartialFile& operator=(const PartialFile&) = delete;
    ~PartialFile();

    void write(std::span<const std::byte> bytes);
    /// Forgets what was written.
    void restart();
    /// Gives the file its final name; the descriptor to read it by, whoever removes the name.
    Fd publish();

private:
    std::filesystem::path target_;
    std::filesystem::path path_;
    Fd fd_;
};

} // namespace aic::registry
