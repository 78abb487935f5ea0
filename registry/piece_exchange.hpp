// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/piece_queue.hpp"
#include "registry/places.hpp"

namespace aic::registry {

/// Bytes that came, new or not.
struct ArrivedBytes {
    std::size_t place;       ///< that was to be asked
    const std::string& from; ///< the one that was: of a foreign layer another host
    std::uint64_t count;
};

/// What piece exchanges tell, and whom.
class DownloadObserver {
public:
    virtual ~DownloadObserver() = default;
    virtual void arrived(BlobDownload& download, const ArrivedBytes& bytes) = 0;
    /// All of it is there and is what it should be; `fd` reads it.
    virtual void finished(const BlobDownload& download, std::shared_ptr<const Fd> fd) = 0;
};

/// Fetches one piece of a blob into its partial file: from the first place that has it, and a
/// foreign layer that none has from its own URLs.
class PieceExchange final : public AuthorizedExchange, private Sink {
public:
    PieceExchange(Places& places, const Spool& spool, PieceQueue::Piece piece,
                  DownloadObserver& observer)
        : PieceExchange(places, places.first_from(piece.download->first_place), spool, piece,
                        observer) {}

    std::string description() const override {
        return fmt::format("fetching {}", download_.descriptor.digest.str());
    }

    std::optional<Request> failed(const Error& error) override;
    Request repeated(const Request& request) override;
    bool begins(const Answer& answer) override;

    std::uint64_t new_bytes() const override { return new_bytes_; }

    bool is_done() const { return is_done_; }

protected:
    Request request() override;
    std::optional<Request> answered(Answer& answer) override;

private:
    PieceExchange(Places& places, std::size_t place, const Spool& spool, PieceQueue::Piece piece,
                  DownloadObserver& observer)
        : AuthorizedExchange(places[place].authenticator(), places[place].peer())
        , places_(places)
        , place_(place)
        , spool_(spool)
        , download_(*piece.download)
        , range_(piece.range)
        , observer_(observer) {}

    Client& client() { return places_[place_]; }

    /// As people call whom is asked.
    const std::string& source() { return foreign_url_ ? foreign_host_ : client().name(); }

    /// Of the place that is to be asked by now.
    Request ask_for_rest();
    Request for_what_is_missing(Request request);
    Request foreign_request();
    Request ask_for_all();
    Request ask_again();
    void begins_whole(const Answer& answer);
    bool begins_part(const Answer& answer);
    void write(std::span<const std::byte> bytes) override;
    std::optional<Request> after_body(const Answer& answer);
    std::optional<Request> end();
    void finish(const Answer& answer);
    void take_note_of_wrong(const Digest& actual, const std::string& host);
    PartialBlob& partial();

    Places& places_;
    std::size_t place_; ///< that is asked
    const Spool& spool_;
    BlobDownload& download_;
    const std::list<ByteRange>::iterator range_;
    DownloadObserver& observer_;
    std::string host_;               ///< that answers, for messages
    std::string foreign_host_;       ///< that is asked instead of a place
    ByteRange asked_;                ///< by the request under way
    std::uint64_t position_ = 0;     ///< in the blob, of the next byte that comes
    std::uint64_t new_bytes_ = 0;    ///< that were not there before they came
    std::uint64_t new_before_ = 0;   ///< the same when the answer under way began
    int empty_answers_ = 0;          ///< in a row, that ended as if they were whole
    std::optional<Url> foreign_url_; ///< of the layer's own URLs, the one that is asked
    bool is_done_ = false;
};

} // namespace aic::registry
