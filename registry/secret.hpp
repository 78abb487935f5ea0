// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

namespace aic::registry {

/// A password, key or token. It has no way to print itself: whoever needs the text says reveal().
/// Its memory is wiped when it goes. Once a process has held one it leaves no core dump, and other
/// processes of its user cannot attach to it.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string text);
    Secret(const Secret&) = default;
    Secret(Secret&& other) noexcept;
    Secret& operator=(const Secret& other);
    Secret& operator=(Secret&& other) noexcept;
    ~Secret();

    const std::string& reveal() const { return text_; }

    bool empty() const { return text_.empty(); }

    bool operator==(const Secret&) const = default;

private:
    std::string text_;
};

/// Overwrites the text, also where the compiler sees that nobody reads it any more.
void wipe(std::string& text) noexcept;

} // namespace aic::registry
