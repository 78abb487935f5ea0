// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/collector.hpp"
#include "cli/command.hpp"

#include <string>
#include <vector>

namespace aic::cli {

class Gc final : public Command {
public:
    const char* name() const override { return "gc"; }

    void describe(const Arguments& arguments) override;
    void run(Session& session) override;

    bool changes_store() const override { return !dry_run_; }

private:
    cache::CollectOptions collect_options(const GcConfig& settings) const;
    void compact_asked(Session& session) const;

    bool dry_run_ = false;
    bool purge_ = false;
    std::string max_size_;
    std::string older_than_;
    std::size_t keep_newest_ = 0;
    std::vector<std::string> compact_;
};

} // namespace aic::cli
