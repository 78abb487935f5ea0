// SPDX-License-Identifier: Apache-2.0
#include "core/pipeline.hpp"

#include "core/error.hpp"

namespace aic {

Pipeline::Pipeline(std::stop_token outer)
    : outer_(outer)
    , forward_(outer, [this] { stop_.request_stop(); }) {}

Pipeline::~Pipeline() {
    stop_.request_stop();
    for (auto& thread : threads_)
        thread.join();
}

void Pipeline::run(std::function<void(std::stop_token)> stage) {
    threads_.emplace_back([this, stage = std::move(stage)] {
        try {
            stage(stop_.get_token());
        } catch (...) {
            fail(std::current_exception());
        }
    });
}

void Pipeline::fail(std::exception_ptr failure) {
    {
        // Only the first one counts: those that follow are stages that were told to stop.
        std::lock_guard lock(mutex_);
        if (!failure_)
            failure_ = failure;
    }
    stop_.request_stop();
}

void Pipeline::wait() {
    for (auto& thread : threads_)
        thread.join();
    threads_.clear();
    std::lock_guard lock(mutex_);
    if (failure_)
        std::rethrow_exception(failure_);
    if (outer_.stop_requested())
        throw Error(ErrorKind::interrupted, "stopped");
}

} // namespace aic
