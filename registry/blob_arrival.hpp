// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <exception>
#include <mutex>
#include <vector>

namespace aic::registry {

/// How much of a blob that is being downloaded can be read already. The bytes are in order and
/// without a gap, but nobody knows yet that they are the blob's: that is said when it is complete.
/// One thread downloads, any others read.
class BlobArrival {
public:
    explicit BlobArrival(std::uint64_t size_bytes) : size_bytes_(size_bytes) {}

    BlobArrival(const BlobArrival&) = delete;
    BlobArrival& operator=(const BlobArrival&) = delete;

    struct State {
        std::uint64_t readable_bytes = 0; ///< from the start
        bool is_complete = false;         ///< all of them, and they are what they should be
        unsigned round = 0;               ///< how often it was wrong, and has begun anew
        std::exception_ptr failure;       ///< no more will come

        bool is_over() const { return is_complete || failure; }
    };

    State state() const;
    /// True when it is worth while to go on reading after `read_bytes` in `round`: a good part more
    /// is there, or the end, or the news that there is nothing to be read any more.
    bool is_worth_reading(std::uint64_t read_bytes, unsigned round) const;

    // For who downloads:

    void advance(std::uint64_t readable_bytes);
    void complete();
    /// What came was not the blob, and comes once more. Before the file is changed.
    void begin_anew();
    void fail(std::exception_ptr failure);

    /// Is told of what readers may be waiting for, on the thread that downloads.
    class Listener {
    public:
        virtual ~Listener() = default;
        virtual void blob_changed() noexcept = 0;
    };

    /// Tells `listener` from the constructor to the end of the destructor.
    class Subscription {
    public:
        Subscription(BlobArrival& arrival, Listener& listener);
        Subscription(const Subscription&) = delete;
        Subscription& operator=(const Subscription&) = delete;
        ~Subscription();

    private:
        BlobArrival& arrival_;
        Listener& listener_;
    };

private:
    void tell();

    const std::uint64_t size_bytes_;
    std::uint64_t told_bytes_ = 0; ///< touched by the thread that downloads alone

    mutable std::mutex mutex_; ///< no other is taken under it
    State state_;              // guarded by mutex_

    std::mutex listeners_mutex_;       ///< held while listeners are told
    std::vector<Listener*> listeners_; // guarded by listeners_mutex_
};

} // namespace aic::registry
