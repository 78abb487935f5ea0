// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"
#include "cli/run_argument.hpp"
#include "slurm/batch_script.hpp"

#include <string>
#include <vector>

namespace aic::cli {

class Batch final : public Command {
public:
    const char* name() const override { return "batch"; }

    void describe(const Arguments& arguments) override;
    void run(Session& session) override;

    bool takes_words() const override { return true; }

    void take_words(std::vector<std::string> words) override { words_ = std::move(words); }

private:
    slurm::BatchJob job(Session& session, const ImageArgument& image, const RunOptions& options,
                        const std::vector<std::string>& line) const;
    void submit(Session& session, const ImageArgument& image, const slurm::BatchJob& job) const;

    std::vector<std::string> words_;
    std::string shown_; ///< in the help; words are not parsed
    RunArgument options_;
    bool dry_run_ = false;
};

} // namespace aic::cli
