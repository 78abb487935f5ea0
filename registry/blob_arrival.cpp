// SPDX-License-Identifier: Apache-2.0
#include "registry/blob_arrival.hpp"

#include <utility>

namespace aic::registry {

/// Less is not worth waking somebody up for.
constexpr std::uint64_t k_good_part_bytes = 512 << 10;
constexpr std::uint64_t k_tell_bytes = 256 << 10;

BlobArrival::State BlobArrival::state() const {
    const std::lock_guard lock(mutex_);
    return state_;
}

bool BlobArrival::is_worth_reading(std::uint64_t read_bytes, unsigned round) const {
    const std::lock_guard lock(mutex_);
    if (state_.is_over() || state_.round != round)
        return true;
    const bool is_all = state_.readable_bytes == size_bytes_;
    return state_.readable_bytes >= read_bytes + (is_all ? 1 : k_good_part_bytes);
}

void BlobArrival::advance(std::uint64_t readable_bytes) {
    {
        const std::lock_guard lock(mutex_);
        state_.readable_bytes = readable_bytes;
    }
    if (readable_bytes < told_bytes_ + k_tell_bytes && readable_bytes < size_bytes_)
        return;
    told_bytes_ = readable_bytes;
    tell();
}

void BlobArrival::complete() {
    {
        const std::lock_guard lock(mutex_);
        state_.readable_bytes = size_bytes_;
        state_.is_complete = true;
    }
    tell();
}

void BlobArrival::begin_anew() {
    {
        const std::lock_guard lock(mutex_);
        state_.readable_bytes = 0;
        ++state_.round;
    }
    told_bytes_ = 0;
    tell();
}

void BlobArrival::fail(std::exception_ptr failure) {
    {
        const std::lock_guard lock(mutex_);
        state_.failure = std::move(failure);
    }
    tell();
}

void BlobArrival::tell() {
    const std::lock_guard lock(listeners_mutex_);
    for (auto* listener : listeners_)
        listener->blob_changed();
}

BlobArrival::Subscription::Subscription(BlobArrival& arrival, Listener& listener)
    : arrival_(arrival)
    , listener_(listener) {
    const std::lock_guard lock(arrival_.listeners_mutex_);
    arrival_.listeners_.push_back(&listener_);
}

BlobArrival::Subscription::~Subscription() {
    const std::lock_guard lock(arrival_.listeners_mutex_);
    std::erase(arrival_.listeners_, &listener_);
}

} // namespace aic::registry
