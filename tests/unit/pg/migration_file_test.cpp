#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "pg/migrations.h"

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

TEST(MigrationFile, ChecksumSeesContentNotWhiteSpaceAround) {
  const auto sum = [](const std::string& text) {
    return parse_migration("001_a.sql", text).checksum;
  };
  const std::string base = sum("-- migrate:up\nSELECT 1;\n");
  EXPECT_EQ(base.size(), 64U);
  EXPECT_EQ(sum("-- a comment\n\n-- migrate:up\n\nSELECT 1;\n\n"), base);
  EXPECT_NE(sum("-- migrate:up\nSELECT 2;\n"), base);
  EXPECT_NE(sum("-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 1;"), base);
  EXPECT_NE(sum("-- migrate:up\n-- migrate:no-transaction\nSELECT 1;\n"), base);
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
  std::string error() {
    try {
      load_pack(directory_.string());
      return "none";
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), Exit::usage);
      return e.what();
    }
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

TEST_F(PackTest, RefusesDuplicateAndMissingNumbers) {
  write("002_c.sql", "-- migrate:up\nSELECT 3;\n");
  EXPECT_EQ(error(), "two migrations of pack 'mine' have number 2, one is '002_c'");
  std::filesystem::rename(directory_ / "002_c.sql", directory_ / "004_c.sql");
  EXPECT_EQ(error(), "pack 'mine' has no migration 3, the next one is '004_c'");
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

}  // namespace
}  // namespace arango2pg::pg
