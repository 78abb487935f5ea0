// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/import.hpp"
#include "oci/reference.hpp"
#include "tests/support/listing.hpp"
#include "tests/support/temp_dir.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace aic::testing {

/// An OCI image layout on disk with one image for this machine's platform, and what pulling it
/// takes. What is wrong with the image is changed between the calls.
class LayoutBuilder {
public:
    LayoutBuilder();

    struct Layer {
        std::string blob;
        std::string diff_id;
        std::string digest;
    };

    LayoutBuilder& layer(std::string_view tar) { return layer(tar, std::string(tar)); }

    /// `blob` is the tar as it is stored.
    LayoutBuilder& layer(std::string_view tar, const std::string& blob);

    std::vector<Layer>& layers() { return layers_; }

    /// The config's inner object, as JSON: `"Env": […]`.
    LayoutBuilder& settings(std::string json);

    /// Writes what was said so far; the config lacks so many of the last diff ids, or the manifest
    /// so many of the last layers if it is negative.
    void write(int lacking = 0);

    oci::Reference reference() const;
    Config config() const;

    std::filesystem::path root() const { return directory_ / "layout"; }

    std::filesystem::path blob(const Layer& layer) const;

    const TempDir& directory() const { return directory_; }

    /// Everything under the store and the spool that is no directory.
    std::vector<std::string> leftovers() const;

private:
    std::string add_blob(const std::string& text) const;

    TempDir directory_;
    std::vector<Layer> layers_;
    std::string settings_ = "{}";
};

/// Uncompressed blocks of 4 KiB for this machine.
builder::ImportOptions small_import_options();
/// The listing without what every image of the enroot profile has under etc/.
Listing without_profile_files(Listing listing);

} // namespace aic::testing
