// SPDX-License-Identifier: Apache-2.0
#include "registry/blob_download.hpp"

#include "core/error.hpp"
#include "core/log.hpp"
#include "oci/media_type.hpp"
#include "registry/connection_limit.hpp"
#include "registry/piece_exchange.hpp"

#include <algorithm>
#include <map>

namespace fs = std::filesystem;

namespace aic::registry {

namespace {

/// One for each blob. A list, since partial files stay where they are.
std::list<BlobDownload> without_repetitions(std::span<const BlobRequest> blobs) {
    std::list<BlobDownload> all;
    std::map<Digest, BlobDownload*> by_digest;
    for (std::size_t i = 0; i < blobs.size(); ++i) {
        const auto& descriptor = blobs[i].descriptor;
        auto& download = by_digest[descriptor.digest];
        if (!download) {
            download = &all.emplace_back();
            download->descriptor = descriptor;
            download->whole_only = oci::is_foreign_layer(descriptor.media_type);
            if (download->whole_only)
                download->foreign_urls = descriptor.urls;
        }
        if (download->descriptor.size_bytes != descriptor.size_bytes)
            throw Error(ErrorKind::integrity, "{} is said to have {} bytes, and {} as well",
                        descriptor.digest.str(), download->descriptor.size_bytes,
                        descriptor.size_bytes);
        download->positions.push_back(i);
    }
    return all;
}

/// What is told about a blob, for every place where it stands.
class Reporter {
public:
    Reporter(std::span<const BlobRequest> blobs, const BlobReady& ready)
        : blobs_(blobs)
        , ready_(ready) {}

    void fetched(const BlobDownload& download, std::uint64_t bytes) const {
        for (const auto position : download.positions)
            if (auto* progress = blobs_[position].progress)
                progress->fetched_bytes = bytes;
    }

    void ready(const BlobDownload& download, const BlobFile& file) const {
        for (const auto position : download.positions)
            ready_(position, file);
    }

private:
    std::span<const BlobRequest> blobs_;
    const BlobReady& ready_;
};

/// All blobs of one call, and the conversations that fetch them.
class Downloads final : public Conversations, private DownloadObserver {
public:
    Downloads(Places& places, std::span<const BlobRequest> blobs, const fs::path& directory,
              const BlobReady& ready)
        : places_(places)
        , spool_(directory)
        , reporter_(blobs, ready) {
        spool_.remove_abandoned();
        all_ = without_repetitions(blobs);
    }

    void run(std::stop_token stop) {
        try {
            start();
            places_.transport().run(*this, stop);
        } catch (const Error& error) {
            const auto told = with_what_is_kept(error);
            fail(std::make_exception_ptr(told));
            throw told;
        } catch (...) {
            fail(std::current_exception());
            throw;
        }
    }

    Exchange* next() override {
        std::erase_if(exchanges_, [](const auto& exchange) { return exchange.is_done(); });
        const auto piece = queue_.take();
        return piece ? &exchanges_.emplace_back(places_, spool_, *piece,
                                                static_cast<DownloadObserver&>(*this))
                     : nullptr;
    }

    std::size_t limit() const override { return connections_[sending_place_].connections(); }

    const FetchedBytes& fetched() const { return fetched_; }

private:
    /// What is there is used: whole blobs, and parts of those that an earlier process began.
    void start() {
        std::vector<BlobDownload*> rest;
        for (auto& download : all_) {
            const auto& [media_type, digest, size_bytes, urls] = download.descriptor;
            if (auto fd = spool_.open(digest, size_bytes)) {
                report_whole(download, std::make_shared<const Fd>(std::move(*fd)), Verified::no);
                continue;
            }
            if (fs::exists(fs::symlink_status(spool_.partial_paths(digest).data)))
                resume(download);
            if (!download.is_finished)
                rest.push_back(&download);
        }
        queue_ = PieceQueue(std::move(rest));
    }

