// SPDX-License-Identifier: Apache-2.0
#include "builder/sandbox/plan.hpp"
#include "builder/sandbox/report.hpp"
#include "tests/support/expect_error.hpp"

#include <gtest/gtest.h>

namespace aic::sandbox {
namespace {

TEST(PlanTest, every_byte_of_it_arrives) {
    std::string bytes;
    for (int byte = 1; byte < 256; ++byte)
        bytes += static_cast<char>(byte);
    const Plan plan{.images = {"/store/a.sqsh", bytes},
                    .scratch = "/tmp/" + bytes,
                    .files = {{"etc/environment", bytes}},
                    .binds = {{bytes, "/workspace", true, false}, {"/a", "/b", false, true}},
                    .script_name = "setup.sh",
                    .script = bytes + std::string(1, '\0') + bytes,
                    .arguments = {bytes},
                    .environment = {"A=" + bytes},
                    .working_directory = "/workspace",
                    .host_name = "gpu03"};
    const auto read = parse_plan(to_json(plan));
    EXPECT_EQ(read.images, plan.images);
    EXPECT_EQ(read.scratch, plan.scratch);
    ASSERT_EQ(read.files.size(), 1U);
    EXPECT_EQ(read.files[0].text, bytes);
    ASSERT_EQ(read.binds.size(), 2U);
    EXPECT_EQ(read.binds[0].source, bytes);
    EXPECT_TRUE(read.binds[0].is_writable);
    EXPECT_TRUE(read.binds[1].is_optional);
    EXPECT_EQ(read.script, plan.script);
    EXPECT_EQ(read.arguments, plan.arguments);
    EXPECT_EQ(read.environment, plan.environment);
    EXPECT_EQ(read.host_name, "gpu03");
}

TEST(PlanTest, an_id_is_a_whole_number_that_fits) {
    const auto text = to_json({.ids = Ids{7, 8}});
    ASSERT_EQ(parse_plan(text).ids->gid, 8U);
    for (const auto* ids : {"[7,8.5]", "[7,-8]", "[7,4294967296]", "[88888888888888.4,8]", "[7]"}) {
        auto other = text;
        other.replace(other.find("[7,8]"), 5, ids);
        EXPECT_ERROR(ErrorKind::integrity, parse_plan(other));
    }
}

TEST(PlanTest, what_is_none_is_refused) {
    for (const auto* text : {"", "{}", "[]", R"({"images": 3})"})
        EXPECT_ERROR(ErrorKind::integrity, parse_plan(text));
}

TEST(ReportTest, it_arrives_as_one_line) {
    const auto line = to_line({.kind = Report::Kind::failed,
                               .error = ErrorKind::denied,
                               .message = "two\nlines \xe9",
                               .hint = "do this"});
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    const auto report = parse_report(line);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->kind, Report::Kind::failed);
    EXPECT_EQ(report->error, ErrorKind::denied);
    EXPECT_EQ(report->hint, "do this");
}

TEST(ReportTest, what_is_none_is_nothing) {
    EXPECT_FALSE(parse_report("hello"));
    EXPECT_FALSE(parse_report("[1]"));
    const auto numbers = [](const char* kind, const char* status, const char* error) {
        return fmt::format(R"({{"kind":{},"status":{},"error":{},"message":"","hint":""}})", kind,
                           status, error);
    };
    EXPECT_TRUE(parse_report(numbers("6", "-1", "130")));
    EXPECT_FALSE(parse_report(numbers("7", "0", "1")));
    EXPECT_FALSE(parse_report(numbers("0", "0", "10")));
    EXPECT_FALSE(parse_report(numbers("88888888888888.4", "0", "1")));
    EXPECT_FALSE(parse_report(numbers("0", "4294967296", "1")));
}

} // namespace
} // namespace aic::sandbox
