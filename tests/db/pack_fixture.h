/// \file
/// What the tests of schema packs share: a pack on a database of its own, taken up and down, and
/// what its verify sections, constraints and indexes do.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pg/migrations.h"
#include "pg/sql_split_internal.h"
#include "source_dir.h"
#include "support/temp_db.h"

namespace arango2pg::pg {

/// An index and a query that it was made for.
struct Serves {
  const char* index;
  const char* query;
  /// Indexes, separated by commas, that only so small a table lets win.
  const char* without = nullptr;
};

/// A constraint or unique index, and a statement that breaks it.
struct Refuses {
  const char* constraint;
  const char* statement;
};

class PackTest : public test::WithDb {
 protected:
  explicit PackTest(const std::string& name)
      : pack_(load_pack(ARANGO2PG_SOURCE_DIR "/schemas/" + name)) {}

  void SetUp() override {
    const std::string missing = test::TempDb::problem().empty() ? missing_extensions() : "";
    if (!missing.empty())
      GTEST_SKIP() << "the server has no extension " << missing
                   << " (Debian: postgresql-contrib, postgresql-postgis): scripts/install-deps";
    WithDb::SetUp();
  }
  void up(int to = 0, const std::string& schema = "public") {
    migrate_up(connection(), pack_, schema, to);
  }
  void down(int to = 0, const std::string& schema = "public") {
    migrate_down(connection(), pack_, schema, to);
  }

  // ── asking ─────────────────────────────────────────────────────────────────────────────────────

