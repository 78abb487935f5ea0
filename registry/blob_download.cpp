// SPDX-License-Identifier: Apache-2.0
#include "registry/blob_download.hpp"

#include "core/error.hpp"
#include "core/log.hpp"
#include "oci/media_type.hpp"
#include "oci/printable.hpp"
#include "registry/answer_error.hpp"
#include "registry/content_range.hpp"
#include "registry/spool.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <random>
#include <utility>

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

double random_part() {
    static thread_local std::minstd_rand random(std::random_device{}());
    return std::uniform_real_distribution<>(0, 1)(random);
}

/// Downloads one blob: from the registry, and a foreign layer that is not there from its own URLs.
/// What breaks off goes on where it was.
class BlobExchange final : public AuthorizedExchange, private Sink {
public:
    BlobExchange(Client& client, const Spool& spool, const Wanted& wanted, const Reporter& reporter,
                 const RetryPolicy& policy, RetryBudget& budget)
        : AuthorizedExchange(client.authenticator())
        , client_(client)
        , spool_(spool)
        , wanted_(wanted)
        , reporter_(reporter)
        , policy_(policy)
        , budget_(budget)
        , file_(spool, blob().digest, blob().size_bytes) {
        if (oci::is_foreign_layer(blob().media_type))
            foreign_urls_ = blob().urls;
    }

    std::string description() const override {
        return fmt::format("fetching {}", blob().digest.str());
    }

    /// Takes in what an earlier download left. True when that is the whole blob.
    bool has_it_all(std::stop_token stop) {
        file_.hash_into(*hasher_, stop);
        reporter_.fetched(wanted_, file_.size_bytes());
        if (file_.size_bytes() < blob().size_bytes || blob().size_bytes == 0)
            return false;
        if (Digest(hasher_->finish()) != blob().digest) {
            start_over();
            return false;
        }
        publish();
        return true;
    }

    std::uint64_t kept_bytes() const { return is_published_ ? 0 : file_.kept_bytes(); }

    bool accepts(const Answer& answer) override {
        if (answer.status == 200) {
            start_over(); // the server ignores Range, or was not asked for one
            check_length(answer);
            return true;
        }
        const auto range = parse_content_range(answer.header("Content-Range").value_or(""));
        const bool is_right =
            range && range->first == file_.size_bytes() && range->total == blob().size_bytes
            && range->last + 1 == range->total && !answer.header("Content-Encoding");
        if (!is_right)
            start_over();
        return is_right;
    }

    std::optional<Request> failed(const Error& error, Failure failure) override {
        if (!foreign_urls_.empty())
            return foreign_request();
        // A host that was never reached is no host that is out for a moment.
        if (failure == Failure::unreachable && !has_received_)
            throw error;
        return again_after(error, std::nullopt);
    }

protected:
    Request request() override { return into_file(client_.blob_request(blob().digest)); }

    std::optional<Request> answered(Answer& answer) override {
        if (answer.status == 200 || (answer.status == 206 && file_.size_bytes() > 0))
            return finish(answer);
        if (!foreign_urls_.empty())
            return foreign_request();
        if (answer.status == 404)
            throw Error(ErrorKind::not_found, "{} does not have it", answer.url.host());
        if (answer.status == 416 && file_.size_bytes() > 0) {
            start_over();
            return again_after(client_.explain(answer), std::nullopt);
        }
        if (!is_transient(answer.status))
            throw client_.explain(answer);
        return again_after(client_.explain(answer),
                           parse_retry_after(answer.header("Retry-After").value_or(""),
                                             std::chrono::system_clock::now()));
    }

private:
    const oci::Descriptor& blob() const { return wanted_.descriptor; }

    /// The request for what the file lacks.
    Request into_file(Request request) {
        request.sink = this;
        request.limit_bytes = blob().size_bytes;
        request.first_byte = file_.size_bytes();
        return request;
    }

    Request foreign_request() {
        const auto url = Url::parse(foreign_urls_.front());
        foreign_urls_.erase(foreign_urls_.begin());
        debug("fetching {} from {}", blob().digest.str(), oci::printable(url.host()));
        start_over();
        return into_file({.url = url});
    }

