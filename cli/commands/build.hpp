// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/build/build.hpp"
#include "cache/name.hpp"
#include "cli/build_recipe.hpp"
#include "cli/command.hpp"
#include "cli/on_cluster.hpp"
#include "cli/project_file.hpp"

#include <optional>
#include <string>

namespace aic::cli {

class Build final : public Command {
public:
    const char* name() const override { return "build"; }

    void describe(const Arguments& arguments) override;
    void run(Session& session) override;

    bool changes_store() const override { return !dry_run_; }

private:
    /// What the project's file says, where no base is named.
    std::optional<Project> project() const;
    cache::ImageName chosen_name(const std::optional<Project>& project) const;
    build::BuildRequest request(Session& session, const cache::ImageName& name,
                                cache::StoredImage base, build::Recipe recipe) const;
    cache::StoredImage base(Session& session) const;
    void show_unknown(Session& session, const build::Recipe& recipe) const;
    std::optional<std::size_t> refresh_from(const build::Recipe& recipe) const;
    void show_preview(Session& session, const build::BuildRequest& request) const;
    cache::Replace replace() const;
    void name_base(Session& session, const cache::ImageName& name,
                   const cache::StoredImage& base) const;

    std::string base_;
    std::string otherwise_; ///< the base where neither the user nor a project's file names one
    RecipeArgument recipe_;
    std::string name_;
    bool replace_ = false;
    bool no_cache_ = false;
    std::string refresh_from_;
    bool pull_ = false;
    bool dry_run_ = false;
    bool shell_on_failure_ = false;
    std::string compression_;
    std::string block_size_;
    unsigned threads_ = 0;
    OnCluster on_cluster_;
};

} // namespace aic::cli
