// SPDX-License-Identifier: Apache-2.0
#include "builder/build/step_key.hpp"

#include "cache/origin.hpp"

namespace aic::build {

namespace {

/// Raise it whenever a step of the same key would give something else.
constexpr std::string_view k_version = "aic-image step 1";

/// Hashes texts with their lengths, so that no two lists of them look the same.
class KeyHash {
public:
    explicit KeyHash(std::string_view kind) {
        add(k_version);
        add(kind);
    }

    KeyHash& add(std::string_view text) {
        hash_.update(as_bytes(std::to_string(text.size()) + ':'));
        hash_.update(as_bytes(text));
        return *this;
    }

    KeyHash& add(const std::vector<std::string>& texts) {
        add(std::to_string(texts.size()));
        for (const auto& text : texts)
            add(text);
        return *this;
    }

    StepKey finish() { return StepKey(hash_.finish()); }

private:
    Sha256Hasher hash_;
};

} // namespace

StepKey base_key(const ImageId& id, std::string_view variant) {
    return KeyHash("base").add(id.hex()).add(variant).finish();
}

StepKey step_key(const StepKey& below, const Step& step, const std::vector<std::string>& env,
                 const std::optional<InputDigest>& inputs) {
    const bool sees_inputs = step.workspace != Workspace::hidden || step.added;
    return KeyHash("step")
        .add(below.hex())
        .add(step.script)
        .add(sees_inputs ? inputs ? inputs->hex() : "none" : "hidden")
        .add(env)
        .finish();
}

StepKey image_key(const StepKey& last, const Recipe& recipe) {
    KeyHash hash("image");
    hash.add(last.hex()).add(recipe.env);
    hash.add(recipe.working_dir ? "in " + *recipe.working_dir : "");
    hash.add(recipe.entrypoint ? "entrypoint" : "");
    hash.add(recipe.entrypoint.value_or(std::vector<std::string>()));
    for (const auto& [name, value] : recipe.labels)
        hash.add(name).add(value);
    return hash.finish();
}

std::string step_reference(const StepKey& key) {
    return std::string(cache::k_step_scheme) + key.hex();
}

std::string build_reference(const StepKey& key) {
    return std::string(cache::k_build_scheme) + key.hex();
}

} // namespace aic::build
