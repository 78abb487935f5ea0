// SPDX-License-Identifier: Apache-2.0
#include "builder/layers/layer_index.hpp"
#include "builder/layers/merge.hpp"
#include "tests/fuzz/fuzz_target.hpp"

AIC_FUZZ_TEXT(text) {
    using namespace aic;
    fuzz::allow_error([&] {
        const auto decoded = layers::decode_layer_indexes(as_bytes(text));
        layers::Tree tree;
        std::uint32_t number = 0;
        for (const auto& layer : decoded)
            layers::apply_layer(layer, number++, tree);
    });
}
