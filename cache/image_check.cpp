// SPDX-License-Identifier: Apache-2.0
#include "cache/image_check.hpp"

#include "cache/afresh.hpp"
#include "cache/inode_of.hpp"
#include "cache/record.hpp"
#include "cache/subtree.hpp"
#include "core/error.hpp"
#include "core/fd.hpp"
#include "core/range_reader.hpp"
#include "oci/image_config.hpp"

#include <algorithm>
#include <optional>

namespace fs = std::filesystem;

namespace aic::cache {

namespace {

constexpr std::uint64_t k_max_record_bytes = 64 << 20;

struct Part {
    std::string name;
    const SegmentRecord& record;
};

/// In the order of the file.
std::vector<Part> parts_of(const Record& record) {
    std::vector<Part> parts = {{"the header", record.header}};
    for (const auto& segment : record.segments)
        parts.push_back({fmt::format("segment {}", parts.size()), segment});
    parts.push_back({"the tables", record.tables});
    return parts;
}

/// docs/formats/record.md § file_digest
FileDigest file_digest_of(const std::vector<Part>& parts) {
    Sha256Hasher hash;
    for (const auto& part : parts) {
        const std::uint64_t numbers[2] = {part.record.offset, part.record.length_bytes};
        hash.update(std::as_bytes(std::span(numbers)));
        hash.update(part.record.hash.bytes());
    }
    return FileDigest(hash.finish());
}

/// What a variant is called that is as the record says.
std::string variant_of(const Record& record) {
    constexpr std::uint32_t k_kibi = 1024;
    constexpr std::uint32_t k_mebi = k_kibi * k_kibi;
    const auto block = record.block_bytes < k_mebi
                           ? fmt::format("{}k", record.block_bytes / k_kibi)
                           : fmt::format("{}m", record.block_bytes / k_mebi);
    const auto profile = record.profile == "enroot" ? "" : '-' + record.profile;
    return fmt::format("{}-{}{}", record.compression, block, profile);
}

class ImageCheck {
public:
    ImageCheck(const Layout& layout, fs::path directory, Depth depth, std::stop_token stop)
        : layout_(layout)
        , directory_(std::move(directory))
        , depth_(depth)
        , stop_(std::move(stop)) {}

    CheckedImage run() {
        const auto path = directory_ / k_record_name;
        attempt(path, [&] { read_record(path); });
        if (record_) {
            attempt(path, [&] { check_record(path); });
            const auto file = directory_ / record_->file_name;
            attempt(file, [&] { check_file(file); });
            const auto index = directory_ / k_layer_index_name;
            attempt(index, [&] { check_index(index); });
        }
        if (!checked_.faults.empty() && !is_there(layout_, directory_))
            return {};
        return std::move(checked_);
    }

private:
    template <typename... Args>
    void fault(const fs::path& path, fmt::format_string<Args...> format, Args&&... args) {
        checked_.faults.push_back(
            {FaultKind::image, path, fmt::format(format, std::forward<Args>(args)...)});
    }

    /// What throws is a fault too. A disk or a server that does not answer is no damage, though.
    template <typename Body>
    void attempt(const fs::path& path, const Body& body) {
        try {
            body();
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::interrupted)
                throw;
            const bool is_damage =
                error.kind() == ErrorKind::integrity || error.kind() == ErrorKind::not_found;
            checked_.faults.push_back(
                {FaultKind::image, path, error.message(), is_damage && !is_newer_});
        }
    }

    void read_record(const fs::path& path) {
        const auto text = read_beneath(layout_, path, k_max_record_bytes);
        if (!text)
            return fault(path, "there is no such file of the owner's");
        is_newer_ = is_of_newer_version(*text);
        record_ = parse_record(*text);
    }

    void check_record(const fs::path& path) {
        const auto& record = *record_;
        if (record.id.hex() != directory_.parent_path().filename().native())
            fault(path, "it is the record of another image, {}", record.id.short_hex());
        if (record.variant != directory_.filename().native())
            fault(path, "it is the record of another variant, {}", record.variant);
        if (variant_of(record) != record.variant)
            fault(path, "compression, block size and profile are not those of {}", record.variant);
        if (ImageId(sha256_of(record.config_json)) != record.id)
            fault(path, "the config is not the one that the id names");
        if (Digest(sha256_of(record.manifest_json)) != record.manifest_digest)
            fault(path, "the manifest is not the one that its digest names");
        if (file_digest_of(parts_of(record)) != record.file_digest)
            fault(path, "the parts are not those that the file's digest names");
        if (record.owner_uid != static_cast<std::int64_t>(layout_.owner()))
            fault(path, "the recorded owner is {} and not {}", record.owner_uid, layout_.owner());
        check_origins(path);
    }

