/// \file
/// A database per test with a schema pack of ours: up, down, and what its verify sections say.
#pragma once

#include <string>

#include "pg/migrations.h"
#include "pg/sql_split_internal.h"
#include "source_dir.h"
#include "support/temp_db.h"

namespace arango2pg::test {

class WithPack : public WithDb {
 protected:
  explicit WithPack(const std::string& name)
      : pack_(pg::load_pack(ARANGO2PG_SOURCE_DIR "/schemas/" + name)) {}

  void up(int to = 0, const std::string& schema = "public") {
    pg::migrate_up(connection(), pack_, schema, to);
  }
  void down(int to = 0, const std::string& schema = "public") {
    pg::migrate_down(connection(), pack_, schema, to);
  }
  /// Everything that verify finds wrong, one per line.
  std::string wrong(const std::string& schema = "public") {
    std::string out;
    for (const pg::VerifyFailure& f : pg::verify_pack(connection(), pack_, schema))
      out += f.where + ": " + f.what + "\n";
    return out;
  }
  /// What the verify section of a migration says after a change, which is undone again.
  std::string wrong_after(int number, const std::string& change) {
    const pg::Transaction transaction(connection());
    connection().script(change);
    const auto& section = pack_.migrations[static_cast<std::size_t>(number - 1)].verify;
    std::string out;
    for (const pg::Statement& s : pg::split_statements(section)) {
      const pg::Rows rows = query(s.text);
      for (std::size_t i = 0; i < rows.size(); ++i)
        if (!rows.is_true(i, 0)) out += rows.text(i, 1) + "\n";
    }
    return out;
  }
  /// Empty if the statements run, else PostgreSQL's message.
  std::string refusal(const std::string& sql) {
    try {
      connection().script(sql);
      return {};
    } catch (const Error& error) {
      return error.what();
    }
  }
  /// Names of everything in a schema, and of the extensions, to compare before and after.
  std::string catalog(const std::string& schema = "public") {
    const std::string here = "namespace = '" + schema + "'::regnamespace";
    return value(R"(
      WITH own (classid, oid, what) AS (
        SELECT 'pg_class'::regclass, oid, relkind::text || ' ' || relname FROM pg_class WHERE rel)" +
                 here + R"(
        UNION ALL
        SELECT 'pg_proc'::regclass, oid, 'function ' || oid::regprocedure FROM pg_proc WHERE pro)" +
                 here + R"(
        UNION ALL
        SELECT 'pg_type'::regclass, oid, 'type ' || typname FROM pg_type WHERE typ)" +
                 here + R"(
        UNION ALL
        SELECT 'pg_trigger'::regclass, oid, 'trigger ' || tgname FROM pg_trigger
        WHERE NOT tgisinternal AND tgrelid IN (SELECT oid FROM pg_class WHERE rel)" +
                 here + R"()
        UNION ALL
        SELECT 'pg_extension'::regclass, oid, 'extension ' || extname FROM pg_extension
      )
      SELECT string_agg(what, E'\n' ORDER BY what COLLATE "C")
      FROM own
      WHERE NOT EXISTS (SELECT FROM pg_depend d
                        WHERE d.classid = own.classid AND d.objid = own.oid AND d.deptype = 'e'))");
  }

  const pg::Pack pack_;
};

}  // namespace arango2pg::test
