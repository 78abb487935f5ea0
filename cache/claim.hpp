// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/claim_note.hpp"
#include "cache/layout.hpp"
#include "cache/numbered_files.hpp"
#include "cache/trust.hpp"
#include "core/fd.hpp"

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace aic::cache {

struct ClaimTiming {
    std::chrono::milliseconds beat = std::chrono::seconds(1);
    /// Who has not changed his note for so long is taken for dead. There is no other limit.
    std::chrono::milliseconds dead_after = std::chrono::seconds(30);
};

/// "I am making this, wait for me": a file whose note changes as long as its owner lives. It saves
/// work and guards nothing; what is made is published as if there were no claims. Ends with this
/// object.
class Claim {
public:
    /// Asked again and again by a thread of the claim's own.
    using HowFar = std::function<WorkDone()>;

    Claim(std::filesystem::path path, ClaimNote note, HowFar how_far,
          std::chrono::milliseconds beat);
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;
    ~Claim();

private:
    void keep_beating();
    void write_note();

    const std::filesystem::path path_;
    ClaimNote note_; ///< the thread's own, once it runs
    const HowFar how_far_;
    const std::chrono::milliseconds beat_;
    Fd fd_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool ended_ = false; ///< guarded by mutex_
    std::thread thread_;
};

/// One who wants to make what `key` names, and would rather use what another is making.
class Claimant {
public:
    /// `key` is a file name's worth of letters and digits; `job` as in ClaimNote. `trust` says
    /// whose images would be used.
    Claimant(const Layout& layout, const std::string& key, std::string job, Trust trust,
             ClaimTiming timing = {});

    /// What this process says of itself.
    const ClaimNote& own() const { return own_; }

    /// Who is at it and alive, as far as can be told; to be asked every now and then. Claims of
    /// users whose images would not be used do not count.
    std::optional<ClaimNote> holder();
    /// Takes the claim; nothing when another was faster. Only when holder() has named nobody.
    std::unique_ptr<Claim> take(Claim::HowFar how_far);

private:
    bool is_alive(const ClaimNote& note);

    const NumberedFiles files_;
    const ClaimNote own_;
    const Trust trust_;
    const ClaimTiming timing_;
    std::uint64_t newest_ = 0;                          ///< as holder() last saw it
    std::string last_seen_;                             ///< nonce and beat
    std::chrono::steady_clock::time_point last_change_; ///< of that
};

/// Claims whose notes have not changed for so long that nobody waits for them.
std::vector<std::filesystem::path> abandoned_claims(const Layout& layout);

} // namespace aic::cache
