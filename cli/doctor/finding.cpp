// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/finding.hpp"

#include <algorithm>
#include <iterator>

namespace aic::cli::doctor {

Finding problem_of(const Error& error, std::string subject) {
    return problem(std::move(subject), error.message(),
                   error.hint().empty() ? "see to what is named there, and run doctor again"
                                        : error.hint());
}

void append(Findings& all, Findings more) {
    std::ranges::move(more, std::back_inserter(all));
}

const char* to_string(Verdict verdict) {
    switch (verdict) {
    case Verdict::ok:
        return "ok";
    case Verdict::warning:
        return "warning";
    case Verdict::problem:
        return "problem";
    }
    return "";
}

} // namespace aic::cli::doctor