    void resume(BlobDownload& download) {
        auto& partial = download.partial.emplace(spool_, download.descriptor.digest,
                                                 download.descriptor.size_bytes);
        reporter_.fetched(download, partial.ranges().total());
        if (!partial.is_complete())
            return announce(download);
        if (partial.digest() != download.descriptor.digest)
            return partial.restart();
        download.is_finished = true;
        report_whole(download, partial.publish(), Verified::yes);
        download.partial.reset();
    }

    /// From now on it can be read while it comes, if something of its start is there.
    void announce(BlobDownload& download) {
        const auto readable_bytes = download.partial->contiguous_bytes();
        if (readable_bytes == 0)
            return;
        download.arrival = std::make_shared<BlobArrival>(download.descriptor.size_bytes);
        download.arrival->advance(readable_bytes);
        reporter_.ready(download, {.fd = download.partial->file(),
                                   .path = path_of(download),
                                   .verified = Verified::yes,
                                   .arrival = download.arrival});
    }

    void report_whole(const BlobDownload& download, std::shared_ptr<const Fd> fd,
                      Verified verified) const {
        reporter_.fetched(download, download.descriptor.size_bytes);
        reporter_.ready(download, {std::move(fd), path_of(download), verified});
    }

    void arrived(BlobDownload& download, const ArrivedBytes& arrived) override {
        sending_place_ = arrived.place;
        connections_[arrived.place].note(arrived.count, std::chrono::steady_clock::now());
        fetched_[arrived.from] += arrived.count;
        if (!download.partial)
            return;
        reporter_.fetched(download, download.partial->ranges().total());
        if (download.arrival)
            download.arrival->advance(download.partial->contiguous_bytes());
        else if (!download.partial->is_complete())
            announce(download);
    }

    void finished(const BlobDownload& download, std::shared_ptr<const Fd> fd) override {
        finished_bytes_ += download.descriptor.size_bytes;
        if (!download.arrival)
            return report_whole(download, std::move(fd), Verified::yes);
        reporter_.fetched(download, download.descriptor.size_bytes);
        download.arrival->complete();
    }

    /// For who reads what will not come.
    void fail(const std::exception_ptr& failure) const {
        for (const auto& download : all_)
            if (download.arrival && !download.is_finished)
                download.arrival->fail(failure);
    }

    Error with_what_is_kept(const Error& error) const {
        const auto bytes = kept_bytes();
        if (bytes == 0)
            return error;
        const auto kept = fmt::format("kept {}; the same command goes on", human_size(bytes));
        // Who stops us reports a failure of his own, so the hint of this one may not be seen.
        if (error.kind() == ErrorKind::interrupted) {
            inform("{}", kept);
            return error;
        }
        return error.with_hint(error.hint().empty() ? kept
                                                    : fmt::format("{}; {}", error.hint(), kept));
    }

    fs::path path_of(const BlobDownload& download) const {
        return spool_.path_of(download.descriptor.digest);
    }

    std::uint64_t kept_bytes() const {
        auto bytes = finished_bytes_;
        for (const auto& download : all_)
            if (download.partial && download.partial->is_kept())
                bytes += download.partial->ranges().total();
        return bytes;
    }

    Places& places_;
    const Spool spool_;
    const Reporter reporter_;
    std::list<BlobDownload> all_;
    PieceQueue queue_{{}};
    std::list<PieceExchange> exchanges_;
    std::vector<ConnectionLimit> connections_{
        places_.registry() + 1, ConnectionLimit(std::chrono::steady_clock::now())}; ///< of a place
    std::size_t sending_place_ = 0; ///< or the first, before any has sent something
    FetchedBytes fetched_;
    std::uint64_t finished_bytes_ = 0;
};

} // namespace

FetchedBytes download_blobs(Places& places, std::span<const BlobRequest> blobs,
                            const fs::path& directory, const BlobReady& ready,
                            std::stop_token stop) {
    Downloads downloads(places, blobs, directory, ready);
    downloads.run(stop);
    return downloads.fetched();
}

} // namespace aic::registry
