#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "pg/migrations_internal.h"

namespace arango2pg::pg {
namespace {

std::string error_of(const std::string& file, const std::string& text) {
  try {
    parse_migration(file, text);
    return "none";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), Exit::usage);
    return e.what();
  }
}

TEST(MigrationFile, ReadsSectionsInAnyOrder) {
  const Migration m = parse_migration("packs/007_lucky_number.sql",
                                      "-- what it is for\n"
                                      "-- migrate:up\n"
                                      "CREATE TABLE t ();\n"
                                      "-- migrate:verify\n"
                                      "SELECT 1;\n"
                                      "-- migrate:down\n"
                                      "DROP TABLE t;\n");
  EXPECT_EQ(m.number, 7);
  EXPECT_EQ(m.name, "007_lucky_number");
  EXPECT_EQ(m.file, "packs/007_lucky_number.sql");
  EXPECT_TRUE(m.transaction);
  // Line ends stand for the lines before, so that a statement knows its line in the file.
  EXPECT_EQ(m.up, "\n\nCREATE TABLE t ();\n");
  EXPECT_EQ(m.verify, "\n\n\n\nSELECT 1;\n");
  EXPECT_EQ(m.down, "\n\n\n\n\n\nDROP TABLE t;\n");
}

TEST(MigrationFile, KnowsMigrationsWithoutTransaction) {
  EXPECT_FALSE(parse_migration("001_a.sql", "-- migrate:no-transaction\n-- migrate:up\nSELECT 1")
                   .transaction);
}

TEST(MigrationFile, ChecksumSeesWhatUpRunsAndNothingElse) {
  const auto sum = [](const std::string& text) {
    return parse_migration("001_a.sql", text).checksum;
  };
  const std::string base = sum("-- migrate:up\nSELECT 1;\nSELECT 2;\n");
  EXPECT_EQ(base.size(), 64U);
  EXPECT_EQ(sum("-- a comment\r\n\r\n-- migrate:up\r\n\r\nSELECT 1 ; -- one\r\nSELECT 2"), base);
  EXPECT_EQ(sum("-- migrate:up\nSELECT 1; SELECT 2;\n-- migrate:down\nSELECT 3;\n"
                "-- migrate:verify\nSELECT true;"),
            base);
  EXPECT_NE(sum("-- migrate:up\nSELECT 1;\nSELECT 3;\n"), base);
  EXPECT_NE(sum("-- migrate:up\nSELECT 1;\n"), base);
  EXPECT_NE(sum("-- migrate:up\n-- migrate:no-transaction\nSELECT 1;\nSELECT 2;\n"), base);
  // The size of batches may be tuned, their being batches may not.
  const std::string n = "-- migrate:no-transaction\n-- migrate:up\n";
  EXPECT_EQ(sum(n + "-- migrate:batches 5\nDELETE FROM t;"),
            sum(n + "-- migrate:batches 50\nDELETE FROM t;"));
  EXPECT_NE(sum(n + "-- migrate:batches 5\nDELETE FROM t;"), sum(n + "DELETE FROM t;"));
}

TEST(MigrationFile, KnowsBatchedStatementsAndTheirParameters) {
  const Migration m = parse_migration("001_a.sql",
                                      "-- migrate:no-transaction\n-- migrate:up\nSELECT 1;\n"
                                      "-- migrate:batches 500\n-- why\n"
                                      "SELECT id FROM t WHERE id > $1 LIMIT $2;\n"
                                      "-- migrate:batches 7\n"
                                      "DELETE FROM t WHERE s = '$2' AND i IN (SELECT i LIMIT $2);\n"
                                      "SELECT 2;\n");
  const auto steps = steps_of(m.up);
  ASSERT_EQ(steps.size(), 4U);
  EXPECT_EQ(steps[0].batch, 0);
  EXPECT_EQ(steps[1].batch, 500);
  EXPECT_EQ(steps[1].line, 6);
  EXPECT_TRUE(steps[1].takes_position && steps[1].takes_size);
  EXPECT_EQ(steps[1].sql, "SELECT id FROM t WHERE id > $1 LIMIT $2");
  EXPECT_EQ(steps[2].batch, 7);
  EXPECT_FALSE(steps[2].takes_position);
  EXPECT_EQ(steps[2].sql, "DELETE FROM t WHERE s = '$2' AND i IN (SELECT i LIMIT $1)");
  EXPECT_EQ(steps[3].batch, 0);
}

