// SPDX-License-Identifier: Apache-2.0
#include "cli/store_advice.hpp"

namespace aic::cli {

Error with_store_advice(const Error& error, const std::filesystem::path& store, uid_t caller) {
    const bool is_of_store = error.message().find(store.native()) != std::string::npos;
    if (!is_of_store || !error.hint().empty())
        return error;
    if (error.kind() == ErrorKind::no_space)
        return error.with_hint("'aic-image gc --purge' frees what nobody needs; --store or "
                               "AIC_IMAGE_ROOT names a store elsewhere");
    if (error.kind() != ErrorKind::denied)
        return error;
    if (caller == 0) // NFS with root_squash
        return error.with_hint("on a file server root may be nobody: run it as the user whose "
                               "images these are, or name another store with --store");
    return error.with_hint("what is there can be used all the same; --store or AIC_IMAGE_ROOT "
                           "names a store that you can write to");
}

} // namespace aic::cli
