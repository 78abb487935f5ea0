// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"

#include <string>
#include <vector>

namespace aic::cli {

class Cat final : public Command {
public:
    const char* name() const override { return "cat"; }

    void describe(const Arguments& arguments) override;
    void run(Session& session) override;

private:
    std::string image_;
    std::vector<std::string> paths_;
};

} // namespace aic::cli
