// SPDX-License-Identifier: Apache-2.0
#include "core/error.hpp"
#include "core/files.hpp"
#include "registry/site_certificates.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/fake_environment.hpp"
#include "tests/support/temp_dir.hpp"

#include <sys/stat.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace aic::registry {

class SiteCertificatesTest : public ::testing::Test {
protected:
    SiteCertificatesTest() { write_file(root_ / "base.pem", "base"); }

    void write(const fs::path& file, std::string_view text) const {
        fs::create_directories((root_ / file).parent_path());
        write_file(root_ / file, text);
    }

    void write_key(std::string_view text, mode_t mode) const {
        const fs::path file = "etc/containers/certs.d/r.io/client.key";
        write(file, text);
        ASSERT_EQ(::chmod((root_ / file).c_str(), mode), 0);
    }

    std::string trusted(std::string_view registry) const {
        const auto settings = load_tls_settings(registry, environment_, root_.path());
        return read_file_if_exists(settings.authorities_file, 1000).value();
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

TEST_F(SiteCertificatesTest, a_client_shows_the_certificate_whose_key_lies_beside_it) {
    write("etc/containers/certs.d/r.io/client.cert", "c");
    write_key("k", 0600);
    const auto settings = load_tls_settings("r.io", environment_, root_.path());
    ASSERT_TRUE(settings.client);
    EXPECT_EQ(settings.client->file, root_ / "etc/containers/certs.d/r.io/client.cert");
    EXPECT_EQ(settings.client->key.reveal(), "k");
    EXPECT_EQ(trusted("r.io"), "base");
    EXPECT_FALSE(load_tls_settings("r.io:5000", environment_, root_.path()).client);
}

TEST_F(SiteCertificatesTest, a_key_that_others_may_read_is_refused_with_the_command_that_helps) {
    write("etc/containers/certs.d/r.io/client.cert", "c");
    for (const mode_t mode : {0640, 0604, 0620}) {
        write_key("secret", mode);
        const auto error = testing::error_thrown_by([&] { trusted("r.io"); });
        ASSERT_TRUE(testing::is_error(error, ErrorKind::denied, "client.key'"));
        EXPECT_EQ(error->message().find("secret"), std::string::npos);
        EXPECT_TRUE(error->hint().starts_with("chmod 600 '"));
    }
}

TEST_F(SiteCertificatesTest, a_site_may_hand_out_its_own_key_to_a_group) {
    if (::geteuid() != 0)
        GTEST_SKIP() << "needs root, to give a file to somebody else";
    write("etc/containers/certs.d/r.io/client.cert", "c");
    write_key("k", 0640);
    const auto key = root_ / "etc/containers/certs.d/r.io/client.key";
    ASSERT_EQ(::chown(key.c_str(), 1, 1), 0);
    EXPECT_TRUE(load_tls_settings("r.io", environment_, root_.path()).client);
    ASSERT_EQ(::chmod(key.c_str(), 0644), 0);
    EXPECT_ERROR(ErrorKind::denied, trusted("r.io"));
}

TEST_F(SiteCertificatesTest, half_a_pair_is_refused) {
    write("etc/containers/certs.d/a.io/client.cert", "c");
    EXPECT_ERROR_SAYING(ErrorKind::usage, "client.cert' has no key 'client.key'", trusted("a.io"));
    write("etc/containers/certs.d/b.io/client.key", "k");
    EXPECT_ERROR_SAYING(ErrorKind::usage, "client.key' has no certificate 'client.cert'",
                        trusted("b.io"));
}

TEST_F(SiteCertificatesTest, without_any_the_systems_alone_are_trusted) {
    const auto nothing = testing::fake_environment({{"HOME", "/nowhere"}});
    EXPECT_EQ(load_tls_settings("r.io", nothing, root_.path()).authorities_file, "");
}

TEST_F(SiteCertificatesTest, other_distributions_have_the_systems_elsewhere) {
    const auto nothing = testing::fake_environment({{"HOME", "/nowhere"}});
    write("etc/pki/tls/certs/ca-bundle.crt", "x");
    EXPECT_EQ(load_tls_settings("r.io", nothing, root_.path()).authorities_file,
              root_ / "etc/pki/tls/certs/ca-bundle.crt");
    write("etc/ssl/certs/ca-certificates.crt", "x");
    EXPECT_EQ(load_tls_settings("r.io", nothing, root_.path()).authorities_file, "");
}

} // namespace aic::registry
