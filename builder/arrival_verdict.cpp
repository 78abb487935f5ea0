// SPDX-License-Identifier: Apache-2.0
#include "builder/arrival_verdict.hpp"

#include <exception>

namespace aic::builder {

namespace {

/// Looks whether there is a verdict each time the blob has changed.
class VerdictWatch final : registry::BlobArrival::Listener {
public:
    VerdictWatch(registry::BlobArrival& arrival, unsigned round, Crew& crew)
        : arrival_(arrival)
        , round_(round)
        , crew_(crew)
        , subscription_(arrival, *this) {
        blob_changed();
    }

    void wait(std::stop_token stop) {
        crew_.work_until([&] { return is_known_; }, stop);
    }

private:
    void blob_changed() noexcept override {
        const auto state = arrival_.state();
        if (state.is_over() || state.round != round_)
            crew_.change([&] { is_known_ = true; });
    }

    const registry::BlobArrival& arrival_;
    const unsigned round_;
    Crew& crew_;
    bool is_known_ = false; // guarded by the crew's mutex
    const registry::BlobArrival::Subscription subscription_;
};

} // namespace

bool has_begun_anew(registry::BlobArrival& arrival, unsigned round, Crew& crew,
                    std::stop_token stop) {
    VerdictWatch(arrival, round, crew).wait(stop);
    const auto state = arrival.state();
    if (state.failure)
        std::rethrow_exception(state.failure);
    return state.round != round;
}

} // namespace aic::builder
