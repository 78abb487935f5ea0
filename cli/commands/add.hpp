// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/import.hpp"
#include "cli/command.hpp"

#include <string>
#include <vector>

namespace aic::cli {

class Add final : public Command {
public:
    const char* name() const override { return "add"; }

    void describe(const Arguments& arguments) override;
    void run(Session& session) override;

    bool changes_store() const override { return true; }

private:
    void check_options() const;
    builder::ImportResult add_file(Session& session, const std::string& file) const;
    builder::ImportResult pull_with_cache(Session& session, const std::string& reference) const;
    void give_name(Session& session, const std::string& what,
                   const builder::ImportResult& result) const;

    std::vector<std::string> what_; ///< files, or references with --enroot-cache
    bool move_ = false;
    std::string name_;
    std::string enroot_cache_; ///< "", k_default_cache or a directory
};

} // namespace aic::cli