TEST(MigrationFile, RefusesBatchesThatMeanNothing) {
  const std::string n = "-- migrate:no-transaction\n";
  const std::string u = "-- migrate:up\n";
  EXPECT_EQ(error_of("001_a.sql", u + "-- migrate:batches 5\nSELECT 1;"),
            "001_a.sql:2: 'batches' in a migration that runs in one transaction");
  EXPECT_EQ(error_of("001_a.sql", n + u + "SELECT 1;\n-- migrate:batches 5\n-- end"),
            "001_a.sql:4: 'batches' stands before no statement");
  EXPECT_EQ(error_of("001_a.sql", n + u + "SELECT 1,\n-- migrate:batches 5\n2;"),
            "001_a.sql:4: 'batches' stands before no statement");
  EXPECT_EQ(error_of("001_a.sql", n + u + "-- migrate:batches 5\n-- migrate:batches 6\nSELECT 1;"),
            "001_a.sql:4: 'batches' stands twice before one statement");
  EXPECT_EQ(error_of("001_a.sql", n + u + "-- migrate:batches many\nSELECT 1;"),
            "001_a.sql:3: 'batches many' names no size");
  EXPECT_EQ(error_of("001_a.sql", n + u + "-- migrate:batches 0\nSELECT 1;"),
            "001_a.sql:3: 'batches 0' names no size");
  EXPECT_EQ(error_of("001_a.sql", n + u + "-- migrate:batches 5\nSELECT $3::int;"),
            "001_a.sql:4: parameter $3 in a batched statement");
  EXPECT_EQ(error_of("001_a.sql",
                     n + u + "SELECT 1;\n-- migrate:verify\n-- migrate:batches 5\nSELECT 1;"),
            "001_a.sql:5: 'batches' outside of an up or down section");
}

TEST(MigrationFile, RefusesWhatTheEngineCannotRun) {
  const std::string u = "-- migrate:up\n";
  EXPECT_EQ(error_of("001_a.sql", u + "CREATE TABLE a ();\ncommit;"),
            "001_a.sql:3: 'COMMIT' in a migration");
  EXPECT_EQ(error_of("001_a.sql", u + "SELECT 1;\n-- migrate:down\nBEGIN;"),
            "001_a.sql:4: 'BEGIN' in a migration");
  EXPECT_EQ(error_of("001_a.sql", u + "PREPARE TRANSACTION 'x';"),
            "001_a.sql:2: 'PREPARE' in a migration");
  EXPECT_EQ(error_of("001_a.sql", u + "PREPARE p AS SELECT 1;"), "none");
  EXPECT_EQ(error_of("001_a.sql", u + "COPY t FROM STDIN;"),
            "001_a.sql:2: COPY from or to the client in a migration");
  EXPECT_EQ(error_of("001_a.sql", u + "CREATE INDEX CONCURRENTLY i ON t (x);"),
            "001_a.sql:2: CONCURRENTLY can't run in a transaction");
  EXPECT_EQ(error_of("001_a.sql",
                     "-- migrate:no-transaction\n" + u + "CREATE INDEX CONCURRENTLY ON t (x);"),
            "001_a.sql:3: CREATE INDEX CONCURRENTLY without a name for the index");
}

