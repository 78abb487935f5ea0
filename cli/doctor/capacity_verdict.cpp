// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/capacity_verdict.hpp"

#include "core/bytes.hpp"

#include <fmt/format.h>

namespace aic::cli::doctor {

namespace {

constexpr std::uint64_t k_small_image_bytes = 1'000'000'000;
constexpr std::uint64_t k_large_image_bytes = 20'000'000'000; ///< of a GPU framework
constexpr std::uint64_t k_few_inodes = 1'000;                 ///< an image takes about ten
constexpr std::uint64_t k_some_inodes = 20'000;

Verdict verdict_of(std::uint64_t left, std::uint64_t least, std::uint64_t enough) {
    return left < least ? Verdict::problem : left < enough ? Verdict::warning : Verdict::ok;
}

Finding finding(Verdict verdict, const char* subject, std::string text, const std::string& mend) {
    return {verdict, subject, std::move(text), verdict == Verdict::ok ? "" : mend};
}

} // namespace

Findings judge_capacity(const Capacity& capacity, const std::string& mend) {
    Findings findings = {
        finding(verdict_of(capacity.free_bytes, k_small_image_bytes, k_large_image_bytes), "space",
                fmt::format("{} of {} free", human_size(capacity.free_bytes),
                            human_size(capacity.size_bytes)),
                mend)};
    if (capacity.inodes > 0)
        findings.push_back(
            finding(verdict_of(capacity.free_inodes, k_few_inodes, k_some_inodes), "inodes",
                    fmt::format("{} of {} free", capacity.free_inodes, capacity.inodes), mend));
    return findings;
}

} // namespace aic::cli::doctor
