// SPDX-License-Identifier: Apache-2.0
#include "builder/sandbox/report.hpp"

#include <nlohmann/json.hpp>
#include <unistd.h>

namespace aic::sandbox {

using nlohmann::json;

namespace {

Report report_of(const json& document) {
    return Report{.kind = static_cast<Report::Kind>(
                      document.value("kind", static_cast<int>(Report::Kind::failed))),
                  .status = document.value("status", 0),
                  .error = static_cast<ErrorKind>(document.value("error", 1)),
                  .message = document.value("message", ""),
                  .hint = document.value("hint", "")};
}

} // namespace

Report Report::of(const Error& error) {
    return {.kind = Kind::failed,
            .error = error.kind(),
            .message = error.message(),
            .hint = error.hint()};
}

std::string to_line(const Report& report) {
    const json document = {{"kind", static_cast<int>(report.kind)},
                           {"status", report.status},
                           {"error", static_cast<int>(report.error)},
                           {"message", report.message},
                           {"hint", report.hint}};
    return document.dump(-1, ' ', false, json::error_handler_t::replace) + '\n';
}

std::optional<Report> parse_report(std::string_view line) {
    const auto document = json::parse(line, nullptr, false);
    if (!document.is_object())
        return std::nullopt;
    try {
        return report_of(document);
    } catch (const json::exception&) {
        return std::nullopt;
    }
}

void tell(const Report& report) noexcept {
    try {
        const auto line = to_line(report);
        // A line is shorter than what a pipe takes at once, or the reader waits for the rest.
        if (::write(k_report_fd, line.data(), line.size()) < 0)
            return;
    } catch (...) {
        return; // the one outside sees us end without a word, and says so
    }
}

} // namespace aic::sandbox
