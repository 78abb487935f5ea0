// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/client.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

namespace aic::registry {

/// Whether an error is of the place that was asked, and not of this machine, its settings or its
/// user.
bool is_of_the_place(ErrorKind kind);

/// The places that have a repository, in the order in which they are asked: its mirrors, and last
/// the registry itself. A mirror that fails is left out from then on; the registry never is. For
/// one thread at a time.
class Places {
public:
    /// Throws Error(denied) when the site's settings block the repository.
    Places(const oci::RegistryReference& reference, const Config& config,
           const Environment& environment, const RetryPolicy& retry_policy = {});

    Client& operator[](std::size_t place) { return *clients_[place]; }

    std::size_t registry() const { return clients_.size() - 1; }

    /// The first place from this one on that is not left out.
    std::size_t first_from(std::size_t place) const;
    /// Whether what a place did wrong may go better in the next one. Says so, and leaves out a
    /// mirror that did more than lack or mistake something.
    bool goes_on_after(std::size_t place, const Error& error);

    /// Whether any of them was shown credentials, and took them.
    bool use_credentials() const;

    Transport& transport() { return *transport_; }

    /// What `ask` returns of the first place that can answer. When none can, what the registry did
    /// wrong is thrown.
    template <typename Ask>
    auto ask(const Ask& ask) {
        for (auto place = first_from(0);; place = first_from(place + 1)) {
            const auto begin = std::chrono::steady_clock::now();
            try {
                return ask(*clients_[place]);
            } catch (const Error& error) {
                if (!goes_on_after(place, error))
                    throw naming_mirrors(error);
                if (!clients_[place]->peer().hosts.has_answered_any())
                    hurry(std::chrono::steady_clock::now() - begin);
            }
        }
    }

    /// With a hint that says who else was asked in vain.
    Error naming_mirrors(const Error& error) const;

private:
    /// Whoever is asked from now on is waited for the less, so that it takes no longer to hear that
    /// there is no network when there are mirrors.
    void hurry(std::chrono::steady_clock::duration waited);

    const std::shared_ptr<Transport> transport_ = std::make_shared<Transport>();
    std::vector<std::unique_ptr<Client>> clients_;
    std::vector<bool> is_left_out_;
};

} // namespace aic::registry
