// SPDX-License-Identifier: Apache-2.0
#include "cache/claim_note.hpp"

#include "cache/json_fields.hpp"
#include "core/files.hpp"
#include "core/machine.hpp"

#include <unistd.h>

#include <algorithm>

namespace aic::cache {

namespace {

constexpr int k_version = 1;
/// Of each name, so that all of them fit.
constexpr std::size_t k_most_name_bytes = 64;

/// A name is for people's eyes, and its beginning is enough for them.
std::string shortened(std::string name) {
    name.resize(std::min(name.size(), k_most_name_bytes));
    return name;
}

} // namespace

ClaimNote make_claim_note(std::string job) {
    return {.user = shortened(user_name(::geteuid())),
            .host = shortened(host_name()),
            .boot = shortened(boot_id()),
            .pid_namespace = shortened(pid_namespace()),
            .pid = ::getpid(),
            .job = shortened(std::move(job)),
            .nonce = unique_name()};
}

std::string to_json(const ClaimNote& note) {
    auto text = to_file_text({{"version", k_version},
                              {"user", note.user},
                              {"host", note.host},
                              {"boot", note.boot},
                              {"pid_namespace", note.pid_namespace},
                              {"pid", note.pid},
                              {"job", note.job},
                              {"nonce", note.nonce},
                              {"beat", note.beat},
                              {"done_bytes", note.work.done_bytes},
                              {"total_bytes", note.work.total_bytes},
                              {"taken_seconds", note.work.taken_seconds}});
    text.resize(std::max(text.size(), k_claim_file_bytes), ' ');
    return text;
}

ClaimNote parse_claim_note(std::string_view text) {
    text = text.substr(0, text.find_last_not_of(' ') + 1);
    const auto value = parse_versioned(text, k_version);
    const Fields fields(value);
    return {.user = fields.get<std::string>("user"),
            .host = fields.get<std::string>("host"),
            .boot = fields.get<std::string>("boot"),
            .pid_namespace = fields.get<std::string>("pid_namespace"),
            .pid = fields.number<pid_t>("pid"),
            .job = fields.get<std::string>("job"),
            .nonce = fields.get<std::string>("nonce"),
            .beat = fields.number<std::uint64_t>("beat"),
            .work = {.done_bytes = fields.number<std::uint64_t>("done_bytes"),
                     .total_bytes = fields.number<std::uint64_t>("total_bytes"),
                     .taken_seconds = fields.number<std::uint64_t>("taken_seconds")}};
}

} // namespace aic::cache
