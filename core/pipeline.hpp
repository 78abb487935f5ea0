// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace aic {

/// Threads that fail as one: the first exception stops the others and comes out of wait(), and a
/// stop from outside comes out there as Error(interrupted). Declare it after what its stages
/// use, so that its threads join first.
class Pipeline {
public:
    explicit Pipeline(std::stop_token outer);
    Pipeline(const Pipeline&) = delete;
    Pipeline& operator=(const Pipeline&) = delete;
    ~Pipeline();

    void run(std::function<void(std::stop_token)> stage);
    /// Joins all stages; throws the first failure.
    void wait();

    std::stop_token stop_token() const { return stop_.get_token(); }

private:
    void fail(std::exception_ptr failure);

    std::stop_token outer_;
    std::stop_source stop_;
    std::stop_callback<std::function<void()>> forward_;
    std::mutex mutex_;
    std::exception_ptr failure_; // guarded by mutex_
    std::vector<std::thread> threads_;
};

} // namespace aic
