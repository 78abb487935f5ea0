// SPDX-License-Identifier: Apache-2.0
#include "builder/build/inputs.hpp"

#include "core/error.hpp"
#include "core/fd.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace aic::build {

namespace {

struct Limits {
    std::uint64_t bytes = k_max_input_bytes;
    std::uint64_t files = k_max_input_files;
    bool counts_modes = false; ///< all of them, which what is copied keeps
};

constexpr Limits k_no_limits{~std::uint64_t{0}, ~std::uint64_t{0}, true};

/// Hashes a directory as it walks through it, and gives up at the limits.
class InputWalk {
public:
    InputWalk(Limits limits, std::stop_token stop, std::span<const fs::path> left_out = {})
        : limits_(limits)
        , left_out_(left_out)
        , stop_(stop)
        , piece_(1 << 20) {}

    /// False when there is too much of it.
    bool add_directory(const fs::path& directory, const std::string& name) {
        add_text(name);
        add_text("directory");
        std::vector<fs::path> entries;
        for (const auto& entry : fs::directory_iterator(directory)) {
            if (std::ranges::find(left_out_, entry.path()) != left_out_.end())
                continue;
            entries.push_back(entry.path());
            if (++files_ > limits_.files)
                return false;
        }
        std::ranges::sort(entries);
        return std::ranges::all_of(entries, [&](const fs::path& entry) {
            return add_entry(entry, name + '/' + entry.filename().native());
        });
    }

    /// The same for whatever `path` is.
    bool add_entry(const fs::path& path, const std::string& name) {
        if (stop_.stop_requested())
            throw Error(ErrorKind::interrupted, "stopped");
        struct stat status;
        if (::lstat(path.c_str(), &status) != 0)
            throw system_error("looking at '{}'", path.native());
        if (limits_.counts_modes && !S_ISLNK(status.st_mode))
            add_text(std::to_string(status.st_mode & 07777));
        if (S_ISDIR(status.st_mode))
            return add_directory(path, name);
        add_text(name);
        if (S_ISLNK(status.st_mode)) {
            add_text("symlink");
            add_text(fs::read_symlink(path).native());
            return true;
        }
        if (!S_ISREG(status.st_mode)) {
            add_text("other");
            return true;
        }
        bytes_ += static_cast<std::uint64_t>(status.st_size);
        return bytes_ <= limits_.bytes && add_file(path, status);
    }

    InputDigest digest() { return InputDigest(hash_.finish()); }

private:
    bool add_file(const fs::path& path, const struct stat& status) {
        add_text((status.st_mode & S_IXUSR) != 0 ? "program" : "file");
        const auto file = open_file(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
        add_text(std::to_string(status.st_size));
        for (std::uint64_t at = 0;;) {
            const auto count = pread_some(file.get(), piece_, at, path);
            if (count == 0)
                return true;
            hash_.update(std::span(piece_).first(count));
            at += count;
            if (at > limits_.bytes)
                return false; // it grows while it is read
        }
    }

    /// With its length, so that no two lists of texts look the same.
    void add_text(std::string_view text) {
        hash_.update(as_bytes(std::to_string(text.size()) + ':'));
        hash_.update(as_bytes(text));
    }

    const Limits limits_;
    const std::span<const fs::path> left_out_;
    std::stop_token stop_;
    Sha256Hasher hash_;
    Bytes piece_;
    std::uint64_t files_ = 0;
    std::uint64_t bytes_ = 0;
};

/// Runs `body`, whose errors are the library's own.
template <typename Body>
auto reading(const char* what, const fs::path& path, const Body& body) {
    return in_context([&] { return fmt::format("reading the {} '{}'", what, path.native()); },
                      [&] {
                          try {
                              return body();
                          } catch (const fs::filesystem_error& error) {
                              throw error_from_errno(error.code().value(), error.path1().native());
                          }
                      });
}

} // namespace

InputDigest digest_of_path(const fs::path& path, std::stop_token stop) {
    return reading("input", path, [&] {
        InputWalk walk(k_no_limits, stop);
        walk.add_entry(path, "");
        return walk.digest();
    });
}

std::optional<InputDigest> digest_of_directory(const fs::path& directory,
                                               std::span<const fs::path> left_out,
                                               std::stop_token stop) {
    return reading("project directory", directory, [&]() -> std::optional<InputDigest> {
        std::vector<fs::path> as_met;
        std::error_code unknown; // what is not there is not met either
        for (const auto& path : left_out)
            as_met.push_back(fs::weakly_canonical(path, unknown));
        InputWalk walk({}, stop, as_met);
        return walk.add_directory(fs::canonical(directory), "") ? std::optional(walk.digest())
                                                                : std::nullopt;
    });
}

} // namespace aic::build
