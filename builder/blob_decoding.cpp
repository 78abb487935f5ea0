// SPDX-License-Identifier: Apache-2.0
#include "builder/blob_decoding.hpp"

#include "builder/layers/decoder.hpp"
#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/fd.hpp"
#include "core/log.hpp"

#include <algorithm>
#include <limits>

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
    explicit BlobReader(const LayerBlob& blob) : blob_(blob), buffer_(k_read_bytes) {}

    std::span<const std::byte> next() {
        const auto& file = blob_.file;
        const auto rest_bytes = file.size_bytes.value_or(k_no_end) - total_bytes_;
        const auto room =
            std::span(buffer_).first(std::min<std::uint64_t>(buffer_.size(), rest_bytes));
        const auto count = pread_some(file.fd->get(), room, file.offset + total_bytes_, file.path);
        const auto piece = std::span<const std::byte>(buffer_).first(count);
        if (file.verified == registry::Verified::no)
            hash_.update(piece);
        total_bytes_ += count;
        return piece;
    }

    std::uint64_t total_bytes() const { return total_bytes_; }

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
    const LayerBlob& blob_;
    Bytes buffer_;
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

    /// Fills `out` as far as the tar goes; less than its size at the end, where the blob is
    /// checked.
    std::size_t fill(std::span<std::byte> out) {
        if (!decoder_)
            start();
        std::size_t filled = 0;
        while (filled < out.size()) {
            const auto [consumed, produced] = decoder_->decode(in_, out.subspan(filled));
            filled += produced;
            in_ = in_.subspan(consumed);
            note(consumed, produced);
            if (!in_.empty())
                continue;
            if (!blob_ended_)
                read();
            else if (produced == 0) // nor does the decoder hold anything back
                return finish(filled);
        }
        return filled;
    }

private:
    void start() {
        read();
        const auto encoding = layers::detect_encoding(in_);
        note_encoding(encoding, blob_.descriptor.media_type);
        decoder_ = layers::make_decoder(encoding);
    }

    void read() {
        in_ = reader_.next();
        blob_ended_ = in_.empty();
    }

    void note(std::size_t consumed, std::size_t produced) {
        total_bytes_ += produced;
        refuse_bomb(total_bytes_, reader_.total_bytes());
        if (blob_.progress)
            blob_.progress->converted_bytes += consumed;
    }

    std::size_t finish(std::size_t filled) {
        decoder_->finish();
        reader_.check_at_end();
        return filled;
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
    , inflater_(std::make_unique<Inflater>(blob)) {
    for (auto& piece : pieces_) {
        piece.buffer.resize(k_piece_bytes);
        empty_.push_back(&piece);
    }
    if (crew_.change([&] { return begins_to_run(); }))
        submit();
}

TarStream::~TarStream() {
    current_.reset();
    crew_.change([&] { at_end_ = true; });
    crew_.work_until([&] { return !is_running_; }, {});
}

bool TarStream::begins_to_run() {
    if (is_running_ || at_end_ || empty_.empty())
        return false;
    return is_running_ = true;
}

void TarStream::run() noexcept {
    auto* piece = crew_.change([&] {
        auto* last = empty_.back();
        empty_.pop_back();
        return last;
    });
    std::exception_ptr failure;
    try {
        piece->size = inflater_->fill(piece->buffer);
    } catch (...) {
        failure = std::current_exception();
    }
    const bool again = crew_.change([&] {
        failure_ = failure;
        at_end_ = at_end_ || failure || piece->size < piece->buffer.size();
        if (!failure && piece->size > 0)
            full_.push_back(piece);
        is_running_ = false;
        return begins_to_run();
    });
    if (again) // or the stream may be gone by now
        submit();
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
    while (!reader.next().empty()) {
    }
    reader.check_at_end();
}

} // namespace aic::builder
