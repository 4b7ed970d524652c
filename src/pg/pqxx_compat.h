/// \file
/// libpqxx 6.4 (Debian 12) and 7 (Debian 13): the few calls that differ. Included by connection.cpp
/// only.
#pragma once

#include <optional>
#include <pqxx/connection>
#include <pqxx/except>
#include <pqxx/nontransaction>
#include <pqxx/result>
#include <pqxx/version>
#include <string>
#include <vector>

#if PQXX_VERSION_MAJOR < 7
#include <pqxx/prepared_statement>
#else
#include <pqxx/params>
#endif

namespace arango2pg::pg::compat {

// exec_params is deprecated from 7.10 on, where exec() takes parameters; 7.0 to 7.8 know it only.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

inline pqxx::result exec_params(pqxx::nontransaction& session, const std::string& sql,
                                const std::vector<std::optional<std::string>>& params) {
#if PQXX_VERSION_MAJOR < 7
  std::vector<const char*> values;
  values.reserve(params.size());
  for (const auto& p : params) values.push_back(p ? p->c_str() : nullptr);
  return session.exec_params(sql, pqxx::prepare::make_dynamic_params(values));
#else
  pqxx::params values;
  for (const auto& p : params) {
    if (p)
      values.append(*p);
    else
      values.append();
  }
#if PQXX_VERSION_MAJOR < 8
  return session.exec_params(sql, values);
#else
  return session.exec(sql, values);
#endif
#endif
}

/// Version 6 reconnects behind our back, which would lose the advisory lock without a word.
inline void forbid_reconnect([[maybe_unused]] pqxx::connection& connection) {
#if PQXX_VERSION_MAJOR < 7
  connection.inhibit_reactivation(true);
#endif
}

#pragma GCC diagnostic pop

}  // namespace arango2pg::pg::compat
