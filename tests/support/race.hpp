// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <exception>
#include <functional>
#include <vector>

namespace aic::testing {

/// Runs `body` in so many processes at once and returns the sum of what they return. One that
/// throws fails the test.
inline int race(int processes, const std::function<int(int process)>& body) {
    auto* memory = ::mmap(nullptr, sizeof(std::atomic<int>), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    auto* sum = new (memory) std::atomic<int>(0);
    std::vector<pid_t> children;
    for (int process = 0; process < processes; ++process) {
        const auto child = ::fork();
        if (child == 0) {
            int status = 1;
            try {
                *sum += body(process);
                status = 0;
            } catch (const std::exception& error) {
                std::fprintf(stderr, "process %d: %s\n", process, error.what());
            } catch (...) {
                // The parent sees the status.
            }
            ::_exit(status);
        }
        children.push_back(child);
    }
    for (const auto child : children) {
        int status = -1;
        ::waitpid(child, &status, 0);
        EXPECT_EQ(status, 0);
    }
    const int result = *sum;
    ::munmap(memory, sizeof(std::atomic<int>));
    return result;
}

} // namespace aic::testing
