// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/sandbox/plan.hpp"
#include "core/fd.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace aic::sandbox {

/// Forbids writing through this mount and those below it.
void make_read_only(const std::filesystem::path& mount_point);

/// The root directory that a script sees, mounted piece by piece under the plan's scratch
/// directory: an overlay of the images, with what every program expects besides. In a mount
/// namespace of its own, whose root the caller is.
class Root {
public:
    /// Mounts everything but /proc.
    explicit Root(const Plan& plan);

    std::filesystem::path path() const { return scratch_ / "root"; }

    /// What a path leads to inside. Throws Error(not_found).
    Fd open_inside(std::string_view path) const;

    /// Where the overlay keeps what was changed.
    std::filesystem::path upper() const { return scratch_ / "upper"; }

    /// Takes out what was put into the root for the script's time only. The script has ended.
    void take_apart() noexcept;
    /// Removes everything that is in the scratch directory.
    void clear() noexcept;

private:
    void mount_images();
    void lay_skeleton();
    void lay_files();
    void mount_overlay();
    void mount_devices();
    void mount_temporary();
    void put_script();
    void close_for_writing() const;
    void mount_bind(const Bind& bind);

    bool is_in_images(const std::filesystem::path& path) const;
    bool has_place(const Bind& bind) const;
    void lay_target(std::string_view target, bool is_directory);
    /// What `target` is in the root, made where it is missing.
    Fd target(std::string_view path, bool is_directory, int links_left = 8);
    void mount_at(const char* type, const std::string& target, unsigned long flags,
                  const char* options);

    /// What was made in the root to be mounted upon. Its directory is held, since the script may
    /// put symlinks where it was.
    struct Made {
        Fd parent;
        std::string name;
        bool is_directory;
    };

    const Plan& plan_;
    const std::filesystem::path scratch_;
    std::vector<std::filesystem::path> images_;  ///< where they are mounted, the lowest first
    std::vector<std::filesystem::path> mounted_; ///< in the root, in their order
    std::vector<Made> made_;
    bool has_files_ = false;
};

} // namespace aic::sandbox
