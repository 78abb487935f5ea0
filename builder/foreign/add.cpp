// SPDX-License-Identifier: Apache-2.0
#include "builder/foreign/add.hpp"

#include "builder/audience.hpp"
#include "builder/foreign/architecture.hpp"
#include "builder/foreign/environment.hpp"
#include "builder/foreign/file_copy.hpp"
#include "builder/foreign/layer_reader.hpp"
#include "builder/image_record.hpp"
#include "builder/known_image.hpp"
#include "cache/modes.hpp"
#include "core/error.hpp"
#include "core/files.hpp"
#include "core/log.hpp"
#include "oci/foreign_documents.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

namespace fs = std::filesystem;

namespace aic::foreign {

namespace {

constexpr std::string_view k_profile = "foreign";
constexpr std::string_view k_staged_image = "image";

/// "image" of "image.sqsh"; only endings that such files have are taken off.
std::string base_name(const fs::path& file) {
    for (const char* ending : {".sqsh", ".squashfs", ".sqfs", ".sfs", ".img"})
        if (file.extension() == ending)
            return file.stem().native();
    return file.filename().native();
}

bool is_same(const struct stat& a, const struct stat& b) {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size
           && a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

/// One file's way into the store, step by step.
class Addition {
public:
    Addition(const fs::path& file, cache::Store& store, Original original, Progress* progress,
             std::stop_token stop)
        : file_(fs::absolute(file).lexically_normal())
        , store_(store)
        , original_(original)
        , progress_(progress)
        , stop_(stop)
        , fd_(open_file(file_, O_RDONLY | O_NONBLOCK)) // a pipe would keep us waiting
        , status_(fstat_of(fd_.get(), file_)) {}

    builder::ImportResult run() {
        check_file();
        if (original_ == Original::unlink)
            check_own();
        auto result = into_store();
        if (original_ == Original::unlink)
            unlink_original();
        return result;
    }

private:
    void check_file() const {
        if (!S_ISREG(status_.st_mode))
            throw Error(ErrorKind::usage, "'{}' is {}, and a squashfs file is wanted",
                        file_.native(), S_ISDIR(status_.st_mode) ? "a directory" : "no file");
        squashfs::ImageReader{file_}; // so that what is no image is not copied
    }

    void check_own() const {
        struct stat entry;
        if (::lstat(file_.c_str(), &entry) != 0 || !is_same(entry, status_))
            throw Error(ErrorKind::usage, "moving '{}': it is a link, and not the file itself",
                        file_.native());
        if (status_.st_uid != ::geteuid())
            throw Error(ErrorKind::denied, "moving '{}': it belongs to somebody else",
                        file_.native());
        const auto store = fs::weakly_canonical(store_.layout().root()).native() + '/';
        if (fs::canonical(file_).native().starts_with(store))
            throw Error(ErrorKind::usage, "moving '{}': it is in the store already",
                        file_.native());
    }

    builder::ImportResult into_store() {
        store_.prepare();
        WorkDir::remove_abandoned(store_.layout().temporary());
        const WorkDir work(store_.layout().temporary());
        const auto staged = work.path() / k_staged_image;
        make_directories(staged, cache::k_directory_mode);
        const auto copy = work.path() / "copy";
        const auto built = take_over(copy);

        const auto variant = builder::variant_name(compressor_, block_bytes_, k_profile);
        if (auto image = builder::find_complete(store_, id_, variant)) {
            remember_reference();
            return {image->file(), image->record, true, {}};
        }
        const auto name = cache::image_file_name(base_name(file_), id_);
        if (::rename(copy.c_str(), (staged / name).c_str()) != 0)
            throw system_error("renaming '{}'", copy.native());
        const auto index_hash = write_layer_index(built, staged / cache::k_layer_index_name);
        const auto record = record_for(built, variant, name, index_hash);
        write_file(staged / cache::k_record_name, to_json(record), cache::k_image_mode);
        builder::set_audience(store_.layout(), staged, id_, variant,
                              store_.description().preset == cache::Preset::personal
                                  ? cache::Visibility::everyone
                                  : cache::Visibility::owner);
        const auto image = store_.publish(staged, id_, variant);
        remember_reference();
        return {image.file(), image.record, false, {}};
    }

    /// Copies the file and makes out from the copy, which nobody changes, what it holds.
    builder::BuiltImage take_over(const fs::path& copy) {
        const auto size_bytes = static_cast<std::uint64_t>(status_.st_size);
        const auto first_bytes = data_bytes(squashfs::ImageReader(file_).superblock());
        const auto hashes = copy_file(copy, size_bytes, first_bytes);
        if (progress_)
            progress_->phase("reading the tree");
        squashfs::ImageReader image(copy);
        auto layer = std::make_shared<layers::LayerIndex>(read_layer(image));
        if (layer->segment.length_bytes != first_bytes)
            throw Error(ErrorKind::busy, "the file changes while it is read");
        layer->segment.hash = hashes.first;
        describe(image, Digest(hashes.whole), size_bytes);
        layer->diff_id = oci::synthetic_diff_id(documents_for_);

        builder::BuiltImage built;
        built.parts = {{0, 0, ContentHash::of("")}, // the superblock is in the segment
                       {0, first_bytes, hashes.first},
                       {first_bytes, size_bytes - first_bytes, hashes.rest}};
        built.segments = {{layer, 0, 0}};
        built.size_bytes = size_bytes;
        return built;
    }

    CopyHashes copy_file(const fs::path& copy, std::uint64_t size_bytes,
                         std::uint64_t first_bytes) {
        ProgressItem* item = nullptr;
        if (progress_) {
            progress_->phase("copying");
            item = &progress_->add(file_.filename().native(), size_bytes);
        }
        auto out = open_file(copy, O_RDWR | O_CREAT | O_EXCL, 0600);
        const auto hashes = copy_and_hash({fd_.get(), file_, 0}, {out.get(), copy, 0}, size_bytes,
                                          first_bytes, item, stop_);
        fsync_checked(out.get(), copy);
        out.close_checked(copy);
        return hashes;
    }

    void describe(squashfs::ImageReader& image, const Digest& digest, std::uint64_t size_bytes) {
        const auto& superblock = image.superblock();
        compressor_ = name_of(static_cast<squashfs::CompressorId>(superblock.compressor));
        block_bytes_ = superblock.block_bytes;
        documents_for_ = {.platform = guess_platform(image).value_or(oci::Platform::host()),
                          .file = digest,
                          .size_bytes = size_bytes,
                          .created = cache::utc_time(superblock.mkfs_time),
                          .file_name = file_.filename().native(),
                          .env = environment_of(image)};
        config_json_ = oci::synthetic_config(documents_for_);
        manifest_json_ = oci::synthetic_manifest(documents_for_, config_json_);
        id_ = ImageId(sha256_of(config_json_));
    }

    Digest manifest_digest() const { return Digest(sha256_of(manifest_json_)); }

    cache::Record record_for(const builder::BuiltImage& built, const std::string& variant,
                             const std::string& file_name, const ContentHash& index_hash) const {
        auto segment = builder::record_part(built.parts[1]);
        segment.diff_id = built.segments.front().layer->diff_id;
        segment.format = squashfs::k_foreign_segment_format;
        return {
            .id = id_,
            .variant = variant,
            .reference = reference_of(file_),
            .platform = documents_for_.platform,
            .manifest_digest = manifest_digest(),
            .manifest_json = manifest_json_,
            .config_json = config_json_,
            .file_name = file_name,
            .size_bytes = built.size_bytes,
            .file_digest = builder::digest_of(built.parts),
            .segments = {segment},
            .header = builder::record_part(built.parts.front()),
            .tables = builder::record_part(built.parts.back()),
            .layer_index_hash = index_hash,
            .compression = compressor_,
            .block_bytes = block_bytes_,
            .profile = std::string(k_profile),
            .created_seconds = std::time(nullptr),
            .owner_uid = static_cast<std::int64_t>(::geteuid()),
            .made_by = builder::made_by(),
        };
    }

    void remember_reference() {
        store_.write_reference({.reference = reference_of(file_),
                                .points_at = manifest_digest(),
                                .manifest_digest = manifest_digest(),
                                .id = id_,
                                .resolved_seconds = std::time(nullptr)},
                               documents_for_.platform);
    }

    /// What was put there meanwhile is not what was added.
    void unlink_original() const {
        struct stat entry;
        if (::lstat(file_.c_str(), &entry) != 0 || !is_same(entry, status_))
            return warn("'{}' has changed meanwhile and stays", file_.native());
        if (::unlink(file_.c_str()) != 0)
            warn("'{}' is added and stays where it was: {}", file_.native(), std::strerror(errno));
    }

    const fs::path file_;
    cache::Store& store_;
    const Original original_;
    Progress* const progress_;
    std::stop_token stop_;
    const Fd fd_;
    const struct stat status_;

    std::string compressor_;
    std::uint32_t block_bytes_ = 0;
    oci::ForeignImage documents_for_;
    std::string config_json_;
    std::string manifest_json_;
    ImageId id_;
};

} // namespace

std::string reference_of(const fs::path& file) {
    return std::string(k_file_scheme) + fs::absolute(file).lexically_normal().native();
}

builder::ImportResult add_file(const fs::path& file, cache::Store& store, Original original,
                               Progress* progress, std::stop_token stop) {
    return in_context([&] { return fmt::format("adding '{}'", file.native()); },
                      [&] { return Addition(file, store, original, progress, stop).run(); });
}

} // namespace aic::foreign