  /// All rows, "a|b, c|d"; NULL as "-".
  std::string rows(const std::string& sql) {
    const Rows found = query(sql);
    std::string out;
    for (std::size_t i = 0; i < found.size(); ++i) {
      out += i == 0 ? "" : ", ";
      for (std::size_t c = 0; c < found.columns.size(); ++c)
        out += (c == 0 ? "" : "|") + found[i][c].value_or("-");
    }
    return out;
  }
  std::string plan(const std::string& sql) {
    const Rows lines = query("EXPLAIN (COSTS OFF) " + sql);
    std::string out;
    for (std::size_t i = 0; i < lines.size(); ++i) out += lines.text(i, 0) + "\n";
    return out;
  }
  /// What does not hold, a line each; empty if all does.
  std::string verify(const std::string& schema = "public") {
    std::string all;
    for (const auto& failure : verify_pack(connection(), pack_, schema))
      all += failure.where + ": " + failure.what + "\n";
    return all;
  }
  /// What the verify sections say after a change, which is undone again: "004_x: …", a line each.
  std::string verify_after(const std::string& change) {
    const Transaction undone(connection());
    connection().script("SET LOCAL search_path = public; " + change);
    std::string all;
    for (const Migration& m : pack_.migrations)
      for (const Statement& s : split_statements(m.verify)) all += untrue(m, s);
    return all;
  }
  /// The database as `pg_dump -s` prints it, without the tool's own schema.
  std::string dump(const std::string& options = "") {
    const std::string command = "pg_dump -s -N arango2pg " + options + " '" + db().name() + "'";
    std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), &pclose);
    std::string all;
    std::array<char, 4096> line{};
    while (std::fgets(line.data(), line.size(), pipe.get()) != nullptr) {
      const std::string text(line.data());
      // A random word, new in each dump.
      if (text.rfind("\\restrict", 0) != 0 && text.rfind("\\unrestrict", 0) != 0) all += text;
    }
    EXPECT_NE(all.find("PostgreSQL database dump complete"), std::string::npos);
    return all;
  }

  // ── trying ─────────────────────────────────────────────────────────────────────────────────────

  /// Several statements, as one transaction.
  void sql(const std::string& script) { connection().script(script); }
  /// Empty if the statements run, in one transaction; else PostgreSQL's message.
  std::string run(const std::string& script) {
    try {
      Transaction transaction(connection());
      sql(script);
      transaction.commit();
      return {};
    } catch (const Error& error) {
      return error.what();
    }
  }
  /// "SQLSTATE message" of what is refused, "" if it is not; nothing of it stays.
  std::string refusal(const std::string& script) {
    try {
      const Transaction undone(connection());
      sql(script);
      return {};
    } catch (const Error& error) {
      return connection().last_sqlstate() + " " + error.what();
    }
  }
  /// Is the script refused for a reason that names all of this?
  ::testing::AssertionResult refuses(const std::string& script, const std::string& sqlstate,
                                     const std::string& reason) {
    const std::string said = refusal(script);
    if (said.substr(0, 5) == sqlstate && said.find(reason) != std::string::npos)
      return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure()
           << (said.empty() ? "accepted" : said) << "; expected " << sqlstate << " " << reason;
  }
  ::testing::AssertionResult accepts(const std::string& script) {
    const std::string said = refusal(script);
    if (said.empty()) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << said;
  }
  /// The message of an `up` that must be refused, with its hint.
  std::string refusal_of_up(int to = 0) {
    try {
      up(to);
    } catch (const Error& error) {
      return std::string(error.what()) + "\n" + error.hint();
    }
    ADD_FAILURE() << "up was not refused";
    return {};
  }
  /// The up sections once more, as a person with psql would: nothing may change.
  void run_sections_again(std::size_t from) {
    connection().exec("SET search_path = public");  // as the engine does
    for (std::size_t i = from; i < pack_.migrations.size(); ++i)
      for (const Statement& s : split_statements(pack_.migrations[i].up)) connection().exec(s.text);
  }

  // ── what every pack promises ───────────────────────────────────────────────────────────────────

  /// Up step by step, verified at the top, and once more without any change; then down step by
  /// step, after each of which the catalog must be what it was before; and up again.
  void expect_every_step_reversible() {
    std::vector<std::string> before;
    for (std::size_t i = 0; i < pack_.migrations.size(); ++i) {
      before.push_back(dump());
      up(static_cast<int>(i) + 1);
    }
    const std::string top = dump();
    EXPECT_EQ(verify(), "");
    up();
    EXPECT_EQ(dump(), top) << "up twice changes nothing";
    for (std::size_t i = pack_.migrations.size(); i-- > 0;) {
      down(static_cast<int>(i));
      EXPECT_EQ(dump(), before[i]) << "after down of " << pack_.migrations[i].name;
    }
    up();
    EXPECT_EQ(dump(), top);
    EXPECT_EQ(verify(), "");
  }
  /// Tables of the application's own, recorded by stamp: the pack builds on them, and going down
  /// stops before it would drop them.
  void expect_stamped_tables_to_stay() {
    connection().script(pack_.migrations[0].up);
    stamp(connection(), pack_, "public", 1);
    up();
    EXPECT_EQ(verify(), "");
    const std::string tables =
        "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename = 'companies'";
    try {
      down(0);
      ADD_FAILURE() << "dropped tables that it did not make";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("was there before the pack"), std::string::npos)
          << error.what();
    }
    EXPECT_EQ(value(tables), "1");
    stamp(connection(), pack_, "public", 0, true);
    EXPECT_EQ(value(tables), "1");
  }
  /// The planner takes each index for its query, on the rows of the test.
  void expect_indexes_to_serve(const std::vector<Serves>& all) {
    for (const Serves& s : all) {
      const Transaction undone(connection());
      sql("SET LOCAL enable_seqscan = off");
      if (s.without != nullptr) drop_indexes(s.without);
      const std::string chosen = plan(s.query) + "\n";
      const std::string name = std::string(" ") + s.index;
      EXPECT_TRUE(chosen.find(name + " ") != std::string::npos ||
                  chosen.find(name + "\n") != std::string::npos)
          << s.index << "\n"
          << s.query << "\n"
          << chosen;
    }
    std::string known;
    for (const Serves& s : all) known += std::string(known.empty() ? "" : ",") + s.index;
    EXPECT_EQ(list("SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
                   "WHERE c.relnamespace = 'public'::regnamespace "
                   "AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid) "
                   "AND NOT c.relname = ANY ('{" +
                   known + "}') ORDER BY 1"),
              "")
        << "indexes without a query";
  }
  /// Each statement is refused by its constraint, on the rows of the test.
  void expect_constraints_to_refuse(const std::vector<Refuses>& all) {
    for (const Refuses& r : all) {
      const std::string said = refusal(r.statement);
      EXPECT_NE(said.find("\"" + std::string(r.constraint) + "\""), std::string::npos)
          << r.statement << "\n"
          << (said.empty() ? "was accepted" : said) << "; expected " << r.constraint;
    }
    std::string known;
    for (const Refuses& r : all) known += std::string(known.empty() ? "" : ",") + r.constraint;
    EXPECT_EQ(list("SELECT name FROM ("
                   "SELECT conname AS name FROM pg_constraint k WHERE contype IN ('c', 'f', 'u') "
                   "AND conrelid <> 0 AND connamespace = 'public'::regnamespace "
                   "AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass "
                   "AND objid = conrelid AND deptype = 'e') "
                   "UNION ALL SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = "
                   "i.indexrelid JOIN pg_class t ON t.oid = i.indrelid AND t.relkind = 'r' "
                   "WHERE c.relnamespace = 'public'::regnamespace AND i.indisunique "
                   "AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid)) AS c "
                   "WHERE NOT name = ANY ('{" +
                   known + "}') ORDER BY 1"),
              "")
        << "constraints that nothing here breaks";
  }

  const Pack pack_;

 private:
  /// Of those that the pack needs, what the server could not create; joined by ", ".
  [[nodiscard]] std::string missing_extensions() const {
    std::string out;
    Connection server("dbname=postgres", "test");
    for (const std::string& name : pack_.extensions)
      if (server.exec("SELECT FROM pg_available_extensions WHERE name = $1", {name}).empty())
        out += (out.empty() ? "" : ", ") + name;
    return out;
  }
  /// The verdict of a verify section's statement in the open transaction; empty if it holds.
  std::string untrue(const Migration& m, const Statement& statement) {
    sql("SAVEPOINT one_check");
    std::string out;
    try {
      const Rows found = query(statement.text);
      for (std::size_t i = 0; i < found.size(); ++i)
        if (!found.is_true(i, 0)) out += m.name + ": " + found.text(i, 1) + "\n";
    } catch (const Error& error) {
      out = m.name + ": " + error.what() + "\n";
    }
    sql("ROLLBACK TO SAVEPOINT one_check");
    return out;
  }
  /// Those that belong to a constraint go with it.
  void drop_indexes(const std::string& names) {
    sql("DO $$ DECLARE i regclass; k record; BEGIN "
        "FOREACH i IN ARRAY string_to_array(replace('" +
        names +
        "', ' ', ''), ',')::regclass[] LOOP "
        "SELECT conrelid::regclass AS tab, conname INTO k FROM pg_constraint WHERE conindid = i "
        "AND contype <> 'f'; "
        "IF FOUND THEN EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', k.tab, "
        "k.conname); "
        "ELSE EXECUTE format('DROP INDEX %s', i); END IF; END LOOP; END $$");
  }
};

/// The whole pack is applied once; each test works in a copy of that database.
class AppliedPackTest : public PackTest {
 protected:
  using PackTest::PackTest;

  std::string database_options() override {
    static std::map<std::string, std::unique_ptr<test::TempDb>> models;
    auto& model = models[pack_.name];
    if (!model) {
      model = std::make_unique<test::TempDb>();
      auto first = model->connect();
      first.exec("SET client_min_messages = warning");
      migrate_up(first, pack_, "public");
    }
    return "TEMPLATE " + quote(model->name());
  }
};

}  // namespace arango2pg::pg
