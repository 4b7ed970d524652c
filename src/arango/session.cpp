#include "arango/session.h"

#include <algorithm>
#include <charconv>

#include "arango/raw_json.h"
#include "base/error.h"

namespace arango2pg::arango {
namespace {

/// RFC 4648 section 5, padding optional. Stops at the first foreign character.
std::string decode_base64url(std::string_view text) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  std::uint32_t bits = 0;
  int have = 0;
  for (const char c : text) {
    const auto digit = alphabet.find(c == '+' ? '-' : c == '/' ? '_' : c);
    if (digit == std::string_view::npos) break;
    bits = (bits << 6) | static_cast<std::uint32_t>(digit);
    have += 6;
    if (have < 8) continue;
    have -= 8;
    out += static_cast<char>((bits >> have) & 0xFF);
  }
  return out;
}

/// A member that holds seconds, perhaps with a fraction.
std::optional<double> seconds_of(std::string_view object, std::string_view name) {
  RawMembers members(object);
  while (const auto member = members.next()) {
    if (member->name != name) continue;
    double value = 0;
    const std::string_view text = member->value;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && end == text.data() + text.size()) return value;
  }
  return std::nullopt;
}

}  // namespace

Gate::Pass Gate::enter(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  if (!left_.wait(lock, stop, [this] { return free_ > 0; })) return Pass(nullptr);
  --free_;
  return Pass(this);
}

void Gate::leave() {
  {
    const std::lock_guard lock(mutex_);
    ++free_;
  }
  left_.notify_one();
}

Token planned(std::string jwt, std::chrono::steady_clock::time_point received) {
  Token token{std::move(jwt), std::nullopt};
  const auto first = token.text.find('.');
  const auto second = token.text.find('.', first + 1);
  if (first == std::string::npos || second == std::string::npos) return token;
  const std::string payload =
      decode_base64url(std::string_view(token.text).substr(first + 1, second - first - 1));
  const auto issued = seconds_of(payload, "iat");
  const auto expires = seconds_of(payload, "exp");
  if (!issued || !expires || *expires <= *issued) return token;
  const std::chrono::duration<double> life(*expires - *issued);
  token.renew_at = received + std::chrono::duration_cast<std::chrono::milliseconds>(life * 4 / 5);
  return token;
}

Session::Session(const SourceOptions& options) : options_(options), gate_(options.max_requests) {
  const SourceUrl url = parse_url(options.url);
  if (url.kind != SourceUrl::Kind::server)
    throw Error(Exit::usage, "'" + redacted(options.url) + "' is no server",
                "This needs an http:// or https:// source.");
  endpoints_ = url.endpoints;
  const bool user_in_url = !url.username.empty() || !url.password.empty();
  username_ = user_in_url ? url.username : options.username;
  password_ = url.password.empty() ? options.password : url.password;
  database_ = !options.database.empty() ? options.database
              : !url.database.empty()   ? url.database
                                        : "_system";
  shown_url_ = redacted(options.url);
  if (!options.jwt.empty() && !user_in_url) {
    mode_ = Mode::fixed_token;
    token_.text = options.jwt;
  } else if (!username_.empty() || !password_.empty()) {
    mode_ = Mode::login;
  }
}

Endpoint Session::first_endpoint() {
  const std::lock_guard lock(mutex_);
  return endpoints_[next_endpoint_++ % endpoints_.size()];
}

Endpoint Session::endpoint_after(const Endpoint& failed) {
  const std::lock_guard lock(mutex_);
  const auto it = std::find(endpoints_.begin(), endpoints_.end(), failed);
  if (it == endpoints_.end() || it + 1 == endpoints_.end()) return endpoints_.front();
  return *(it + 1);
}

void Session::add_endpoint(const Endpoint& endpoint) {
  const std::lock_guard lock(mutex_);
  if (std::find(endpoints_.begin(), endpoints_.end(), endpoint) == endpoints_.end())
    endpoints_.push_back(endpoint);
}

std::size_t Session::endpoints() const {
  const std::lock_guard lock(mutex_);
  return endpoints_.size();
}

Session::Mode Session::mode() const {
  const std::lock_guard lock(mutex_);
  return mode_;
}

void Session::use_basic() {
  const std::lock_guard lock(mutex_);
  mode_ = Mode::basic;
}

std::optional<std::string> Session::token() const {
  const std::lock_guard lock(mutex_);
  if (token_.text.empty()) return std::nullopt;
  if (token_.renew_at && std::chrono::steady_clock::now() >= *token_.renew_at) return std::nullopt;
  return token_.text;
}

void Session::keep_token(Token token) {
  const std::lock_guard lock(mutex_);
  token_ = std::move(token);
}

void Session::drop_token(const std::string& refused) {
  const std::lock_guard lock(mutex_);
  if (token_.text == refused) token_ = {};
}

bool Session::contacted() const {
  const std::lock_guard lock(mutex_);
  return contacted_;
}

void Session::note_contact() {
  const std::lock_guard lock(mutex_);
  contacted_ = true;
}

}  // namespace arango2pg::arango
