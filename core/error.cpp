// SPDX-License-Identifier: Apache-2.0
#include "core/error.hpp"

#include <cerrno>
#include <cstring>

namespace aic {

std::string_view name_of(ErrorKind kind) {
    switch (kind) {
    case ErrorKind::system:
        return "system";
    case ErrorKind::usage:
        return "usage";
    case ErrorKind::not_found:
        return "not_found";
    case ErrorKind::denied:
        return "denied";
    case ErrorKind::network:
        return "network";
    case ErrorKind::integrity:
        return "integrity";
    case ErrorKind::busy:
        return "busy";
    case ErrorKind::no_space:
        return "no_space";
    case ErrorKind::no_platform:
        return "no_platform";
    case ErrorKind::interrupted:
        return "interrupted";
    }
    return "system";
}

Error Error::within(std::string_view context) const {
    Error wider = *this;
    wider.message_ = fmt::format("{}: {}", context, message_);
    return wider;
}

Error Error::with_hint(std::string hint) const {
    Error helpful = *this;
    helpful.hint_ = std::move(hint);
    return helpful;
}

ErrorKind kind_of_errno(int error_number) {
    switch (error_number) {
    case ENOENT:
    case ENOTDIR:
        return ErrorKind::not_found;
    case EACCES:
    case EPERM:
    case EROFS:
        return ErrorKind::denied;
    case ENOSPC:
    case EDQUOT:
        return ErrorKind::no_space;
    case EBUSY:
    case EWOULDBLOCK:
        return ErrorKind::busy;
    case EINTR:
        return ErrorKind::interrupted;
    default:
        return ErrorKind::system;
    }
}

Error error_from_errno(int error_number, std::string_view what) {
    char buffer[256];
    // The GNU strerror_r returns the text, which need not be in the buffer.
    const char* reason = strerror_r(error_number, buffer, sizeof buffer);
    Error error(kind_of_errno(error_number), fmt::format("{}: {}", what, reason));
    error.error_number_ = error_number;
    return error;
}

} // namespace aic
