// SPDX-License-Identifier: Apache-2.0
#include "registry/transport.hpp"

#include "core/log.hpp"
#include "core/waiting.hpp"
#include "registry/transfer.hpp"

#include <strings.h>

#include <algorithm>
#include <mutex>

namespace aic::registry {

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

std::optional<Request> Exchange::failed(const Error& error) {
    throw error;
}

void Exchange::waits(const Wait& wait) {
    constexpr std::chrono::seconds k_worth_a_word{2};
    if (wait.until - std::chrono::steady_clock::now() >= k_worth_a_word)
        tell_waiting({description(), wait.reason, wait.until});
}

namespace {

/// Those of a list, in its order.
class ListedConversations final : public Conversations {
public:
    explicit ListedConversations(std::span<Exchange* const> exchanges) : rest_(exchanges) {}

    Exchange* next() override {
        if (rest_.empty())
            return nullptr;
        auto* first = rest_.front();
        rest_ = rest_.subspan(1);
        return first;
    }

    std::size_t limit() const override {
        constexpr std::size_t k_at_once = 6;
        return k_at_once;
    }

private:
    std::span<Exchange* const> rest_;
};

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

/// The transfers under way or waiting for their time. Leaving the scope, for whatever reason, takes
/// them off the multi handle.
class ActiveTransfers {
public:
    explicit ActiveTransfers(CURLM* multi) : multi_(multi) {}

    ActiveTransfers(const ActiveTransfers&) = delete;
    ActiveTransfers& operator=(const ActiveTransfers&) = delete;

    ~ActiveTransfers() {
        for (const auto& active : active_)
            if (!active.is_waiting)
                curl_multi_remove_handle(multi_, active.transfer->easy());
    }

    std::size_t size() const { return active_.size(); }

    void start(Exchange& exchange) {
        active_.push_back(
            {&exchange, in_context([&] { return exchange.description(); },
                                   [&] { return std::make_unique<Transfer>(exchange); })});
    }

    /// Gives curl the transfers whose time has come; the time of the next one.
    std::optional<Transfer::TimePoint> perform_due() {
        const auto now = std::chrono::steady_clock::now();
        std::optional<Transfer::TimePoint> next;
        for (auto& active : active_) {
            if (!active.is_waiting || is_held(active))
                continue;
            const auto due = active.transfer->due_at();
            if (due > now) {
                next = std::min(next.value_or(due), due);
                continue;
            }
            check(curl_multi_add_handle(multi_, active.transfer->easy()));
            active.is_waiting = false;
        }
        return next;
    }

    void finish(CURL* easy, CURLcode result) {
        const auto done = std::ranges::find_if(
            active_, [&](const auto& active) { return active.transfer->easy() == easy; });
        curl_multi_remove_handle(multi_, easy);
        done->is_waiting = true;
        const bool goes_on = in_context([&] { return done->exchange->description(); },
                                        [&] { return done->transfer->finish(result); });
        if (!goes_on)
            active_.erase(done);
    }

private:
    struct Active {
        Exchange* exchange;
        std::unique_ptr<Transfer> transfer;
        bool is_waiting = true; ///< so it is not on the multi handle
    };

    /// One that waits for another is looked at again when any has ended.
    static bool is_held(Active& active) {
        const auto hold = active.exchange->hold();
        if (hold == Hold::over)
            in_context([&] { return active.exchange->description(); },
                       [&] { active.transfer->ask_anew(); });
        return hold == Hold::waits;
    }

    CURLM* multi_;
    std::vector<Active> active_;
};

} // namespace

class Transport::Loop {
public:
    void run(Conversations& conversations, std::stop_token stop) {
        const std::lock_guard lock(mutex_);
        const std::stop_callback wake(stop, [this] { curl_multi_wakeup(multi_.get()); });
        ActiveTransfers active(multi_.get());
        for (;;) {
            if (stop.stop_requested())
                throw Error(ErrorKind::interrupted, "stopped");
            while (active.size() < conversations.limit()) {
                auto* exchange = conversations.next();
                if (!exchange)
                    break;
                active.start(*exchange);
            }
            if (active.size() == 0)
                return;
            step(active);
        }
    }

private:
    void step(ActiveTransfers& active) {
        const auto next_due = active.perform_due();
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
        if (!finished)
            check(curl_multi_poll(multi_.get(), nullptr, 0, wait_ms(next_due), nullptr));
    }

    static int wait_ms(std::optional<Transfer::TimePoint> until) {
        using std::chrono::milliseconds;
        constexpr milliseconds k_longest{1000}; // curl returns earlier for its own timers
        if (!until)
            return static_cast<int>(k_longest.count());
        const auto left =
            std::chrono::ceil<milliseconds>(*until - std::chrono::steady_clock::now());
        return static_cast<int>(std::clamp(left, milliseconds(0), k_longest).count());
    }

    std::mutex mutex_;
    // Guarded by mutex_, but for curl_multi_wakeup().
    std::unique_ptr<CURLM, MultiDeleter> multi_{new_multi()};
};

Transport::Transport() : loop_(std::make_unique<Loop>()) {}

Transport::~Transport() = default;

void Transport::run(std::span<Exchange* const> exchanges, std::stop_token stop) {
    ListedConversations listed(exchanges);
    loop_->run(listed, stop);
}

void Transport::run(Conversations& conversations, std::stop_token stop) {
    loop_->run(conversations, stop);
}

} // namespace aic::registry
