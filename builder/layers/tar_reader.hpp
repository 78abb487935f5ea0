// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/layers/entry.hpp"

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>

struct archive;

namespace aic::layers {

/// Pieces of an uncompressed tar, in order; an empty span at the end. A piece stays valid until the
/// next call.
using TarPieces = std::function<std::span<const std::byte>()>;

/// A piece of a file's data; what lies between two pieces is a hole.
struct DataPiece {
    std::uint64_t offset;
    std::span<const std::byte> bytes;
};

/// Reads a layer's tar with libarchive, whose tar reader takes ustar, PAX and GNU forms. Names are
/// raw bytes in every locale. File data are handed out as they stand in the pieces, without a copy.
class TarReader {
public:
    explicit TarReader(TarPieces pieces);
    TarReader(const TarReader&) = delete;
    TarReader& operator=(const TarReader&) = delete;
    ~TarReader();

    struct Item {
        LayerEntry entry;
        std::uint64_t size_bytes = 0; ///< of a regular file
    };

    /// The next entry that means something to an image; nothing at the archive's end. Whiteouts are
    /// recognised here. Throws Error(integrity) on a damaged archive or a name that no image can
    /// have.
    std::optional<Item> next();
    /// The next data of the file that next() returned; nothing at its end.
    std::optional<DataPiece> data();
    /// Reads whatever follows the archive's end, so that all bytes pass by whoever hashes them.
    void drain();

private:
    struct Callbacks;
    struct RawLocale;

    struct Free {
        void operator()(archive* handle) const noexcept;
    };

    std::span<const std::byte> next_piece();
    Item convert(void* entry);
    [[noreturn]] void fail();

    TarPieces pieces_;
    std::exception_ptr failure_; ///< what `pieces_` threw while libarchive called it
    bool at_end_ = false;
    bool padded_ = false; ///< the last block was filled up with zeros that the tar does not have
    std::uint64_t total_bytes_ = 0;
    std::unique_ptr<RawLocale> locale_;
    std::unique_ptr<archive, Free> archive_;
};

} // namespace aic::layers
