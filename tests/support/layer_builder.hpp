// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aic::testing {

/// The 512 bytes in front of a tar entry, before their checksum is made.
using TarHeader = std::string;

/// How a name or target of more than 100 bytes is written.
enum class LongName { pax, gnu };

struct EntryOptions {
    std::optional<unsigned> mode = {}; ///< 0755 for directories, 0777 for links, else 0644
    std::uint64_t uid = 0;             ///< base-256 where eight digits are not enough
    std::uint64_t gid = 0;
    std::int64_t mtime = 1'700'000'000; ///< base-256 when negative
    LongName long_name = LongName::pax;
    std::map<std::string, std::string> pax = {};    ///< records of a PAX header in front
    std::map<std::string, std::string> xattrs = {}; ///< as SCHILY.xattr.NAME
    std::function<void(TarHeader&)> tamper = {};    ///< the last word on the header
};

/// A piece of a sparse file.
struct SparsePiece {
    std::uint64_t offset;
    std::string bytes;
};

/// Makes the tar of a layer byte by byte, as no tool would refuse to.
class LayerBuilder {
public:
    LayerBuilder& file(std::string_view path, std::string_view content,
                       const EntryOptions& options = {});
    LayerBuilder& directory(std::string_view path, const EntryOptions& options = {});
    LayerBuilder& symlink(std::string_view path, std::string_view target,
                          const EntryOptions& options = {});
    LayerBuilder& hardlink(std::string_view path, std::string_view target,
                           const EntryOptions& options = {});
    /// The entry that removes `path`.
    LayerBuilder& whiteout(std::string_view path);
    /// The entry that hides what is below in `directory`.
    LayerBuilder& opaque(std::string_view directory);
    LayerBuilder& fifo(std::string_view path, const EntryOptions& options = {});
    LayerBuilder& char_device(std::string_view path, unsigned major, unsigned minor,
                              const EntryOptions& options = {});
    /// A sparse file in GNU's own form, of at most four pieces.
    LayerBuilder& gnu_sparse(std::string_view path, std::uint64_t size_bytes,
                             const std::vector<SparsePiece>& pieces);
    /// A sparse file in PAX form 1.0.
    LayerBuilder& pax_sparse(std::string_view path, std::uint64_t size_bytes,
                             const std::vector<SparsePiece>& pieces);
    LayerBuilder& global_header(const std::map<std::string, std::string>& records);
    /// Any entry: `type` is the header's type flag.
    LayerBuilder& entry(char type, std::string_view path, std::string_view target,
                        std::string_view content, const EntryOptions& options);
    LayerBuilder& raw(std::string_view bytes);

    /// With the two blocks that end an archive.
    std::string tar() const { return bytes_ + std::string(1024, '\0'); }

    const std::string& without_end() const { return bytes_; }

private:
    void long_name(char type, std::string_view name);
    void pax_header(char type, const std::map<std::string, std::string>& records);
    void block(const TarHeader& header, std::string_view content);

    std::string bytes_;
};

/// A header with these fields and no checksum.
TarHeader tar_header(char type, std::string_view path, std::uint64_t size_bytes,
                     const EntryOptions& options);

std::string gzip(std::string_view bytes);
std::string zstd(std::string_view bytes);
/// A frame that decoders pass over.
std::string zstd_skippable(std::string_view bytes);

} // namespace aic::testing
