/// \file
/// What the tests of the migration engine share: packs made of texts.
#pragma once

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "pg/migrations.h"
#include "pg/migrations_internal.h"
#include "support/temp_db.h"

namespace arango2pg::test {

class MigrationsTest : public WithDb {
 protected:
  /// A pack of migrations with these texts, numbered from 1.
  static pg::Pack pack(const std::vector<std::string>& texts) {
    pg::Pack p;
    p.name = "mine";
    int n = 1;
    for (const std::string& text : texts) {
      const std::string number = "00" + std::to_string(n++);
      p.migrations.push_back(pg::parse_migration("packs/mine/" + number + "_step.sql", text));
    }
    return p;
  }
  /// Patience for tests: as much as the story needs.
  pg::MigrationControl control(std::chrono::milliseconds lock = std::chrono::milliseconds(300),
                               int tries = 2) {
    pg::MigrationControl c;
    c.conninfo = db().conninfo();
    c.patience = {std::chrono::milliseconds(1000), lock, tries};
    return c;
  }
  std::vector<std::string> up(const pg::Pack& p, pg::Goal goal = {}) {
    return pg::migrate_up(connection(), p, "public", goal, control());
  }
  std::vector<std::string> down(const pg::Pack& p, pg::Goal goal) {
    return pg::migrate_down(connection(), p, "public", goal, control());
  }
  /// "applied,failed: why,pending"
  std::string states(const pg::Pack& p, const std::string& schema = "public") {
    std::string out;
    for (const auto& s : pg::migration_status(connection(), p, schema))
      out += (out.empty() ? "" : ",") + s.state;
    return out;
  }
  std::string message(const pg::Pack& p, std::size_t i) {
    return pg::migration_status(connection(), p, "public").at(i).message;
  }
  /// From another session: waits until the query says true; false after half a minute.
  bool wait_until(const std::string& sql) {
    auto own = db().connect("waiting");
    for (int i = 0; i < 600; ++i) {
      try {
        if (own.exec(sql).is_true(0, 0)) return true;
      } catch (const Error&) {
        // Not even the table is there yet.
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return false;
  }
  template <class F>
  static Error error_of(F&& call) {
    try {
      call();
    } catch (const Error& e) {
      return e;
    }
    return {Exit::done, "no error"};
  }
  Error up_error(const pg::Pack& p) {
    return error_of([&] { up(p); });
  }
  Error down_error(const pg::Pack& p, pg::Goal goal) {
    return error_of([&] { down(p, goal); });
  }
  bool exists(const std::string& relation) {
    return value("SELECT to_regclass('" + relation + "') IS NOT NULL") == "t";
  }
  std::string invalid_indexes() {
    return list("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid ORDER BY 1");
  }

  const std::string first_ =
      "-- migrate:up\nCREATE TABLE a (x integer);\n-- migrate:down\nDROP TABLE a;\n";
  const std::string second_ =
      "-- migrate:up\nALTER TABLE a ADD y integer;\n-- migrate:down\nALTER TABLE a DROP y;\n";
};

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace arango2pg::test
