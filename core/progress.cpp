// SPDX-License-Identifier: Apache-2.0
#include "core/progress.hpp"

namespace aic {

ProgressItem& Progress::add(std::string label, std::uint64_t size_bytes) {
    std::lock_guard lock(mutex_);
    auto& item = items_.emplace_back();
    item.label = std::move(label);
    item.size_bytes = size_bytes;
    return item;
}

std::vector<Progress::ItemView> Progress::items() const {
    std::lock_guard lock(mutex_);
    std::vector<ItemView> views;
    for (const auto& item : items_)
        views.push_back({item.label, item.size_bytes, item.fetched_bytes, item.converted_bytes});
    return views;
}

void Progress::phase(std::string name, std::string detail) {
    std::lock_guard lock(mutex_);
    phase_ = std::move(name);
    phase_detail_ = std::move(detail);
}

std::string Progress::phase() const {
    std::lock_guard lock(mutex_);
    return phase_;
}

std::string Progress::phase_detail() const {
    std::lock_guard lock(mutex_);
    return phase_detail_;
}

} // namespace aic
