// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"
#include "slurm/containers.hpp"

#include <string>
#include <vector>

namespace aic::cli {

class Containers final : public Command {
public:
    const char* name() const override { return "containers"; }

    void describe(const Arguments& arguments) override;
    void run(Session& session) override;

private:
    static void show(Session& session);
    void remove(Session& session) const;

    std::vector<std::string> remove_;
    bool force_ = false;
};

} // namespace aic::cli
