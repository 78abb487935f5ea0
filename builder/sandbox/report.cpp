// SPDX-License-Identifier: Apache-2.0
#include "builder/sandbox/report.hpp"

#include "cache/json_fields.hpp"

#include <nlohmann/json.hpp>
#include <unistd.h>

namespace aic::sandbox {

using nlohmann::json;

namespace {

Report::Kind report_kind(int number) {
    if (number < 0 || number > static_cast<int>(Report::Kind::failed))
        throw Error(ErrorKind::integrity, "there is no report {}", number);
    return static_cast<Report::Kind>(number);
}

ErrorKind error_kind(int number) {
    const auto kind = static_cast<ErrorKind>(number);
    const bool is_known = (kind >= ErrorKind::system && kind <= ErrorKind::no_platform)
                          || kind == ErrorKind::interrupted;
    if (!is_known)
        throw Error(ErrorKind::integrity, "there is no error {}", number);
    return kind;
}

Report report_of(const json& document) {
    const cache::Fields fields(document);
    return Report{.kind = report_kind(fields.number<int>("kind")),
                  .status = fields.number<int>("status"),
                  .error = error_kind(fields.number<int>("error")),
                  .message = fields.get<std::string>("message"),
                  .hint = fields.get<std::string>("hint")};
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
    try {
        return report_of(json::parse(line, nullptr, false));
    } catch (const Error&) {
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
