// SPDX-License-Identifier: Apache-2.0
#include "builder/import.hpp"

#include "builder/audience.hpp"
#include "builder/image_build.hpp"
#include "builder/image_record.hpp"
#include "builder/import_turn.hpp"
#include "builder/known_image.hpp"
#include "builder/shared_parent.hpp"
#include "cache/library.hpp"
#include "cache/modes.hpp"
#include "cache/trash.hpp"
#include "core/error.hpp"
#include "core/files.hpp"
#include "core/log.hpp"
#include "core/machine.hpp"

#include <unistd.h>

#include <algorithm>
#include <ctime>

namespace fs = std::filesystem;

namespace aic::builder {

namespace {

constexpr std::string_view k_staged_image = "image";

/// One import, step by step.
class Import {
public:
    Import(const oci::Reference& reference, const Config& config, const Environment& environment,
           const ImportOptions& options, const ImportObserver& observer, std::stop_token stop)
        : reference_(reference)
        , config_(config)
        , options_(options)
        , observer_(observer)
        , stop_(stop)
        , job_(slurm_job(environment))
        , library_(config)
        , store_(library_.own())
        , source_(is_of_what_is_known() ? nullptr
                                        : registry::open_source(reference, config, environment))
        , enroot_(options.enroot_cache.value_or(EnrootCache::default_directory(environment))) {
        if (options.enroot_cache && !enroot_.is_usable())
            throw Error(ErrorKind::usage,
                        "the cache '{}' is not used: it is no directory, or others may write in it",
                        options.enroot_cache->native());
    }

    ImportResult run() {
        if (options_.output)
            require_output(*options_.output);
        if (is_of_what_is_known())
            return known_image();
        const bool may_be_there = !options_.output && !is_asked_for(Freshness::made_anew);
        if (may_be_there && reference_.means_the_same_everywhere())
            if (auto hit = find_by_reference())
                return std::move(*hit);
        if (!options_.output && reference_.means_the_same_everywhere())
            if (auto hit = wait_for_claim(cache::Visibility::everyone))
                return std::move(*hit);
        phase(reference_.is_standard_input() ? "reading standard input"
              : reference_.engine()          ? "reading what the engine saves"
                                             : "resolving");
        image_ = source_->resolve(options_.platform, stop_);
        if (reference_.means_the_same_everywhere())
            tell_if_moved(library_.find_references(reference_.str(), options_.platform),
                          image_.index_or_manifest);
        id_ = ImageId(image_.manifest.config.digest.bytes());
        if (may_be_there)
            if (auto hit = find_by_id())
                return std::move(*hit);
        if (!options_.output)
            if (auto hit = settle_audience())
                return std::move(*hit);
        config_json_ = source_->config_json(image_.manifest.config, stop_);
        image_config_ = oci::parse_image_config(config_json_);
        check_platform(image_config_.platform);
        if (!is_asked_for(Freshness::made_anew))
            donors_ = Donors(library_, {options_.compression.str(), options_.block_bytes})
                          .find_each(image_config_.diff_ids);
        tell_distrust();
        announce();
        const auto layers = layers_to_fetch(image_.manifest, image_config_, donors_);
        const auto downloads =
            layers_to_download(layers, reference_, uses_enroot() ? &enroot_ : nullptr);
        require_room(layers, downloads, target_directory(), config_.spool.value);
        return options_.output ? into_file() : into_store();
    }

private:
    void phase(const char* name) {
        if (observer_.progress)
            observer_.progress->phase(name);
    }

    bool is_asked_for(Freshness freshness) const { return options_.freshness == freshness; }

    /// Nobody is asked then.
    bool is_of_what_is_known() const {
        return is_asked_for(Freshness::as_known) && reference_.registry();
    }

    /// The nearest there is to where the image will be.
    fs::path target_directory() const {
        return options_.output ? fs::absolute(*options_.output).parent_path() : config_.store.value;
    }

    /// What the reference led to when it was last looked up.
    ImportResult known_image() {
        if (options_.output)
            throw Error(ErrorKind::network, "--output makes the image anew, for which a registry "
                                            "has to be asked, and that is forbidden")
                .with_hint("leave out --offline, or copy the file that 'aic-image path' names");
        const auto known = builder::known_image(library_, reference_.str(), options_);
        auto found = hit(known.image);
        found.resolved_seconds = known.resolved_seconds;
        return found;
    }

    /// What the reference pointed at last time, to the caller or to users he trusts, if it still
    /// does.
    std::optional<ImportResult> find_by_reference() {
        std::vector<std::pair<cache::ReferenceRecord, cache::StoredImage>> known;
        for (auto& reference : library_.find_references(reference_.str(), options_.platform))
            if (auto image = find_complete(reference.id))
                known.emplace_back(std::move(reference), std::move(*image));
        if (known.empty())
            return std::nullopt;
        phase("asking whether the image has changed");
        const auto now = source_->current_digest(options_.platform, stop_);
        for (const auto& [reference, image] : known)
            if (reference.points_at == now)
                return hit(image);
        return std::nullopt;
    }

