// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/set_up.hpp"
#include "cli/arguments.hpp"
#include "cli/session.hpp"

#include <optional>
#include <string>

namespace aic::cli {

/// The options that say what a store is to be: --preset, --group, --trust.
class SetUpArgument {
public:
    void describe(const Arguments& arguments);

    std::optional<cache::Preset> preset() const;

    /// What was asked for; of what was left open, as the store is. Whether a lab's members are
    /// trusted is asked on the terminal, if there is one, where neither says.
    cache::SetUp decide(const cache::StoreDescription& as_is, bool is_new,
                        const Session& session) const;

private:
    bool decide_trust(const cache::StoreDescription& as_is, cache::Preset preset, bool is_open,
                      const Session& session) const;

    std::string preset_;
    std::string group_;
    std::string trust_;
};

/// Says what a store is now, and what its modes mean; or prints it with --json.
void print_set_up(Session& session, const cache::Layout& layout,
                  const cache::StoreDescription& description);

} // namespace aic::cli
