// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/layout.hpp"
#include "cache/name_state.hpp"
#include "cache/numbered_files.hpp"

#include <functional>
#include <vector>

namespace aic::cache {

/// Of a name that stands for another image. `no`: when it was given in another directory it stays;
/// `never`: it stays wherever it was given.
enum class Replace { no, yes, never };

/// An image to be named, and how it came here.
struct NamedImage {
    ImageId id;
    std::string variant;
    std::string how;                      ///< "pull docker.io/library/ubuntu:22.04"
    std::optional<std::string> reference; ///< which pulls it again
};

/// One user's names. A name is a directory of numbered states, of which the newest counts; a change
/// is a further state, published by link(). Of changes at the same moment each one reads what the
/// others made of the name before it goes through, so none is lost. Any number of processes, on any
/// nodes, may use it at once.
class Names {
public:
    explicit Names(Layout layout) : layout_(std::move(layout)) {}

    /// Lets `name` stand for an image. Throws Error(usage) when it stands for another one that was
    /// named in another directory, unless that is to be replaced. Nothing happens when the name
    /// stands for the image already, except that with Replace::yes it moves to `directory`.
    NameState set(const ImageName& name, const NamedImage& image,
                  const std::optional<std::string>& directory, Replace replace) const;
    /// Lets `name` stand for another image, if it still stands for `from`; it stays the
    /// same directory's. False when it does not.
    bool advance(const ImageName& name, const ImageKey& from, const NamedImage& image) const;
    /// Nothing when the name was never set, or was removed.
    std::optional<NameState> find(const ImageName& name) const;
    /// What every name stands for now, in the order of the names; damaged ones are warned of and
    /// left out.
    std::vector<NameState> all() const;
    /// Every name that has a history, those that were removed included.
    std::vector<ImageName> known() const;
    /// All states that are still there, oldest first; damaged ones are warned of and left out.
    NameHistory history(const ImageName& name) const;

    /// Takes the name away and returns what it stood for. Throws Error(not_found).
    NameState remove(const ImageName& name) const;
    /// `to` stands for what `from` stood for, which is removed. Throws Error(not_found), and
    /// Error(usage) when `to` stands for something else. Where somebody changes `from` at the same
    /// moment, it keeps what he gave it.
    NameState rename(const ImageName& from, const ImageName& to) const;
    /// Goes back to an earlier state (see restorable()). `bring_back` gets the state and the one
    /// that tells how its image was made; it throws when the image can not be had again. It may be
    /// called several times.
    NameState restore(const ImageName& name, std::optional<std::uint64_t> number,
                      const std::function<void(const NameState& state, const NameState& origin)>&
                          bring_back) const;

    /// When the newest state is damaged, the newest one that can be read is published as the next;
    /// nothing when there is no need, or no such state.
    std::optional<NameState> mend(const ImageName& name) const;

    /// States beyond the last twenty that keep no image; never the newest.
    std::vector<std::filesystem::path> outdated(const ImageName& name) const;

private:
    /// What the name shall be next; nothing to leave it as it is.
    using Next = std::function<std::optional<NameState>(const NameHistory& history)>;

    NumberedFiles files_of(const ImageName& name) const;
    std::optional<NameState> read(const ImageName& name, std::uint64_t number) const;
    NameHistory read_all(const ImageName& name, const std::vector<std::uint64_t>& numbers) const;
    /// Returns what was published, or else the present state.
    NameState update(const ImageName& name, const Next& next) const;
    bool publish(const NameState& state) const;

    Layout layout_;
};

} // namespace aic::cache
