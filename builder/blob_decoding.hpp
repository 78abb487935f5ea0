// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/layer_conversion.hpp"
#include "core/bytes.hpp"
#include "core/crew.hpp"

#include <array>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

namespace aic::builder {

/// A layer's blob as the pieces of its uncompressed tar. They are inflated ahead of the reader by
/// whichever thread of the crew has time, into a fixed number of buffers that go round: one is used
/// again when nobody owns it any more. Of a blob that is still arriving, as much is inflated as has
/// come; no thread is kept busy with the rest. The blob is hashed on the way unless it is verified.
/// One thread reads.
class TarStream final : Task, registry::BlobArrival::Listener {
public:
    TarStream(const LayerBlob& blob, Crew& crew);
    TarStream(const TarStream&) = delete;
    TarStream& operator=(const TarStream&) = delete;
    ~TarStream() override;

    /// The next piece, valid until the next call or for its owners; empty at the end, when the blob
    /// is known to be what it should. Throws Error(integrity) when it is damaged, is not what its
    /// descriptor says, or is a bomb, and whatever ended its arrival.
    std::span<const std::byte> next(std::stop_token stop);
    /// A share in the present piece, which must end before the stream does; nothing when `bytes`
    /// are not in it.
    std::shared_ptr<const void> owner_of(std::span<const std::byte> bytes) const;

private:
    class Inflater;

    struct Piece {
        Bytes buffer;
        std::size_t size = 0;

        std::span<const std::byte> bytes() const { return std::span(buffer).first(size); }
    };

    void run() noexcept override;
    void blob_changed() noexcept override;
    Piece* piece_to_fill();
    bool has_input() const;
    void begin_if_possible();
    void give_back(Piece& piece);
    void submit();
    /// Under the crew's mutex: whether it has to be submitted.
    bool begins_to_run();

    static constexpr std::size_t k_pieces = 8;
    static constexpr std::size_t k_piece_bytes = 512 << 10;

    Crew& crew_;
    std::unique_ptr<Inflater> inflater_; ///< touched by the thread that is in run()
    const std::shared_ptr<registry::BlobArrival> arrival_; ///< null when all of the blob is there
    std::array<Piece, k_pieces> pieces_;
    std::shared_ptr<const Piece> current_; ///< what the reader has
    // Guarded by the crew's mutex:
    std::vector<Piece*> empty_;
    std::deque<Piece*> full_;
    Piece* begun_ = nullptr;                  ///< filled in part, when no more had come
    std::optional<std::uint64_t> starved_at_; ///< what had been read of the blob then
    bool is_running_ = false;
    bool at_end_ = false; ///< nothing more will be full
    std::exception_ptr failure_;
    std::optional<registry::BlobArrival::Subscription> subscription_; ///< ends first
};

/// Throws Error(integrity) naming both digests unless the file, which is all there, is what its
/// descriptor says.
void verify_blob(const LayerBlob& blob);

} // namespace aic::builder
