// SPDX-License-Identifier: Apache-2.0
#include "registry/secret.hpp"

#include <string.h>
#include <sys/prctl.h>

namespace aic::registry {

/// libcurl and the requests hold copies that we do not see, so the process as a whole stays out of
/// core dumps, rather than single pages.
static void forbid_core_dumps() {
    [[maybe_unused]] static const int done = ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void wipe(std::string& text) noexcept {
    // Up to the capacity: what was longer once may still stand behind the end.
    text.resize(text.capacity());
    ::explicit_bzero(text.data(), text.size());
    text.clear();
}

Secret::Secret(std::string text) : text_(std::move(text)) {
    wipe(text); // a short text is copied by the move
    if (!text_.empty())
        forbid_core_dumps();
}

Secret::Secret(Secret&& other) noexcept : text_(std::move(other.text_)) {
    wipe(other.text_);
}

Secret& Secret::operator=(const Secret& other) {
    if (this != &other)
        *this = Secret(other);
    return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        wipe(text_);
        text_ = std::move(other.text_);
        wipe(other.text_);
    }
    return *this;
}

Secret::~Secret() {
    wipe(text_);
}

} // namespace aic::registry
