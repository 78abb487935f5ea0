// SPDX-License-Identifier: Apache-2.0
#include "builder/blob_decoding.hpp"

#include "builder/layers/decoder.hpp"
#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/fd.hpp"
#include "core/log.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

namespace aic::builder {

namespace {

constexpr std::size_t k_read_bytes = 256 << 10;
constexpr std::uint64_t k_no_end = std::numeric_limits<std::uint64_t>::max();

/// What inflates to more than this much, and by more than this factor, is meant to fill disks.
constexpr std::uint64_t k_bomb_floor_bytes = 4ULL << 30;
constexpr std::uint64_t k_bomb_factor = 250;

/// A blob file read piece by piece and hashed on the way if that is needed.
class BlobReader {
public:
    explicit BlobReader(const LayerBlob& blob)
        : blob_(blob)
        , buffer_(k_read_bytes)
        , round_(blob.file.arrival ? blob.file.arrival->state().round : 0) {}

    /// Empty at the end, nothing when more has yet to come.
    std::optional<std::span<const std::byte>> next() {
        if (!blob_.file.arrival)
            return read(k_no_end);
        const auto state = arrival_state();
        const auto piece = read(state.readable_bytes - total_bytes_);
        arrival_state(); // or what was read may be of what has begun anew
        if (piece.empty() && !state.is_complete)
            return std::nullopt;
        return piece;
    }

    std::uint64_t total_bytes() const { return total_bytes_; }

    unsigned round() const { return round_; }

    void check_at_end() {
        if (total_bytes_ != blob_.descriptor.size_bytes)
            throw Error(ErrorKind::integrity, "the blob has {} bytes where its descriptor says {}",
                        total_bytes_, blob_.descriptor.size_bytes);
        if (blob_.file.verified == registry::Verified::yes)
            return;
        if (const auto actual = Digest(hash_.finish()); actual != blob_.descriptor.digest)
            throw Error(ErrorKind::integrity, "the blob's digest is {} where {} was expected",
                        actual.str(), blob_.descriptor.digest.str());
    }

private:
    registry::BlobArrival::State arrival_state() const {
        auto state = blob_.file.arrival->state();
        if (state.failure)
            std::rethrow_exception(state.failure);
        if (state.round != round_)
            throw Error(ErrorKind::integrity, "what came of the blob was not the blob");
        return state;
    }

    std::span<const std::byte> read(std::uint64_t most_bytes) {
        const auto& file = blob_.file;
        const auto rest_bytes = file.size_bytes.value_or(k_no_end) - total_bytes_;
        const auto room = std::span(buffer_).first(
            std::min<std::uint64_t>({buffer_.size(), most_bytes, rest_bytes}));
        const auto count = pread_some(file.fd->get(), room, file.offset + total_bytes_, file.path);
        const auto piece = std::span<const std::byte>(room).first(count);
        if (file.verified == registry::Verified::no)
            hash_.update(piece);
        total_bytes_ += count;
        return piece;
    }

    const LayerBlob& blob_;
    Bytes buffer_;
    const unsigned round_; ///< of the arrival, that is read
    Sha256Hasher hash_;
    std::uint64_t total_bytes_ = 0;
};

void note_encoding(layers::Encoding found, const std::string& media_type) {
    const bool says_gzip = media_type.ends_with("gzip");
    const bool says_zstd = media_type.ends_with("zstd");
    if ((says_gzip && found != layers::Encoding::gzip)
        || (says_zstd && found != layers::Encoding::zstd))
        warn("a layer is called '{}' but is {}", media_type, layers::name_of(found));
}

void refuse_bomb(std::uint64_t inflated_bytes, std::uint64_t blob_bytes) {
    if (inflated_bytes > k_bomb_floor_bytes && inflated_bytes / k_bomb_factor > blob_bytes)
        throw Error(ErrorKind::integrity,
                    "the layer inflates from {} to more than {}: refused as a bomb",
                    human_size(blob_bytes), human_size(inflated_bytes));
}

} // namespace

/// The blob, inflated piece by piece.
class TarStream::Inflater {
public:
    explicit Inflater(const LayerBlob& blob) : blob_(blob), reader_(blob) {}

    enum class Filled {
        all,     ///< there is no room left
        starved, ///< as far as the blob has come
        ended,   ///< as far as the tar goes; the blob has been checked
    };

    /// Appends to what `out` has from its start to `size`.
    Filled fill(std::span<std::byte> out, std::size_t& size) {
        if (!decoder_ && !start())
            return Filled::starved;
        while (size < out.size()) {
            const auto [consumed, produced] = decoder_->decode(in_, out.subspan(size));
            size += produced;
            in_ = in_.subspan(consumed);
            note(consumed, produced);
            if (!in_.empty())
                continue;
            if (!blob_ended_) {
                if (!read())
                    return Filled::starved;
            } else if (produced == 0) { // nor does the decoder hold anything back
                finish();
                return Filled::ended;
            }
        }
        return Filled::all;
    }

