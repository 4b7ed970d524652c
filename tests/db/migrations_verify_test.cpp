// What `schema verify` accepts and what it reports.
#include "db/migrations_fixture.h"

namespace arango2pg::test {
namespace {

class VerifyTest : public MigrationsTest {
 protected:
  std::string failures(const pg::Pack& p) {
    std::string out;
    for (const auto& f : pg::verify_pack(connection(), p, "public"))
      out += (out.empty() ? "" : "\n") + f.where + ": " + f.what;
    return out;
  }
  pg::Pack checked_by(const std::string& verify) {
    return pack({"-- migrate:up\nCREATE TABLE a (x integer);\n-- migrate:verify\n" + verify});
  }
  /// What verify finds when this is the verify section of an applied migration.
  std::string judge(const std::string& verify) {
    const auto p = checked_by(verify);
    up(p);
    return failures(p);
  }
};

TEST_F(VerifyTest, AcceptsWhatIsTrueAndWhatDoesNotRaise) {
  EXPECT_EQ(judge("SELECT true;\nSELECT to_regclass('a') IS NOT NULL, 'missing';\n"
                  "VALUES (true), (true);\nDO $$ BEGIN ASSERT 1 = 1; END $$;\n"
                  "SET LOCAL work_mem = '1MB';\n"),
            "");
}

TEST_F(VerifyTest, ReportsEveryFailureWithFileLineAndExplanation) {
  EXPECT_EQ(
      judge("SELECT false;\n"
            "SELECT 1 = 2, 'one is not two';\n"
            "VALUES (true, 'a'), (false, 'b');\n"
            "SELECT NULL::boolean;\n"
            "SELECT true WHERE false;\n"
            "SELECT 7;\n"
            "DO $$ BEGIN\n  RAISE EXCEPTION 'broken';\nEND $$;\n"
            "SELECT true,\n  no_such_column;\n"
            "SELECT true;\n"),
      "packs/mine/001_step.sql:4: is false\n"
      "packs/mine/001_step.sql:5: is false: one is not two\n"
      "packs/mine/001_step.sql:6: row 2 is false: b\n"
      "packs/mine/001_step.sql:7: is NULL\n"
      "packs/mine/001_step.sql:8: returned no row (it must return true)\n"
      "packs/mine/001_step.sql:9: returned no boolean in its first column\n"
      "packs/mine/001_step.sql:10: broken (SQLSTATE P0001)\n"
      "packs/mine/001_step.sql:14: column \"no_such_column\" does not exist (SQLSTATE 42703)");
}

TEST_F(VerifyTest, NothingThatAVerifySectionDoesStays) {
  EXPECT_EQ(judge("INSERT INTO a VALUES (1);\nSELECT count(*) = 1 FROM a;\n"), "");
  EXPECT_EQ(value("SELECT count(*) FROM a"), "0");
}

TEST_F(VerifyTest, LooksAtAppliedMigrationsOnly) {
  const auto p = pack({first_ + "-- migrate:verify\nSELECT true;\n",
                       second_ + "-- migrate:verify\nSELECT false;\n"});
  up(p, 1);
  EXPECT_EQ(failures(p), "");
  up(p);
  EXPECT_NE(failures(p), "");
}

TEST_F(VerifyTest, ReportsDriftOfTheHistory) {
  up(pack({first_, second_}));
  const std::string edited =
      failures(pack({first_, "-- migrate:up\nALTER TABLE a ADD z integer;\n"}));
  EXPECT_EQ(edited.find("packs/mine/002_step.sql: was changed after it was applied ("), 0U)
      << edited;
  const std::string vanished = failures(pack({first_}));
  EXPECT_EQ(vanished.find("002_step: was applied ("), 0U) << vanished;
  const auto half = pack({first_, second_,
                          "-- migrate:no-transaction\n-- migrate:up\nSELECT 1;\n"
                          "SELECT no_such_function();\n"});
  up_error(half);
  EXPECT_EQ(failures(half).find("packs/mine/003_step.sql: is half applied: 1 of 2 statements done"),
            0U)
      << failures(half);
}

TEST_F(VerifyTest, FindsNothingVerifiedWhereNothingIsApplied) {
  const std::string text = failures(pack({first_}));
  EXPECT_EQ(text.find("pack 'mine': nothing of it is applied in schema 'public' of database '"), 0U)
      << text;
}

}  // namespace
}  // namespace arango2pg::test
