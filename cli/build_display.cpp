// SPDX-License-Identifier: Apache-2.0
#include "cli/build_display.hpp"

#include "core/printable.hpp"

#include <cstdio>

namespace aic::cli {

namespace {

constexpr std::size_t k_lines_shown = 6;
constexpr std::size_t k_lines_kept = 30; ///< of a step that fails
constexpr std::size_t k_longest_line = 4096;

/// Without the sequences that colour text and move the cursor (ECMA-48, CSI).
std::string without_sequences(std::string_view line) {
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] != '\x1b') {
            text += line[i];
            continue;
        }
        if (i + 1 < line.size() && line[i + 1] == '[')
            for (i += 2; i < line.size() && (line[i] < '@' || line[i] > '~'); ++i) {
            }
        else
            ++i;
    }
    return text;
}

std::string shown(std::string_view line) {
    const auto start = line.find_last_of('\r');
    return printable(
        without_sequences(start == std::string_view::npos ? line : line.substr(start + 1)));
}

} // namespace

void LastLines::add(std::string_view text) {
    for (const char c : text) {
        if (c == '\n') {
            while (open_.ends_with('\r'))
                open_.pop_back();
            lines_.push_back(shown(open_));
            open_.clear();
            if (lines_.size() > count_)
                lines_.pop_front();
        } else if (open_.size() < k_longest_line) {
            open_ += c;
        }
    }
}

std::vector<std::string> LastLines::lines() const {
    std::vector<std::string> lines(lines_.begin(), lines_.end());
    if (!open_.empty())
        lines.push_back(shown(open_));
    return lines;
}

BuildDisplay::BuildDisplay(const build::Recipe& recipe, Session& session)
    : recipe_(recipe)
    , session_(session)
    , style_(session.progress_style())
    , display_(progress_, session)
    , last_lines_(k_lines_kept) {}

std::string BuildDisplay::title(std::size_t index) const {
    return fmt::format("step {}/{}  {}", index + 1, recipe_.steps.size(),
                       printable(recipe_.steps[index].label));
}

build::BuildObserver BuildDisplay::observer() {
    return {.progress = &progress_,
            .step_begins = [this](std::size_t index) { begin(index); },
            .output = [this](std::span<const std::byte> bytes) { take_output(bytes); },
            .step_ended = [this](std::size_t index,
                                 const build::StepOutcome& outcome) { end(index, outcome); },
            .shell_begins = [this](int status) { begin_shell(status); }};
}

void BuildDisplay::begin(std::size_t index) {
    last_lines_ = LastLines(k_lines_kept);
    progress_.phase(title(index));
    if (style_ == ProgressStyle::plain)
        session_.say(title(index));
}

void BuildDisplay::take_output(std::span<const std::byte> bytes) {
    last_lines_.add(as_text(bytes));
    if (style_ == ProgressStyle::tty) {
        auto lines = last_lines_.lines();
        if (lines.size() > k_lines_shown)
            lines.erase(lines.begin(), lines.end() - k_lines_shown);
        for (auto& line : lines)
            line.insert(0, "  | ");
        display_.show_below(std::move(lines));
    } else if (style_ == ProgressStyle::plain && !session_.options().quiet) {
        std::fwrite(bytes.data(), 1, bytes.size(), stderr);
    }
}

void BuildDisplay::end(std::size_t index, const build::StepOutcome& outcome) {
    display_.show_below({});
    if (session_.json()) {
        auto event = step_json(outcome);
        event["version"] = 1;
        event["event"] = "step";
        event["number"] = index + 1;
        return session_.print_event(event);
    }
    const auto size = human_size(outcome.layer_bytes);
    display_.announce(outcome.was_there
                          ? fmt::format("{}  already here, {}", title(index), size)
                          : fmt::format("{}  {:.1f} s, {}", title(index), outcome.seconds, size));
}

/// From here on the terminal is the shell's.
void BuildDisplay::begin_shell(int status) {
    failed();
    last_lines_ = LastLines(k_lines_kept);
    session_.say(
        fmt::format("the script ended with status {}; this is a shell where it stopped, and "
                    "'exit' ends it (nothing of it is kept)",
                    status));
}

void BuildDisplay::failed() {
    display_.show_below({});
    display_.finish();
    if (style_ == ProgressStyle::tty)
        for (const auto& line : last_lines_.lines())
            session_.say("  | " + line);
}

nlohmann::json step_json(const build::StepOutcome& outcome) {
    return {{"label", outcome.label},
            {"was_there", outcome.was_there},
            {"seconds", outcome.seconds},
            {"layer_bytes", outcome.layer_bytes},
            {"log",
             outcome.log.empty() ? nlohmann::json(nullptr) : nlohmann::json(outcome.log.native())}};
}

} // namespace aic::cli
