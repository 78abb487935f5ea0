// SPDX-License-Identifier: Apache-2.0
#include "builder/foreign/architecture.hpp"

#include "core/error.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace aic::foreign {

namespace {

struct Machine {
    std::uint16_t number;
    unsigned char elf_class;
    std::string_view architecture; ///< in Go's words
};

constexpr std::array k_machines = {
    Machine{EM_X86_64, ELFCLASS64, "amd64"},  Machine{EM_AARCH64, ELFCLASS64, "arm64"},
    Machine{EM_386, ELFCLASS32, "386"},       Machine{EM_ARM, ELFCLASS32, "arm"},
    Machine{EM_PPC64, ELFCLASS64, "ppc64le"}, Machine{EM_RISCV, ELFCLASS64, "riscv64"},
    Machine{EM_S390, ELFCLASS64, "s390x"},
};

/// Shells and programs of any image are far smaller; a file of a stranger may be all holes.
constexpr std::uint64_t k_largest_program = 64 << 20;
constexpr std::size_t k_most_programs = 64; ///< looked at in a directory
constexpr std::size_t k_head_bytes = 64;

/// Keeps the first bytes.
class HeadSink final : public Sink {
public:
    void write(std::span<const std::byte> bytes) override {
        const auto wanted = bytes.first(std::min(bytes.size(), k_head_bytes - head_.size()));
        head_.insert(head_.end(), wanted.begin(), wanted.end());
    }

    std::span<const std::byte> head() const { return head_; }

private:
    Bytes head_;
};

std::optional<oci::Platform> platform_of(squashfs::ImageReader& image, const std::string& path) {
    const auto found = image.find(path, squashfs::ImageReader::Follow::yes);
    if (!found)
        return std::nullopt;
    const auto inode = image.inode(*found);
    if (inode.type != squashfs::InodeType::file || inode.size_bytes > k_largest_program)
        return std::nullopt;
    HeadSink sink;
    image.read_file(inode, sink);
    return platform_of_elf(sink.head());
}

std::vector<std::string> programs_in(squashfs::ImageReader& image, const char* directory) {
    std::vector<std::string> paths;
    const auto found = image.find(directory, squashfs::ImageReader::Follow::yes);
    if (!found)
        return paths;
    const auto inode = image.inode(*found);
    if (inode.type != squashfs::InodeType::directory)
        return paths;
    for (const auto& name : image.names(inode)) {
        if (paths.size() == k_most_programs)
            break;
        paths.push_back(fmt::format("{}/{}", directory, name.name));
    }
    return paths;
}

} // namespace

std::optional<oci::Platform> platform_of_elf(std::span<const std::byte> first_bytes) {
    constexpr std::size_t k_machine_offset = offsetof(Elf64_Ehdr, e_machine); // in both classes
    std::array<unsigned char, k_machine_offset + 2> head;
    if (first_bytes.size() < head.size())
        return std::nullopt;
    std::memcpy(head.data(), first_bytes.data(), head.size());
    if (std::memcmp(head.data(), ELFMAG, SELFMAG) != 0)
        return std::nullopt;
    const bool little = head[EI_DATA] == ELFDATA2LSB;
    const unsigned low = head[k_machine_offset + (little ? 0 : 1)];
    const unsigned high = head[k_machine_offset + (little ? 1 : 0)];
    for (const auto& machine : k_machines)
        if (machine.number == (high << 8 | low) && machine.elf_class == head[EI_CLASS]
            && little != (machine.number == EM_S390)) // the only big-endian one of them
            return oci::Platform::parse(machine.architecture);
    return std::nullopt;
}

std::optional<oci::Platform> guess_platform(squashfs::ImageReader& image) {
    std::vector<std::string> paths = {"bin/sh", "usr/bin/env", "bin/busybox"};
    for (const char* directory : {"bin", "usr/bin", "sbin", "usr/sbin", "usr/local/bin"})
        std::ranges::move(programs_in(image, directory), std::back_inserter(paths));
    for (const auto& path : paths)
        if (auto platform = platform_of(image, path))
            return platform;
    return std::nullopt;
}

} // namespace aic::foreign
