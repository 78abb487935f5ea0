// SPDX-License-Identifier: Apache-2.0
#include "oci/image_config.hpp"
#include "oci/manifest.hpp"
#include "oci/media_type.hpp"
#include "tests/fuzz/fuzz_target.hpp"

AIC_FUZZ_TEXT(text) {
    using namespace aic;
    for (const std::string_view type :
         {std::string_view(), oci::k_oci_index, oci::k_docker_manifest})
        fuzz::allow_error([&] {
            const auto document = oci::parse_document(text, type);
            if (const auto* index = std::get_if<oci::Index>(&document))
                oci::choose(*index, {"linux", "amd64", ""});
        });
    fuzz::allow_error([&] { oci::parse_image_config(text); });
}
