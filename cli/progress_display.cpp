// SPDX-License-Identifier: Apache-2.0
#include "cli/progress_display.hpp"

#include "core/bytes.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace aic::cli {

namespace {

using std::chrono::steady_clock;

constexpr auto k_redraw_interval = std::chrono::milliseconds(100);
constexpr auto k_plain_pause = std::chrono::seconds(2);
constexpr auto k_plain_interval = std::chrono::seconds(30);
constexpr std::size_t k_most_blob_lines = 6;
constexpr std::size_t k_most_waiting_lines = 2;
constexpr std::size_t k_default_columns = 80;

std::size_t terminal_columns() {
    winsize size{};
    if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return k_default_columns;
}

unsigned percent(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : static_cast<unsigned>(std::min<std::uint64_t>(100, part * 100 / whole));
}

std::string remaining(std::uint64_t done, std::uint64_t whole, double seconds) {
    if (done == 0 || seconds < 1 || done >= whole)
        return "";
    const double left = seconds * static_cast<double>(whole - done) / static_cast<double>(done);
    return left < 90 ? fmt::format("  {:.0f} s left", left)
                     : fmt::format("  {:.0f} min left", left / 60);
}

std::string sum_line(const ProgressTotals& totals, double seconds) {
    const auto done = std::min(totals.fetched_bytes, totals.converted_bytes);
    const auto speed = seconds > 0.2 ? static_cast<double>(done) / seconds : 0;
    const char* bottleneck = totals.fetched_bytes >= totals.size_bytes ? "conversion"
                             : totals.converted_bytes + (8 << 20) < totals.fetched_bytes
                                 ? "conversion"
                                 : "network";
    return fmt::format(
        "  {} / {}  {} %  {}/s{}     fetch {} % · convert {} %  (bottleneck: {})", human_size(done),
        human_size(totals.size_bytes), percent(done, totals.size_bytes),
        human_size(static_cast<std::uint64_t>(speed)), remaining(done, totals.size_bytes, seconds),
        percent(totals.fetched_bytes, totals.size_bytes),
        percent(totals.converted_bytes, totals.size_bytes), bottleneck);
}

bool in_work(const Progress::ItemView& item) {
    return item.fetched_bytes + item.converted_bytes > 0 && item.converted_bytes < item.size_bytes;
}

std::string blob_text(const Progress::ItemView& item) {
    const bool fetched = item.fetched_bytes >= item.size_bytes;
    return fmt::format("{}  {} / {}{}", item.label.substr(0, 6),
                       human_size(fetched ? item.converted_bytes : item.fetched_bytes),
                       human_size(item.size_bytes), fetched ? "" : " fetched");
}

/// Cut to the terminal's width, so that a line never becomes two and the redraw stays in step.
std::string fitted(std::string line, std::size_t columns) {
    std::size_t width = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const bool starts_character = (static_cast<unsigned char>(line[i]) & 0xC0) != 0x80;
        if (starts_character && ++width >= columns) {
            line.resize(i);
            break;
        }
    }
    return line;
}

} // namespace

ProgressTotals totals_of(const std::vector<Progress::ItemView>& items) {
    ProgressTotals totals;
    for (const auto& item : items) {
        ++totals.blobs;
        totals.done += item.converted_bytes >= item.size_bytes ? 1 : 0;
        totals.size_bytes += item.size_bytes;
        // A blob that was there already is never "fetched", yet being converted shows that it is.
        totals.fetched_bytes += std::max(item.fetched_bytes, item.converted_bytes);
        totals.converted_bytes += item.converted_bytes;
    }
    return totals;
}

std::vector<std::string> progress_lines(const std::vector<Progress::ItemView>& items,
                                        const std::string& phase,
                                        std::chrono::duration<double> elapsed,
                                        std::size_t columns) {
    const auto totals = totals_of(items);
    if (totals.blobs == 0 || totals.done == totals.blobs)
        return phase.empty() ? std::vector<std::string>()
                             : std::vector{fitted("  " + phase, columns)};
    std::vector<std::string> lines = {sum_line(totals, elapsed.count())};
    std::string line;
    for (const auto& item : items) {
        if (!in_work(item) || lines.size() == k_most_blob_lines)
            continue;
        if (line.empty()) {
            line = "  " + blob_text(item);
        } else {
            lines.push_back(fmt::format("{:<40}{}", line, blob_text(item)));
            line.clear();
        }
    }
    if (!line.empty())
        lines.push_back(line);
    if (totals.done > 0)
        lines.push_back(fmt::format("  {} of {} layers done", totals.done, totals.blobs));
    for (auto& each : lines)
        each = fitted(std::move(each), columns);
    return lines;
}

std::vector<std::string> waiting_lines(const std::vector<Waiting>& waitings, std::size_t columns) {
    std::vector<std::string> lines;
    for (const auto& waiting : waitings)
        if (const auto left = waiting.left().count();
            left > 0 && lines.size() < k_most_waiting_lines)
            lines.push_back(fitted(fmt::format("  {}, {} s left", waiting.reason, left), columns));
    return lines;
}

