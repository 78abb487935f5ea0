// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/commit/commit.hpp"
#include "cache/name.hpp"
#include "cli/command.hpp"
#include "slurm/containers.hpp"

#include <optional>
#include <string>

namespace aic::cli {

class Commit final : public Command {
public:
    const char* name() const override { return "commit"; }

    void describe(const Arguments& arguments) override;
    void run(Session& session) override;

    bool changes_store() const override { return true; }

private:
    /// Nothing only with --if-still.
    std::optional<slurm::Container> container(const Session& session) const;
    cache::ImageName chosen_name(const slurm::Container& container) const;
    cache::StoredImage base(Session& session, const slurm::Container& container) const;
    void show(Session& session, const cache::ImageName& name, const commit::CommitResult& result,
              const cache::StoredImage& image, double seconds) const;

    std::string container_;
    std::string base_;
    std::string name_;
    bool replace_ = false;
    bool if_still_ = false; ///< the name has to stand for the base yet
    bool checksum_ = false;
    unsigned threads_ = 0;
};

} // namespace aic::cli
