// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"
#include "slurm/staging.hpp"

#include <string>

namespace aic::cli {

class Stage final : public Command {
public:
    const char* name() const override { return "stage"; }

    void describe(const Arguments& arguments) override;
    void run(Session& session) override;

private:
    void become_allocation(Session& session) const;
    void run_in_job(Session& session, const std::string& job) const;
    void run_on_node(Session& session, const std::string& job) const;
    /// What the nodes print: those that need a copy their names.
    std::string on_every_node(Session& session, const std::string& part,
                              const std::string& id) const;

    std::string image_;
    std::string nodes_;
    std::string slurm_;
    std::string part_; ///< of the work, that a node is told to do
    bool remove_ = false;
};

} // namespace aic::cli
