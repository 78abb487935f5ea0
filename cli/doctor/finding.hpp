// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.hpp"

#include <string>
#include <vector>

namespace aic::cli::doctor {

enum class Verdict {
    ok,
    warning, ///< it works, but not as well as it could, or not always
    problem, ///< something that is wanted does not work
};

/// One thing that was looked at.
struct Finding {
    Verdict verdict;
    std::string subject; ///< "locks"
    std::string text;    ///< how it is
    std::string mend{};  ///< the command, or the change, that mends it; "" where nothing is to mend
};

using Findings = std::vector<Finding>;

/// What was looked at in one place.
struct Section {
    std::string title;
    Findings findings;
};

inline Finding ok(std::string subject, std::string text) {
    return {Verdict::ok, std::move(subject), std::move(text)};
}

inline Finding warning(std::string subject, std::string text, std::string mend) {
    return {Verdict::warning, std::move(subject), std::move(text), std::move(mend)};
}

inline Finding problem(std::string subject, std::string text, std::string mend) {
    return {Verdict::problem, std::move(subject), std::move(text), std::move(mend)};
}

/// What kept us from looking, with its hint.
Finding problem_of(const Error& error, std::string subject);

void append(Findings& all, Findings more);

const char* to_string(Verdict verdict);

} // namespace aic::cli::doctor