ProgressDisplay::ProgressDisplay(Progress& progress, Session& session)
    : progress_(progress)
    , session_(session)
    , style_(session.progress_style()) {
    if (style_ == ProgressStyle::none)
        return;
    listen();
    thread_ = std::thread([this] { work(); });
}

void ProgressDisplay::listen() {
    waits_ = set_wait_handler([this](const Waiting& waiting) { wait(waiting); });
    if (style_ != ProgressStyle::tty)
        return;
    messages_ = set_log_handler(nullptr);
    set_log_handler([this](LogLevel level, const std::string& message) {
        std::lock_guard lock(mutex_);
        redraw({});
        messages_(level, message);
    });
}

ProgressDisplay::~ProgressDisplay() {
    finish();
}

void ProgressDisplay::announce(const std::string& line) {
    std::lock_guard lock(mutex_);
    if (style_ == ProgressStyle::tty)
        redraw({});
    session_.say(line);
}

void ProgressDisplay::show_below(std::vector<std::string> lines) {
    std::lock_guard lock(mutex_);
    below_ = std::move(lines);
}

void ProgressDisplay::wait(const Waiting& waiting) {
    std::lock_guard lock(mutex_);
    if (style_ == ProgressStyle::json)
        return session_.print_event({{"version", 1},
                                     {"event", "wait"},
                                     {"what", waiting.what},
                                     {"reason", waiting.reason},
                                     {"seconds", waiting.left().count()}});
    if (style_ == ProgressStyle::plain)
        return session_.say(fmt::format("  {}, {} s left", waiting.reason, waiting.left().count()));
    const auto same = std::ranges::find(waitings_, waiting.reason, &Waiting::reason);
    if (same == waitings_.end())
        waitings_.push_back(waiting);
    else
        same->until = std::max(same->until, waiting.until);
}

void ProgressDisplay::finish() {
    if (thread_.joinable()) {
        set_wait_handler(waits_);
        if (style_ == ProgressStyle::tty)
            set_log_handler(messages_);
    }
    {
        std::lock_guard lock(mutex_);
        finished_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable())
        thread_.join();
}

void ProgressDisplay::work() {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, k_redraw_interval, [&] { return finished_; }))
        show();
    if (style_ == ProgressStyle::tty)
        redraw({});
}

/// With the mutex held.
void ProgressDisplay::show() {
    const auto items = progress_.items();
    const Phase phase{progress_.phase(), progress_.phase_detail()};
    const auto elapsed = steady_clock::now() - start_;
    switch (style_) {
    case ProgressStyle::tty: {
        auto lines = progress_lines(items, phase.text(), elapsed, terminal_columns());
        for (auto& line : waiting_lines(waitings_, terminal_columns()))
            lines.push_back(std::move(line));
        for (const auto& line : below_)
            lines.push_back(fitted(line, terminal_columns()));
        return redraw(lines);
    }
    case ProgressStyle::plain:
        return tell_plainly(totals_of(items), phase);
    case ProgressStyle::json:
        return tell_event(totals_of(items), phase);
    default:
        return;
    }
}

void ProgressDisplay::redraw(const std::vector<std::string>& lines) {
    std::string text;
    if (lines_drawn_ > 0)
        text += fmt::format("\x1b[{}A", lines_drawn_);
    text += "\r\x1b[J";
    for (const auto& line : lines)
        text += line + "\n";
    lines_drawn_ = lines.size();
    std::fwrite(text.data(), 1, text.size(), stderr);
}

void ProgressDisplay::tell_plainly(const ProgressTotals& totals, const Phase& phase) {
    const auto now = steady_clock::now();
    const auto tenth = percent(totals.converted_bytes, totals.size_bytes) / 10;
    // What takes a second or two needs no log.
    if (now - last_told_ < k_plain_pause)
        return;
    const bool new_phase = phase.name != last_phase_;
    if (!new_phase && tenth <= last_tenth_ && now - last_told_ < k_plain_interval)
        return;
    if (totals.blobs > 0 && totals.done < totals.blobs)
        session_.say(sum_line(totals, std::chrono::duration<double>(now - start_).count()));
    else if (new_phase || !phase.detail.empty())
        session_.say("  " + phase.text());
    last_phase_ = phase.name;
    last_tenth_ = tenth;
    last_told_ = now;
}

void ProgressDisplay::tell_event(const ProgressTotals& totals, const Phase& phase) {
    const auto now = steady_clock::now();
    if (phase.name == last_phase_ && now - last_told_ < std::chrono::seconds(1))
        return;
    session_.print_event({{"version", 1},
                          {"event", "progress"},
                          {"phase", phase.text()},
                          {"size_bytes", totals.size_bytes},
                          {"fetched_bytes", totals.fetched_bytes},
                          {"converted_bytes", totals.converted_bytes},
                          {"written_bytes", progress_.written_bytes.load()}});
    last_phase_ = phase.name;
    last_told_ = now;
}

} // namespace aic::cli
