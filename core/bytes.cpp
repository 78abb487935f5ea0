// SPDX-License-Identifier: Apache-2.0
#include "core/bytes.hpp"

#include "core/error.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace aic {

std::size_t MemorySource::read(std::span<std::byte> buffer) {
    const auto count = std::min(buffer.size(), rest_.size());
    std::copy_n(rest_.begin(), count, buffer.begin());
    rest_ = rest_.subspan(count);
    return count;
}

Bytes read_all(Source& source, std::uint64_t limit_bytes, std::string_view what) {
    Bytes all;
    std::array<std::byte, 16384> buffer;
    while (const auto count = source.read(buffer)) {
        if (all.size() + count > limit_bytes)
            throw Error(ErrorKind::integrity, "{} is larger than {}", what,
                        human_size(limit_bytes));
        all.insert(all.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(count));
    }
    return all;
}

std::string human_size(std::uint64_t size_bytes) {
    constexpr std::array<const char*, 6> k_units = {"B", "kB", "MB", "GB", "TB", "PB"};
    auto value = static_cast<double>(size_bytes);
    std::size_t unit = 0;
    while (value >= 999.5 && unit + 1 < k_units.size()) {
        value /= 1000;
        ++unit;
    }
    const int decimals = unit > 0 && value < 9.95 ? 1 : 0;
    return fmt::format("{:.{}f} {}", value, decimals, k_units[unit]);
}

std::uint64_t parse_size(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
    const auto bad = [&] {
        return Error(ErrorKind::usage, "'{}' is not a size such as 128K, 1M or 131072", text);
    };
    if (error != std::errc())
        throw bad();
    int shift = 0;
    if (!unit.empty() && unit != "B") {
        constexpr std::string_view k_letters = "KMGT";
        const auto index = k_letters.find(static_cast<char>(unit.front() & ~0x20));
        unit.remove_prefix(1);
        if (index == std::string_view::npos || !(unit.empty() || unit == "B" || unit == "iB"))
            throw bad();
        shift = 10 * static_cast<int>(index + 1);
    }
    if (value > (std::numeric_limits<std::uint64_t>::max() >> shift))
        throw bad();
    return value << shift;
}

} // namespace aic
