// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builder/layers/entry.hpp"
#include "builder/layers/tar_writer.hpp"
#include "core/bytes.hpp"
#include "core/fd.hpp"

#include <sys/stat.h>

#include <functional>
#include <string>
#include <vector>

/// What lies in directories of this machine as entries of a layer. Names are relative to the
/// working directory, which spares the kernel long paths and us its limit on them.
namespace aic::layers {

/// Told of what an OCI layer cannot hold and is left out.
using LeftOut = std::function<void(const std::string& path, const char* why)>;

/// What is in an open directory, sorted as bytes; `path` is for errors.
std::vector<std::string> sorted_names(int directory, const std::string& path);

/// A socket, which no layer can hold, counts as a file.
EntryType type_on_disk(const struct stat& status);

/// What `name` is, not what it leads to, without its extended attributes; every name of a file with
/// several is a file of its own.
LayerEntry entry_on_disk(const std::string& name, const struct stat& status,
                         const std::string& path);

/// Those that a layer can hold: "user.*" and "security.capability". None where the file system has
/// no attributes.
std::vector<Xattr> xattrs_on_disk(const std::string& name);

/// Opens what lstat() has shown to be there, for reading. Throws Error(busy) when something else
/// has taken its place.
Fd open_on_disk(const std::string& name, const struct stat& status, int flags = 0);

/// A file's bytes, `limit_bytes` at most.
std::string text_on_disk(const std::string& name, const struct stat& status,
                         std::size_t limit_bytes);

/// Writes an entry and the bytes of the file `name`, `piece` at a time. Throws Error(busy) when
/// they change meanwhile.
void write_file_on_disk(TarWriter& tar, const std::string& name, const struct stat& status,
                        const LayerEntry& entry, Bytes& piece);

/// Makes the working directory of this thread `directory`; `path` is for errors.
void enter_directory(int directory, const std::string& path);

} // namespace aic::layers
