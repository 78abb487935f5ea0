// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace aic::cache {

/// How far a piece of work is.
struct WorkDone {
    std::uint64_t done_bytes = 0;
    std::uint64_t total_bytes = 0;   ///< 0 while it is not known
    std::uint64_t taken_seconds = 0; ///< so far
};

/// What somebody says who makes something that others may want too (docs/formats/claims.md).
struct ClaimNote {
    std::string user; ///< login name
    std::string host;
    std::string boot;          ///< of the host; "" where the kernel does not say
    std::string pid_namespace; ///< that `pid` is a number of; "" likewise
    pid_t pid = 0;
    std::string job;        ///< "1234.0", or "1234", of Slurm; "" outside of one
    std::string nonce;      ///< a name that nothing else ever has
    std::uint64_t beat = 0; ///< changes as long as the work goes on
    WorkDone work;
};

/// The note of this process, with a new nonce; `job` as in ClaimNote.
ClaimNote make_claim_note(std::string job);

/// What it fills its file with, however long the names are: the file is written over in place.
inline constexpr std::size_t k_claim_file_bytes = 1024;

std::string to_json(const ClaimNote& note);
/// Throws Error(integrity) for anything but a whole note.
ClaimNote parse_claim_note(std::string_view text);

} // namespace aic::cache
