// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace aic::registry {

/// One challenge of a WWW-Authenticate header.
struct Challenge {
    std::string scheme;                            ///< lower case: "bearer", "basic"
    std::string token68;                           ///< or ""
    std::map<std::string, std::string> parameters; ///< names in lower case

    /// "" when there is no such parameter.
    std::string parameter(const std::string& name) const;
};

/// All challenges of one header, in order (RFC 9110 § 11.6.1). Of a malformed header, what stands
/// before the mistake.
std::vector<Challenge> parse_challenges(std::string_view header);

} // namespace aic::registry
