// SPDX-License-Identifier: Apache-2.0
#include "builder/foreign/layer_reader.hpp"
#include "builder/squashfs/image_reader.hpp"
#include "core/fd.hpp"
#include "tests/fuzz/fuzz_target.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <optional>
#include <set>

namespace {

using namespace aic;

constexpr std::uint64_t k_most_bytes = 4 << 20; // read from one image
constexpr std::size_t k_most_inodes = 300;

struct Enough {};

/// Counts, and ends it all when there was enough.
class CountingSink final : public Sink {
public:
    void write(std::span<const std::byte> bytes) override {
        total_ += bytes.size();
        if (total_ > k_most_bytes)
            throw Enough();
    }

private:
    std::uint64_t total_ = 0;
};

void visit(squashfs::ImageReader& image, std::uint64_t reference, CountingSink& sink,
           std::set<std::uint64_t>& seen) {
    if (seen.size() > k_most_inodes || !seen.insert(reference).second)
        return;
    fuzz::allow_error([&] {
        const auto inode = image.inode(reference);
        fuzz::allow_error([&] { image.xattrs(inode); });
        if (inode.type == squashfs::InodeType::file)
            image.read_file(inode, sink);
        else if (inode.type == squashfs::InodeType::directory)
            for (const auto& name : image.names(inode))
                visit(image, name.inode, sink, seen);
    });
}

/// What is read as a layer is what layers.idx can hold.
void read_as_layer(squashfs::ImageReader& image) {
    std::optional<layers::LayerIndex> layer;
    fuzz::allow_error([&] { layer = foreign::read_layer(image); });
    if (!layer)
        return;
    const auto file = layers::encode_layer_indexes({&*layer});
    const auto decoded = layers::decode_layer_indexes(file);
    fuzz::require(layers::encode_layer_indexes({&decoded.at(0)}) == file);
}

} // namespace

AIC_FUZZ_TEXT(text) {
    static const Fd file(::memfd_create("image", MFD_CLOEXEC));
    fuzz::require(::ftruncate(file.get(), 0) == 0);
    pwrite_all(file.get(), as_bytes(text), 0, "memfd");
    try {
        fuzz::allow_error([] {
            squashfs::ImageReader image(fmt::format("/proc/self/fd/{}", file.get()));
            read_as_layer(image);
            image.compressor_options();
            CountingSink sink;
            std::set<std::uint64_t> seen;
            visit(image, image.root(), sink, seen);
            image.find("usr/lib/../link", squashfs::ImageReader::Follow::yes);
        });
    } catch (const Enough&) {
    }
}
