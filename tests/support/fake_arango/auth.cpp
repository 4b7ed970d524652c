#include "fake_arango/auth.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>

#include "fake_arango/json.h"

namespace fake_arango {
namespace {

constexpr std::string_view plain_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string base64url(std::string_view in) {
  std::string out;
  std::uint32_t bits = 0;
  int have = 0;
  for (char c : in) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (have += 8; have >= 6; have -= 6) out.push_back(url_alphabet[bits >> (have - 6) & 63]);
  }
  if (have > 0) out.push_back(url_alphabet[bits << (6 - have) & 63]);
  return out;
}

std::optional<std::string> from_base64(std::string_view in, std::string_view alphabet) {
  std::string out;
  std::uint32_t bits = 0;
  int have = 0;
  while (!in.empty() && in.back() == '=') in.remove_suffix(1);
  for (char c : in) {
    const std::size_t digit = alphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    have += 6;
    if (have >= 8) {
      have -= 8;
      out.push_back(static_cast<char>(bits >> have & 0xFF));
    }
  }
  return out;
}

std::string random_secret() {
  std::array<unsigned char, 32> bytes{};
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::int64_t unix_millis() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

bool scheme_is(std::string_view header, std::string_view scheme) {
  if (header.size() <= scheme.size() || header[scheme.size()] != ' ') return false;
  for (std::size_t i = 0; i < scheme.size(); ++i)
    if ((static_cast<unsigned char>(header[i]) | 0x20) != static_cast<unsigned char>(scheme[i]))
      return false;
  return true;
}

}  // namespace

Auth::Auth(const Options& options) : options_(options), secret_(random_secret()) {}

const User* Auth::user(std::string_view name) const {
  for (const User& u : options_.users)
    if (u.name == name) return &u;
  return nullptr;
}

std::string Auth::signature(std::string_view signed_part) const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()),
       reinterpret_cast<const unsigned char*>(signed_part.data()), signed_part.size(), mac.data(),
       &size);
  return base64url({reinterpret_cast<const char*>(mac.data()), size});
}

std::optional<std::string> Auth::login(const std::string& name, const std::string& password) const {
  const User* u = user(name);
  if (u == nullptr || u->password != password) return std::nullopt;
  const std::int64_t now = unix_millis();
  const std::int64_t expires = now + options_.jwt_lifetime.count();
  std::uint64_t generation = 0;
  {
    const std::lock_guard lock(mutex_);
    generation = generation_;
  }
  // Short lifetimes are for tests: `exp` in seconds is rounded up, `exp_ms` decides.
  const Object claims{{"preferred_username", name}, {"iss", "arangodb"},
                      {"iat", now / 1000},          {"exp", (expires + 999) / 1000},
                      {"exp_ms", expires},          {"generation", generation}};
  std::string token =
      base64url(R"({"alg":"HS256","typ":"JWT"})") + "." + base64url(to_json(claims));
  token += "." + signature(token);
  return token;
}

std::string Auth::superuser_token() const {
  const Object claims{{"server_id", "test"}, {"iss", "arangodb"}};
  std::string token =
      base64url(R"({"alg":"HS256","typ":"JWT"})") + "." + base64url(to_json(claims));
  token += "." + signature(token);
  return token;
}

void Auth::expire_tokens() {
  const std::lock_guard lock(mutex_);
  ++generation_;
}

std::optional<Session> Auth::check_token(std::string_view token) const {
  const std::size_t last = token.rfind('.');
  const std::size_t first = token.find('.');
  if (last == std::string_view::npos || first == last) return std::nullopt;
  if (signature(token.substr(0, last)) != token.substr(last + 1)) return std::nullopt;
  const auto text = from_base64(token.substr(first + 1, last - first - 1), url_alphabet);
  if (!text) return std::nullopt;
  const Value claims = parse_json(*text);
  if (claims.find("server_id")) return Session{};
  const auto name = claims.find("preferred_username");
  const auto expires = claims.find("exp_ms");
  const auto generation = claims.find("generation");
  if (!name || !expires || !generation || user(name->string()) == nullptr) return std::nullopt;
  if (expires->as_integer() <= unix_millis()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  if (static_cast<std::uint64_t>(generation->as_integer()) != generation_) return std::nullopt;
  return Session{name->string(), false, true};
}

std::optional<Session> Auth::check(std::string_view header) const {
  if (!enabled()) return Session{};
  if (header.empty()) return Session{{}, false, false};
  if (scheme_is(header, "bearer")) return check_token(header.substr(7));
  if (!scheme_is(header, "basic")) return std::nullopt;
  const auto text = from_base64(header.substr(6), plain_alphabet);
  if (!text) return std::nullopt;
  const std::size_t colon = text->find(':');
  if (colon == std::string::npos) return std::nullopt;
  const User* u = user(std::string_view(*text).substr(0, colon));
  if (u == nullptr || u->password != text->substr(colon + 1)) return std::nullopt;
  return Session{u->name, false, true};
}

Access Auth::database_access(const Session& s, const std::string& database) const {
  if (s.everything) return Access::write;
  const User* u = user(s.user);
  if (u == nullptr) return Access::none;
  auto it = u->databases.find(database);
  if (it == u->databases.end()) it = u->databases.find("*");
  return it == u->databases.end() ? Access::none : it->second;
}

Access Auth::collection_access(const Session& s, const std::string& database,
                               const std::string& collection) const {
  if (s.everything) return Access::write;
  const User* u = user(s.user);
  if (u == nullptr) return Access::none;
  const auto it = u->collections.find(database + "/" + collection);
  return it == u->collections.end() ? database_access(s, database) : it->second;
}

bool Auth::may_read(const Session& s, const std::string& database,
                    const std::string& collection) const {
  // Hashed passwords are for admins only.
  if (collection == "_users" && !admin(s)) return false;
  return collection_access(s, database, collection) != Access::none;
}

bool Auth::may_write(const Session& s, const std::string& database,
                     const std::string& collection) const {
  return collection_access(s, database, collection) == Access::write;
}

bool Auth::admin(const Session& s) const { return database_access(s, "_system") == Access::write; }

}  // namespace fake_arango