    /// Whether or not the image that it led to is still here.
    void tell_if_moved(const std::vector<cache::ReferenceRecord>& known, const Digest& now) const {
        const auto points_there = [&](const auto& record) { return record.points_at == now; };
        if (!known.empty() && std::ranges::none_of(known, points_there))
            warn("{} has moved since it was last pulled: from {} to {}", reference_.str(),
                 known.front().points_at.str(), now.str());
    }

    /// Others need not wait for what will be for the caller alone: from then on only he does, on
    /// whatever node.
    std::optional<ImportResult> settle_audience() {
        audience_ = audience_of(store_, *source_, image_, stop_);
        if (audience_ == cache::Visibility::everyone || !claim_)
            return std::nullopt;
        claim_.reset();
        return wait_for_claim(audience_);
    }

    /// One download and one conversion for all who want the image at once, on whatever node.
    std::optional<ImportResult> wait_for_claim(cache::Visibility audience) {
        store_.prepare();
        const auto key =
            claim_key(reference_.str(), options_.platform, options_.variant(),
                      audience == cache::Visibility::owner ? std::optional(store_.layout().owner())
                                                           : std::nullopt);
        cache::Claimant claimant(store_.layout(), key, job_, library_.trust());
        std::optional<ImportResult> hit;
        claim_ = wait_for_turn(
            claimant, observer_.progress,
            [&] {
                library_.look_for_users();
                if (!is_asked_for(Freshness::made_anew))
                    hit = find_by_reference();
                return hit.has_value();
            },
            stop_);
        library_.look_for_users(); // whoever was faster may have had nothing here before
        return hit;
    }

    /// Another reference, or another tag, may have brought the same image.
    std::optional<ImportResult> find_by_id() {
        auto image = find_complete(id_);
        if (!image)
            return std::nullopt;
        auto found = hit(*image);
        if (image->record.owner_uid == static_cast<std::int64_t>(store_.layout().owner())) {
            store_.prepare();
            remember_reference();
        }
        return found;
    }

    /// A pull that was killed when its image was there may have left its downloads.
    ImportResult hit(const cache::StoredImage& image) const {
        check_platform(image.record.platform);
        for (const auto& segment : image.record.segments)
            if (segment.blob)
                drop_spooled_blob(*segment.blob);
        return {image.file(), image.record, true, {}};
    }

    std::optional<cache::StoredImage> find_complete(const ImageId& id) const {
        return builder::find_complete(library_, id, options_.variant());
    }

    void check_platform(const oci::Platform& actual) const {
        require_platform(actual, options_.platform, options_.platform_is_demanded);
    }

    /// Why an image is made again that others have made.
    void tell_distrust() const {
        for (const auto owner : library_.distrusted_owners(id_, options_.variant()))
            inform("{} has this image in the store, but you do not use what he made: it is made "
                   "again ('publishers' in your settings names those whose images you use)",
                   user_name(owner));
    }

    void announce() {
        if (observer_.planned)
            observer_.planned(plan_import(reference_.str(), image_, image_config_, donors_));
    }

    BuiltImage build(const fs::path& file) {
        phase("converting");
        const auto& spool = config_.spool.value;
        const auto scratch_parent = spool / "scratch";
        // First the spool itself: what stands in a directory of somebody else's is nothing to clean
        // up.
        require_private_directory(spool);
        require_private_directory(scratch_parent);
        WorkDir::remove_abandoned(scratch_parent);
        const WorkDir scratch(scratch_parent);
        try {
            return build_with_enroot(file, scratch.path());
        } catch (const Error& error) {
            // A blob that was damaged in the spool must not stand in the way of the next attempt.
            if (error.kind() == ErrorKind::integrity)
                drop_spooled_blobs();
            throw;
        }
    }

    bool uses_enroot() const {
        return reference_.registry() && !is_asked_for(Freshness::made_anew);
    }

    /// A damaged file in enroot's cache costs time and no more: its layer is fetched.
    BuiltImage build_with_enroot(const fs::path& file, const fs::path& scratch) {
        for (;;) {
            try {
                return build_image(*source_,
                                   {image_, image_config_, fmt::format("aic:{}", id_.str()),
                                    donors_, uses_enroot() ? &enroot_ : nullptr},
                                   file, scratch, config_.spool.value, options_, observer_.progress,
                                   stop_);
            } catch (const Error& error) {
                if (error.kind() != ErrorKind::integrity || !leave_out_damaged())
                    throw;
                ::unlink(file.c_str());
            }
        }
    }

