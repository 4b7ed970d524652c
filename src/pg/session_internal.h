/// \file
/// What every session of ours has in common, whichever library holds it: how it connects, its
/// settings, and how its failures are put into words.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace arango2pg::pg {

/// The user's connection string, read by libpq and completed: connect time-out, keep-alives (a dead
/// peer is noticed in about 20 s), the primary of several hosts, UTF8, application_name.
class Conninfo {
 public:
  /// Throws Error(usage) for text libpq can't read; the text itself is not shown (it may hold a
  /// password).
  Conninfo(const std::string& text, const std::string& purpose);
  [[nodiscard]] std::string text() const;  ///< keyword = 'value' form, with the password

 private:
  void set_default(const std::string& keyword, const char* environment, const std::string& value);
  std::vector<std::pair<std::string, std::string>> values_;
};

/// "arango2pg/<purpose>", cut to the 63 bytes PostgreSQL keeps.
std::string application_name(const std::string& purpose);

/// Statements to run once after connecting, in one go. All of them are per session.
std::string session_settings(int server_version, const std::string& purpose);
/// Settings that some platforms or versions refuse; each is run on its own and may fail.
std::vector<std::string> optional_settings(int server_version);

/// A failed attempt to connect, from libpq's text. Retryable unless the server looked at the
/// request and refused it (password, role, database, pg_hba.conf).
Error connect_error(const std::string& libpq_text);

/// "database 'app' at localhost:5432 as 'me'".
std::string describe(const char* database, const char* host, const char* port, const char* user);

/// The primary message: the first line without "ERROR:  ".
std::string primary_message(const std::string& libpq_text);

/// What stands behind `label` ("HINT:  ") in libpq's text, up to the next label; empty if absent.
std::string message_part(const std::string& libpq_text, const std::string& label);

}  // namespace arango2pg::pg
