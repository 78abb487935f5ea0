// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/session.hpp"
#include "core/log.hpp"
#include "core/progress.hpp"
#include "core/waiting.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace aic::cli {

/// Sums over a pull's blobs.
struct ProgressTotals {
    std::uint64_t size_bytes = 0;
    std::uint64_t fetched_bytes = 0;
    std::uint64_t converted_bytes = 0;
    std::size_t blobs = 0;
    std::size_t done = 0;
};

ProgressTotals totals_of(const std::vector<Progress::ItemView>& items);

/// The lines that a terminal of `columns` shows: the sum, then the blobs in work, two to a line, at
/// most seven lines in all.
std::vector<std::string> progress_lines(const std::vector<Progress::ItemView>& items,
                                        const std::string& phase,
                                        std::chrono::duration<double> elapsed, std::size_t columns);

/// "429 from docker.io, 37 s left", one line for each reason; what is over is left out.
std::vector<std::string> waiting_lines(const std::vector<Waiting>& waitings, std::size_t columns);

/// Shows how a pull goes while it lives: redrawn lines on a terminal, a line now and then
/// elsewhere, events for programs. Messages that come meanwhile stand above the redrawn lines.
class ProgressDisplay {
public:
    ProgressDisplay(Progress& progress, Session& session);
    ProgressDisplay(const ProgressDisplay&) = delete;
    ProgressDisplay& operator=(const ProgressDisplay&) = delete;
    ~ProgressDisplay();

    /// A line that stays, above what is redrawn.
    void announce(const std::string& line);
    /// Lines below the others on a terminal, such as what a step printed last; elsewhere not shown.
    void show_below(std::vector<std::string> lines);
    /// No more progress; takes the redrawn lines away.
    void finish();

private:
    struct Phase {
        std::string name, detail;

        std::string text() const { return detail.empty() ? name : name + ": " + detail; }
    };

    void work();
    void show();
    void listen();
    void wait(const Waiting& waiting);
    void redraw(const std::vector<std::string>& lines);
    void tell_plainly(const ProgressTotals& totals, const Phase& phase);
    void tell_event(const ProgressTotals& totals, const Phase& phase);

    Progress& progress_;
    Session& session_;
    const ProgressStyle style_;
    const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::mutex mutex_;
    std::condition_variable changed_;
    bool finished_ = false;          // guarded by mutex_
    std::size_t lines_drawn_ = 0;    // guarded by mutex_
    std::vector<std::string> below_; // guarded by mutex_
    std::string last_phase_;         // of the plain style; guarded by mutex_
    std::uint64_t last_tenth_ = 0;   // guarded by mutex_
    std::chrono::steady_clock::time_point last_told_ = start_; // guarded by mutex_
    std::vector<Waiting> waitings_; // of different reasons; guarded by mutex_
    LogHandler messages_;           // where they go when no lines are redrawn
    WaitHandler waits_;
    std::thread thread_;
};

} // namespace aic::cli
