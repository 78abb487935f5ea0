// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.hpp"
#include "cli/image_argument.hpp"
#include "cli/run_options.hpp"
#include "slurm/srun_line.hpp"

#include <optional>
#include <string>
#include <vector>

namespace aic::cli {

class Run final : public Command {
public:
    const char* name() const override { return "run"; }

    void describe(CLI::App& app) override;
    void run(Session& session) override;

    bool takes_words() const override { return true; }

    void take_words(std::vector<std::string> words) override { words_ = std::move(words); }

private:
    /// What the words say: an image and a command, or only a command in the directory's image.
    struct Words {
        std::optional<std::string> image;
        std::vector<std::string> command;
    };

    Words words(Session& session) const;
    ImageArgument image(Session& session, const std::optional<std::string>& word) const;
    static std::vector<std::string> variables(Session& session, const RunOptions& options);
    static std::vector<slurm::ContainerMount> mounts(const RunOptions& options);
    void run_here(Session& session, const ImageArgument& image, const RunOptions& options) const;
    [[noreturn]] void run_in_slurm(Session& session, const std::filesystem::path& srun,
                                   const ImageArgument& image, const RunOptions& options) const;

    std::vector<std::string> words_;
    std::string shown_; ///< in the help; words are not parsed
    RunOptions options_;
    std::string container_name_;
    bool here_ = false;
};

} // namespace aic::cli