    /// Whether config and manifest know what the segments say they are from.
    void check_origins(const fs::path& path) {
        const auto config = oci::parse_image_config(record_->config_json);
        if (config.platform != record_->platform)
            fault(path, "the platform is not that of the config");
        for (const auto& part : parts_of(*record_)) {
            const auto& [name, segment] = part;
            if (segment.diff_id && std::ranges::count(config.diff_ids, *segment.diff_id) == 0)
                fault(path, "{} is of a layer that the config does not name", name);
            if (segment.blob
                && record_->manifest_json.find(segment.blob->str()) == std::string::npos)
                fault(path, "{} is from a blob that the manifest does not name", name);
        }
    }

    void check_file(const fs::path& path) {
        const auto fd = open_file(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
        const auto status = fstat_of(fd.get(), path);
        if (!S_ISREG(status.st_mode))
            return fault(path, "it is no regular file");
        if (status.st_uid != layout_.owner())
            fault(path, "it belongs to {} and not to {}", status.st_uid, layout_.owner());
        const mode_t mode = status.st_mode & 07777U;
        if (mode != k_image_mode && mode != k_private_image_mode)
            fault(path, "it has the mode {:04o} instead of {:04o}", mode, k_image_mode);
        const auto size_bytes = static_cast<std::uint64_t>(status.st_size);
        checked_.size_bytes = size_bytes;
        if (size_bytes != record_->size_bytes)
            fault(path, "it has {} bytes instead of {}", size_bytes, record_->size_bytes);
        RangeReader reader(fd.get(), path, stop_);
        check_parts(path, size_bytes, reader);
    }

    void check_parts(const fs::path& path, std::uint64_t size_bytes, RangeReader& reader) {
        std::uint64_t end = 0;
        for (const auto& [name, part] : parts_of(*record_)) {
            if (part.length_bytes > size_bytes || part.offset > size_bytes - part.length_bytes) {
                fault(path, "{} would go beyond its end", name);
                continue;
            }
            if (part.offset < end)
                fault(path, "{} begins before what precedes it ends", name);
            else
                check_padding(path, {end, part.offset}, reader);
            end = std::max(end, part.offset + part.length_bytes);
            if (depth_ == Depth::contents
                && reader.hash_of(part.offset, part.length_bytes) != part.hash)
                fault(path, "{}, {} bytes from {}, {} not as recorded", name, part.length_bytes,
                      part.offset, name.ends_with('s') ? "are" : "is");
        }
        check_padding(path, {end, size_bytes}, reader);
    }

    void check_padding(const fs::path& path, std::pair<std::uint64_t, std::uint64_t> range,
                       RangeReader& reader) {
        const auto [begin, end] = range;
        if (depth_ == Depth::contents && !reader.is_zero(begin, end - begin))
            fault(path, "the padding from {} to {} is not zero", begin, end);
    }

    void check_index(const fs::path& path) {
        const auto fd = open_file(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
        const auto status = fstat_of(fd.get(), path);
        if (!S_ISREG(status.st_mode))
            return fault(path, "it is no regular file");
        RangeReader reader(fd.get(), path, stop_);
        if (depth_ == Depth::contents
            && reader.hash_of(0, static_cast<std::uint64_t>(status.st_size))
                   != record_->layer_index_hash)
            fault(path, "it is not as recorded");
    }

    const Layout& layout_;
    fs::path directory_;
    Depth depth_;
    std::stop_token stop_;
    std::optional<Record> record_;
    bool is_newer_ = false;
    CheckedImage checked_;
};

} // namespace

CheckedImage check_image(const Layout& layout, const fs::path& directory, Depth depth,
                         std::stop_token stop) {
    for (;;) {
        const auto before = inode_of(directory);
        auto checked = ImageCheck(layout, directory, depth, stop).run();
        // Compaction may have put another image there, and the half of each does not fit the other.
        if (checked.faults.empty() || inode_of(directory) == before)
            return checked;
    }
}

} // namespace aic::cache
