// SPDX-License-Identifier: Apache-2.0
#include "registry/transport.hpp"

#include "registry/transfer.hpp"

#include <strings.h>

#include <algorithm>
#include <mutex>

namespace aic::registry {

/// At once; blobs of one image come from one host, which gets this many connections from us.
constexpr std::size_t k_max_transfers = 6;

std::optional<std::string> Answer::header(std::string_view name) const {
    auto all = all_headers(name);
    return all.empty() ? std::nullopt : std::optional(std::move(all.front()));
}

std::vector<std::string> Answer::all_headers(std::string_view name) const {
    std::vector<std::string> values;
    for (const auto& header : headers)
        if (header.name.size() == name.size()
            && ::strncasecmp(header.name.data(), name.data(), name.size()) == 0)
            values.push_back(header.value);
    return values;
}

bool Answer::is_web_page() const {
    const auto type = header("Content-Type").value_or("");
    const auto first = body.find_first_not_of(" \t\r\n");
    return type.starts_with("text/html") || (first != std::string::npos && body[first] == '<');
}

bool Exchange::accepts(const Answer&) {
    return true;
}

std::optional<Request> Exchange::failed(const Error& error, Failure) {
    throw error;
}

namespace {

void initialise_curl() {
    static const auto code = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (code != CURLE_OK)
        throw Error(ErrorKind::system, "starting libcurl: {}", curl_easy_strerror(code));
}

struct MultiDeleter {
    void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
};

CURLM* new_multi() {
    initialise_curl();
    if (auto* multi = curl_multi_init())
        return multi;
    throw Error(ErrorKind::system, "libcurl gives no multi handle");
}

void check(CURLMcode code) {
    if (code != CURLM_OK)
        throw Error(ErrorKind::system, "running libcurl: {}", curl_multi_strerror(code));
}

/// The transfers under way. Leaving the scope, for whatever reason, takes them off the multi
/// handle.
class ActiveTransfers {
    using Clock = std::chrono::steady_clock;

public:
    explicit ActiveTransfers(CURLM* multi) : multi_(multi) {}

    ActiveTransfers(const ActiveTransfers&) = delete;
    ActiveTransfers& operator=(const ActiveTransfers&) = delete;

    ~ActiveTransfers() {
        for (const auto& active : active_)
            curl_multi_remove_handle(multi_, active.transfer->easy());
    }

    std::size_t size() const { return active_.size(); }

    void start(Exchange& exchange, const std::string& ca_file) {
        active_.push_back(
            {&exchange, in_context([&] { return exchange.description(); },
                                   [&] { return std::make_unique<Transfer>(exchange, ca_file); })});
        check(curl_multi_add_handle(multi_, active_.back().transfer->easy()));
    }

    void finish(CURL* easy, CURLcode result) {
        const auto done = std::ranges::find_if(
            active_, [&](const auto& active) { return active.transfer->easy() == easy; });
        curl_multi_remove_handle(multi_, easy);
        const bool goes_on = in_context([&] { return done->exchange->description(); },
                                        [&] { return done->transfer->finish(result); });
        if (!goes_on) {
            active_.erase(done);
            return;
        }
        done->due = Clock::now() + done->transfer->delay();
        done->waits = true;
        start_those_due();
    }

    /// Goes on with the transfers whose wait is over; how long it is until the next one's is.
    std::chrono::milliseconds start_those_due() {
        auto next = std::chrono::milliseconds::max();
        const auto now = Clock::now();
        for (auto& active : active_) {
            if (!active.waits)
                continue;
            if (active.due > now) {
                next =
                    std::min(next, std::chrono::ceil<std::chrono::milliseconds>(active.due - now));
                continue;
            }
            active.waits = false;
            check(curl_multi_add_handle(multi_, active.transfer->easy()));
        }
        return next;
    }

private:
    struct Active {
        Exchange* exchange;
        std::unique_ptr<Transfer> transfer;
        bool waits = false; ///< for `due`; it is not on the multi handle then
        Clock::time_point due = {};
    };

    CURLM* multi_;
    std::vector<Active> active_;
};

} // namespace

class Transport::Loop {
public:
    explicit Loop(std::string ca_file) : ca_file_(std::move(ca_file)), multi_(new_multi()) {}

    void run(std::span<Exchange* const> exchanges, std::stop_token stop) {
        const std::lock_guard lock(mutex_);
        const std::stop_callback wake(stop, [this] { curl_multi_wakeup(multi_.get()); });
        ActiveTransfers active(multi_.get());
        for (;;) {
            if (stop.stop_requested())
                throw Error(ErrorKind::interrupted, "stopped");
            for (; !exchanges.empty() && active.size() < k_max_transfers;
                 exchanges = exchanges.subspan(1))
                active.start(*exchanges.front(), ca_file_);
            if (active.size() == 0)
                return;
            step(active);
        }
    }

private:
    void step(ActiveTransfers& active) {
        // curl returns earlier when one of its own timers is due.
        constexpr std::chrono::milliseconds k_longest_wait(1000);
        int running = 0;
        check(curl_multi_perform(multi_.get(), &running));
        bool finished = false;
        int left = 0;
        while (const auto* message = curl_multi_info_read(multi_.get(), &left)) {
            if (message->msg != CURLMSG_DONE)
                continue;
            active.finish(message->easy_handle, message->data.result);
            finished = true;
        }
        const auto wait = std::min(active.start_those_due(), k_longest_wait);
        if (!finished)
            check(
                curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(wait.count()), nullptr));
    }

    const std::string ca_file_;
    std::mutex mutex_;
    std::unique_ptr<CURLM, MultiDeleter> multi_; // guarded by mutex_, but for curl_multi_wakeup()
};

Transport::Transport(std::string ca_file) : loop_(std::make_unique<Loop>(std::move(ca_file))) {}

Transport::~Transport() = default;

void Transport::run(std::span<Exchange* const> exchanges, std::stop_token stop) {
    loop_->run(exchanges, stop);
}

} // namespace aic::registry
