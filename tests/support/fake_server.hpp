// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/fd.hpp"
#include "tests/support/loopback.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace aic::testing {

struct FakeRequest {
    std::string method;
    std::string target;                         ///< path and query
    std::map<std::string, std::string> headers; ///< names in lower case
    std::string body = {};

    std::string path() const { return target.substr(0, target.find('?')); }

    /// "" when there is none.
    std::string header(const std::string& name) const;
};

struct FakeResponse {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string body = {};
    std::optional<std::size_t> cut_after =
        {}; ///< the connection is closed after so many bytes of the body
    std::optional<std::size_t> stall_after =
        {}; ///< nothing more is sent after so many bytes of the body
    std::optional<std::size_t> trickle_after =
        {}; ///< after so many bytes of the body the rest comes byte by byte, ten a second
    bool announce_length = true; ///< else the end of the connection is the end of the body
    bool silent = false;         ///< nothing is ever sent
};

class FakeTls;

/// An HTTP/1.1 server on a loopback port, in a thread of its own, which reads bodies that have a
/// Content-Length. The handler runs on that thread. With `tls` it speaks that, and cuts a
/// connection without saying so.
class FakeServer {
public:
    using Handler = std::function<FakeResponse(const FakeRequest&)>;

    explicit FakeServer(Handler handler, std::shared_ptr<const FakeTls> tls = nullptr);
    FakeServer(const FakeServer&) = delete;
    FakeServer& operator=(const FakeServer&) = delete;
    ~FakeServer();

    std::string host_and_port() const;

    std::string url() const { return (tls_ ? "https://" : "http://") + host_and_port(); }

    /// All requests so far, in order.
    std::vector<FakeRequest> requests() const;
    /// How many of them asked for this path.
    std::size_t count(const std::string& path) const;

private:
    static constexpr int k_max_connections = 64;

    struct Connection;

    void serve();
    void accept_connection(std::vector<Connection>& connections) const;
    void advance(Connection& connection);
    void answer(Connection& connection, const FakeRequest& request);

    const Handler handler_;
    const std::shared_ptr<const FakeTls> tls_;
    LoopbackListener listener_{k_max_connections};
    Fd stop_read_, stop_write_;
    mutable std::mutex mutex_;
    std::vector<FakeRequest> requests_; // guarded by mutex_
    std::thread thread_;
};

} // namespace aic::testing
