// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/client.hpp"
#include "registry/piece_queue.hpp"

namespace aic::registry {

/// What piece exchanges tell, and whom.
class DownloadObserver {
public:
    virtual ~DownloadObserver() = default;
    virtual void arrived(BlobDownload& download, std::uint64_t bytes) = 0;
    /// All of it is there and is what it should be; `fd` reads it.
    virtual void finished(const BlobDownload& download, std::shared_ptr<const Fd> fd) = 0;
};

/// Fetches one piece of a blob into its partial file: from the registry, and a foreign layer that
/// is not there from its own URLs.
class PieceExchange final : public AuthorizedExchange, private Sink {
public:
    PieceExchange(Client& client, const Spool& spool, PieceQueue::Piece piece,
                  DownloadObserver& observer)
        : AuthorizedExchange(client.authenticator(), client.peer())
        , client_(client)
        , spool_(spool)
        , download_(*piece.download)
        , range_(piece.range)
        , observer_(observer) {}

    std::string description() const override {
        return fmt::format("fetching {}", download_.descriptor.digest.str());
    }

    std::optional<Request> failed(const Error& error) override;
    Request repeated(const Request& request) override;
    bool begins(const Answer& answer) override;

    bool is_done() const { return is_done_; }

protected:
    Request request() override;
    std::optional<Request> answered(Answer& answer) override;

private:
    Request for_what_is_missing(Request request);
    Request foreign_request();
    Request ask_for_all();
    void begins_whole(const Answer& answer);
    bool begins_part(const Answer& answer);
    void write(std::span<const std::byte> bytes) override;
    std::optional<Request> after_body(const Answer& answer);
    std::optional<Request> end();
    void finish(const Answer& answer);
    PartialBlob& partial();

    Client& client_;
    const Spool& spool_;
    BlobDownload& download_;
    const std::list<ByteRange>::iterator range_;
    DownloadObserver& observer_;
    std::string host_;               ///< that answers, for messages
    ByteRange asked_;                ///< by the request under way
    std::uint64_t position_ = 0;     ///< in the blob, of the next byte that comes
    bool has_brought_bytes_ = false; ///< the answer under way, that were not there
    bool is_foreign_ = false;        ///< asks another place than the registry
    bool is_done_ = false;
};

} // namespace aic::registry
