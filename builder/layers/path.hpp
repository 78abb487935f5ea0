// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace aic::layers {

/// A path of a tar entry, made relative to the root and free of `.`, `..` and empty parts; "" is
/// the root. Bytes are kept as they are. Throws Error(integrity) when it leaves the root, has a
/// NUL, a part longer than 255 bytes or more than 4096 parts.
std::string normalise_path(std::string_view raw);

/// The same for a hardlink's target, where `..` at the root stays there, as in a chroot.
std::string normalise_link_target(std::string_view raw);

/// The part before the last slash ("" for none), and the part after it.
std::string_view parent_of(std::string_view path);
std::string_view base_of(std::string_view path);

/// What a base name means in a layer (OCI image-spec, layer.md § Whiteouts).
enum class WhiteoutKind { none, whiteout, opaque, aufs_leftover };

/// Throws Error(integrity) for the names that would remove `.`, `..` or nothing.
WhiteoutKind whiteout_kind(std::string_view path);

} // namespace aic::layers
