// SPDX-License-Identifier: Apache-2.0
#include "core/crew.hpp"

namespace aic {

Crew::Crew(unsigned helpers) {
    for (unsigned i = 0; i < helpers; ++i)
        helpers_.emplace_back([this] { help(); });
}

Crew::~Crew() {
    {
        std::lock_guard lock(mutex_);
        closed_ = true;
    }
    work_.notify_all();
    for (auto& helper : helpers_)
        helper.join();
}

void Crew::submit(Task& task, Urgency urgency) {
    bool wake_helper = false;
    bool wake_waiter = false;
    {
        std::lock_guard lock(mutex_);
        (urgency == Urgency::first ? first_ : whenever_).push_back(&task);
        wake_helper = idle_ > 0;
        wake_waiter = !wake_helper && waiting_ > 0;
    }
    if (wake_helper)
        work_.notify_one();
    else if (wake_waiter)
        changed_.notify_one();
}

bool Crew::run_one(std::unique_lock<std::mutex>& lock) {
    if (!has_tasks())
        return false;
    auto& queue = first_.empty() ? whenever_ : first_;
    auto* task = queue.front();
    queue.pop_front();
    lock.unlock();
    task->run();
    lock.lock();
    return true;
}

void Crew::help() {
    std::unique_lock lock(mutex_);
    for (;;) {
        if (run_one(lock))
            continue;
        if (closed_)
            return;
        ++idle_;
        work_.wait(lock, [&] { return has_tasks() || closed_; });
        --idle_;
    }
}

} // namespace aic
