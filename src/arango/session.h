/// \file
/// What the readers of one server share: its addresses, the right to send a request, the token.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "arango/http.h"
#include "arango/open.h"
#include "arango/url.h"

namespace arango2pg::arango {

/// At most so many requests under way at once (promise P7). Thread-safe.
class Gate {
 public:
  explicit Gate(unsigned limit) : free_(limit == 0 ? 1 : limit) {}

  /// Given back by the destructor.
  class Pass {
   public:
    explicit Pass(Gate* gate) : gate_(gate) {}
    Pass(Pass&& o) noexcept : gate_(std::exchange(o.gate_, nullptr)) {}
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (gate_ != nullptr) gate_->leave();
    }
    explicit operator bool() const { return gate_ != nullptr; }

   private:
    Gate* gate_;
  };

  /// Waits for its turn. A false pass if `stop` was requested meanwhile.
  Pass enter(const std::stop_token& stop);

 private:
  void leave();
  std::mutex mutex_;
  std::condition_variable_any left_;
  unsigned free_;
};

/// A token of POST /_open/auth. `renew_at` comes before it expires, by our own clock: the server's
/// may differ.
struct Token {
  std::string text;
  std::optional<std::chrono::steady_clock::time_point> renew_at;
};

/// Takes the lifetime from a JWT's `exp` and `iat` and plans the renewal at four fifths of it.
Token planned(std::string jwt, std::chrono::steady_clock::time_point received);

/// Thread-safe.
class Session {
 public:
  /// How requests are authorized. `login` falls back to `basic` where the server has no
  /// /_open/auth.
  enum class Mode : std::uint8_t { none, basic, fixed_token, login };

  explicit Session(const SourceOptions& options);

  /// Each client starts with another coordinator, so that they share the work.
  Endpoint first_endpoint();
  /// The one after `failed`; the same if there is only one.
  Endpoint endpoint_after(const Endpoint& failed);
  /// A server named another one as its leader.
  void add_endpoint(const Endpoint& endpoint);
  [[nodiscard]] std::size_t endpoints() const;

  [[nodiscard]] Mode mode() const;
  void use_basic();
  /// The token to use now; nothing if there is none or it has to be renewed.
  [[nodiscard]] std::optional<std::string> token() const;
  void keep_token(Token token);
  /// Forgets `refused` unless somebody has already renewed it.
  void drop_token(const std::string& refused);
  /// Held by who logs in, so that the others wait for the new token instead of logging in too.
  std::mutex& login_mutex() { return login_mutex_; }

  /// True once the server has answered at all: until then an unreachable address is more likely
  /// wrong than down.
  [[nodiscard]] bool contacted() const;
  void note_contact();

  Gate& gate() { return gate_; }
  [[nodiscard]] const std::string& username() const { return username_; }
  [[nodiscard]] const std::string& password() const { return password_; }
  [[nodiscard]] const std::string& database() const { return database_; }
  [[nodiscard]] const SourceOptions& options() const { return options_; }
  /// For messages: addresses and database, no credentials.
  [[nodiscard]] const std::string& shown_url() const { return shown_url_; }

 private:
  const SourceOptions options_;
  std::string username_, password_, database_, shown_url_;
  Gate gate_;
  std::mutex login_mutex_;
  mutable std::mutex mutex_;  ///< guards what follows
  std::vector<Endpoint> endpoints_;
  std::size_t next_endpoint_ = 0;
  Mode mode_ = Mode::none;
  Token token_;
  bool contacted_ = false;
};

}  // namespace arango2pg::arango
