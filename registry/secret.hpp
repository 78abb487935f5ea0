// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

namespace aic::registry {

/// A password, key or token. It has no way to print itself: whoever needs the text says reveal().
class Secret {
public:
    Secret() = default;

    explicit Secret(std::string text) : text_(std::move(text)) {}

    const std::string& reveal() const { return text_; }

    bool empty() const { return text_.empty(); }

    bool operator==(const Secret&) const = default;

private:
    std::string text_;
};

} // namespace aic::registry
