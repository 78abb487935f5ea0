// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"
#include "slurm/staging.hpp"

#include <optional>
#include <stop_token>
#include <string>

namespace aic::cli {

class Stage final : public Command {
public:
    const char* name() const override { return "stage"; }

    void describe(const Arguments& arguments) override;
    void run(Session& session) override;

private:
    void become_allocation(Session& session) const;
    void run_in_job(Session& session) const;
    void copy(Session& session, const cache::StoredImage& image) const;
    void do_part(Session& session) const;
    /// What the nodes print: some of them their names.
    std::string on_every_node(Session& session, const char* part,
                              const std::optional<cache::StoredImage>& image,
                              std::stop_token stop) const;

    std::string image_;
    std::string nodes_;
    std::string slurm_;
    std::string part_; ///< of the work, that a node is told to do
    std::string tag_;  ///< of what arrives there
    bool remove_ = false;
};

} // namespace aic::cli
