// SPDX-License-Identifier: Apache-2.0
#include "cache/generation.hpp"

#include "core/content_hash.hpp"
#include "core/error.hpp"
#include "core/fd.hpp"
#include "core/files.hpp"
#include "core/log.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

namespace fs = std::filesystem;

namespace aic::cache {

namespace {

constexpr std::uint64_t k_max_generation_bytes = 512 << 20; // millions of images
constexpr std::size_t k_checksum_bytes = sizeof(ContentHash::Bytes);
constexpr std::uint64_t k_generations_kept = 2;

std::optional<std::chrono::system_clock::time_point> modified(const fs::path& path) {
    struct stat status;
    if (::lstat(path.c_str(), &status) != 0)
        return std::nullopt;
    return time_point_of(status.st_mtim);
}

} // namespace

Catalogue read_generation(const fs::path& path) {
    const auto fd = open_file(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const auto status = fstat_of(fd.get(), path);
    const auto size_bytes = static_cast<std::uint64_t>(status.st_size);
    if (!S_ISREG(status.st_mode) || size_bytes < k_checksum_bytes
        || size_bytes > k_max_generation_bytes)
        throw Error(ErrorKind::integrity, "'{}' has not the size of a catalogue", path.native());
    sqlite::Buffer file(size_bytes - k_checksum_bytes);
    ContentHash::Bytes checksum;
    pread_exact(fd.get(), file.bytes(), 0, path);
    pread_exact(fd.get(), checksum, file.bytes().size(), path);
    if (ContentHash::of(std::as_const(file).bytes()).bytes() != checksum)
        throw Error(ErrorKind::integrity, "'{}' is damaged", path.native());
    return in_context([&] { return fmt::format("reading '{}'", path.native()); },
                      [&] { return Catalogue(std::move(file)); });
}

std::optional<std::chrono::system_clock::time_point> Generations::newest_time() const {
    const auto number = newest();
    return number == 0 ? std::nullopt : modified(files_.path(number));
}

std::optional<Generation> Generations::load() const {
    const auto newest_number = newest();
    for (auto number = newest_number; number > 0 && number + k_generations_kept > newest_number;
         --number) {
        try {
            const auto path = files_.path(number);
            return Generation{number,
                              reopening_if_stale(path, [&] { return read_generation(path); })};
        } catch (const Error& error) {
            const bool is_useless =
                error.kind() == ErrorKind::integrity || error.kind() == ErrorKind::not_found;
            if (!is_useless)
                throw;
            warn("{}", error.message());
        }
    }
    return std::nullopt;
}

bool Generations::publish(const Catalogue& catalogue, std::uint64_t number) const {
    // Never committed under a name of its own: the number is linked to the temporary.
    AtomicFile file(files_.path(number), 0444);
    catalogue.database().with_bytes([&](std::span<const std::byte> bytes) {
        file.write(bytes);
        file.write(ContentHash::of(bytes).bytes());
    });
    fsync_checked(file.fd(), files_.path(number)); // NFS reports a full disk here at the latest
    return files_.publish(file.temporary(), number);
}

bool Generations::leads_to_newest(const Ancestor& generation) const {
    const auto number = newest();
    if (number == generation.number)
        return true;
    const auto loaded = load();
    return loaded && std::ranges::any_of(loaded->catalogue.ancestry(), [&](const Ancestor& other) {
               return other.number == generation.number && other.nonce == generation.nonce;
           });
}

void Generations::remove_older_than(std::chrono::system_clock::time_point time) const {
    auto numbers = files_.numbers();
    numbers.resize(numbers.size() - std::min<std::size_t>(numbers.size(), k_generations_kept));
    std::vector<fs::path> candidates;
    for (const auto number : numbers)
        candidates.push_back(files_.path(number));
    for (const auto& path : entries_of(files_.directory()))
        if (path.filename().native().starts_with('.') && path.extension() == ".tmp")
            candidates.push_back(path);
    for (const auto& path : candidates)
        if (const auto age = modified(path); age && *age < time)
            ::unlink(path.c_str()); // somebody else may have done so
}

} // namespace aic::cache
