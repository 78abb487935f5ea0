// SPDX-License-Identifier: Apache-2.0
#include "builder/copy_range.hpp"

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/fd.hpp"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace aic::builder {

namespace {

constexpr std::uint64_t k_clone_alignment = 4096;

void advance(FilePlace& from, FilePlace& to, std::uint64_t& length_bytes, std::uint64_t count) {
    from.offset += count;
    to.offset += count;
    length_bytes -= count;
}

/// All but an unaligned end, if the file system shares blocks. That is no error anywhere else.
bool clone(FilePlace& from, FilePlace& to, std::uint64_t& length_bytes) {
    const auto whole = length_bytes / k_clone_alignment * k_clone_alignment;
    if (whole == 0)
        return false;
    file_clone_range range{.src_fd = from.fd,
                           .src_offset = from.offset,
                           .src_length = whole,
                           .dest_offset = to.offset};
    if (::ioctl(to.fd, FICLONERANGE, &range) != 0)
        return false;
    advance(from, to, length_bytes, whole);
    return true;
}

/// False when the kernel cannot do it between these two files.
bool copy_in_kernel(FilePlace& from, FilePlace& to, std::uint64_t& length_bytes) {
    while (length_bytes > 0) {
        auto in = static_cast<off_t>(from.offset);
        auto out = static_cast<off_t>(to.offset);
        const auto count = ::copy_file_range(from.fd, &in, to.fd, &out, length_bytes, 0);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EIO))
            throw system_error("writing '{}'", to.path.native());
        if (count <= 0)
            return false;
        advance(from, to, length_bytes, static_cast<std::uint64_t>(count));
    }
    return true;
}

} // namespace

std::string_view name_of(CopyMethod method) {
    switch (method) {
    case CopyMethod::reflink:
        return "reflink";
    case CopyMethod::kernel:
        return "copied in the kernel";
    case CopyMethod::read_write:
        return "copied";
    }
    return "copied";
}

CopyMethod copy_range(FilePlace from, FilePlace to, std::uint64_t length_bytes) {
    const bool cloned = clone(from, to, length_bytes);
    if (copy_in_kernel(from, to, length_bytes))
        return cloned ? CopyMethod::reflink : CopyMethod::kernel;
    Bytes buffer(std::min<std::uint64_t>(length_bytes, 1 << 20));
    while (length_bytes > 0) {
        const auto piece =
            std::span(buffer).first(std::min<std::uint64_t>(length_bytes, buffer.size()));
        pread_exact(from.fd, piece, from.offset, from.path);
        pwrite_all(to.fd, piece, to.offset, to.path);
        advance(from, to, length_bytes, piece.size());
    }
    return cloned ? CopyMethod::reflink : CopyMethod::read_write;
}

} // namespace aic::builder
