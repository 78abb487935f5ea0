// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_server.hpp"

#include "core/error.hpp"
#include "tests/support/fake_tls.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace aic::testing {

constexpr std::size_t k_max_head_bytes = 64 * 1024;

std::string FakeRequest::header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
}

struct FakeServer::Connection {
    Fd fd;
    SslPointer ssl = nullptr; ///< null where it speaks no TLS
    std::string received = {};
    std::string to_send = {};
    std::string drops = {}; ///< the rest, which follows byte by byte
    bool close_when_sent = false;
    bool broken = false;

    bool is_finished() const {
        return broken || (close_when_sent && to_send.empty() && drops.empty());
    }

    bool trickles() const { return to_send.empty() && !drops.empty(); }

    void let_drop() {
        to_send = drops.substr(0, 1);
        drops.erase(0, 1);
    }
};

namespace {

std::string lower(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c + ('a' - 'A'));
    return text;
}

FakeRequest parse_request(std::string_view head) {
    FakeRequest request;
    const auto line = head.substr(0, head.find("\r\n"));
    const auto first = line.find(' ');
    const auto second = line.find(' ', first + 1);
    request.method = line.substr(0, first);
    request.target = line.substr(first + 1, second - first - 1);
    head.remove_prefix(std::min(line.size() + 2, head.size()));
    while (!head.empty()) {
        const auto header = head.substr(0, head.find("\r\n"));
        head.remove_prefix(std::min(header.size() + 2, head.size()));
        const auto colon = header.find(':');
        if (colon != std::string_view::npos)
            request.headers[lower(std::string(header.substr(0, colon)))] =
                header.substr(std::min(colon + 2, header.size()));
    }
    return request;
}

/// Sends what the socket takes; false when the other side is gone.
bool send_some(int fd, std::string& bytes) {
    const auto count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0)
        return errno == EAGAIN || errno == EINTR;
    bytes.erase(0, static_cast<std::size_t>(count));
    return true;
}

bool receive_some(int fd, std::string& bytes) {
    std::array<char, 4096> buffer;
    const auto count = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count > 0)
        bytes.append(buffer.data(), static_cast<std::size_t>(count));
    return (count > 0 && bytes.size() <= k_max_head_bytes)
           || (count < 0 && (errno == EAGAIN || errno == EINTR));
}

/// Whether there may be more to come of it after this result of OpenSSL's.
bool goes_on(SSL* ssl, int result) {
    const int error = SSL_get_error(ssl, result);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

bool send_some(SSL* ssl, std::string& bytes) {
    ERR_clear_error(); // of another connection
    const int count = SSL_write(ssl, bytes.data(), static_cast<int>(bytes.size()));
    if (count <= 0)
        return goes_on(ssl, count);
    bytes.erase(0, static_cast<std::size_t>(count));
    return true;
}

/// All that has come: poll() knows nothing of what OpenSSL keeps.
bool receive_some(SSL* ssl, std::string& bytes) {
    std::array<char, 4096> buffer;
    ERR_clear_error();
    int count = 0;
    while ((count = SSL_read(ssl, buffer.data(), static_cast<int>(buffer.size()))) > 0)
        bytes.append(buffer.data(), static_cast<std::size_t>(count));
    return goes_on(ssl, count) && bytes.size() <= k_max_head_bytes;
}

} // namespace

FakeServer::FakeServer(Handler handler, std::shared_ptr<const FakeTls> tls)
    : handler_(std::move(handler))
    , tls_(std::move(tls)) {
    std::array<int, 2> ends;
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        throw system_error("making a pipe");
    stop_read_ = Fd(ends[0]);
    stop_write_ = Fd(ends[1]);
    thread_ = std::thread([this] { serve(); });
}

FakeServer::~FakeServer() {
    stop_write_ = Fd();
    thread_.join();
}

std::string FakeServer::host_and_port() const {
    return listener_.host_and_port();
}

