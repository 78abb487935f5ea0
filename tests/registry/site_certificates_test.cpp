// SPDX-License-Identifier: Apache-2.0
#include "core/error.hpp"
#include "core/files.hpp"
#include "registry/site_certificates.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/fake_environment.hpp"
#include "tests/support/temp_dir.hpp"

namespace fs = std::filesystem;

namespace aic::registry {

class SiteCertificatesTest : public ::testing::Test {
protected:
    SiteCertificatesTest() { write_file(root_ / "base.pem", "base"); }

    void write(const fs::path& file, std::string_view text) const {
        fs::create_directories((root_ / file).parent_path());
        write_file(root_ / file, text);
    }

    std::string trusted(std::string_view registry) const {
        const TrustedAuthorities trusted(registry, environment_, root_.path());
        return read_file_if_exists(trusted.file(), 1000).value();
    }

    const testing::TempDir root_;
    const Environment environment_ = testing::fake_environment(
        {{"HOME", (root_ / "home").native()}, {"SSL_CERT_FILE", (root_ / "base.pem").native()}});
};

TEST_F(SiteCertificatesTest, a_registrys_authorities_are_added_to_the_others) {
    write("etc/docker/certs.d/r.io:5000/ca.crt", "docker");
    write("etc/docker/certs.d/r.io:5000/more.crt", "more");
    write("etc/docker/certs.d/r.io:5000/notes.txt", "notes");
    EXPECT_EQ(trusted("r.io:5000"), "base\ndocker\nmore\n");
    EXPECT_EQ(trusted("r.io"), "base");
    write("etc/docker/certs.d/registry-1.docker.io/ca.crt", "hub");
    EXPECT_EQ(trusted("docker.io"), "base\nhub\n");
}

TEST_F(SiteCertificatesTest, the_first_directory_counts) {
    write("etc/docker/certs.d/r.io/ca.crt", "docker");
    write("etc/containers/certs.d/r.io/ca.crt", "containers");
    EXPECT_EQ(trusted("r.io"), "base\ncontainers\n");
    write("home/.config/containers/certs.d/r.io/ca.crt", "mine");
    EXPECT_EQ(trusted("r.io"), "base\nmine\n");
}

TEST_F(SiteCertificatesTest, client_certificates_are_noticed) {
    write("etc/containers/certs.d/r.io/client.cert", "c");
    write("etc/containers/certs.d/r.io/client.key", "k");
    const auto found = find_site_certificates("r.io", environment_, root_.path());
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->has_client_certificate);
    EXPECT_TRUE(found->authorities.empty());
    EXPECT_EQ(trusted("r.io"), "base");
}

TEST_F(SiteCertificatesTest, without_any_the_systems_alone_are_trusted) {
    const auto nothing = testing::fake_environment({{"HOME", "/nowhere"}});
    EXPECT_EQ(TrustedAuthorities("r.io", nothing, root_.path()).file(), "");
}

} // namespace aic::registry
