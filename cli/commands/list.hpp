// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"

#include <string>
#include <vector>

namespace aic::cli {

class List final : public Command {
public:
    const char* name() const override { return "list"; }

    void describe(const Arguments& arguments) override;
    void run(Session& session) override;

private:
    std::string pattern_;
    std::string order_ = "age";
    bool mine_ = false;
    bool steps_ = false;
};

} // namespace aic::cli
