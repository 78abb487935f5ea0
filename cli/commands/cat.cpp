// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/cat.hpp"

#include "builder/squashfs/image_reader.hpp"
#include "cli/image_argument.hpp"
#include "core/error.hpp"
#include "core/printable.hpp"

namespace aic::cli {

namespace {

class PrintSink final : public Sink {
public:
    explicit PrintSink(Session& session) : session_(session) {}

    void write(std::span<const std::byte> bytes) override {
        if (session_.stop().stop_requested())
            throw Error(ErrorKind::interrupted, "stopped");
        session_.print_bytes(as_text(bytes));
    }

private:
    Session& session_;
};

class TextSink final : public Sink {
public:
    void write(std::span<const std::byte> bytes) override {
        constexpr std::size_t k_limit = 64 << 20;
        if (text.size() + bytes.size() > k_limit)
            throw Error(ErrorKind::usage, "a file of more than {} does not go into JSON",
                        human_size(k_limit));
        text += as_text(bytes);
    }

    std::string text;
};

} // namespace

void Cat::describe(const Arguments& arguments) {
    arguments.description("print files that are in an image");
    arguments.add_option("image", image_, k_image_help).required().type_name("IMAGE");
    arguments.add_option("path", paths_, "files in the image").required().type_name("PATH");
    arguments.footer(R"(Examples:
  aic-image cat ubuntu:22.04 /etc/os-release
  aic-image cat ./image.sqsh /etc/rc /etc/environment)");
}

void Cat::run(Session& session) {
    const auto image = find_image(session.library(), image_, home_directory(session.environment()));
    squashfs::ImageReader reader(image.file);
    auto files = nlohmann::json::array();
    for (const auto& path : paths_) {
        const auto found = reader.find(path, squashfs::ImageReader::Follow::yes);
        if (!found)
            throw Error(ErrorKind::not_found, "there is no '{}' in '{}'", printable(path),
                        image.file.native());
        const auto inode = reader.inode(*found);
        if (inode.type != squashfs::InodeType::file)
            throw Error(ErrorKind::usage, "'{}' is no regular file", printable(path))
                .with_hint(fmt::format("'aic-image files {} {}' shows what it is", image_, path));
        if (session.json()) {
            TextSink sink;
            reader.read_file(inode, sink);
            files.push_back({{"path", path}, {"content", sink.text}});
        } else {
            PrintSink sink(session);
            reader.read_file(inode, sink);
        }
    }
    if (session.json())
        session.print_json({{"files", files}});
}

} // namespace aic::cli
