// SPDX-License-Identifier: Apache-2.0
#include "builder/sandbox/confinement.hpp"

#include "core/error.hpp"

#include <linux/capability.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <thread>

namespace aic::sandbox {

namespace {

/// Those that containers have as a rule; mounting is not among them.
constexpr std::array k_kept = {
    CAP_CHOWN,   CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH,  CAP_FOWNER,     CAP_FSETID,
    CAP_KILL,    CAP_MKNOD,        CAP_NET_BIND_SERVICE, CAP_SETFCAP,    CAP_SETGID,
    CAP_SETPCAP, CAP_SETUID,       CAP_SYS_CHROOT,       CAP_AUDIT_WRITE};

void drop_capabilities() {
    std::array<__user_cap_data_struct, 2> sets{};
    for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability) >= 0; ++capability) {
        if (std::ranges::find(k_kept, capability) == k_kept.end()) {
            if (::prctl(PR_CAPBSET_DROP, capability) != 0)
                throw system_error("dropping capability {}", capability);
            continue;
        }
        auto& set = sets.at(static_cast<std::size_t>(capability) / 32);
        set.effective |= 1U << (capability % 32);
    }
    for (auto& set : sets)
        set.permitted = set.effective;
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    if (::syscall(SYS_capset, &header, sets.data()) != 0)
        throw system_error("dropping capabilities");
}

/// So that a runaway script does not take the machine with it. Threads count too.
void limit_processes() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NPROC, &limit) != 0)
        throw system_error("asking for the limit of processes");
    const rlim_t enough = 4096 + 64 * std::max(1U, std::thread::hardware_concurrency());
    limit.rlim_cur = limit.rlim_max = std::min(limit.rlim_max, enough);
    if (::setrlimit(RLIMIT_NPROC, &limit) != 0)
        throw system_error("limiting the number of processes");
}

struct ReleaseFilter {
    void operator()(void* filter) const noexcept { ::seccomp_release(filter); }
};

void check(int result, const char* what) {
    if (result < 0)
        throw error_from_errno(-result, what);
}

/// Where this argument of the call has this type of file in it.
void succeed_for_type(scmp_filter_ctx filter, int call, unsigned argument, scmp_datum_t type) {
    const scmp_arg_cmp is_type{
        .arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = S_IFMT, .datum_b = type};
    check(::seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(0), call, 1, &is_type),
          "filtering the making of devices");
}

} // namespace

void confine(Purpose purpose) {
    if (purpose == Purpose::step)
        limit_processes();
    drop_capabilities();
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        throw system_error("forbidding new privileges");
}

void pretend_to_have_users() {
    const std::unique_ptr<void, ReleaseFilter> filter(::seccomp_init(SCMP_ACT_ALLOW));
    if (!filter)
        throw Error(ErrorKind::system, "making the filter of system calls");
    // Programs of the machine's other word length run too; one that is unknown here is allowed all.
    check(::seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ALLOW),
          "making the filter of system calls");
    if (::seccomp_arch_native() == SCMP_ARCH_X86_64) {
        check(::seccomp_arch_add(filter.get(), SCMP_ARCH_X86), "filtering 32-bit programs");
        check(::seccomp_arch_add(filter.get(), SCMP_ARCH_X32), "filtering x32 programs");
    }
    for (const auto* name :
         {"chown",       "chown32",     "lchown",     "lchown32",    "fchown",
          "fchown32",    "fchownat",    "setuid",     "setuid32",    "setgid",
          "setgid32",    "setreuid",    "setreuid32", "setregid",    "setregid32",
          "setresuid",   "setresuid32", "setresgid",  "setresgid32", "setgroups",
          "setgroups32", "setfsuid",    "setfsuid32", "setfsgid",    "setfsgid32"})
        check(::seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(0),
                                 ::seccomp_syscall_resolve_name(name), 0),
              "filtering system calls");
    for (const scmp_datum_t type : {scmp_datum_t{S_IFCHR}, scmp_datum_t{S_IFBLK}}) {
        succeed_for_type(filter.get(), SCMP_SYS(mknod), 1, type);
        succeed_for_type(filter.get(), SCMP_SYS(mknodat), 2, type);
    }
    check(::seccomp_load(filter.get()), "installing the filter of system calls");
}

} // namespace aic::sandbox
