// SPDX-License-Identifier: Apache-2.0
#include "registry/blob_download.hpp"

#include "core/error.hpp"
#include "core/log.hpp"
#include "oci/media_type.hpp"
#include "oci/printable.hpp"
#include "registry/answer_error.hpp"
#include "registry/spool.hpp"

#include <algorithm>
#include <map>

namespace fs = std::filesystem;

namespace aic::registry {

namespace {

/// One blob, and the places in the caller's list where it stands.
struct Wanted {
    oci::Descriptor descriptor;
    std::vector<std::size_t> positions;
};

std::vector<Wanted> without_repetitions(std::span<const BlobRequest> blobs) {
    std::vector<Wanted> all;
    std::map<Digest, std::size_t> place;
    for (std::size_t i = 0; i < blobs.size(); ++i) {
        const auto& descriptor = blobs[i].descriptor;
        const auto [found, is_new] = place.emplace(descriptor.digest, all.size());
        if (is_new)
            all.push_back({descriptor, {}});
        auto& wanted = all[found->second];
        if (wanted.descriptor.size_bytes != descriptor.size_bytes)
            throw Error(ErrorKind::integrity, "{} is said to have {} bytes, and {} as well",
                        descriptor.digest.str(), wanted.descriptor.size_bytes,
                        descriptor.size_bytes);
        wanted.positions.push_back(i);
    }
    return all;
}

/// What is told about a blob, for every place where it stands.
class Reporter {
public:
    Reporter(std::span<const BlobRequest> blobs, const BlobReady& ready)
        : blobs_(blobs)
        , ready_(ready) {}

    void fetched(const Wanted& wanted, std::uint64_t bytes) const {
        for (const auto position : wanted.positions)
            if (auto* progress = blobs_[position].progress)
                progress->fetched_bytes = bytes;
    }

    void ready(const Wanted& wanted, Fd fd, const fs::path& path, Verified verified) const {
        fetched(wanted, wanted.descriptor.size_bytes);
        const BlobFile file{std::make_shared<const Fd>(std::move(fd)), path, verified};
        for (const auto position : wanted.positions)
            ready_(position, file);
    }

private:
    std::span<const BlobRequest> blobs_;
    const BlobReady& ready_;
};

/// Downloads one blob: from the registry, and a foreign layer that is not there from its own URLs.
class BlobExchange final : public AuthorizedExchange, private Sink {
public:
    BlobExchange(Client& client, const Spool& spool, const Wanted& wanted, const Reporter& reporter)
        : AuthorizedExchange(client.authenticator())
        , client_(client)
        , spool_(spool)
        , wanted_(wanted)
        , reporter_(reporter) {
        if (oci::is_foreign_layer(blob().media_type))
            foreign_urls_ = blob().urls;
    }

    std::string description() const override {
        return fmt::format("fetching {}", blob().digest.str());
    }

    std::optional<Request> failed(const Error& error) override {
        return foreign_urls_.empty() ? Exchange::failed(error) : foreign_request();
    }

protected:
    Request request() override { return into_file(client_.blob_request(blob().digest)); }

    std::optional<Request> answered(Answer& answer) override {
        if (answer.status == 200) {
            finish(answer);
            return std::nullopt;
        }
        if (!foreign_urls_.empty())
            return foreign_request();
        if (answer.status == 404)
            throw Error(ErrorKind::not_found, "{} does not have it", answer.url.host());
        throw client_.explain(answer);
    }

private:
    const oci::Descriptor& blob() const { return wanted_.descriptor; }

    /// The request with its answer going to the file, which is empty.
    Request into_file(Request request) {
        if (file_ && received_bytes_ > 0)
            file_->restart();
        hasher_.emplace();
        received_bytes_ = 0;
        request.sink = this;
        request.limit_bytes = blob().size_bytes;
        return request;
    }

    Request foreign_request() {
        const auto url = Url::parse(foreign_urls_.front());
        foreign_urls_.erase(foreign_urls_.begin());
        debug("fetching {} from {}", blob().digest.str(), oci::printable(url.host()));
        return into_file({.url = url});
    }

    void write(std::span<const std::byte> bytes) override {
        if (!file_)
            file_.emplace(spool_, blob().digest);
        file_->write(bytes);
        hasher_->update(bytes);
        received_bytes_ += bytes.size();
        reporter_.fetched(wanted_, received_bytes_);
    }

    void finish(const Answer& answer) {
        if (!file_) // an empty body is never written
            file_.emplace(spool_, blob().digest);
        const Digest actual(hasher_->finish());
        if (received_bytes_ != blob().size_bytes)
            throw Error(ErrorKind::integrity, "{} sent {} bytes instead of {}", answer.url.host(),
                        received_bytes_, blob().size_bytes);
        if (actual != blob().digest)
            throw Error(ErrorKind::integrity, "{} sent {} instead of {}", answer.url.host(),
                        actual.str(), blob().digest.str());
        auto fd = file_->publish();
        file_.reset();
        reporter_.ready(wanted_, std::move(fd), spool_.path_of(blob().digest), Verified::yes);
    }

    Client& client_;
    const Spool& spool_;
    const Wanted& wanted_;
    const Reporter& reporter_;
    std::vector<std::string> foreign_urls_; ///< still to be tried
    std::optional<PartialFile> file_;
    std::optional<Sha256Hasher> hasher_;
    std::uint64_t received_bytes_ = 0;
};

} // namespace

void download_blobs(Client& client, std::span<const BlobRequest> blobs, const fs::path& directory,
                    const BlobReady& ready, std::stop_token stop) {
    const Spool spool(directory);
    spool.remove_abandoned();
    const auto all = without_repetitions(blobs);
    const Reporter reporter(blobs, ready);
    std::vector<std::unique_ptr<BlobExchange>> exchanges;
    std::vector<Exchange*> to_run;
    for (const auto& wanted : all) {
        if (auto fd = spool.open(wanted.descriptor.digest, wanted.descriptor.size_bytes)) {
            reporter.ready(wanted, std::move(*fd), spool.path_of(wanted.descriptor.digest),
                           Verified::no);
            continue;
        }
        exchanges.push_back(std::make_unique<BlobExchange>(client, spool, wanted, reporter));
        to_run.push_back(exchanges.back().get());
    }
    client.transport().run(to_run, stop);
}

} // namespace aic::registry
