#include <libpq-fe.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "pg/connection.h"
#include "pg/session_internal.h"

namespace arango2pg::pg {
namespace {

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string one_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  std::string out;
  for (const char c : text) {
    if (c == '\n' || c == '\t') {
      if (!out.empty() && out.back() != ' ') out += ' ';
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

Conninfo::Conninfo(const std::string& text, const std::string& purpose) {
  char* reason = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(
      PQconninfoParse(text.c_str(), &reason), &PQconninfoFree);
  PQfreemem(reason);  // not shown: it quotes pieces of the text, which may be the password
  if (!parsed || text.find('\0') != std::string::npos)
    throw Error(Exit::usage, "cannot read the target's connection string",
                "Write postgresql://user@host:5432/database or \"host=… dbname=…\", with quotes "
                "around values that hold spaces.");
  for (const PQconninfoOption* o = parsed.get(); o->keyword != nullptr; ++o)
    if (o->val != nullptr) values_.emplace_back(o->keyword, o->val);
  std::erase_if(values_, [](const auto& v) {
    return v.first == "application_name" || v.first == "client_encoding";
  });
  values_.emplace_back("application_name", application_name(purpose));
  values_.emplace_back("client_encoding", "UTF8");
  set_default("connect_timeout", "PGCONNECT_TIMEOUT", "10");
  set_default("keepalives_idle", nullptr, "5");
  set_default("keepalives_interval", nullptr, "5");
  set_default("keepalives_count", nullptr, "3");
  set_default("target_session_attrs", "PGTARGETSESSIONATTRS", "any");
  // Of several hosts only the primary will do; with one host the server's own message is clearer.
  const auto host = std::find_if(values_.begin(), values_.end(), [](const auto& v) {
    return (v.first == "host" || v.first == "hostaddr") && contains(v.second, ",");
  });
  if (host != values_.end())
    for (auto& [keyword, value] : values_)
      if (keyword == "target_session_attrs" && value == "any") value = "read-write";
}

void Conninfo::set_default(const std::string& keyword, const char* environment,
                           const std::string& value) {
  if (environment != nullptr && std::getenv(environment) != nullptr) return;
  for (const auto& v : values_)
    if (v.first == keyword) return;
  values_.emplace_back(keyword, value);
}

std::string Conninfo::text() const {
  std::string out;
  for (const auto& [keyword, value] : values_) {
    out += keyword + "='";
    for (const char c : value) {
      if (c == '\'' || c == '\\') out += '\\';
      out += c;
    }
    out += "' ";
  }
  return out;
}

std::string application_name(const std::string& purpose) {
  return ("arango2pg/" + purpose).substr(0, 63);
}

std::string session_settings(int server_version, const std::string& purpose) {
  std::string sql = "SET application_name = " + quote_literal(application_name(purpose)) +
                    ";"
                    "SET client_encoding = 'UTF8';"
                    "SET standard_conforming_strings = on;"
                    "SET client_min_messages = warning;"
                    "SET statement_timeout = 0;"
                    "SET lock_timeout = 0;"
                    "SET idle_in_transaction_session_timeout = 0;"
                    "SET default_transaction_isolation = 'read committed';"
                    "SET DateStyle = 'ISO, YMD';"
                    "SET TimeZone = 'UTC';"
                    "SET bytea_output = 'hex';"
                    "SET extra_float_digits = 1;";
  if (server_version >= 140000) sql += "SET idle_session_timeout = 0;";
  if (server_version >= 170000) sql += "SET transaction_timeout = 0;";
  return sql;
}

std::vector<std::string> optional_settings(int server_version) {
  // The server, too, should notice soon that we are gone: our locks hold up whoever resumes the
  // run.
  std::vector<std::string> out = {
      "SET tcp_keepalives_idle = 5",
      "SET tcp_keepalives_interval = 5",
      "SET tcp_keepalives_count = 3",
  };
  if (server_version >= 140000) out.emplace_back("SET client_connection_check_interval = '2s'");
  return out;
}

Error connect_error(const std::string& libpq_text) {
  const std::string text = one_line(libpq_text);
  std::string hint = "Check host, port and that the server runs and accepts connections.";
  bool retryable = true;
  if (contains(text, "password") || contains(text, "authentication") ||
      contains(text, "pg_hba.conf") || contains(text, "role \"")) {
    retryable = false;
    hint =
        "Check user and password (PGPASSWORD, ~/.pgpass or the connection string) and pg_hba.conf.";
  } else if (contains(text, "database \"") && contains(text, "does not exist")) {
    retryable = false;
    hint = "Create the database first, encoding UTF8.";
  } else if (contains(text, "too many clients") || contains(text, "connection slots")) {
    hint = "Raise max_connections or use fewer lanes (--jobs).";
  } else if (contains(text, "could not translate host name")) {
    hint = "Check the host name.";
  } else if (contains(text, "not in") && contains(text, "session is read-only")) {
    hint = "Connect to the primary server, not to a standby.";
  }
  return {Exit::target, "cannot connect to PostgreSQL: " + text, hint, retryable};
}

std::string describe(const char* database, const char* host, const char* port, const char* user) {
  const auto text = [](const char* s) { return std::string(s == nullptr ? "" : s); };
  const std::string where = text(host).empty() ? "local socket" : text(host);
  return "database '" + text(database) + "' at " + where + ":" + text(port) + " as '" + text(user) +
         "'";
}

std::string primary_message(const std::string& libpq_text) {
  const std::size_t end = libpq_text.find('\n');
  std::string line = libpq_text.substr(0, end);
  // "ERROR:  " in the server's language: a word in capitals before a colon and two spaces.
  const std::size_t colon = line.find(":  ");
  if (colon != std::string::npos && colon < 16 && line.find(' ') > colon) line.erase(0, colon + 3);
  return line;
}

std::string message_part(const std::string& libpq_text, const std::string& label) {
  const std::size_t at = libpq_text.find("\n" + label);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + 1 + label.size();
  return libpq_text.substr(begin, libpq_text.find('\n', begin) - begin);
}

}  // namespace arango2pg::pg
