// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/layout.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace aic::cache {

struct Vantage;

/// Something that keeps an image alive.
struct Holder {
    enum class Kind {
        name,    ///< stands for the image now
        earlier, ///< a name of which it is one of the last different images
        pin,
        lease, ///< a step's of a job that may still run
    };

    Kind kind;
    std::string who;   ///< the name, or whose lease; empty for a pin
    std::string owner; ///< of another user's name, pin or lease; empty for the caller's own

    /// "the name 'exp'", "the name 'alice/exp'", "the history of 'exp'", "a pin", "a lease of job
    /// 12.0 on gpu03".
    std::string str() const;
    bool operator==(const Holder&) const = default;
};

/// Several of them, with commas: "the name 'exp', a pin".
std::string to_text(const std::vector<Holder>& holders);

/// What holds which image, as it was when it was read. Other users' names and pins hold the images
/// that they have not got themselves, and their leases those that were handed to their jobs.
class Holders {
public:
    /// Throws when a name's newest state can not be read: what it holds must not be lost for that.
    /// Of the caller's leases those in the files `over` hold nothing.
    static Holders read(const Layout& layout, const std::vector<std::filesystem::path>& over = {});

    std::vector<Holder> of(const ImageId& id, std::string_view variant) const;
    /// The caller's names that stand for it now, sorted.
    std::vector<std::string> names_of(const ImageId& id, std::string_view variant) const;

private:
    void add(const Layout& layout, const std::string& owner);
    void add_leases(const Layout& layout, const Vantage& vantage, uid_t caller,
                    const std::string& owner, const std::vector<std::filesystem::path>& over = {});
    void hold(const Layout& layout, const ImageKey& image, Holder holder);

    std::map<ImageKey, std::vector<Holder>> holders_;
};

} // namespace aic::cache
