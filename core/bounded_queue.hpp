// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

namespace aic {

/// A queue between two pipeline stages that holds at most `capacity` items, so that a fast stage
/// waits for a slow one instead of filling memory. Any number of threads may push and pop.
template <typename T>
class BoundedQueue {
public:
    explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

    /// Waits for room. Throws Error(interrupted) when `stop` is requested.
    void push(T item, std::stop_token stop) {
        std::unique_lock lock(mutex_);
        if (!has_room_.wait(lock, stop, [&] { return items_.size() < capacity_; }))
            throw Error(ErrorKind::interrupted, "stopped");
        items_.push_back(std::move(item));
        has_items_.notify_one();
    }

    /// Waits for an item; nothing once the queue is closed and empty. Throws Error(interrupted)
    /// when `stop` is requested.
    std::optional<T> pop(std::stop_token stop) {
        std::unique_lock lock(mutex_);
        if (!has_items_.wait(lock, stop, [&] { return !items_.empty() || closed_; }))
            throw Error(ErrorKind::interrupted, "stopped");
        if (items_.empty())
            return std::nullopt;
        std::optional<T> item(std::move(items_.front()));
        items_.pop_front();
        has_room_.notify_one();
        return item;
    }

    /// No more items will come.
    void close() {
        std::lock_guard lock(mutex_);
        closed_ = true;
        has_items_.notify_all();
    }

private:
    const std::size_t capacity_;
    std::mutex mutex_;
    std::condition_variable_any has_items_;
    std::condition_variable_any has_room_;
    std::deque<T> items_;
    bool closed_ = false;
};

} // namespace aic
