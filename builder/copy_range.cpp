// SPDX-License-Identifier: Apache-2.0
#include "builder/copy_range.hpp"

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/fd.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace aic::builder {

namespace {

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
        from.offset += static_cast<std::uint64_t>(count);
        to.offset += static_cast<std::uint64_t>(count);
        length_bytes -= static_cast<std::uint64_t>(count);
    }
    return true;
}

} // namespace

void copy_range(FilePlace from, FilePlace to, std::uint64_t length_bytes) {
    if (copy_in_kernel(from, to, length_bytes))
        return;
    Bytes buffer(std::min<std::uint64_t>(length_bytes, 1 << 20));
    while (length_bytes > 0) {
        const auto piece =
            std::span(buffer).first(std::min<std::uint64_t>(length_bytes, buffer.size()));
        pread_exact(from.fd, piece, from.offset, from.path);
        pwrite_all(to.fd, piece, to.offset, to.path);
        from.offset += piece.size();
        to.offset += piece.size();
        length_bytes -= piece.size();
    }
}

} // namespace aic::builder
