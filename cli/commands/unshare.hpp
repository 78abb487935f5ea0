// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"

#include <string>
#include <vector>

namespace aic::cli {

class Unshare final : public Command {
public:
    const char* name() const override { return "unshare"; }

    void describe(const Arguments& arguments) override;
    void run(Session& session) override;

    bool changes_store() const override { return true; }

private:
    std::vector<std::string> images_;
};

} // namespace aic::cli
