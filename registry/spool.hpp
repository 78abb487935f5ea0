// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/digest.hpp"
#include "core/fd.hpp"

#include <filesystem>
#include <optional>
#include <stop_token>

namespace aic::registry {

/// The directory that downloads go to: `<hex digest>` is a complete blob, `.<hex digest>.partial`
/// the first bytes of one, locked by the process that writes it (docs/formats/spool.md).
class Spool {
public:
    /// Makes the directory where it is missing. Throws Error(denied) when others than its owner,
    /// who is the caller or root, could exchange files in it.
    explicit Spool(std::filesystem::path directory);

    std::filesystem::path path_of(const Digest& digest) const;
    /// The complete file of that size, written by the caller, if it is there. Its bytes are not
    /// checked.
    std::optional<Fd> open(const Digest& digest, std::uint64_t size_bytes) const;
    /// Removes the partial files that no process is writing and no download will go on with.
    void remove_abandoned() const;

private:
    std::filesystem::path directory_;
};

/// The first bytes of a blob on its way into a spool. What was written stays for the next download
/// of this blob, whatever ends this one.
class PartialFile {
public:
    /// Goes on with what an earlier download left, if it is the caller's and no other process is
    /// at it; `size_bytes` is how much there may be of it.
    PartialFile(const Spool& spool, const Digest& digest, std::uint64_t size_bytes);
    PartialFile(const PartialFile&) = delete;
    PartialFile& operator=(const PartialFile&) = delete;
    ~PartialFile();

    std::uint64_t size_bytes() const { return size_bytes_; }

    /// How much of it is there for the next download.
    std::uint64_t kept_bytes() const { return is_kept_ ? size_bytes_ : 0; }

    /// Adds what is there already to `hasher`; a stop is Error(interrupted).
    void hash_into(Sha256Hasher& hasher, std::stop_token stop) const;
    void write(std::span<const std::byte> bytes);
    /// Forgets what was written.
    void restart();
    /// Gives the file its final name; the descriptor to read it by, whoever removes the name.
    Fd publish();

private:
    bool take_over(std::uint64_t size_bytes);
    void make();

    std::filesystem::path target_;
    std::filesystem::path path_; ///< empty once published
    Fd fd_;
    std::uint64_t size_bytes_ = 0;
    bool is_kept_ = false; ///< under the name that the next download looks for
};

} // namespace aic::registry
