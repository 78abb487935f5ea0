// SPDX-License-Identifier: Apache-2.0
#include "oci/image_config.hpp"
#include "tests/support/expect_error.hpp"

namespace aic::oci {

static std::string config_with(std::string_view more) {
    return fmt::format(R"({{"os":"linux","architecture":"amd64","rootfs":{{"diff_ids":[]}}{}}})",
                       more);
}

TEST(ImageConfigTest, everything_an_image_needs_is_read) {
    const auto diff_id = DiffId(sha256_of("x"));
    const auto config = parse_image_config(fmt::format(
        R"({{"os":"linux","architecture":"arm64","variant":"v8","created":"2022-02-03T04:05:06.789Z",
            "rootfs":{{"type":"layers","diff_ids":["{}"]}},
            "config":{{"Env":["A=b","C=d"],"Entrypoint":["/e"],"Cmd":["c1","c2"],"WorkingDir":"/w",
                       "User":"1000:1000","Labels":{{"l":"m"}},"Volumes":{{"/b":{{}},"/a":{{}}}}}}}})",
        diff_id.str()));
    EXPECT_EQ(config.platform.str(), "linux/arm64");
    EXPECT_EQ(config.diff_ids, std::vector{diff_id});
    EXPECT_EQ(config.created_seconds, 1643861106);
    EXPECT_EQ(config.env, (std::vector<std::string>{"A=b", "C=d"}));
    EXPECT_EQ(config.entrypoint, std::vector<std::string>{"/e"});
    EXPECT_EQ(config.cmd, (std::vector<std::string>{"c1", "c2"}));
    EXPECT_EQ(config.working_dir, "/w");
    EXPECT_EQ(config.user, "1000:1000");
    EXPECT_EQ(config.labels.at("l"), "m");
    EXPECT_EQ(config.volumes, (std::vector<std::string>{"/a", "/b"}));
}

TEST(ImageConfigTest, null_is_the_same_as_absent) {
    const auto config = parse_image_config(config_with(
        R"(,"created":null,"config":{"Env":null,"Entrypoint":null,"Labels":null,"Volumes":null})"));
    EXPECT_TRUE(config.env.empty());
    EXPECT_EQ(config.created_seconds, 0);
}

TEST(ImageConfigTest, a_lone_string_is_a_command_of_one_word) {
    EXPECT_EQ(parse_image_config(config_with(R"(,"config":{"Cmd":"/bin/sh"})")).cmd,
              std::vector<std::string>{"/bin/sh"});
}

TEST(ImageConfigTest, times_are_rfc_3339) {
    const std::pair<const char*, std::int64_t> times[] = {
        {"1970-01-01T00:00:01Z", 1},
        {"1970-01-01T01:00:00+01:00", 0},
        {"2000-02-29T23:59:60.5-00:30", 951870600},
        {"0001-01-01T00:00:00Z", 0}};
    for (const auto& [text, seconds] : times)
        EXPECT_EQ(parse_image_config(config_with(fmt::format(R"(,"created":"{}")", text)))
                      .created_seconds,
                  seconds)
            << text;
    for (const char* text :
         {"yesterday", "2001-02-29T00:00:00Z", "2001-01-01", "2001-01-01T00:00:00",
          "2001-01-01T24:00:00Z", "2001-01-01T00:00:00.Z", "2001-01-01T00:00:00Zx"})
        EXPECT_ERROR_SAYING(
            ErrorKind::integrity, "'created'",
            parse_image_config(config_with(fmt::format(R"(,"created":"{}")", text))));
}

TEST(ImageConfigTest, what_is_wrong_is_named_by_its_field) {
    const std::pair<std::string, const char*> mistakes[] = {
        {"", "not JSON"},
        {"[]", "'os'"},
        {"{}", "'os'"},
        {R"({"os":1})", "'os'"},
        {R"({"os":"linux","architecture":"../x"})", "../x"},
        {R"({"os":"linux","architecture":"amd64"})", "'rootfs'"},
        {R"({"os":"linux","architecture":"amd64","rootfs":{"diff_ids":["sha256:x"]}})",
         "'diff_ids'"},
        {R"({"os":"linux","architecture":"amd64","rootfs":{"diff_ids":{}}})", "'diff_ids'"},
        {config_with(R"(,"config":[])"), "'config'"},
        {config_with(R"(,"config":{"Env":"A=b"})"), "'Env'"},
        {config_with(R"(,"config":{"Env":[1]})"), "'Env'"},
        {config_with(R"(,"config":{"WorkingDir":"a\u0000b"})"), "'WorkingDir'"},
        {config_with(R"(,"config":{"Labels":{"a":1}})"), "'Labels'"},
        {config_with(R"(,"config":{"Volumes":["/a"]})"), "'Volumes'"},
        {config_with(R"(,"os":"linux")"), "'os' is there twice"},
        {std::string(100'000, '['), "nested"},
        {config_with(R"(,"x":1e999)"), "out of range"},
    };
    for (const auto& mistake : mistakes)
        EXPECT_ERROR_SAYING(ErrorKind::integrity, mistake.second,
                            parse_image_config(mistake.first));
}

} // namespace aic::oci
