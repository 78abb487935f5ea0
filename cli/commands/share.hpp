// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"

#include <string>
#include <vector>

namespace aic::cli {

class Share final : public Command {
public:
    const char* name() const override { return "share"; }

    void describe(const Arguments& arguments) override;
    void run(Session& session) override;

    bool changes_store() const override { return true; }

private:
    void share_to_store(Session& session) const;

    std::vector<std::string> images_;
    std::string to_;
};

} // namespace aic::cli
