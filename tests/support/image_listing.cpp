// SPDX-License-Identifier: Apache-2.0
#include "tests/support/image_listing.hpp"

#include "builder/squashfs/image_reader.hpp"
#include "core/error.hpp"
#include "core/files.hpp"

#include <sys/stat.h>

#include <cstdlib>

namespace fs = std::filesystem;

namespace aic::testing {

namespace {

using Kind = ListedEntry::Kind;

class TextSink final : public Sink {
public:
    void write(std::span<const std::byte> bytes) override { text += as_text(bytes); }

    std::string text;
};

Kind kind_of(squashfs::InodeType type) {
    switch (type) {
    case squashfs::InodeType::directory:
        return Kind::directory;
    case squashfs::InodeType::file:
        return Kind::file;
    case squashfs::InodeType::symlink:
        return Kind::symlink;
    case squashfs::InodeType::fifo:
        return Kind::fifo;
    default:
        return Kind::other;
    }
}

void list_image(squashfs::ImageReader& image, std::uint64_t directory, const std::string& prefix,
                Listing& listing) {
    for (const auto& name : image.names(image.inode(directory))) {
        const auto inode = image.inode(name.inode);
        ListedEntry entry{kind_of(inode.type), inode.mode, inode.number, inode.target};
        if (entry.kind == Kind::file) {
            TextSink content;
            image.read_file(inode, content);
            entry.text = content.text;
        }
        listing.emplace(prefix + name.name, entry);
        if (entry.kind == Kind::directory)
            list_image(image, name.inode, prefix + name.name + "/", listing);
    }
}

} // namespace

Listing listing_of_image(const fs::path& path) {
    squashfs::ImageReader image(path);
    Listing listing;
    list_image(image, image.root(), "", listing);
    return listing;
}

Listing listing_of_directory(const fs::path& directory) {
    Listing listing;
    for (const auto& found : fs::recursive_directory_iterator(directory)) {
        struct stat status;
        if (::lstat(found.path().c_str(), &status) != 0)
            throw system_error("examining '{}'", found.path().native());
        ListedEntry entry{Kind::other, status.st_mode & 07777U, status.st_ino, ""};
        if (S_ISDIR(status.st_mode)) {
            entry.kind = Kind::directory;
        } else if (S_ISREG(status.st_mode)) {
            entry.kind = Kind::file;
            entry.text = read_file_if_exists(found.path(), 1ULL << 30).value();
        } else if (S_ISLNK(status.st_mode)) {
            entry.kind = Kind::symlink;
            entry.text = fs::read_symlink(found.path()).native();
        } else if (S_ISFIFO(status.st_mode)) {
            entry.kind = Kind::fifo;
        }
        listing.emplace(found.path().native().substr(directory.native().size() + 1), entry);
    }
    return listing;
}

bool unsquash(const fs::path& image, const fs::path& directory) {
    return succeeds(
        fmt::format("unsquashfs -q -n -p 1 -d '{}' '{}'", directory.native(), image.native()));
}

bool succeeds(const std::string& command) {
    // Our callers are tests, and what they run they wrote.
    return std::system(("{ " + command + "\n} >/dev/null 2>&1").c_str()) == 0; // NOLINT
}

bool has_program(const std::string& name) {
    return succeeds("command -v " + name);
}

} // namespace aic::testing