TEST(MigrationFile, RecognisesConcurrentIndexBuilds) {
  const auto index = [](const std::string& sql) -> std::string {
    const auto found = concurrent_index(sql);
    if (!found) return "none";
    return found->rebuild ? "rebuild" : found->name + "|" + found->table;
  };
  EXPECT_EQ(index("CREATE INDEX CONCURRENTLY My_Index ON t USING gin (x)"), "my_index|t");
  EXPECT_EQ(index("create unique index /* why */ concurrently if not exists \"A \"\"b\" on only "
                  "app . \"T t\" (x)"),
            "A \"b|app.\"T t\"");
  EXPECT_EQ(index("CREATE INDEX CONCURRENTLY ON t (x)"), "|t");
  EXPECT_EQ(index("CREATE INDEX concurrently_not ON t (x)"), "none");
  EXPECT_EQ(index("SELECT 'CREATE INDEX CONCURRENTLY i ON t (x)'"), "none");
  EXPECT_EQ(index("REINDEX (VERBOSE) TABLE CONCURRENTLY t"), "rebuild");
  EXPECT_EQ(index("REINDEX TABLE t"), "none");
}

TEST(MigrationFile, TakesNoMarkerForAComment) {
  const Migration m = parse_migration(
      "001_a.sql", "\xEF\xBB\xBF--migrate:up\r\nSELECT 1;\n  --  migrate: down\nSELECT 2;\n");
  EXPECT_EQ(steps_of(m.up).size(), 1U);
  EXPECT_EQ(steps_of(m.down).size(), 1U);
}

TEST(MigrationFile, NamesFileAndLineOfAMistake) {
  EXPECT_EQ(error_of("001_a.sql", "-- migrate:up\nSELECT 1;\n-- migrate:dwon\n"),
            "001_a.sql:3: unknown section 'dwon' (did you mean 'down'?)");
  EXPECT_EQ(error_of("001_a.sql", "-- migrate:up\nSELECT 1;\n-- migrate:up\n"),
            "001_a.sql:3: section 'up' stands here a second time");
  EXPECT_EQ(error_of("001_a.sql", "SELECT 1;\n"), "001_a.sql:1: no section '-- migrate:up'");
  EXPECT_EQ(error_of("001_a.sql", "-- migrate:up\n-- nothing\n"),
            "001_a.sql:1: section 'up' holds no statement");
  EXPECT_EQ(error_of("001_a.sql", "-- x\nSELECT 0;\n-- migrate:up\nSELECT 1;\n"),
            "001_a.sql:2: SQL before the first section");
}

TEST(MigrationFile, RefusesNamesThatAreNoNumberAndName) {
  for (const char* name :
       {"1_a.sql", "01_a.sql", "000_a.sql", "0x1_a.sql", "001-a.sql", "001_.sql"})
    EXPECT_EQ(error_of(name, "-- migrate:up\nSELECT 1"),
              "migration file '" + std::string(name) + "' has no name of the form NNN_name.sql")
        << name;
}

class PackTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = std::filesystem::temp_directory_path() /
                 ("arango2pg_pack_" + std::to_string(getpid()) + "_" +
                  ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(directory_);
    write("pack.yaml",
          "name: mine\ndescription: test\nschema: app\npostgres: 14\nextensions: [ltree]\n");
    write("001_a.sql", "-- migrate:up\nSELECT 1;\n");
    write("002_b.sql", "-- migrate:up\nSELECT 2;\n");
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(directory_ / name) << text;
  }
  Error failure() {
    try {
      load_pack(directory_.string());
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), Exit::usage);
      return e;
    }
    return {Exit::done, "none"};
  }
  std::string error() { return failure().what(); }
  [[nodiscard]] std::string text(const std::string& name) const {
    std::ifstream in(directory_ / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::filesystem::path directory_;
};

TEST_F(PackTest, ReadsDescriptionAndMigrationsInOrder) {
  write("finalise.sql", "SELECT 'no migration: starts with no number';");
  const Pack pack = load_pack(directory_.string());
  EXPECT_EQ(pack.name, "mine");
  EXPECT_EQ(pack.default_schema, "app");
  EXPECT_EQ(pack.postgres_minimum, 140000);
  EXPECT_EQ(pack.extensions, (std::vector<std::string>{"ltree"}));
  ASSERT_EQ(pack.migrations.size(), 2U);
  EXPECT_EQ(pack.migrations[1].name, "002_b");
}

TEST_F(PackTest, NamesBothFilesOfADuplicateNumberAndTheWayOut) {
  write("002_c.sql", "-- migrate:up\nSELECT 3;\n");
  const std::string d = directory_.string();
  const Error e = failure();
  EXPECT_EQ(e.what(), "two migrations of pack 'mine' have number 2: '" + d + "/002_b.sql' and '" +
                          d + "/002_c.sql'");
  EXPECT_NE(e.hint().find("rename '002_c.sql' to '003_c.sql'"), std::string::npos) << e.hint();
  EXPECT_NE(e.hint().find("schema stamp"), std::string::npos) << e.hint();
}

TEST_F(PackTest, SaysWhereARollbackFileBelongs) {
  write("002_b_ROLLBACK.sql", "-- migrate:up\nSELECT 3;\n");
  EXPECT_NE(failure().hint().find("put its SQL under `-- migrate:down`"), std::string::npos);
}

TEST_F(PackTest, NamesAMissingNumber) {
  write("004_c.sql", "-- migrate:up\nSELECT 3;\n");
  EXPECT_EQ(error(), "pack 'mine' has no migration 3, the next one is '" + directory_.string() +
                         "/004_c.sql'");
}

TEST_F(PackTest, RefusesUnknownKeysNamingTheLine) {
  write("pack.yaml", "name: mine\nextension: [ltree]\n");
  EXPECT_EQ(error(), (directory_ / "pack.yaml").string() +
                         ":2: unknown key 'extension' (did you mean 'extensions'?)");
  write("pack.yaml", "name: [\n");
  EXPECT_NE(error(), "none");
}

TEST_F(PackTest, SaysWhereItLookedForAPack) {
  EXPECT_THROW(load_pack("no_such_pack"), Error);
  try {
    load_pack("no_such_pack");
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "no schema pack 'no_such_pack': 'schemas/no_such_pack' is no directory");
  }
}

TEST_F(PackTest, WritesTheNextMigrationAsATemplate) {
  const auto written = new_migration(directory_.string(), "Add user-prefs");
  EXPECT_EQ(written, (std::vector<std::string>{(directory_ / "003_add_user_prefs.sql").string()}));
  for (const char* section : {"\n-- migrate:up\n", "\n-- migrate:down\n", "\n-- migrate:verify\n"})
    EXPECT_NE(text("003_add_user_prefs.sql").find(section), std::string::npos) << section;
  EXPECT_EQ(error(), written[0] + ":1: section 'up' holds no statement") << "until it is filled";
  EXPECT_THROW(new_migration(directory_.string(), "../x"), Error);
  EXPECT_THROW(new_migration(directory_.string(), " "), Error);
}

TEST_F(PackTest, WritesDataMigrationsThatParse) {
  new_migration(directory_.string(), "backfill", {true, true});
  const Pack pack = load_pack(directory_.string());
  EXPECT_FALSE(pack.migrations.back().transaction);
  EXPECT_EQ(steps_of(pack.migrations.back().up).front().batch, 5000);
}

TEST_F(PackTest, BeginsANewPack) {
  const auto fresh = directory_ / "fresh";
  EXPECT_EQ(new_migration(fresh.string(), "first"),
            (std::vector<std::string>{(fresh / "pack.yaml").string(),
                                      (fresh / "001_first.sql").string()}));
  std::ofstream(fresh / "001_first.sql") << "-- migrate:up\nSELECT 1;\n";
  EXPECT_EQ(load_pack(fresh.string()).name, "fresh");
  EXPECT_THROW(new_migration("no_such_pack", "x"), Error) << "a name is no place to create";
}

TEST_F(PackTest, TakesTheControlPackFromTheProgram) {
  write("pack.yaml", "name: arango2pg\n");
  EXPECT_EQ(load_pack(directory_.string()).default_schema, "arango2pg");
  EXPECT_EQ(load_pack("arango2pg").migrations.size(), control_pack().migrations.size());
  EXPECT_THROW(new_migration(directory_.string(), "x"), Error);
}

}  // namespace
}  // namespace arango2pg::pg
