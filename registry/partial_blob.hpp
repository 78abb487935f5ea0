// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/digest.hpp"
#include "core/fd.hpp"
#include "registry/byte_ranges.hpp"
#include "registry/spool.hpp"

#include <chrono>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>

namespace aic::registry {

/// A blob on its way into a spool, in any order. What is there survives this object and this
/// process, unless it is published or too little to be worth a file; a process that comes later
/// goes on with it. Where another process has the blob's partial file, this one has a file of its
/// own that goes with it. For one thread at a time.
class PartialBlob {
public:
    /// As long as the kernel lets written pages lie: most pulls are over before, and sync nothing.
    static constexpr std::chrono::seconds k_sync_interval{30};

    PartialBlob(const Spool& spool, const Digest& digest, std::uint64_t size_bytes,
                std::chrono::seconds sync_interval = k_sync_interval);
    PartialBlob(const PartialBlob&) = delete;
    PartialBlob& operator=(const PartialBlob&) = delete;
    ~PartialBlob();

    /// Bytes at `offset`, which do not go beyond the blob's size. What is there already is neither
    /// written nor hashed again; the number of those that were not.
    std::uint64_t write(std::uint64_t offset, std::span<const std::byte> bytes);

    const ByteRanges& ranges() const { return ranges_; }

    /// Bytes from the start that can be read: file() may be followed up to here while more arrive.
    std::uint64_t contiguous_bytes() const { return ranges_.prefix(); }

    std::shared_ptr<const Fd> file() const { return fd_; }

    bool is_complete() const { return contiguous_bytes() == size_bytes_; }

    /// Whether what is there will be found by a later process.
    bool is_kept() const;

    /// Of the complete blob. Afterwards it is published or restarted.
    Digest digest();
    /// Forgets what was written.
    void restart();
    /// Gives the file its final name; the descriptor to read it by, whoever removes the name.
    std::shared_ptr<const Fd> publish();

private:
    void open_private(const Digest& digest);
    void believe_claims();
    void hash_what_follows(std::uint64_t limit_bytes);
    void claim();
    void sync_now_and_then();
    void remove_claims();
    void clear();

    const std::filesystem::path target_;
    const std::uint64_t size_bytes_;
    const std::chrono::seconds sync_interval_;
    PartialPaths paths_;
    bool is_resumable_ = true;                        ///< else it is ours alone and goes with us
    std::shared_ptr<Fd> fd_ = std::make_shared<Fd>(); ///< null once published
    std::uint64_t inode_ = 0;
    Fd claims_fd_;
    ByteRanges ranges_;
    Sha256Hasher hasher_;
    std::uint64_t hashed_bytes_ = 0; ///< of the prefix
    std::uint64_t unclaimed_bytes_ = 0;
    std::chrono::steady_clock::time_point synced_at_ = std::chrono::steady_clock::now();

    /// Whether what is being synced may still be claimed when it is.
    struct SyncClaim {
        std::mutex mutex;
        bool is_void = false;
    };

    std::shared_ptr<SyncClaim> sync_claim_ = std::make_shared<SyncClaim>();
    std::future<void> syncing_;
};

} // namespace aic::registry
