// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"

#include <string>
#include <vector>

namespace aic::cli {

class Add final : public Command {
public:
    const char* name() const override { return "add"; }

    void describe(CLI::App& app) override;
    void run(Session& session) override;

    bool changes_store() const override { return true; }

private:
    std::vector<std::string> files_;
    bool move_ = false;
};

} // namespace aic::cli
