// SPDX-License-Identifier: Apache-2.0
#include "builder/squashfs/image_text.hpp"

namespace aic::squashfs {

namespace {

/// A file of a stranger may be all holes.
constexpr std::uint64_t k_most_bytes = 1 << 20;

class TextSink final : public Sink {
public:
    void write(std::span<const std::byte> bytes) override { text_ += as_text(bytes); }

    std::string take() { return std::move(text_); }

private:
    std::string text_;
};

} // namespace

std::string text_in(ImageReader& image, const std::string& path, ImageReader::Follow follow) {
    const auto found = image.find(path, follow);
    if (!found)
        return "";
    const auto inode = image.inode(*found);
    if (inode.type != InodeType::file || inode.size_bytes > k_most_bytes)
        return "";
    TextSink sink;
    image.read_file(inode, sink);
    return sink.take();
}

} // namespace aic::squashfs
