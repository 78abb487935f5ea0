// SPDX-License-Identifier: Apache-2.0
#include "registry/client.hpp"

#include "core/error.hpp"
#include "core/log.hpp"
#include "oci/json.hpp"
#include "oci/media_type.hpp"
#include "oci/printable.hpp"
#include "registry/answer_error.hpp"
#include "registry/link_header.hpp"
#include "registry/nearest_tags.hpp"
#include "registry/rate_limit.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <set>

namespace aic::registry {

constexpr std::uint64_t k_most_page_bytes = 64UL * 1024;      // of a proxy's login page
constexpr std::uint64_t k_max_tags_bytes = 8UL * 1024 * 1024; // of one page
constexpr unsigned k_tags_a_page = 1000;
// No repository has so many; a registry that goes on for ever is not followed.
constexpr std::size_t k_most_tags = 1'000'000;
constexpr std::size_t k_most_tag_pages = 10'000;

namespace {

/// One request about the repository, whose answer is kept.
class SingleExchange final : public AuthorizedExchange {
public:
    SingleExchange(Authenticator& authenticator, Peer& peer, std::string description,
                   Request request)
        : AuthorizedExchange(authenticator, peer)
        , description_(std::move(description))
        , request_(std::move(request))
        , answer_{.url = request_.url} {}

    std::string description() const override { return description_; }

    Answer take_answer() { return std::move(answer_); }

protected:
    Request request() override { return request_; }

