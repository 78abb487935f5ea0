// SPDX-License-Identifier: Apache-2.0
//
// Loaded into user-mode-linux in front of libc. Its kernel gives a process's vector registers back
// in as many bytes as it knows of, 2696; a host whose processors have more of them (AMX) takes only
// all. So what the kernel gives goes over what the process has.

#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace {

// <sys/ptrace.h> would declare what is defined here, another way.
constexpr long k_peek_first = 1, k_peek_last = 3;
constexpr long k_get_registers = 0x4204, k_set_registers = 0x4205;
constexpr std::uintptr_t k_xstate = 0x202;
constexpr std::size_t k_most_bytes = 64 << 10;

long call(long request, pid_t process, void* address, void* data) {
    return ::syscall(SYS_ptrace, request, process, address, data);
}

long set_all_registers(pid_t process, void* set, const iovec& given) {
    alignas(64) static std::array<std::byte, k_most_bytes> all;
    iovec whole = {all.data(), all.size()};
    if (call(k_get_registers, process, set, &whole) != 0)
        return -1;
    if (given.iov_len < whole.iov_len)
        std::memcpy(all.data(), given.iov_base, given.iov_len);
    return call(k_set_registers, process, set, &whole);
}

} // namespace

extern "C" long ptrace(long request, pid_t process, void* address, void* data);

long ptrace(long request, pid_t process, void* address, void* data) {
    if (request >= k_peek_first && request <= k_peek_last) { // as libc does
        long word = 0;
        const auto result = call(request, process, address, &word);
        if (result < 0)
            return result;
        errno = 0;
        return word;
    }
    const auto result = call(request, process, address, data);
    if (result == 0 || errno != EFAULT || request != k_set_registers
        || reinterpret_cast<std::uintptr_t>(address) != k_xstate)
        return result;
    return set_all_registers(process, address, *static_cast<const iovec*>(data));
}
