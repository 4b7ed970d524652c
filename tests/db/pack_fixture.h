/// \file
/// What the tests of schema packs share: a pack on a database of its own, taken up and down.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>
#include <string>

#include "pg/migrations.h"
#include "pg/sql_split_internal.h"
#include "source_dir.h"
#include "support/temp_db.h"

namespace arango2pg::pg {

class PackTest : public test::WithDb {
 protected:
  explicit PackTest(const std::string& name)
      : pack_(load_pack(ARANGO2PG_SOURCE_DIR "/schemas/" + name)) {}

  void up(int to = 0, const std::string& schema = "public") {
    migrate_up(connection(), pack_, schema, to);
  }
  void down(int to) { migrate_down(connection(), pack_, "public", to); }
  /// What does not hold, a line each; empty if all does.
  std::string verify(const std::string& schema = "public") {
    std::string all;
    for (const auto& failure : verify_pack(connection(), pack_, schema))
      all += failure.where + ": " + failure.what + "\n";
    return all;
  }
  /// What verify says after a change, which is undone again.
  std::string verify_after(const std::string& change, const std::string& undo) {
    connection().script(change);
    std::string said = verify();
    connection().script(undo);
    return said;
  }
  /// Empty if the statements run, in one transaction; else PostgreSQL's message.
  std::string run(const std::string& sql) {
    try {
      Transaction transaction(connection());
      connection().script(sql);
      transaction.commit();
      return {};
    } catch (const Error& error) {
      return error.what();
    }
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
  /// The database as `pg_dump -s` prints it, without the tool's own schema.
  std::string dump() {
    const std::string command = "pg_dump -s -N arango2pg '" + db().name() + "'";
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
  /// Up step by step, verified at the top; then down step by step, after each of which the
  /// catalog must be what it was before; and up again.
  void expect_every_step_reversible() {
    std::vector<std::string> before;
    for (std::size_t i = 0; i < pack_.migrations.size(); ++i) {
      before.push_back(dump());
      up(static_cast<int>(i) + 1);
    }
    const std::string top = dump();
    EXPECT_EQ(verify(), "");
    for (std::size_t i = pack_.migrations.size(); i-- > 0;) {
      down(static_cast<int>(i));
      EXPECT_EQ(dump(), before[i]) << "after down of " << pack_.migrations[i].name;
    }
    up();
    EXPECT_EQ(dump(), top);
    EXPECT_EQ(verify(), "");
  }

  const Pack pack_;
};

}  // namespace arango2pg::pg