    std::optional<Request> answered(Answer& answer) override {
        answer_ = std::move(answer);
        return std::nullopt;
    }

private:
    const std::string description_;
    const Request request_;
    Answer answer_;
};

/// The variables that hold credentials hold those of the registry that the user named.
Environment without_credentials(const Environment& environment) {
    return [environment](const char* name) -> std::optional<std::string> {
        const std::string_view variable = name;
        if (variable == "AIC_IMAGE_USERNAME" || variable == "AIC_IMAGE_PASSWORD")
            return std::nullopt;
        return environment(name);
    };
}

std::string tag_or_digest(const oci::RegistryReference& reference) {
    return reference.digest ? reference.digest->str() : reference.tag.value_or("latest");
}

} // namespace

Client::Client(const oci::RegistryReference& reference, const Config& config,
               const Environment& environment, const RetryPolicy& retry_policy)
    : Client(locate(reference, config, environment).back(), environment, retry_policy,
             std::make_shared<Transport>()) {}

Client::Client(const LocatedRepository& place, const Environment& environment,
               const RetryPolicy& retry_policy, std::shared_ptr<Transport> transport,
               Identity identity)
    : Client(place, address_of(place.reference.registry, place.insecure_registries, environment),
             environment, retry_policy, std::move(transport), identity) {}

Client::Client(const LocatedRepository& place, Address address, const Environment& environment,
               const RetryPolicy& retry_policy, std::shared_ptr<Transport> transport,
               Identity identity)
    : reference_(place.reference)
    , is_mirror_(place.is_mirror)
    , registry_(std::move(address.url))
    , login_hint_(login_hint(reference_.registry))
    , peer_(registry_.origin(), std::move(address.tls), after_waiting(retry_policy, address.waited))
    , transport_(std::move(transport))
    , authenticator_(reference_.registry, registry_, reference_.repository,
                     [this, environment, identity]() -> std::optional<Credentials> {
                         if (identity == Identity::anonymous)
                             return std::nullopt;
                         return find_credentials(
                             reference_.registry, reference_.repository, reference_.user,
                             is_mirror_ ? without_credentials(environment) : environment);
                     }) {}

Url Client::url(std::string_view path) const {
    return registry_.resolve(fmt::format("/v2/{}/{}", reference_.repository, path));
}

Answer Client::ask(std::string description, Request request, std::stop_token stop) {
    SingleExchange exchange(authenticator_, peer_, std::move(description), std::move(request));
    Exchange* const one = &exchange;
    transport_->run({&one, 1}, stop);
    return exchange.take_answer();
}

Request Client::manifest_request(Method method, std::string_view name) const {
    // All four, on HEAD too: without them some registries answer 404, others with schema 1.
    return {.url = url(fmt::format("manifests/{}", name)),
            .method = method,
            .headers = {fmt::format("Accept: {}, {}, {}, {}", oci::k_oci_index, oci::k_docker_index,
                                    oci::k_oci_manifest, oci::k_docker_manifest)},
            .limit_bytes = k_max_manifest_bytes};
}

Request Client::blob_request(const Digest& digest) const {
    return {.url = url(fmt::format("blobs/{}", digest.str()))};
}

bool Client::may_get_manifest(std::stop_token stop) {
    const auto answer = ask(fmt::format("asking for {}", reference_.str()),
                            manifest_request(Method::head, tag_or_digest(reference_)), stop);
    return answer.status == 200;
}

Digest Client::head_manifest(std::stop_token stop) {
    if (reference_.digest)
        return *reference_.digest;
    const auto answer = ask(fmt::format("resolving {}", reference_.str()),
                            manifest_request(Method::head, tag_or_digest(reference_)), stop);
    if (answer.status == 429)
        throw explain(answer);
    if (answer.status == 200)
        if (const auto digest =
                Digest::try_parse(answer.header("Docker-Content-Digest").value_or("")))
            return *digest;
    // No digest, no HEAD, or an error, whose reason only the answer to a GET holds.
    return get_manifest(stop).digest;
}

ServedDocument Client::get_manifest(std::stop_token stop) {
    const auto description = fmt::format("resolving {}", reference_.str());
    auto answer = ask(description, manifest_request(Method::get, tag_or_digest(reference_)), stop);
    return in_context(description, [&] {
        if (answer.status == 404 && !answer.is_web_page())
            throw explain_missing(answer, stop);
        if (const auto limit = rate_limit_of(answer)) {
            const auto text = fmt::format("{}: {}", reference_.registry, limit->str());
            if (limit->is_low())
                warn("{}", text);
            else
                debug("{}", text);
        }
        return document_of(std::move(answer), reference_.digest);
    });
}

ServedDocument Client::get_manifest(const oci::Descriptor& descriptor, std::stop_token stop) {
    const auto description = fmt::format("fetching manifest {}", descriptor.digest.str());
    auto answer = ask(description, manifest_request(Method::get, descriptor.digest.str()), stop);
    return in_context(description,
                      [&] { return document_of(std::move(answer), descriptor.digest); });
}

ServedDocument Client::document_of(Answer answer, const std::optional<Digest>& expected) const {
    if (answer.status != 200)
        throw explain(answer);
    if (answer.is_web_page())
        throw not_a_registry(answer);
    auto served = served_document(std::move(answer.body),
                                  answer.header("Content-Type").value_or(""), expected);
    const auto header = answer.header("Docker-Content-Digest");
    const auto announced = Digest::try_parse(header.value_or(""));
    if (announced && *announced != served.digest)
        throw Error(ErrorKind::integrity, "manifest {} arrived as {}", announced->str(),
                    served.digest.str());
    return served;
}

std::string Client::get_blob(const oci::Descriptor& descriptor, std::uint64_t limit_bytes,
                             std::stop_token stop) {
    const auto description = fmt::format("fetching {}", descriptor.digest.str());
    if (descriptor.size_bytes > limit_bytes)
        throw Error(ErrorKind::integrity, "{}: it has {}, where at most {} are sensible",
                    description, human_size(descriptor.size_bytes), human_size(limit_bytes));
    auto request = blob_request(descriptor.digest);
    request.limit_bytes = std::max(descriptor.size_bytes, k_most_page_bytes);
    for (bool is_second = false;; is_second = true) {
        auto answer = ask(description, request, stop);
        if (answer.status != 200)
            throw explain(answer).within(description);
        try {
            verify(answer.body, descriptor);
            return std::move(answer.body);
        } catch (const Error& error) {
            if (answer.is_web_page())
                throw not_a_registry(answer).within(description);
            if (is_second)
                throw error.within(description);
            debug("{}: {}; once more", description, error.message());
        }
    }
}

Url Client::first_tag_page() const {
    return url("tags/list").with_query("n", std::to_string(k_tags_a_page));
}

std::optional<Url> Client::next_page(const Answer& answer) const {
    for (const auto& header : answer.all_headers("Link"))
        if (const auto link = next_link(header)) {
            auto next = answer.url.resolve(*link);
            if (next.origin() != registry_.origin())
                throw Error(ErrorKind::network, "{} says that further tags are at {}",
                            registry_.name(), oci::printable(next.name()));
            return next;
        }
    return std::nullopt;
}

Client::TagPage Client::tag_page(const Url& page, std::stop_token stop) {
    const auto description = fmt::format("listing the tags of {}", reference_.repository);
    const auto answer =
        ask(description,
            {.url = page, .headers = {"Accept: application/json"}, .limit_bytes = k_max_tags_bytes},
            stop);
    return in_context(description, [&]() -> TagPage {
        if (answer.status == 404 && !answer.is_web_page())
            throw no_repository();
        if (answer.status != 200)
            throw explain(answer);
        if (answer.is_web_page())
            throw not_a_registry(answer);
        return {oci::strings_field(oci::parse_json(answer.body), "tags"), next_page(answer)};
    });
}

std::vector<std::string> Client::tags(std::stop_token stop) {
    std::vector<std::string> tags;
    std::set<std::string> seen; // pages
    for (std::optional<Url> page = first_tag_page(); page;) {
        if (!seen.insert(page->str()).second)
            throw Error(ErrorKind::network, "listing the tags of {}: {} leads back to a page",
                        reference_.repository, registry_.name());
        if (tags.size() > k_most_tags || seen.size() > k_most_tag_pages)
            throw Error(ErrorKind::network, "listing the tags of {}: {} sends more than {} pages",
                        reference_.repository, registry_.name(), seen.size() - 1);
        auto [more, next] = tag_page(*page, stop);
        tags.insert(tags.end(), std::make_move_iterator(more.begin()),
                    std::make_move_iterator(more.end()));
        page = std::move(next);
    }
    return tags;
}

Error Client::no_repository() const {
    return Error(ErrorKind::not_found, "{} has no repository {}", reference_.registry,
                 reference_.repository)
        .with_hint(fmt::format("check the spelling; some registries say so of what one has to log "
                               "in for, too: 'aic-image login {}'",
                               reference_.registry));
}

Error Client::no_known_form() const {
    return Error(ErrorKind::integrity,
                 "{} has the tag '{}', and no OCI or Docker (schema 2) manifest for it",
                 reference_.repository, tag_or_digest(reference_))
        .with_hint("it may be of schema 1, which is too old to be supported: push it anew with a "
                   "present-day tool");
}

Error Client::explain(const Answer& answer) const {
    if (answer.is_web_page() && (answer.status == 200 || answer.status == 404))
        return not_a_registry(answer);
    auto error = error_of(answer);
    if (error.kind() != ErrorKind::denied || !error.hint().empty())
        return error;
    return error.with_hint(fmt::format("{}: {}",
                                       authenticator_.credentials_refused()
                                           ? "the stored credentials are wrong, or do not suffice"
                                           : "if the repository exists, log in",
                                       login_hint_));
}

Error Client::explain_missing(const Answer& answer, std::stop_token stop) {
    if (server_text(answer).find("repository name not known") != std::string::npos)
        return no_repository();
    if (reference_.digest)
        return Error(ErrorKind::not_found, "{} has no manifest {}", reference_.repository,
                     reference_.digest->str());
    Error missing(ErrorKind::not_found, "{} has no tag '{}'", reference_.repository,
                  tag_or_digest(reference_));
    if (is_mirror_) // what it lacks says nothing of what there is
        return missing;
    try {
        const auto tags = tag_page(first_tag_page(), stop).tags;
        if (std::ranges::find(tags, tag_or_digest(reference_)) != tags.end())
            return no_known_form();
        const auto nearest = nearest_tags(tags, tag_or_digest(reference_), 5);
        if (nearest.empty())
            return missing;
        return missing.with_hint(
            oci::printable(fmt::format("nearest tags: {}", fmt::join(nearest, ", "))));
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::interrupted)
            throw;
        debug("{}", error.message());
        return error.kind() == ErrorKind::not_found ? no_repository() : missing;
    }
}

} // namespace aic::registry
