// SPDX-License-Identifier: Apache-2.0
#include "core/files.hpp"
#include "oci/reference.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temp_dir.hpp"

namespace aic::oci {

static const std::string k_hex(64, 'a');

TEST(ReferenceTest, every_form_has_one_canonical_form) {
    const std::pair<std::string, std::string> forms[] = {
        {"nvcr.io#nvidia/tensorflow:22.02-tf2-py3", "nvcr.io/nvidia/tensorflow:22.02-tf2-py3"},
        {"nvcr.io/nvidia/tensorflow:22.02-tf2-py3", "nvcr.io/nvidia/tensorflow:22.02-tf2-py3"},
        {"docker://nvcr.io#nvidia/x", "nvcr.io/nvidia/x:latest"},
        {"docker://nvcr.io/nvidia/x", "nvcr.io/nvidia/x:latest"},
        {"docker://ubuntu:20.04", "docker.io/library/ubuntu:20.04"},
        {"user@nvcr.io#nvidia/x:1", "nvcr.io/nvidia/x:1"},
        {"$oauthtoken@nvcr.io#nvidia/x:1", "nvcr.io/nvidia/x:1"},
        {"ubuntu:20.04", "docker.io/library/ubuntu:20.04"},
        {"ubuntu", "docker.io/library/ubuntu:latest"},
        {"lab/x", "docker.io/lab/x:latest"},
        {"index.docker.io/ubuntu", "docker.io/library/ubuntu:latest"},
        {"registry-1.docker.io#lab/x", "docker.io/lab/x:latest"},
        {"auth.docker.io/lab/x", "docker.io/lab/x:latest"},
        {"Docker.IO/lab/x", "docker.io/lab/x:latest"},
        {"ubuntu@sha256:" + k_hex, "docker.io/library/ubuntu@sha256:" + k_hex},
        {"ubuntu:20.04@sha256:" + k_hex, "docker.io/library/ubuntu:20.04@sha256:" + k_hex},
        {"localhost/x", "localhost/x:latest"},
        {"localhost:5000/x", "localhost:5000/x:latest"},
        {"localhost:5000", "docker.io/library/localhost:5000"},
        {"[::1]:5000/x", "[::1]:5000/x:latest"},
        {"[::1]/a/b:c", "[::1]/a/b:c"},
        {"127.0.0.1:5000#lab/x", "127.0.0.1:5000/lab/x:latest"},
        {"node7#lab/x", "node7#lab/x:latest"},
        {"a.b/c/d/e-f__g.h_i--j:T_.-", "a.b/c/d/e-f__g.h_i--j:T_.-"},
        {"oci:dir", "oci:dir"},
        {"oci:/a/b:12", "oci:/a/b:12"},
        {"oci:/a:b/c", "oci:/a:b/c"},
        {"oci:/a:b/c:d", "oci:/a:b/c:d"},
        {"oci-archive:/a/b.tar", "oci-archive:/a/b.tar"},
        {"oci-archive:b.tar:r.io/x:1", "oci-archive:b.tar:r.io/x:1"},
        {"u@oci:5000#x", "docker://oci:5000/x:latest"},
        {"docker://dir:5000/x", "docker://dir:5000/x:latest"},
        {"docker-archive:b.tar", "docker-archive:b.tar"},
        {"docker-archive:b.tar:u@docker-archive:5000#l",
         "docker-archive:b.tar:docker://docker-archive:5000/l:latest"},
        {"docker-archive:b.tar:x", "docker-archive:b.tar:docker.io/library/x:latest"},
        {"docker-archive:-:node7#lab/x:1", "docker-archive:-:node7#lab/x:1"},
        {"-", "-"},
        {"dockerd://ubuntu:22.04", "dockerd://ubuntu:22.04"},
        {"podman://localhost/Lab/x@sha256:12", "podman://localhost/Lab/x@sha256:12"},
    };
    for (const auto& [text, canonical] : forms) {
        const auto reference = Reference::parse(text);
        EXPECT_EQ(reference.str(), canonical) << text;
        EXPECT_EQ(Reference::parse(reference.str()).str(), canonical) << text;
    }
}

TEST(ReferenceTest, the_parts_are_there) {
    const auto reference = Reference::parse("me@host:5000#lab/x:1@sha256:" + k_hex);
    ASSERT_TRUE(reference.registry());
    EXPECT_EQ(reference.registry()->user, "me");
    EXPECT_EQ(reference.registry()->registry, "host:5000");
    EXPECT_EQ(reference.registry()->repository, "lab/x");
    EXPECT_EQ(reference.registry()->tag, "1");
    EXPECT_EQ(reference.registry()->digest, Digest::parse("sha256:" + k_hex));
    EXPECT_EQ(Reference::parse("x@sha256:" + k_hex).registry()->tag, std::nullopt);
}

TEST(ReferenceTest, an_archive_is_a_file_or_standard_input) {
    EXPECT_FALSE(Reference::parse("oci-archive:b.tar").archive()->is_standard_input());
    for (const char* text : {"-", "oci-archive:-", "docker-archive:-:x"})
        EXPECT_TRUE(Reference::parse(text).archive()->is_standard_input()) << text;
    EXPECT_EQ(Reference::parse("oci-archive:b.tar:1").archive()->name, "1");
    EXPECT_EQ(Reference::parse("-").archive()->format, ArchiveFormat::any);
}

TEST(ReferenceTest, the_base_name_is_the_last_part) {
    const std::pair<const char*, const char*> names[] = {
        {"nvcr.io#nvidia/tensorflow:22.02", "tensorflow"},
        {"ubuntu", "ubuntu"},
        {"oci:/a/b:12", "b"},
        {"oci:/a/b/", "b"},
        {"oci:/a/./b/..", "a"},
        {"oci:/", "image"},
        {"oci-archive:/a/b-1.2.tar:3", "b-1.2"},
        {"oci-archive:b-1.2", "b-1.2"},
        {"docker-archive:/a/b.tar", "b"},
        {"dockerd://r.io/lab/x:1", "x"},
        {"podman://0123abcd", "0123abcd"},
        {"podman://x/:1", "image"},
        {"docker-archive:/a/b.tar:r.io/lab/x:1", "x"},
        {"oci-archive:-:1", "image"},
        {"-", "image"}};
    for (const auto& [text, name] : names)
        EXPECT_EQ(Reference::parse(text).base_name(), name) << text;
}

TEST(ReferenceTest, an_error_points_at_the_character) {
    struct Mistake {
        std::string text;
        std::size_t column;
        const char* reason;
    };

    const Mistake mistakes[] = {
        {"nvcr.io/NVidia/x", 8, "a repository is lower case"},
        {"docker://nvcr.io#a/B", 19, "a repository is lower case"},
        {"Ubuntu", 0, "a repository is lower case"},
        {"ubuntu:", 7, "a tag is missing"},
        {"r.io/" + std::string(256, 'x'), 260, "at most 255 characters"},
        {std::string(248, 'x'), 247, "at most 247 characters"},
        {"ubuntu:a b", 8, "does not belong in a tag"},
        {"ubuntu:-a", 7, "does not begin with '-'"},
        {"nvcr.io#x:*-py3", 10, "no pattern is taken here"},
        {"ubuntu@latest", 7, "a digest has the form"},
        {"ubuntu@sha256:12x", 16, "does not belong in a digest"},
        {"ubuntu@sha256:12", 16, "64 hex digits, this one has 2"},
        {"a//b", 2, "is missing here"},
        {"/a", 0, "needs what it is before it"},
        {"a/", 2, "is missing here"},
        {"a..b", 2, "between letters"},
        {"a.", 1, "between letters"},
        {"-a", 0, "between letters"},
        {"a___b", 3, "between letters"},
        {"a b", 1, "does not belong"},
        {"#a", 0, "the registry has no name"},
        {"@r.io#a", 0, "a user's name is missing"},
        {"u/v@r.io#a", 1, "does not belong in a user"},
        {"a_b.c/x", 1, "does not belong in a registry"},
        {"me@r.io/a", 2, "USER@REGISTRY#IMAGE"},
        {"h..x/x", 2, "between letters"},
        {"host:x/a", 5, "a port is a number"},
        {"host:0/a", 5, "from 1 to 65535"},
        {"host:65536/a", 5, "from 1 to 65535"},
        {"host:/a", 5, "from 1 to 65535"},
        {"[::1/a", 0, "not closed"},
        {"[::g]/a", 1, "not an IPv6"},
        {"[::1]x/a", 5, "does not belong"},
        {"oci:", 4, "directory is missing"},
        {"oci:dir:", 8, "a tag is missing"},
        {"oci-archive:", 12, "file is missing"},
        {"oci-archive:a/~/", 12, "this is a directory"},
        {"oci-archive::1", 12, "file is missing"},
        {"oci-archive:f:", 14, "a tag is missing"},
        {"docker-archive:f:", 17, "is missing here"},
        {"docker-archive:f:lab/X", 21, "a repository is lower case"},
        {"file:x", 0, "'aic-image add' takes it over"},
        {"./x.sqsh", 0, "'aic-image add' takes it over"},
        {"/data/x.tar", 0, "needs what it is before it"},
        {"docker-daemon:x", 0, "not supported by this version"},
        {"dockerd://", 10, "is missing here"},
        {"podman://-q", 9, "'-' does not belong in an image's name"},
        {"podman://lab/x y", 14, "' ' does not belong in an image's name"},
        {"https://r.io/x", 0, "leave it out"},
        {"docker://", 9, "is missing here"},
    };
    for (const auto& mistake : mistakes) {
        const auto error = testing::error_thrown_by([&] { Reference::parse(mistake.text); });
        ASSERT_TRUE(testing::is_error(error, ErrorKind::usage)) << mistake.text;
        EXPECT_THAT(error->message(), ::testing::HasSubstr(mistake.reason)) << mistake.text;
        const auto picture =
            fmt::format("\n  {}\n  {}^", mistake.text, std::string(mistake.column, ' '));
        EXPECT_TRUE(error->message().ends_with(picture)) << error->message();
    }
}

TEST(ReferenceTest, the_whole_message_reads_as_documented) {
    const auto error = testing::error_thrown_by([] { Reference::parse("nvcr.io/NVidia/x"); });
    EXPECT_EQ(error->message(), "parsing reference 'nvcr.io/NVidia/x': a repository is lower case\n"
                                "  nvcr.io/NVidia/x\n"
                                "          ^");
}

TEST(ReferenceTest, control_characters_never_reach_the_terminal) {
    const auto error = testing::error_thrown_by([] { Reference::parse("\x1b[2Ja"); });
    ASSERT_TRUE(testing::is_error(error, ErrorKind::usage));
    EXPECT_EQ(error->message(), "parsing reference '\\x1b[2Ja': a control character\n"
                                "  \\x1b[2Ja\n"
                                "  ^");
    EXPECT_ERROR_SAYING(ErrorKind::usage, "r\\xc3\\xa4\n   ^", Reference::parse("r\xc3\xa4"));
}

TEST(ReferenceTest, a_text_without_end_is_not_repeated) {
    const auto error =
        testing::error_thrown_by([] { Reference::parse(std::string(1'000'000, 'x')); });
    ASSERT_TRUE(testing::is_error(error, ErrorKind::usage));
    EXPECT_LT(error->message().size(), 200U);
}

TEST(ReferenceTest, a_bare_image_file_that_exists_gets_a_hint) {
    const testing::TempDir dir;
    const auto before = std::filesystem::current_path();
    write_file(dir / "x.sqsh", "");
    std::filesystem::current_path(dir.path());
    const auto error = testing::error_thrown_by([] { Reference::parse("x.sqsh"); });
    std::filesystem::current_path(before);
    ASSERT_TRUE(testing::is_error(error, ErrorKind::usage));
    EXPECT_EQ(error->hint(), "did you mean './x.sqsh'?");
    EXPECT_EQ(Reference::parse("x.sqsh").str(), "docker.io/library/x.sqsh:latest");
}

} // namespace aic::oci
