// SPDX-License-Identifier: Apache-2.0
#include "tests/support/layer_builder.hpp"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <stdexcept>

namespace aic::testing {

namespace {

constexpr std::size_t k_block = 512;

void pad(std::string& bytes) {
    bytes.resize((bytes.size() + k_block - 1) / k_block * k_block);
}

void put_text(TarHeader& header, std::size_t offset, std::size_t width, std::string_view text) {
    header.replace(offset, std::min(width, text.size()), text.substr(0, width));
}

/// Octal digits, or base-256 for what these cannot hold.
void put_number(TarHeader& header, std::size_t offset, std::size_t width, std::int64_t value) {
    if (value >= 0 && fmt::format("{:o}", value).size() < width) {
        put_text(header, offset, width, fmt::format("{:0{}o}", value, width - 1));
        return;
    }
    for (std::size_t i = 0; i < width; ++i) {
        const auto shift = 8 * (width - 1 - i);
        header[offset + i] = static_cast<char>(shift < 64 ? value >> shift : value < 0 ? -1 : 0);
    }
    header[offset] = static_cast<char>(value < 0 ? 0xFF : 0x80);
}

void put_checksum(TarHeader& header) {
    header.replace(148, 8, 8, ' ');
    unsigned sum = 0;
    for (const char c : header)
        sum += static_cast<unsigned char>(c);
    header.replace(148, 8, fmt::format("{:06o}", sum) + std::string("\0 ", 2));
}

std::string pax_record(std::string_view key, std::string_view value) {
    auto length = key.size() + value.size() + 3;
    while (fmt::format("{} {}={}\n", length, key, value).size() != length)
        ++length;
    return fmt::format("{} {}={}\n", length, key, value);
}

unsigned default_mode(char type) {
    return type == '5' ? 0755 : type == '2' ? 0777 : 0644;
}

std::string stored_pieces(const std::vector<SparsePiece>& pieces) {
    std::string stored;
    for (const auto& piece : pieces)
        stored += piece.bytes;
    return stored;
}

} // namespace

TarHeader tar_header(char type, std::string_view path, std::uint64_t size_bytes,
                     const EntryOptions& options) {
    TarHeader header(k_block, '\0');
    put_text(header, 0, 100, path);
    put_number(header, 100, 8, options.mode.value_or(default_mode(type)));
    put_number(header, 108, 8, static_cast<std::int64_t>(options.uid));
    put_number(header, 116, 8, static_cast<std::int64_t>(options.gid));
    put_number(header, 124, 12, static_cast<std::int64_t>(size_bytes));
    put_number(header, 136, 12, options.mtime);
    header[156] = type;
    put_text(header, 257, 8, std::string_view("ustar\00000", 8));
    return header;
}

void LayerBuilder::block(const TarHeader& header, std::string_view content) {
    auto sealed = header;
    put_checksum(sealed);
    bytes_ += sealed;
    bytes_ += content;
    pad(bytes_);
}

void LayerBuilder::long_name(char type, std::string_view name) {
    const std::string content = std::string(name) + '\0';
    block(tar_header(type, "././@LongLink", content.size(), {}), content);
}

void LayerBuilder::pax_header(char type, const std::map<std::string, std::string>& records) {
    std::string content;
    for (const auto& [key, value] : records)
        content += pax_record(key, value);
    block(tar_header(type, "PaxHeaders/x", content.size(), {}), content);
}

LayerBuilder& LayerBuilder::entry(char type, std::string_view path, std::string_view target,
                                  std::string_view content, const EntryOptions& options) {
    auto records = options.pax;
    for (const auto& [name, value] : options.xattrs)
        records["SCHILY.xattr." + name] = value;
    const auto name_it = [&](char gnu_type, const char* key, std::string_view name) {
        if (name.size() <= 100)
            return;
        if (options.long_name == LongName::gnu)
            long_name(gnu_type, name);
        else
            records[key] = name;
    };
    name_it('K', "linkpath", target);
    name_it('L', "path", path);
    if (!records.empty())
        pax_header('x', records);
    auto header = tar_header(type, path, content.size(), options);
    put_text(header, 157, 100, target);
    if (options.tamper)
        options.tamper(header);
    block(header, content);
    return *this;
}

LayerBuilder& LayerBuilder::file(std::string_view path, std::string_view content,
                                 const EntryOptions& options) {
    return entry('0', path, "", content, options);
}

LayerBuilder& LayerBuilder::directory(std::string_view path, const EntryOptions& options) {
    return entry('5', path, "", "", options);
}

LayerBuilder& LayerBuilder::symlink(std::string_view path, std::string_view target,
                                    const EntryOptions& options) {
    return entry('2', path, target, "", options);
}

LayerBuilder& LayerBuilder::hardlink(std::string_view path, std::string_view target,
                                     const EntryOptions& options) {
    return entry('1', path, target, "", options);
}

LayerBuilder& LayerBuilder::whiteout(std::string_view path) {
    const auto slash = path.rfind('/');
    const auto base = slash == std::string_view::npos ? 0 : slash + 1;
    return file(fmt::format("{}.wh.{}", path.substr(0, base), path.substr(base)), "");
}

LayerBuilder& LayerBuilder::opaque(std::string_view directory) {
    return file(fmt::format("{}{}.wh..wh..opq", directory, directory.empty() ? "" : "/"), "");
}

LayerBuilder& LayerBuilder::fifo(std::string_view path, const EntryOptions& options) {
    return entry('6', path, "", "", options);
}

LayerBuilder& LayerBuilder::char_device(std::string_view path, unsigned major, unsigned minor,
                                        const EntryOptions& options) {
    auto numbered = options;
    numbered.tamper = [&](TarHeader& header) {
        put_number(header, 329, 8, major);
        put_number(header, 337, 8, minor);
        if (options.tamper)
            options.tamper(header);
    };
    return entry('3', path, "", "", numbered);
}

LayerBuilder& LayerBuilder::gnu_sparse(std::string_view path, std::uint64_t size_bytes,
                                       const std::vector<SparsePiece>& pieces) {
    EntryOptions options;
    options.tamper = [&](TarHeader& header) {
        put_text(header, 257, 8, std::string_view("ustar  \0", 8));
        std::size_t at = 386;
        for (const auto& piece : pieces) {
            put_number(header, at, 12, static_cast<std::int64_t>(piece.offset));
            put_number(header, at + 12, 12, static_cast<std::int64_t>(piece.bytes.size()));
            at += 24;
        }
        put_number(header, 483, 12, static_cast<std::int64_t>(size_bytes));
    };
    return entry('S', path, "", stored_pieces(pieces), options);
}

LayerBuilder& LayerBuilder::pax_sparse(std::string_view path, std::uint64_t size_bytes,
                                       const std::vector<SparsePiece>& pieces) {
    auto content = fmt::format("{}\n", pieces.size());
    for (const auto& piece : pieces)
        content += fmt::format("{}\n{}\n", piece.offset, piece.bytes.size());
    pad(content);
    content += stored_pieces(pieces);
    EntryOptions options;
    options.pax = {{"GNU.sparse.major", "1"},
                   {"GNU.sparse.minor", "0"},
                   {"GNU.sparse.name", std::string(path)},
                   {"GNU.sparse.realsize", std::to_string(size_bytes)}};
    return entry('0', "GNUSparseFile.0/x", "", content, options);
}

LayerBuilder& LayerBuilder::global_header(const std::map<std::string, std::string>& records) {
    pax_header('g', records);
    return *this;
}

LayerBuilder& LayerBuilder::raw(std::string_view bytes) {
    bytes_ += bytes;
    return *this;
}

std::string gzip(std::string_view bytes) {
    z_stream stream{};
    constexpr int k_gzip_window = 15 + 16;
    if (deflateInit2(&stream, 6, Z_DEFLATED, k_gzip_window, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::runtime_error("deflateInit2");
    std::string out(deflateBound(&stream, bytes.size()) + 32, '\0');
    std::string in(bytes); // zlib's input pointer is not const
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

std::string zstd(std::string_view bytes) {
    std::string out(ZSTD_compressBound(bytes.size()), '\0');
    out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 1));
    return out;
}

std::string zstd_skippable(std::string_view bytes) {
    std::string frame("\x50\x2A\x4D\x18", 4);
    for (int shift = 0; shift < 32; shift += 8)
        frame += static_cast<char>(bytes.size() >> shift);
    return frame + std::string(bytes);
}

} // namespace aic::testing
