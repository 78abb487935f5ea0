// SPDX-License-Identifier: Apache-2.0
#include "builder/build/profile_files.hpp"

#include "builder/packing.hpp"
#include "builder/squashfs/image_text.hpp"

#include <algorithm>

namespace aic::build {

namespace {

constexpr std::string_view k_environment = "etc/environment";
constexpr std::string_view k_rc = "etc/rc";
constexpr std::string_view k_provenance = "# enroot-provenance: ";

std::string_view name_of(std::string_view variable) {
    return variable.substr(0, variable.find('='));
}

std::string_view take_line(std::string_view& text) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    return line;
}

class ProfileFiles {
public:
    explicit ProfileFiles(const ProfileInput& input)
        : input_(input)
        , is_foreign_(builder::has_foreign_segment(input.base.record)) {}

    std::vector<builder::GeneratedFile> run() const {
        std::vector<builder::GeneratedFile> files;
        for (auto& file : builder::enroot_files(input_.config, input_.provenance))
            if (!input_.written.contains(file.path) && settle(file))
                files.push_back(std::move(file));
        return files;
    }

private:
    /// Makes the file say what the base's does, and what the recipe adds: the base's own was
    /// written anew too, and is in no layer. False where there is none.
    bool settle(builder::GeneratedFile& file) const {
        if (!is_foreign_ && !input_.below.contains(file.path))
            return true;
        if (file.path == k_environment) {
            file.text = with_lines(text(file.path), input_.recipe.env);
            return !file.text.empty();
        }
        if (file.path != k_rc)
            return false;
        if (input_.recipe.working_dir || input_.recipe.entrypoint)
            return true;
        const auto there = text(file.path);
        file.text = with_provenance(there, input_.provenance);
        return !there.empty();
    }

    std::string text(const std::string& path) const {
        squashfs::ImageReader reader(input_.base.file());
        return squashfs::text_in(reader, path, squashfs::ImageReader::Follow::no);
    }

    const ProfileInput& input_;
    const bool is_foreign_;
};

} // namespace

std::vector<builder::GeneratedFile> profile_files(const ProfileInput& input) {
    return ProfileFiles(input).run();
}

std::string with_lines(std::string_view environment, const std::vector<std::string>& variables) {
    std::string text;
    while (!environment.empty()) {
        const auto line = take_line(environment);
        if (std::ranges::find(variables, name_of(line), name_of) == variables.end())
            (text += line) += '\n';
    }
    for (const auto& variable : variables)
        text += variable + '\n';
    return text;
}

std::string with_provenance(std::string_view rc, std::string_view provenance) {
    if (rc.starts_with(k_provenance))
        take_line(rc);
    return fmt::format("{}{}\n{}", k_provenance, provenance, rc);
}

} // namespace aic::build
