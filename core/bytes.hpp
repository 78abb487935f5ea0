// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace aic {

using Bytes = std::vector<std::byte>;

inline std::span<const std::byte> as_bytes(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

inline std::string_view as_text(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Bytes that arrive in pieces. One reader; not shared between threads.
class Source {
public:
    virtual ~Source() = default;
    /// Up to `buffer.size()` bytes into `buffer`; 0 at the end, and only there.
    virtual std::size_t read(std::span<std::byte> buffer) = 0;
};

/// A place bytes go to, in order.
class Sink {
public:
    virtual ~Sink() = default;
    virtual void write(std::span<const std::byte> bytes) = 0;
};

/// A Source over memory that outlives it.
class MemorySource final : public Source {
public:
    explicit MemorySource(std::span<const std::byte> bytes) : rest_(bytes) {}

    std::size_t read(std::span<std::byte> buffer) override;

private:
    std::span<const std::byte> rest_;
};

/// All of `source`; throws Error(integrity) naming `what` when there are more than `limit_bytes`.
Bytes read_all(Source& source, std::uint64_t limit_bytes, std::string_view what);

/// "9.8 GB", "310 MB", "512 B": powers of 1000, as disks and networks are sold.
std::string human_size(std::uint64_t size_bytes);

/// From "128K", "1M", "131072", "2GiB" (powers of 1024) into bytes; throws Error(usage).
std::uint64_t parse_size(std::string_view text);

} // namespace aic
