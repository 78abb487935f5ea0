// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/config.hpp"
#include "oci/descriptor.hpp"
#include "oci/reference.hpp"
#include "registry/address.hpp"
#include "registry/auth.hpp"
#include "registry/resolver.hpp"
#include "registry/site_registries.hpp"
#include "registry/transport.hpp"

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace aic::registry {

/// As whom a client speaks.
enum class Identity {
    users,     ///< with the user's credentials where it is asked for some
    anonymous, ///< as anybody could
};

/// Speaks the distribution protocol about one repository in one place.
class Client {
public:
    /// In the registry itself, wherever the site's settings say that it is. Throws Error(denied)
    /// when they block the repository.
    Client(const oci::RegistryReference& reference, const Config& config,
           const Environment& environment, const RetryPolicy& retry_policy = {});
    /// Clients that share a transport take turns.
    Client(const LocatedRepository& place, const Environment& environment,
           const RetryPolicy& retry_policy, std::shared_ptr<Transport> transport,
           Identity identity = Identity::users);

    /// "host[:port]", as people call the place.
    const std::string& name() const { return reference_.registry; }

    bool is_mirror() const { return is_mirror_; }

    /// Whether the place has the manifest for whom this client speaks as, by one HEAD.
    bool may_get_manifest(std::stop_token stop);
    /// The digest a tag points at, by one HEAD.
    Digest head_manifest(std::stop_token stop);
    /// What the reference points at.
    ServedDocument get_manifest(std::stop_token stop);
    /// A manifest that an index names.
    ServedDocument get_manifest(const oci::Descriptor& descriptor, std::stop_token stop);
    /// A small blob, verified; one larger than `limit_bytes` is refused.
    std::string get_blob(const oci::Descriptor& descriptor, std::uint64_t limit_bytes,
                         std::stop_token stop);
    /// All of the repository's tags, page by page, in the order in which the registry lists them.
    std::vector<std::string> tags(std::stop_token stop);

    Request blob_request(const Digest& digest) const;
    /// The Error for an answer that is no success, with what the user can do about it.
    Error explain(const Answer& answer) const;

    Authenticator& authenticator() { return authenticator_; }

    const Authenticator& authenticator() const { return authenticator_; }

    Peer& peer() { return peer_; }

private:
    Client(const LocatedRepository& place, Address address, const Environment& environment,
           const RetryPolicy& retry_policy, std::shared_ptr<Transport> transport,
           Identity identity);

    struct TagPage {
        std::vector<std::string> tags;
        std::optional<Url> next;
    };

    Answer ask(std::string description, Request request, std::stop_token stop);
    TagPage tag_page(const Url& page, std::stop_token stop);
    Url first_tag_page() const;
    /// Where the registry says the next page is. Only the registry itself may be asked for it.
    std::optional<Url> next_page(const Answer& answer) const;
    Error no_repository() const;
    Error no_known_form() const;
    Request manifest_request(Method method, std::string_view tag_or_digest) const;
    Url url(std::string_view path) const;
    /// Why a manifest is not there, after a look at the repository's tags.
    Error explain_missing(const Answer& answer, std::stop_token stop);
    ServedDocument document_of(Answer answer, const std::optional<Digest>& expected) const;

    const oci::RegistryReference reference_;
    const bool is_mirror_;
    const Url registry_;
    const std::string login_hint_;
    Peer peer_;
    const std::shared_ptr<Transport> transport_;
    Authenticator authenticator_;
};

} // namespace aic::registry
