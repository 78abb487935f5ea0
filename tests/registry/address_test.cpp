// SPDX-License-Identifier: Apache-2.0
#include "registry/address.hpp"
#include "tests/support/fake_environment.hpp"
#include "tests/support/fake_registry.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

namespace aic::registry {

Address found(std::string_view registry, const std::vector<std::string>& insecure = {}) {
    return address_of(registry, insecure, testing::fake_environment({{"HOME", "/nowhere"}}));
}

TEST(AddressTest, tls_is_for_all_but_loopback) {
    const std::pair<const char*, const char*> urls[] = {
        {"docker.io", "https://registry-1.docker.io/"}, {"nvcr.io", "https://nvcr.io/"},
        {"localhost:5000", "http://localhost:5000/"},   {"127.0.0.1", "http://127.0.0.1/"},
        {"[::1]:5000", "http://[::1]:5000/"},           {"10.0.0.1", "https://10.0.0.1/"}};
    for (const auto& [registry, url] : urls) {
        const auto address = found(registry, {"r.lab", "s.lab:5000"});
        EXPECT_EQ(address.url.str(), url);
        EXPECT_TRUE(address.tls.is_checked) << registry;
    }
}

TEST(AddressTest, certificates_for_a_registry_on_this_machine_mean_tls) {
    const testing::TempDir home;
    std::filesystem::create_directories(home / ".config/containers/certs.d/localhost:5443");
    const auto url = [&](const char* registry) {
        return address_of(registry, {}, testing::fake_environment({{"HOME", home.path().native()}}))
            .url.str();
    };
    EXPECT_EQ(url("localhost:5443"), "https://localhost:5443/");
    EXPECT_EQ(url("localhost:5000"), "http://localhost:5000/");
}

TEST(AddressTest, what_is_named_as_insecure_and_speaks_no_tls_is_spoken_to_plainly) {
    testing::FakeRegistry registry;
    const auto reference = registry.reference("12");
    const auto name = reference.substr(0, reference.find('/'));
    EXPECT_EQ(found(name, {name}).url.str(), "http://" + name + "/");
    const auto host = name.substr(0, name.find(':'));
    EXPECT_EQ(found(name, {host}).url.str(), "http://" + name + "/");
}

TEST(AddressTest, another_port_is_another_registry) {
    EXPECT_EQ(found("s.invalid:5001", {"s.invalid:5000"}).url.str(), "https://s.invalid:5001/");
    EXPECT_EQ(found("s.invalid:5000", {"s.invalid:5000"}).url.str(), "http://s.invalid:5000/");
}

} // namespace aic::registry
