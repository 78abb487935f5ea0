// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/folding.hpp"
#include "cache/names.hpp"
#include "cache/pins.hpp"
#include "cache/store.hpp"
#include "tests/support/sample_record.hpp"
#include "tests/support/temp_dir.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace aic::testing {

inline cache::SegmentRecord part_of(std::string_view file, std::uint64_t offset,
                                    std::uint64_t length_bytes) {
    return {.offset = offset,
            .length_bytes = length_bytes,
            .hash = ContentHash::of(file.substr(offset, length_bytes))};
}

/// As docs/formats/record.md has it.
inline FileDigest file_digest_of(const cache::Record& record) {
    Sha256Hasher hash;
    const auto add = [&](const cache::SegmentRecord& part) {
        const std::uint64_t numbers[2] = {part.offset, part.length_bytes};
        hash.update(std::as_bytes(std::span(numbers)));
        hash.update(part.hash.bytes());
    };
    add(record.header);
    for (const auto& segment : record.segments)
        add(segment);
    add(record.tables);
    return FileDigest(hash.finish());
}

/// An image that is right in every respect, and how its parts lie: header 0 to 96, segment 4096 to
/// 9096, tables 12288 to 16384, zeros between them.
struct WholeImage {
    explicit WholeImage(std::string_view name) {
        const DiffId diff_id(sha256_of(fmt::format("tar of {}", name)));
        const Digest blob(sha256_of(fmt::format("blob of {}", name)));
        const auto config = fmt::format(
            R"({{"architecture":"amd64","os":"linux","rootfs":{{"type":"layers","diff_ids":["{}"]}}}})",
            diff_id.str());
        record = sample_record(name);
        record.id = ImageId(sha256_of(config));
        record.config_json = config;
        record.manifest_json = fmt::format(R"({{"layers":[{{"digest":"{}"}}]}})", blob.str());
        record.manifest_digest = Digest(sha256_of(record.manifest_json));
        record.file_name = cache::image_file_name("ubuntu", record.id);
        record.owner_uid = ::geteuid();

        file = std::string(16384, '\0');
        file.replace(0, 96, std::string(96, 'h'));
        file.replace(4096, 5000, std::string(5000, 's'));
        file.replace(12288, 4096, std::string(4096, 't'));
        record.header = part_of(file, 0, 96);
        record.segments = {part_of(file, 4096, 5000)};
        record.segments[0].diff_id = diff_id;
        record.segments[0].blob = blob;
        record.tables = part_of(file, 12288, 4096);
        seal();
    }

    /// Makes the sums right again after a change.
    void seal() {
        record.size_bytes = file.size();
        record.file_digest = file_digest_of(record);
        record.layer_index_hash = ContentHash::of(index);
    }

    cache::Record record;
    std::string file;
    std::string index = "the layers";
};

/// A store with an image, a reference, a name with two states, a pin and a generation, all whole.
class WholeStore {
public:
    WholeStore() {
        store.prepare();
        add(other);
        add(image);
        store.write_reference({.reference = "docker.io/library/ubuntu:22.04",
                               .id = image.record.id,
                               .resolved_seconds = 1'700'000'000},
                              {"linux", "amd64", ""});
        for (const auto* named : {&other, &image})
            cache::Names(layout()).set(name, {named->record.id, named->record.variant, "pull", {}},
                                       "/home/user", cache::Replace::yes);
        cache::Pins(layout()).set({.id = image.record.id,
                                   .variant = image.record.variant,
                                   .note = "for the paper",
                                   .pinned_seconds = 1'700'000'000});
        cache::fold(layout());
    }

    void add(const WholeImage& whole) {
        const auto staged = store.layout().temporary() / unique_name();
        std::filesystem::create_directory(staged);
        write_file(staged / whole.record.file_name, whole.file, 0444);
        write_file(staged / cache::k_record_name, to_json(whole.record), 0444);
        write_file(staged / cache::k_layer_index_name, whole.index, 0444);
        store.publish(staged, whole.record.id, whole.record.variant);
    }

    const cache::Layout& layout() const { return store.layout(); }

    std::filesystem::path directory_of(const WholeImage& whole) const {
        return layout().variant(whole.record.id, whole.record.variant);
    }

    std::filesystem::path file() const { return directory_of(image) / image.record.file_name; }

    std::filesystem::path record() const { return directory_of(image) / cache::k_record_name; }

    std::filesystem::path index() const { return directory_of(image) / cache::k_layer_index_name; }

    std::filesystem::path reference() const {
        return layout().reference("docker.io/library/ubuntu:22.04", {"linux", "amd64", ""});
    }

    std::filesystem::path state(std::uint64_t number) const {
        return cache::NumberedFiles(layout().name(name.str()), ".json").path(number);
    }

    std::filesystem::path pin() const {
        return layout().pin(image.record.id, image.record.variant);
    }

    std::filesystem::path generation() const {
        return cache::NumberedFiles(layout().catalogue(), ".db").path(1);
    }

    TempDir directory;
    cache::Store store{directory / "store"};
    const WholeImage image{"image"};
    const WholeImage other{"other"};
    const cache::ImageName name = cache::ImageName::parse("exp");
};

/// Damages one bit; the file stays as it is otherwise.
inline void flip_bit(const std::filesystem::path& path, std::size_t offset) {
    struct stat status;
    if (::stat(path.c_str(), &status) != 0)
        throw system_error("looking at '{}'", path.native());
    auto text = read_file_if_exists(path, 64 << 20).value();
    text.at(offset) ^= 1;
    write_file(path, text, status.st_mode & 07777U);
}

/// The same, where `text` ends in the file for the first time.
inline void flip_bit_after(const std::filesystem::path& path, std::string_view text) {
    const auto found = read_file_if_exists(path, 64 << 20).value().find(text);
    if (found == std::string::npos)
        throw Error(ErrorKind::system, "there is no '{}' in '{}'", text, path.native());
    flip_bit(path, found + text.size());
}

} // namespace aic::testing
