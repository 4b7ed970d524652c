/// \file
/// Who is asking, and what they may see (protocol 1.2, 1.3).
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "fake_arango/fake_arango.h"

namespace fake_arango {

struct Session {
  std::string user;        ///< empty for the superuser and with authentication off
  bool everything = true;  ///< superuser, or authentication off
  bool logged_in = true;   ///< false = open paths only
};

/// Thread-safe.
class Auth {
 public:
  explicit Auth(const Options& options);
  [[nodiscard]] bool enabled() const { return !options_.users.empty(); }
  /// From the Authorization header; nothing = refused (bad or expired).
  [[nodiscard]] std::optional<Session> check(std::string_view authorization) const;
  /// A token, or nothing for wrong credentials.
  [[nodiscard]] std::optional<std::string> login(const std::string& user,
                                                 const std::string& password) const;
  [[nodiscard]] std::string superuser_token() const;
  void expire_tokens();

  [[nodiscard]] Access database_access(const Session& s, const std::string& database) const;
  [[nodiscard]] bool may_read(const Session& s, const std::string& database,
                              const std::string& collection) const;
  [[nodiscard]] bool may_write(const Session& s, const std::string& database,
                               const std::string& collection) const;
  [[nodiscard]] bool admin(const Session& s) const;

 private:
  [[nodiscard]] const User* user(std::string_view name) const;
  [[nodiscard]] std::string signature(std::string_view signed_part) const;
  [[nodiscard]] Access collection_access(const Session& s, const std::string& database,
                                         const std::string& collection) const;
  [[nodiscard]] std::optional<Session> check_token(std::string_view token) const;

  const Options options_;
  const std::string secret_;
  mutable std::mutex mutex_;
  mutable std::uint64_t generation_ = 0;  // tokens of an earlier one are refused
};

}  // namespace fake_arango