std::vector<FakeRequest> FakeServer::requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
}

std::size_t FakeServer::count(const std::string& path) const {
    const auto all = requests();
    return static_cast<std::size_t>(
        std::ranges::count_if(all, [&](const auto& request) { return request.path() == path; }));
}

void FakeServer::serve() {
    std::vector<Connection> connections;
    for (;;) {
        std::vector<pollfd> polled = {{stop_read_.get(), POLLIN, 0},
                                      {listener_.fd.get(), POLLIN, 0}};
        for (const auto& connection : connections)
            polled.push_back({connection.fd.get(),
                              static_cast<short>(connection.to_send.empty() ? POLLIN : POLLOUT),
                              0});
        const bool trickles = std::ranges::any_of(
            connections, [](const auto& connection) { return connection.trickles(); });
        constexpr int k_drop_ms = 100;
        const int count = ::poll(polled.data(), polled.size(), trickles ? k_drop_ms : -1);
        if (count < 0 && errno != EINTR)
            return;
        if (polled[0].revents != 0)
            return;
        for (std::size_t i = 0; i < connections.size(); ++i)
            if (polled[i + 2].revents != 0)
                advance(connections[i]);
        for (auto& connection : connections)
            if (count == 0 && connection.trickles())
                connection.let_drop();
        if (polled[1].revents != 0)
            accept_connection(connections);
        std::erase_if(connections, [](const auto& connection) { return connection.is_finished(); });
    }
}

void FakeServer::accept_connection(std::vector<Connection>& connections) const {
    Fd fd(::accept4(listener_.fd.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd || std::ssize(connections) >= k_max_connections)
        return;
    auto ssl = tls_ ? tls_->accept(fd.get()) : nullptr;
    connections.push_back({std::move(fd), std::move(ssl)});
}

void FakeServer::advance(Connection& connection) {
    if (!connection.to_send.empty()) {
        connection.broken = connection.ssl ? !send_some(connection.ssl.get(), connection.to_send)
                                           : !send_some(connection.fd.get(), connection.to_send);
        return;
    }
    const bool is_open = connection.ssl ? receive_some(connection.ssl.get(), connection.received)
                                        : receive_some(connection.fd.get(), connection.received);
    if (!is_open) {
        connection.broken = true;
        return;
    }
    const auto end = connection.received.find("\r\n\r\n");
    if (end == std::string::npos)
        return;
    auto request = parse_request(std::string_view(connection.received).substr(0, end));
    const auto length = request.header("content-length");
    const auto body_bytes = length.empty() ? 0 : std::stoul(length);
    if (connection.received.size() < end + 4 + body_bytes)
        return; // the rest comes
    request.body = connection.received.substr(end + 4, body_bytes);
    connection.received.erase(0, end + 4 + body_bytes);
    answer(connection, request);
}

void FakeServer::answer(Connection& connection, const FakeRequest& request) {
    {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
    }
    auto response = handler_(request);
    if (response.silent)
        return;
    auto& out = connection.to_send;
    out = fmt::format("HTTP/1.1 {} Whatever\r\n", response.status);
    for (const auto& [name, value] : response.headers)
        out += fmt::format("{}: {}\r\n", name, value);
    if (response.announce_length)
        out += fmt::format("Content-Length: {}\r\n", response.body.size());
    connection.close_when_sent = !response.announce_length || response.cut_after;
    if (connection.close_when_sent)
        out += "Connection: close\r\n";
    out += "\r\n";
    if (request.method == "HEAD")
        return;
    const auto at_once = std::min({response.cut_after.value_or(std::string::npos),
                                   response.stall_after.value_or(std::string::npos),
                                   response.trickle_after.value_or(std::string::npos)});
    out += response.body.substr(0, at_once);
    if (response.trickle_after)
        connection.drops = response.body.substr(std::min(at_once, response.body.size()));
}

} // namespace aic::testing
