// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/names.hpp"
#include "cli/command.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace aic::cli {

class Restore final : public Command {
public:
    const char* name() const override { return "restore"; }

    void describe(const Arguments& arguments) override;
    void run(Session& session) override;

    bool changes_store() const override { return true; }

private:
    cache::NameState restore_name(const cache::Library& library,
                                  const cache::ImageName& name) const;
    /// Of several variants in the trash, the one that was removed last.
    std::optional<cache::StoredImage> restore_image(const cache::Store& store) const;

    std::string what_;
    std::optional<std::uint64_t> number_;
};

} // namespace aic::cli