    /// False when enroot's cache has nothing to do with it. Only then is there a next attempt, so
    /// that it ends.
    bool leave_out_damaged() {
        bool is_any = false;
        const auto& layers = image_.manifest.layers;
        for (std::size_t i = 0; i < std::min(layers.size(), image_config_.diff_ids.size()); ++i) {
            const auto& diff_id = image_config_.diff_ids[i];
            const auto cached = uses_enroot() && !donors_.contains(diff_id)
                                    ? enroot_.find(layers[i])
                                    : std::nullopt;
            if (!cached)
                continue;
            const auto fault = enroot_.fault_of(*cached, diff_id, stop_);
            if (!fault)
                continue;
            warn("'{}' in enroot's cache is damaged, and its layer is fetched: {}",
                 cached->file.path.native(), *fault);
            enroot_.leave_out(layers[i]);
            is_any = true;
        }
        return is_any;
    }

    cache::Record record_for(const BuiltImage& built, ContentHash layer_index_hash) const {
        return make_record({.id = id_,
                            .reference = reference_.str(),
                            .image = image_,
                            .config = image_config_,
                            .config_json = config_json_,
                            .base_name = reference_.base_name(),
                            .options = options_},
                           built, layer_index_hash);
    }

    ImportResult into_store() {
        store_.prepare();
        WorkDir::remove_abandoned(store_.layout().temporary());
        const WorkDir work(store_.layout().temporary());
        const auto staged = work.path() / k_staged_image;
        make_directories(staged, cache::k_directory_mode);
        const auto file = staged / cache::image_file_name(reference_.base_name(), id_);

        const auto built = build(file);
        const auto layer_index_hash = write_layer_index(built, staged / cache::k_layer_index_name);
        const auto record = record_for(built, layer_index_hash);
        write_file(staged / cache::k_record_name, to_json(record), cache::k_image_mode);
        set_audience(store_.layout(), staged, id_, options_.variant(), audience_);
        const auto image = put_in_place(staged);
        remember_reference();
        drop_spooled_blobs();
        return {image.file(), image.record, false, built.taken_over, built.fetched};
    }

    /// Jobs that have the file of an image open which is made anew keep it: it goes to the trash.
    cache::StoredImage put_in_place(const fs::path& staged) {
        if (is_asked_for(Freshness::made_anew)
            && cache::Trash(store_.layout()).replace(id_, options_.variant(), staged))
            if (auto image = store_.find(id_, options_.variant()))
                return std::move(*image);
        return store_.publish(staged, id_, options_.variant());
    }

    ImportResult into_file() {
        const auto target = fs::absolute(*options_.output);
        // Beside the target, so that it comes to its name by a rename; of a name that the next run
        // cleans.
        const SharedParent beside(target.parent_path()
                                  / fmt::format(".{}.aic-image", target.filename().native()));
        const WorkDir work(beside.path());
        const auto file = work.path() / k_staged_image;
        const auto built = build(file);
        if (::chmod(file.c_str(), 0644) != 0 || ::rename(file.c_str(), target.c_str()) != 0)
            throw system_error("publishing '{}'", target.native());
        fsync_directory(target.parent_path());
        drop_spooled_blobs();
        return {target, record_for(built, {}), false, built.taken_over, built.fetched};
    }

    void remember_reference() {
        if (!reference_.means_the_same_everywhere())
            return;
        store_.write_reference({.reference = reference_.str(),
                                .points_at = image_.index_or_manifest,
                                .manifest_digest = image_.manifest_digest,
                                .id = id_,
                                .resolved_seconds = std::time(nullptr)},
                               options_.platform);
    }

    /// Downloads have done their work. Those of a layout are the user's own files and stay.
    void drop_spooled_blobs() const {
        for (const auto& layer : unique_layers(image_.manifest))
            drop_spooled_blob(layer.digest);
    }

    void drop_spooled_blob(const Digest& digest) const {
        if (reference_.registry())
            ::unlink((config_.spool.value / digest.hex()).c_str());
    }

    const oci::Reference& reference_;
    const Config& config_;
    const ImportOptions& options_;
    const ImportObserver& observer_;
    std::stop_token stop_;
    const std::string job_;
    cache::Library library_;
    cache::Store store_;
    std::unique_ptr<cache::Claim> claim_;
    std::unique_ptr<registry::ImageSource> source_;
    EnrootCache enroot_;
    std::map<DiffId, Donor> donors_;
    registry::ResolvedImage image_;
    ImageId id_;
    cache::Visibility audience_ = cache::Visibility::everyone;
    std::string config_json_;
    oci::ImageConfig image_config_;
};

} // namespace

ImportResult import_image(const oci::Reference& reference, const Config& config,
                          const Environment& environment, const ImportOptions& options,
                          const ImportObserver& observer, std::stop_token stop) {
    try {
        return Import(reference, config, environment, options, observer, stop).run();
    } catch (const Error& error) {
        const auto name = reference.str();
        if (!reference.is_standard_input() && error.message().find(name) != std::string::npos)
            throw;
        throw error.within(fmt::format("pulling {}", name));
    }
}

} // namespace aic::builder
