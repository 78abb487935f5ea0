// SPDX-License-Identifier: Apache-2.0
#include "builder/layers/entry.hpp"

namespace aic::layers {

std::string_view name_of(EntryType type) {
    switch (type) {
    case EntryType::file:
        return "file";
    case EntryType::directory:
        return "directory";
    case EntryType::symlink:
        return "symlink";
    case EntryType::hardlink:
        return "hardlink";
    case EntryType::char_device:
        return "char-device";
    case EntryType::block_device:
        return "block-device";
    case EntryType::fifo:
        return "fifo";
    case EntryType::whiteout:
        return "whiteout";
    case EntryType::opaque:
        return "opaque";
    }
    return "unknown";
}

} // namespace aic::layers
