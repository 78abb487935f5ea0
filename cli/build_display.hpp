// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/build/build.hpp"
#include "cli/progress_display.hpp"
#include "cli/session.hpp"

#include <deque>
#include <string>
#include <string_view>

namespace aic::cli {

/// The last lines of what is printed piece by piece, fit for a terminal: of a line that is written
/// over ("\r") what stands there now, without colours.
class LastLines {
public:
    explicit LastLines(std::size_t count) : count_(count) {}

    void add(std::string_view text);
    std::vector<std::string> lines() const;

private:
    std::size_t count_;
    std::deque<std::string> lines_;
    std::string open_; ///< the line that has no end yet
};

/// Shows how a build goes: on a terminal the step's last lines under a header, folded into one line
/// when it is done; elsewhere all that it prints; for programs one event a step.
class BuildDisplay {
public:
    BuildDisplay(const build::Recipe& recipe, Session& session);

    build::BuildObserver observer();
    /// The build is over, and did not work: on a terminal the step's last lines stay.
    void failed();

    void finish() { display_.finish(); }

private:
    void begin(std::size_t index);
    void take_output(std::span<const std::byte> bytes);
    void begin_shell(int status);
    void end(std::size_t index, const build::StepOutcome& outcome);
    std::string title(std::size_t index) const;

    const build::Recipe& recipe_;
    Session& session_;
    const ProgressStyle style_;
    Progress progress_;
    ProgressDisplay display_;
    LastLines last_lines_;
};

nlohmann::json step_json(const build::StepOutcome& outcome);

} // namespace aic::cli
