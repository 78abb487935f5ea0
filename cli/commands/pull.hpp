// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/import.hpp"
#include "cache/name.hpp"
#include "cli/command.hpp"
#include "cli/on_cluster.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace aic::cli {

class Pull final : public Command {
public:
    const char* name() const override { return "pull"; }

    void describe(const Arguments& arguments) override;
    void run(Session& session) override;

    bool changes_store() const override { return output_.empty(); }

private:
    builder::Freshness freshness(const Session& session) const;
    builder::ImportOptions import_options(Session& session) const;

    /// Pulls it and tells of it: with --json by what is returned, otherwise in words.
    nlohmann::json pull_one(const oci::Reference& reference,
                            const std::optional<cache::ImageName>& name,
                            const builder::ImportOptions& options, Session& session) const;
    /// --name, where it may be given.
    std::optional<cache::ImageName> checked_name() const;
    /// Notes the use and gives the name.
    void keep_track(const cache::Library& library, const std::optional<cache::ImageName>& name,
                    const std::string& reference, const builder::ImportResult& result,
                    const Environment& environment) const;

    std::vector<std::string> references_;
    std::string output_;
    std::string compression_;
    std::string block_size_;
    std::string platform_;
    unsigned threads_ = 0;
    bool keep_ids_ = false;
    bool refresh_ = false;
    std::string name_;
    bool replace_ = false;
    OnCluster on_cluster_;
};

} // namespace aic::cli
