// SPDX-License-Identifier: Apache-2.0
#include "builder/foreign/file_copy.hpp"

#include "core/error.hpp"
#include "core/fd.hpp"
#include "core/file_system.hpp"

#include <linux/fs.h>
#include <sys/ioctl.h>

#include <algorithm>

namespace aic::foreign {

namespace {

constexpr std::size_t k_piece_bytes = 1 << 20;

bool share_blocks(const builder::FilePlace& from, const builder::FilePlace& to) {
    return ::ioctl(to.fd, FICLONE, from.fd) == 0;
}

} // namespace

CopyHashes copy_and_hash(const builder::FilePlace& from, const builder::FilePlace& to,
                         std::uint64_t size_bytes, std::uint64_t first_bytes,
                         ProgressItem* progress, std::stop_token stop) {
    const bool shared = share_blocks(from, to);
    if (!shared)
        require_space(to.path.parent_path(), size_bytes, "the image");
    // Of blocks that are shared the copy is read, since the original may change at any time.
    const auto& source = shared ? to : from;

    Sha256Hasher whole;
    ContentHasher first, rest;
    Bytes buffer(k_piece_bytes);
    for (std::uint64_t at = 0; at < size_bytes;) {
        if (stop.stop_requested())
            throw Error(ErrorKind::interrupted, "stopped");
        const auto end = at < first_bytes ? first_bytes : size_bytes;
        const auto piece =
            std::span(buffer).first(std::min<std::uint64_t>(end - at, buffer.size()));
        pread_exact(source.fd, piece, at, source.path);
        if (!shared)
            pwrite_all(to.fd, piece, at, to.path);
        whole.update(piece);
        (at < first_bytes ? first : rest).update(piece);
        at += piece.size();
        if (progress)
            progress->fetched_bytes = progress->converted_bytes = at;
    }
    return {first.value(), rest.value(), whole.finish()};
}

} // namespace aic::foreign
