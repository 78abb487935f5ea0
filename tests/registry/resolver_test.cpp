// SPDX-License-Identifier: Apache-2.0
#include "oci/media_type.hpp"
#include "registry/resolver.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/fake_registry.hpp"

namespace aic::registry {

using testing::descriptor_of;
using testing::index_json;

static const oci::Platform k_amd64 = oci::Platform::parse("amd64");

static std::string some_manifest() {
    return testing::manifest_json(descriptor_of("{}", "application/vnd.oci.image.config.v1+json"),
                                  {});
}

TEST(ServedDocumentTest, it_must_be_what_was_asked_for) {
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "arrived as",
                        served_document(some_manifest(), "", Digest(sha256_of("something else"))));
    EXPECT_EQ(served_document(some_manifest(), "", std::nullopt).digest,
              Digest(sha256_of(some_manifest())));
}

TEST(VerifyTest, size_and_digest_must_fit) {
    const auto descriptor = descriptor_of("hello", "x");
    verify("hello", descriptor);
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "4 bytes instead of 5", verify("hell", descriptor));
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "arrived as", verify("hallo", descriptor));
}

/// `depth` indexes around a manifest.
static ResolvedImage follow_nested(int depth) {
    std::map<Digest, std::string> documents;
    auto json = some_manifest();
    auto type = oci::k_oci_manifest;
    for (int i = 0; i < depth; ++i) {
        const auto descriptor = descriptor_of(json, std::string(type));
        documents[descriptor.digest] = json;
        const testing::PlatformManifest entry{descriptor, i == 0 ? "amd64" : ""};
        json = index_json({&entry, 1});
        type = oci::k_oci_index;
    }
    return follow(served_document(json, type, std::nullopt), k_amd64, [&](const auto& descriptor) {
        return served_document(documents.at(descriptor.digest), descriptor.media_type,
                               descriptor.digest);
    });
}

TEST(FollowTest, indexes_nest_to_a_limit) {
    for (const int depth : {0, 1, 2, 8}) {
        const auto image = follow_nested(depth);
        EXPECT_EQ(image.manifest_digest, Digest(sha256_of(some_manifest())));
        EXPECT_EQ(image.manifest_json, some_manifest());
        EXPECT_EQ(image.index_or_manifest == image.manifest_digest, depth == 0);
    }
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "deeper than 8", follow_nested(9));
}

TEST(FollowTest, an_index_that_leads_back_to_itself_is_refused) {
    // Digests keep honest documents from doing so; those here are made up.
    const testing::PlatformManifest entry{descriptor_of("x", std::string(oci::k_oci_index)), ""};
    const auto index = oci::parse_document(index_json({&entry, 1}), "");
    const ServedDocument first{Digest(sha256_of("x")), "", index};
    EXPECT_ERROR_SAYING(ErrorKind::integrity, "leads back",
                        follow(first, k_amd64, [&](const auto&) { return first; }));
}

TEST(FollowTest, a_manifest_that_would_be_huge_is_not_asked_for) {
    auto huge = descriptor_of("x", std::string(oci::k_oci_manifest));
    huge.size_bytes = k_max_manifest_bytes + 1;
    const testing::PlatformManifest entry{huge, "amd64"};
    EXPECT_ERROR(ErrorKind::integrity,
                 follow(served_document(index_json({&entry, 1}), "", std::nullopt), k_amd64,
                        [](const auto&) -> ServedDocument { throw std::logic_error("asked"); }));
}

} // namespace aic::registry