    /// The request once more, after a wait; throws `error` when there is no point in it.
    Request again_after(const Error& error, std::optional<std::chrono::milliseconds> retry_after) {
        const auto delay = retry_delay(policy_, attempt_++, retry_after, random_part());
        if (!delay || !budget_.spend())
            throw error;
        constexpr std::chrono::seconds k_wait_worth_telling(2);
        const auto seconds = std::chrono::ceil<std::chrono::seconds>(*delay).count();
        if (*delay >= k_wait_worth_telling)
            inform("{}; going on in {} s", error.message(), seconds);
        else
            debug("{}; going on in {} ms", error.message(), delay->count());
        auto request = once_more();
        request.delay = *delay;
        return request;
    }

    void write(std::span<const std::byte> bytes) override {
        file_.write(bytes);
        hasher_->update(bytes);
        has_received_ = true;
        // What came before is no progress: a server without ranges could cut for ever.
        if (file_.size_bytes() > furthest_bytes_) {
            furthest_bytes_ = file_.size_bytes();
            attempt_ = 1;
            budget_.refill();
        }
        reporter_.fetched(wanted_, file_.size_bytes());
    }

    void start_over() {
        if (file_.size_bytes() > 0)
            file_.restart();
        hasher_.emplace();
        reporter_.fetched(wanted_, 0);
    }

    /// Finds content that is too short before it is received; the transport finds the longer.
    void check_length(const Answer& answer) const {
        const auto text = answer.header("Content-Length");
        if (text && !answer.header("Content-Encoding")
            && *text != std::to_string(blob().size_bytes))
            throw Error(ErrorKind::integrity, "{} announces {} bytes instead of {}",
                        answer.url.host(), oci::printable(*text, 30), blob().size_bytes);
    }

    std::optional<Request> finish(const Answer& answer) {
        if (file_.size_bytes() != blob().size_bytes) // without a length, a cut looks like an end
            return again_after(Error(ErrorKind::integrity, "{} sent {} bytes instead of {}",
                                     answer.url.host(), file_.size_bytes(), blob().size_bytes),
                               std::nullopt);
        const Digest actual(hasher_->finish());
        if (actual == blob().digest) {
            publish();
            return std::nullopt;
        }
        start_over();
        const Error error(ErrorKind::integrity, "{} sent {} instead of {}", answer.url.host(),
                          actual.str(), blob().digest.str());
        if (std::exchange(was_wrong_, true))
            throw error;
        return again_after(error, std::nullopt);
    }

    void publish() {
        auto fd = file_.publish();
        is_published_ = true;
        reporter_.ready(wanted_, std::move(fd), spool_.path_of(blob().digest), Verified::yes);
    }

    Client& client_;
    const Spool& spool_;
    const Wanted& wanted_;
    const Reporter& reporter_;
    const RetryPolicy& policy_;
    RetryBudget& budget_;
    std::vector<std::string> foreign_urls_; ///< still to be tried
    PartialFile file_;
    std::optional<Sha256Hasher> hasher_{std::in_place}; ///< of what the file holds
    int attempt_ = 1;                                   ///< since the last byte
    std::uint64_t furthest_bytes_ = 0;
    bool has_received_ = false;
    bool was_wrong_ = false; ///< all bytes came, and were not the blob
    bool is_published_ = false;
};

} // namespace

void download_blobs(Client& client, std::span<const BlobRequest> blobs, const fs::path& directory,
                    const BlobReady& ready, std::stop_token stop, const RetryPolicy& policy) {
    const Spool spool(directory);
    spool.remove_abandoned();
    const auto all = without_repetitions(blobs);
    const Reporter reporter(blobs, ready);
    RetryBudget budget(policy);
    std::vector<std::unique_ptr<BlobExchange>> exchanges;
    std::vector<Exchange*> to_run;
    try {
        for (const auto& wanted : all) {
            if (auto fd = spool.open(wanted.descriptor.digest, wanted.descriptor.size_bytes)) {
                reporter.ready(wanted, std::move(*fd), spool.path_of(wanted.descriptor.digest),
                               Verified::no);
                continue;
            }
            auto exchange =
                std::make_unique<BlobExchange>(client, spool, wanted, reporter, policy, budget);
            if (exchange->has_it_all(stop))
                continue;
            exchanges.push_back(std::move(exchange));
            to_run.push_back(exchanges.back().get());
        }
        client.transport().run(to_run, stop);
    } catch (const Error& error) {
        std::uint64_t kept_bytes = 0;
        for (const auto& exchange : exchanges)
            kept_bytes += exchange->kept_bytes();
        if (kept_bytes == 0 || !error.hint().empty())
            throw;
        throw error.with_hint(
            fmt::format("kept {}; the same command goes on", human_size(kept_bytes)));
    }
}

} // namespace aic::registry
