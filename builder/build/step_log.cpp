// SPDX-License-Identifier: Apache-2.0
#include "builder/build/step_log.hpp"

#include "core/files.hpp"
#include "core/log.hpp"

#include <unistd.h>

#include <chrono>
#include <ctime>

namespace fs = std::filesystem;

namespace aic::build {

namespace {

constexpr auto k_log_age = std::chrono::hours(24 * 30);

void remove_old_logs(const fs::path& directory) {
    const auto oldest = fs::file_time_type::clock::now() - k_log_age;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(directory, ignored))
        if (entry.path().extension() == ".log" && entry.last_write_time(ignored) < oldest)
            fs::remove(entry.path(), ignored);
}

/// How the names of logs end whose step made the layer.
std::string ending_for(const DiffId& layer) {
    return fmt::format("-{}.log", layer.hex().substr(0, 12));
}

} // namespace

std::string file_name_of(const std::string& label) {
    std::string name;
    for (const char c : label.substr(0, 60)) {
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                              || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
        name += is_plain ? c : '-';
    }
    return name.empty() || name.front() == '.' ? "step" + name : name;
}

StepLog::StepLog(const Environment& environment, const std::string& label) {
    try {
        open(environment, label);
    } catch (const Error& error) {
        give_up(error);
    }
}

void StepLog::open(const Environment& environment, const std::string& label) {
    const auto directory = state_directory(environment) / "logs";
    make_directories(directory, 0700);
    remove_old_logs(directory);
    std::string when(32, '\0');
    const auto now = std::time(nullptr);
    std::tm local{};
    when.resize(
        std::strftime(when.data(), when.size(), "%Y%m%d-%H%M%S", ::localtime_r(&now, &local)));
    const auto path =
        directory / fmt::format("{}-{}-{}.log", when, ::getpid(), file_name_of(label));
    fd_ = open_file(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    path_ = path;
}

void StepLog::write(std::span<const std::byte> bytes) {
    if (!fd_)
        return;
    try {
        write_all(fd_.get(), bytes, path_);
    } catch (const Error& error) {
        give_up(error);
    }
}

void StepLog::give_up(const Error& error) {
    warn("what the step prints is not kept: {}", error.message());
    fd_ = Fd();
    path_.clear();
}

void StepLog::made(const DiffId& layer) {
    if (path_.empty())
        return;
    const auto name = path_.parent_path() / (path_.stem().native() + ending_for(layer));
    std::error_code fault; // then it keeps its name, and is not found by the layer
    fs::rename(path_, name, fault);
    if (!fault)
        path_ = name;
}

std::optional<fs::path> find_log(const Environment& environment, const DiffId& layer) {
    std::optional<fs::path> newest; // names begin with the time
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(state_directory(environment) / "logs", none))
        if (entry.path().native().ends_with(ending_for(layer)) && (!newest || *newest < entry))
            newest = entry.path();
    return newest;
}

} // namespace aic::build