    std::uint64_t read_bytes() const { return reader_.total_bytes(); }

    unsigned round() const { return reader_.round(); }

private:
    bool start() {
        if (!read())
            return false;
        const auto encoding = layers::detect_encoding(in_);
        note_encoding(encoding, blob_.descriptor.media_type);
        decoder_ = layers::make_decoder(encoding);
        return true;
    }

    /// False when more has yet to come.
    bool read() {
        const auto piece = reader_.next();
        in_ = piece.value_or(std::span<const std::byte>());
        blob_ended_ = piece && piece->empty();
        return piece.has_value();
    }

    void note(std::size_t consumed, std::size_t produced) {
        total_bytes_ += produced;
        refuse_bomb(total_bytes_, reader_.total_bytes());
        if (blob_.progress)
            blob_.progress->converted_bytes += consumed;
    }

    void finish() {
        decoder_->finish();
        reader_.check_at_end();
    }

    const LayerBlob& blob_;
    BlobReader reader_;
    std::unique_ptr<layers::Decoder> decoder_;
    std::span<const std::byte> in_;
    bool blob_ended_ = false;
    std::uint64_t total_bytes_ = 0;
};

TarStream::TarStream(const LayerBlob& blob, Crew& crew)
    : crew_(crew)
    , inflater_(std::make_unique<Inflater>(blob))
    , arrival_(blob.file.arrival) {
    for (auto& piece : pieces_) {
        piece.buffer.resize(k_piece_bytes);
        empty_.push_back(&piece);
    }
    if (arrival_) {
        starved_at_ = 0;
        subscription_.emplace(*arrival_, static_cast<Listener&>(*this));
    }
    begin_if_possible();
}

TarStream::~TarStream() {
    subscription_.reset();
    current_.reset();
    crew_.change([&] { at_end_ = true; });
    crew_.work_until([&] { return !is_running_; }, {});
}

bool TarStream::has_input() const {
    return !starved_at_ || arrival_->is_worth_reading(*starved_at_, inflater_->round());
}

bool TarStream::begins_to_run() {
    const bool has_room = begun_ || !empty_.empty();
    if (is_running_ || at_end_ || !has_room || !has_input())
        return false;
    return is_running_ = true;
}

TarStream::Piece* TarStream::piece_to_fill() {
    return crew_.change([&] {
        if (begun_)
            return std::exchange(begun_, nullptr);
        auto* last = empty_.back();
        empty_.pop_back();
        last->size = 0;
        return last;
    });
}

void TarStream::run() noexcept {
    auto* piece = piece_to_fill();
    auto filled = Inflater::Filled::ended;
    std::exception_ptr failure;
    try {
        filled = inflater_->fill(piece->buffer, piece->size);
    } catch (...) {
        failure = std::current_exception();
    }
    const bool is_starved = !failure && filled == Inflater::Filled::starved;
    const bool again = crew_.change([&] {
        failure_ = failure;
        at_end_ = at_end_ || failure || filled == Inflater::Filled::ended;
        starved_at_ = is_starved ? std::optional(inflater_->read_bytes()) : std::nullopt;
        if (is_starved)
            begun_ = piece;
        else if (!failure && piece->size > 0)
            full_.push_back(piece);
        is_running_ = false;
        return begins_to_run();
    });
    if (again) // or the stream may be gone by now
        submit();
}

void TarStream::begin_if_possible() {
    if (crew_.change([&] { return begins_to_run(); }))
        submit();
}

void TarStream::blob_changed() noexcept {
    begin_if_possible();
}

void TarStream::submit() {
    crew_.submit(*this, Crew::Urgency::first);
}

void TarStream::give_back(Piece& piece) {
    const bool begins = crew_.change([&] {
        empty_.push_back(&piece);
        return begins_to_run();
    });
    if (begins)
        submit();
}

std::span<const std::byte> TarStream::next(std::stop_token stop) {
    current_.reset();
    crew_.work_until([&] { return !full_.empty() || (at_end_ && !is_running_); }, stop);
    auto* piece = crew_.change([&]() -> Piece* {
        if (full_.empty())
            return nullptr;
        auto* first = full_.front();
        full_.pop_front();
        return first;
    });
    if (piece) {
        current_ = {piece, [this, piece](const Piece*) { give_back(*piece); }};
        return piece->bytes();
    }
    if (failure_)
        std::rethrow_exception(failure_);
    return {};
}

std::shared_ptr<const void> TarStream::owner_of(std::span<const std::byte> bytes) const {
    constexpr std::less_equal<const std::byte*> not_after;
    const auto piece = current_ ? current_->bytes() : std::span<const std::byte>();
    const bool is_within = not_after(piece.data(), bytes.data())
                           && not_after(bytes.data() + bytes.size(), piece.data() + piece.size());
    return is_within ? current_ : nullptr;
}

void verify_blob(const LayerBlob& blob) {
    BlobReader reader(blob);
    while (!reader.next()->empty()) {
    }
    reader.check_at_end();
}

} // namespace aic::builder
