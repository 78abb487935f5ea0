// SPDX-License-Identifier: Apache-2.0
#include "oci/image_config.hpp"

#include "core/error.hpp"
#include "oci/json.hpp"
#include "oci/printable.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>

namespace aic::oci {

using nlohmann::json;

namespace {

/// Reads fixed pieces off the front of a text; once something does not fit, `ok` stays false.
struct Scanner {
    std::string_view rest;
    bool ok = true;

    int number(std::size_t digits) {
        int value = 0;
        for (std::size_t i = 0; i < digits && ok; ++i) {
            ok = i < rest.size() && rest[i] >= '0' && rest[i] <= '9';
            if (ok)
                value = value * 10 + (rest[i] - '0');
        }
        if (ok)
            rest.remove_prefix(digits);
        return value;
    }

    void expect(std::string_view characters) {
        ok = ok && !rest.empty() && characters.find(rest.front()) != std::string_view::npos;
        if (ok)
            rest.remove_prefix(1);
    }

    void skip_fraction() {
        if (!rest.starts_with('.'))
            return;
        const auto end = rest.find_first_not_of("0123456789", 1);
        ok = ok && end != 1 && rest.size() > 1;
        rest.remove_prefix(std::min(end, rest.size()));
    }

    std::chrono::minutes zone() {
        const int sign = rest.starts_with('-') ? -1 : 1;
        const bool utc = rest.starts_with('Z') || rest.starts_with('z');
        expect("Zz+-");
        if (utc || !ok)
            return {};
        const int hours = number(2);
        expect(":");
        return std::chrono::minutes(sign * (hours * 60 + number(2)));
    }
};

/// RFC 3339; nothing when it is not that.
std::optional<std::int64_t> parse_time(std::string_view text) {
    namespace chr = std::chrono;
    Scanner scan{text};
    const chr::year year(scan.number(4));
    scan.expect("-");
    const chr::month month(static_cast<unsigned>(scan.number(2)));
    scan.expect("-");
    const chr::day day(static_cast<unsigned>(scan.number(2)));
    scan.expect("Tt ");
    const int hour = scan.number(2);
    scan.expect(":");
    const int minute = scan.number(2);
    scan.expect(":");
    const int second = scan.number(2);
    scan.skip_fraction();
    const auto offset = scan.zone();
    const chr::year_month_day date(year, month, day);
    if (!scan.ok || !scan.rest.empty() || !date.ok() || hour > 23 || minute > 59 || second > 60)
        return std::nullopt;
    const auto time = chr::sys_days(date) + chr::hours(hour) + chr::minutes(minute)
                      + chr::seconds(second) - offset;
    return chr::duration_cast<chr::seconds>(time.time_since_epoch()).count();
}

std::int64_t parse_created(const json& document) {
    const auto text = string_field(document, "created");
    if (text.empty())
        return 0;
    const auto seconds = parse_time(text);
    if (!seconds)
        throw Error(ErrorKind::integrity, "the field 'created' is '{}', which is no RFC 3339 time",
                    printable(text, 60));
    // Go's zero time is the year 1, and means that there is none.
    return std::max<std::int64_t>(*seconds, 0);
}

std::vector<DiffId> parse_diff_ids(const json& document) {
    const auto& rootfs = required_object(document, "rootfs");
    std::vector<DiffId> diff_ids;
    for (const auto& element : required_array(rootfs, "diff_ids")) {
        const auto text = as_string(element, "diff_ids");
        const auto diff_id = DiffId::try_parse(text);
        if (!diff_id)
            throw Error(ErrorKind::integrity,
                        "the field 'diff_ids' has '{}', not sha256:<64 lower-case hex digits>",
                        printable(text, 100));
        diff_ids.push_back(*diff_id);
    }
    return diff_ids;
}

/// Docker takes a lone string for a list of one.
std::vector<std::string> words_field(const json& object, const char* name) {
    const auto* field = find_field(object, name);
    if (field && field->is_string())
        return {as_string(*field, name)};
    return strings_field(object, name);
}

void parse_execution(const json& execution, ImageConfig& config) {
    config.env = strings_field(execution, "Env");
    config.entrypoint = words_field(execution, "Entrypoint");
    config.cmd = words_field(execution, "Cmd");
    config.working_dir = string_field(execution, "WorkingDir");
    config.user = string_field(execution, "User");
    if (find_field(execution, "Labels"))
        for (const auto& [key, value] : required_object(execution, "Labels").items())
            config.labels.emplace(as_string(key, "Labels"), as_string(value, "Labels"));
    if (find_field(execution, "Volumes"))
        for (const auto& [key, value] : required_object(execution, "Volumes").items())
            config.volumes.push_back(as_string(key, "Volumes"));
    std::ranges::sort(config.volumes);
}

} // namespace

ImageConfig parse_image_config(std::string_view text) {
    const auto document = parse_json(text);
    ImageConfig config;
    auto os = required_string(document, "os");
    auto architecture = required_string(document, "architecture");
    config.platform = Platform::from_fields(std::move(os), std::move(architecture),
                                            string_field(document, "variant"));
    config.diff_ids = parse_diff_ids(document);
    config.created_seconds = parse_created(document);
    if (find_field(document, "config"))
        parse_execution(required_object(document, "config"), config);
    return config;
}

} // namespace aic::oci
