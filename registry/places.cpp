// SPDX-License-Identifier: Apache-2.0
#include "registry/places.hpp"

#include "core/error.hpp"
#include "core/log.hpp"

#include <fmt/ranges.h>

#include <algorithm>

namespace aic::registry {

bool is_of_the_place(ErrorKind kind) {
    switch (kind) {
    case ErrorKind::not_found:
    case ErrorKind::denied:
    case ErrorKind::network:
    case ErrorKind::integrity:
    case ErrorKind::busy:
        return true;
    default:
        return false;
    }
}

Places::Places(const oci::RegistryReference& reference, const Config& config,
               const Environment& environment, const RetryPolicy& retry_policy) {
    for (auto& place : locate(reference, config, environment)) {
        const auto policy = place.is_mirror ? policy_for_mirror(retry_policy) : retry_policy;
        clients_.push_back(
            std::make_unique<Client>(std::move(place), environment, policy, transport_));
    }
    is_left_out_.resize(clients_.size());
}

bool Places::use_credentials() const {
    return std::ranges::any_of(
        clients_, [](const auto& client) { return client->authenticator().uses_credentials(); });
}

std::size_t Places::first_from(std::size_t place) const {
    while (place < registry() && is_left_out_[place])
        ++place;
    return place;
}

bool Places::goes_on_after(std::size_t place, const Error& error) {
    if (place == registry() || !is_of_the_place(error.kind()))
        return false;
    const auto& name = clients_[place]->name();
    if (error.kind() == ErrorKind::not_found) {
        debug("mirror {}: {}", name, error.message());
    } else if (error.kind() == ErrorKind::integrity) {
        warn("mirror {}: {}; asking elsewhere", name, error.message());
    } else if (!is_left_out_[place]) {
        warn("mirror {} is left out from now on: {}", name, error.message());
        is_left_out_[place] = true;
    }
    return true;
}

void Places::hurry(std::chrono::steady_clock::duration waited) {
    for (auto& client : clients_) {
        auto& policy = client->peer().policy;
        policy =
            after_waiting(policy, std::chrono::duration_cast<std::chrono::milliseconds>(waited));
    }
}

Error Places::naming_mirrors(const Error& error) const {
    if (registry() == 0 || !is_of_the_place(error.kind()))
        return error;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < registry(); ++i)
        names.push_back(clients_[i]->name());
    const auto asked = fmt::format("asked before, in vain: {}", fmt::join(names, ", "));
    return error.with_hint(error.hint().empty() ? asked
                                                : fmt::format("{}; {}", error.hint(), asked));
}

} // namespace aic::registry
