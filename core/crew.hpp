// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace aic {

/// A short piece of work that any thread of a crew may do. It never waits for other tasks; what
/// goes wrong it keeps for whoever waits for its result.
class Task {
public:
    virtual ~Task() = default;
    virtual void run() noexcept = 0;
};

/// Threads that do whatever is ready. A thread that has to wait for something does the crew's other
/// work meanwhile, so that one thread a core is enough: cores neither lie idle while there is work
/// nor spend their time on waking threads up.
class Crew {
public:
    /// `helpers` threads beside those that call work_until(); there may be none.
    explicit Crew(unsigned helpers);
    Crew(const Crew&) = delete;
    Crew& operator=(const Crew&) = delete;
    /// All tasks must be done by then.
    ~Crew();

    /// How many threads work when one waits.
    unsigned threads() const { return static_cast<unsigned>(helpers_.size()) + 1; }

    /// What feeds others goes first; within an urgency tasks are begun in the order they came.
    enum class Urgency { first, whenever };

    /// The task must stay until it has run. From any thread, tasks included.
    void submit(Task& task, Urgency urgency);

    /// Does tasks until `ready()`, which is asked under the crew's mutex and reads what only
    /// change() writes. Throws Error(interrupted) when `stop` is requested before. Not for tasks.
    template <typename Ready>
    void work_until(Ready ready, std::stop_token stop) {
        std::unique_lock lock(mutex_);
        while (!ready()) {
            if (stop.stop_requested())
                throw Error(ErrorKind::interrupted, "stopped");
            if (run_one(lock))
                continue;
            ++waiting_;
            changed_.wait(lock, stop, [&] { return has_tasks() || ready(); });
            --waiting_;
        }
    }

    /// Changes, under the mutex, what somebody may wait for; returns what `change` returns.
    template <typename Change>
    decltype(auto) change(Change change) {
        Wake wake(*this);
        std::lock_guard lock(mutex_);
        wake.needed = waiting_ > 0;
        return change();
    }

private:
    /// Wakes those who wait after the mutex is free again, or they would run into it.
    struct Wake {
        explicit Wake(Crew& to_wake) : crew(to_wake) {}

        Wake(const Wake&) = delete;
        Wake& operator=(const Wake&) = delete;

        ~Wake() {
            if (needed)
                crew.changed_.notify_all();
        }

        Crew& crew;
        bool needed = false;
    };

    bool has_tasks() const { return !first_.empty() || !whenever_.empty(); }

    bool run_one(std::unique_lock<std::mutex>& lock);
    void help();

    std::mutex mutex_;
    std::condition_variable_any changed_; ///< for those in work_until()
    std::condition_variable work_;        ///< for helpers
    std::deque<Task*> first_;             // guarded by mutex_
    std::deque<Task*> whenever_;          // guarded by mutex_
    std::size_t waiting_ = 0;             // guarded by mutex_: threads asleep in work_until()
    std::size_t idle_ = 0;                // guarded by mutex_: helpers asleep
    bool closed_ = false;                 // guarded by mutex_
    std::vector<std::thread> helpers_;
};

} // namespace aic
