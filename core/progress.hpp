// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace aic {

/// How far one blob has come. Written by the threads that work on it, read by the display.
struct ProgressItem {
    std::string label;
    std::uint64_t size_bytes = 0;
    std::atomic<std::uint64_t> fetched_bytes = 0;
    std::atomic<std::uint64_t> converted_bytes = 0; ///< of the compressed blob, as it is read
};

/// Counters go in, the command line decides how they look. Safe to share between threads.
class Progress {
public:
    /// One more blob; the reference stays valid as long as this object.
    ProgressItem& add(std::string label, std::uint64_t size_bytes);

    /// A plain copy of one item's counters.
    struct ItemView {
        std::string label;
        std::uint64_t size_bytes, fetched_bytes, converted_bytes;
    };

    std::vector<ItemView> items() const;

    /// What is being done that no item shows: "resolving", "writing tables", …
    /// Its `detail` may change while the phase stays the same.
    void phase(std::string name, std::string detail = "");
    std::string phase() const;
    std::string phase_detail() const;

    std::atomic<std::uint64_t> written_bytes = 0; ///< into the image file

private:
    mutable std::mutex mutex_;
    std::deque<ProgressItem> items_; // guarded by mutex_; a deque keeps references valid
    std::string phase_;              // guarded by mutex_
    std::string phase_detail_;       // guarded by mutex_
};

} // namespace aic
