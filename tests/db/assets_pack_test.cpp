// The assets pack on a real server: each step up and down, orphans that are cleaned and come back,
// foreign keys by definition, precision without loss, audit columns, soft delete, verification.
#include <gtest/gtest.h>

#include <string>

#include "db/pack_fixture.h"

namespace arango2pg::pg {
namespace {

constexpr int before_fixes = 3;

class AssetsPack : public PackTest {
 protected:
  AssetsPack() : PackTest("assets") {}

  /// Ids end in what they are: …c1 the company, …51 the software, …a1 the asset, …e1 the user.
  static std::string id(const std::string& end) {
    return "00000000-0000-0000-0000-0000000000" + end;
  }
  void good_rows() {
    connection().script(R"(
      INSERT INTO users (id, email, full_name, role) VALUES
        ('00000000-0000-0000-0000-0000000000e1', 'ada@example.com', 'Ada', 'admin');
      INSERT INTO companies (id, company_name, slug, created_by) VALUES
        ('00000000-0000-0000-0000-0000000000c1', 'Example Labs', 'labs',
         '00000000-0000-0000-0000-0000000000e1');
      INSERT INTO software (id, company_id, software_name) VALUES
        ('00000000-0000-0000-0000-000000000051', '00000000-0000-0000-0000-0000000000c1', 'Ledger');
      INSERT INTO software_assets (id, asset_code, software_name, vendor_name, category,
                                   license_type, total_annual_cost, renewal_date, company_id)
      VALUES ('00000000-0000-0000-0000-0000000000a1', 'SA-1', 'Ledger', 'V', 'C', 'L', 1,
              '2026-01-01', '00000000-0000-0000-0000-0000000000c1');
      INSERT INTO activity_log (company_id, user_id, action_type)
      VALUES ('00000000-0000-0000-0000-0000000000c1', '00000000-0000-0000-0000-0000000000e1', 'good');
      INSERT INTO ai_agent_analyses (software_id, company_id, agent_name, analysis_type, raw_findings)
      VALUES ('00000000-0000-0000-0000-000000000051', NULL, 'a', 'good', '');
      INSERT INTO client_reports (company_id, generated_by, report_type, report_title, report_content)
      VALUES ('00000000-0000-0000-0000-0000000000c1', NULL, 'good', '', '');
      INSERT INTO alternative_solutions (original_software_id, alternative_name)
      VALUES ('00000000-0000-0000-0000-000000000051', 'good');)");
  }
  void orphans() {
    connection().script(R"(
      INSERT INTO activity_log (company_id, user_id, action_type, metadata, created_at) VALUES
        (gen_random_uuid(), NULL, 'company', '{"n": 1.50}', '2025-01-01 10:00:00.123456Z'),
        (gen_random_uuid(), gen_random_uuid(), 'both', '{}', now()),
        ('00000000-0000-0000-0000-0000000000c1', gen_random_uuid(), 'user', '{}', now()),
        (NULL, '00000000-0000-0000-0000-0000000000e1', 'no company at all', '{}', now());
      INSERT INTO ai_agent_analyses (software_id, company_id, agent_name, analysis_type, raw_findings,
                                     key_insights, confidence_score) VALUES
        ('00000000-0000-0000-0000-0000000000a1', NULL, 'an asset, no software', 't', '', '{"a,\"b\"",NULL}',
         0.857142857142857),
        (NULL, gen_random_uuid(), 'company', 't', '', NULL, NULL);
      INSERT INTO client_reports (company_id, generated_by, report_type, report_title, report_content)
      VALUES (gen_random_uuid(), NULL, 'company', '', ''),
             ('00000000-0000-0000-0000-0000000000c1', gen_random_uuid(), 'user', '', '');
      INSERT INTO alternative_solutions (original_software_id, alternative_name)
      VALUES (gen_random_uuid(), 'software');)");
  }
  /// All rows of the four tables that orphans live in, as one text.
  std::string contents() {
    std::string all;
    for (const char* table :
         {"activity_log", "ai_agent_analyses", "client_reports", "alternative_solutions"})
      all += list(std::string("SELECT t::text FROM ") + table + " t ORDER BY id") + "\n";
    return all;
  }
  std::string counts() {
    return list(
        "SELECT concat_ws(' ', table_name, column_name, action, cleaned, restored) "
        "FROM orphan_counts ORDER BY 1");
  }
};

TEST_F(AssetsPack, ReversesEveryStepExactly) { expect_every_step_reversible(); }

TEST_F(AssetsPack, LivesInASchemaOfItsOwn) {
  up(0, "Prism");
  EXPECT_EQ(verify("Prism"), "");
  EXPECT_EQ(value("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0");
}

TEST_F(AssetsPack, NeverTakesOverTablesThatItDidNotMake) {
  connection().script("CREATE TABLE contracts (id integer); CREATE TABLE users (id integer)");
  const std::string said = refusal_of_up();
  EXPECT_NE(said.find("holds tables of these names already: users, contracts"), std::string::npos)
      << said;
  EXPECT_EQ(value("SELECT to_regclass('companies')::text"), "") << "a part of the step stayed";
}

TEST_F(AssetsPack, NeverDropsTablesThatWereStamped) { expect_stamped_tables_to_stay(); }

// The original's claim, and ours: safe to run again.
TEST_F(AssetsPack, RunsTwiceWithoutChangingAnything) {
  up(before_fixes);
  good_rows();
  orphans();
  up();
  const std::string once = dump(), rows = contents(), cleaned = counts();
  run_sections_again(1);
  EXPECT_EQ(dump(), once);
  EXPECT_EQ(contents(), rows);
  EXPECT_EQ(counts(), cleaned);
}

TEST_F(AssetsPack, ReportsOrphansBeforeAnythingChanges) {
  up(before_fixes);
  good_rows();
  orphans();
  const std::string rows = contents();
  EXPECT_EQ(list("SELECT concat_ws(' ', table_name, column_name, policy, orphans) "
                 "FROM asset_orphans() ORDER BY 1"),
            "activity_log company_id removed 2,activity_log user_id set_null 2,"
            "ai_agent_analyses company_id removed 1,ai_agent_analyses software_id removed 1,"
            "alternative_solutions original_software_id removed 1,"
            "client_reports company_id removed 1,client_reports generated_by set_null 1");
  EXPECT_EQ(value("SELECT samples[1] = (SELECT id::text FROM ai_agent_analyses WHERE agent_name = "
                  "'company') "
                  "FROM asset_orphans() WHERE table_name = 'ai_agent_analyses' AND column_name = "
                  "'company_id'"),
            "t");
  EXPECT_EQ(contents(), rows);
}

// The original deleted orphans, even log entries whose user was gone, "to keep the audit trail".
TEST_F(AssetsPack, SetsOrphansAsideAndPutsThemBackOnTheWayDown) {
  up(before_fixes);
  good_rows();
  orphans();
  const std::string rows = contents();
  up(4);
  EXPECT_EQ(counts(),
            "activity_log company_id removed 2 0,activity_log user_id set_null 1 0,"
            "ai_agent_analyses company_id removed 1 0,ai_agent_analyses software_id removed 1 0,"
            "alternative_solutions original_software_id removed 1 0,"
            "client_reports company_id removed 1 0,client_reports generated_by set_null 1 0");
  EXPECT_EQ(list("SELECT action_type FROM activity_log ORDER BY 1"), "good,no company at all,user");
  EXPECT_EQ(value("SELECT user_id IS NULL FROM activity_log WHERE action_type = 'user'"), "t");
  EXPECT_EQ(list("SELECT DISTINCT orphans FROM asset_orphans()"), "0");
  down(before_fixes);
  EXPECT_EQ(contents(), rows) << "down must bring back what up took, digit for digit";
}

TEST_F(AssetsPack, PutsRowsBackOnceTheirTargetsAreThere) {
  up(before_fixes);
  good_rows();
  orphans();
  up();
  EXPECT_EQ(value("SELECT restore_asset_orphans()"), "0");
  // The row with two faults waits for both of its targets.
  connection().script(R"(
    INSERT INTO companies (id, company_name)
    SELECT missing_key, 'came later' FROM orphaned_rows WHERE column_name = 'company_id';
    INSERT INTO users (id, email, full_name, role)
    SELECT missing_key, 'late@example.com', 'Late', 'viewer' FROM orphaned_rows
    WHERE column_name = 'generated_by';)");
  EXPECT_EQ(value("SELECT restore_asset_orphans()"), "4");
  EXPECT_EQ(value("SELECT count(*) FROM client_reports WHERE generated_by IS NOT NULL"), "1");
  EXPECT_EQ(list("SELECT action_type FROM activity_log ORDER BY 1"),
            "company,good,no company at all,user");
  EXPECT_EQ(value("SELECT metadata FROM activity_log WHERE action_type = 'company'"),
            R"({"n": 1.50})");
  EXPECT_EQ(value("SELECT restore_asset_orphans()"), "0") << "each row comes back once";
  EXPECT_EQ(verify(), "");
}

TEST_F(AssetsPack, RefusesOrphansFromThenOnAndFollowsDeletedTargets) {
  up();
  good_rows();
  EXPECT_NE(
      run("INSERT INTO activity_log (company_id, action_type) VALUES (gen_random_uuid(), 'x')")
          .find("activity_log_company_id_fkey"),
      std::string::npos);
  connection().script("UPDATE companies SET created_by = NULL; DELETE FROM users");
  EXPECT_EQ(value("SELECT user_id IS NULL FROM activity_log"), "t") << "the trail stays";
  connection().script("DELETE FROM software");
  EXPECT_EQ(value("SELECT (SELECT count(*) FROM ai_agent_analyses) + "
                  "(SELECT count(*) FROM alternative_solutions)"),
            "0");
  connection().script("DELETE FROM companies");
  EXPECT_EQ(
      value("SELECT (SELECT count(*) FROM activity_log) + (SELECT count(*) FROM client_reports)"),
      "0");
}

// In production all seven names existed, four with another meaning: the original looked at names
// only, and changed nothing.
TEST_F(AssetsPack, ReplacesForeignKeysThatDifferFromTheirDefinition) {
  up(before_fixes);
  good_rows();
  connection().script(R"(
    ALTER TABLE activity_log
      ADD CONSTRAINT activity_log_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id),
      ADD CONSTRAINT activity_log_company_id_fkey FOREIGN KEY (company_id) REFERENCES companies (id)
        ON DELETE CASCADE NOT VALID;)");
  up(4);
  EXPECT_EQ(verify(), "");
  EXPECT_EQ(value("SELECT count(*) FROM pg_constraint WHERE contype = 'f' "
                  "AND conrelid = 'activity_log'::regclass"),
            "2");
}

TEST_F(AssetsPack, DoesNotTakeRowsForOrphansThatAreRightByAnotherKey) {
  up(before_fixes);
  good_rows();
  orphans();
  connection().script(
      "DELETE FROM ai_agent_analyses WHERE software_id IS NOT NULL "
      "AND software_id <> '" +
      id("a1") + "'");
  connection().script(
      R"(ALTER TABLE ai_agent_analyses ADD CONSTRAINT ai_agent_analyses_software_id_fkey
                         FOREIGN KEY (software_id) REFERENCES software_assets (id) ON DELETE CASCADE)");
  const std::string rows = contents();
  const std::string said = refusal_of_up(4);
  EXPECT_NE(
      said.find("sends ai_agent_analyses.software_id to software_assets, and 1 rows use that"),
      std::string::npos)
      << said;
  EXPECT_NE(said.find("Copy the rows"), std::string::npos) << said;
  EXPECT_EQ(contents(), rows);
  // Then the step goes on where it stopped.
  connection().script("INSERT INTO software (id, company_id, software_name) VALUES ('" + id("a1") +
                      "', '" + id("c1") + "', 'Ledger as assessed')");
  up(4);
  EXPECT_EQ(verify(), "");
  EXPECT_EQ(list("SELECT agent_name FROM ai_agent_analyses WHERE software_id IS NOT NULL"),
            "an asset, no software");
}

// The original: rounding unsaid, and the whole section rolled back by a NOTICE outside a function.
TEST_F(AssetsPack, RoundsToThePrecisionAndKeepsTheExactValues) {
  up(5);
  good_rows();
  connection().script(R"(
    UPDATE companies SET contract_value = 1200.005, net_profit = -0.125, total_revenue = 12;
    UPDATE ai_agent_analyses SET confidence_score = 0.857142857142857;
    UPDATE client_reports SET total_spend = 'NaN', savings_identified = 9999999999999.99;
    UPDATE alternative_solutions SET feature_parity_score = 1, cost_comparison = 0.994999;)");
  EXPECT_EQ(list("SELECT concat_ws(' ', table_name, column_name, new_type, rounded, too_big) "
                 "FROM numeric_precision_report() WHERE rounded + too_big > 0 ORDER BY 1"),
            "ai_agent_analyses confidence_score numeric(3,2) 1 0,"
            "alternative_solutions cost_comparison numeric(15,2) 1 0,"
            "companies contract_value numeric(15,2) 1 0,companies net_profit numeric(15,2) 1 0");
  up(6);
  EXPECT_EQ(
      value("SELECT concat_ws(' ', contract_value, net_profit, total_revenue) FROM companies"),
      "1200.01 -0.13 12.00");
  EXPECT_EQ(value("SELECT confidence_score FROM ai_agent_analyses"), "0.86");
  EXPECT_EQ(list("SELECT exact::text FROM rounded_numbers ORDER BY exact"),
            "-0.125,0.857142857142857,0.994999,1200.005");
  connection().script("UPDATE companies SET net_profit = 77");
  down(5);
  EXPECT_EQ(value("SELECT concat_ws(' ', contract_value, net_profit) FROM companies"),
            "1200.005 77.00")
      << "exact again, but not where somebody has written since";
  EXPECT_EQ(value("SELECT confidence_score FROM ai_agent_analyses"), "0.857142857142857");
}

TEST_F(AssetsPack, StopsBeforeValuesThatDoNotFit) {
  up(5);
  good_rows();
  connection().script("UPDATE companies SET contract_value = 10000000000000, net_profit = 1.005");
  const std::string said = refusal_of_up(6);
  EXPECT_NE(said.find("companies.contract_value: 1 values do not fit into numeric(15,2), for "
                      "example in row " +
                      id("c1")),
            std::string::npos)
      << said;
  EXPECT_EQ(value("SELECT net_profit FROM companies"), "1.005");
  connection().script("UPDATE companies SET contract_value = 1");
  up(6);
  EXPECT_EQ(value("SELECT net_profit FROM companies"), "1.01");
}

TEST_F(AssetsPack, NamesViewsThatStandInTheWay) {
  up(5);
  connection().script("CREATE VIEW spend AS SELECT sum(total_spend) FROM client_reports");
  EXPECT_NE(refusal_of_up(6).find("views use columns whose type has to change: spend"),
            std::string::npos);
  connection().script("DROP VIEW spend");
  up(6);
}

TEST_F(AssetsPack, StampsWhoAndWhen) {
  up();
  good_rows();
  connection().script("UPDATE companies SET updated_at = '2025-01-01', updated_by = NULL");
  const std::string stamp =
      "SELECT concat_ws(' ', updated_at = now(), coalesce(updated_by::text, '-')) FROM companies";
  const auto after = [&](const std::string& change) {
    Transaction transaction(connection());
    connection().script(change);
    std::string found = value(stamp);
    transaction.commit();
    return found;
  };
  EXPECT_EQ(after("UPDATE companies SET notes = 'a'"), "t -") << "nobody has said who";
  EXPECT_EQ(after("SET LOCAL app.current_user_id = 'nonsense'; UPDATE companies SET notes = 'b'"),
            "t -");
  EXPECT_EQ(
      after("SET LOCAL app.current_user_id = '" + id("e1") + "'; UPDATE companies SET notes = 'c'"),
      "t " + id("e1"));
  connection().script(
      "INSERT INTO users (id, email, full_name, role) VALUES "
      "('" +
      id("e2") + "', 'b@example.com', 'B', 'client')");
  EXPECT_EQ(after("SET LOCAL app.current_user_id = '" + id("e1") +
                  "'; "
                  "UPDATE companies SET updated_by = '" +
                  id("e2") + "'"),
            "t " + id("e2"))
      << "what the application writes wins";
  EXPECT_EQ(
      after("SET LOCAL arango2pg.loading = on; UPDATE companies SET updated_at = '2025-01-01'"),
      "f " + id("e2"));
  connection().script("DELETE FROM users WHERE id = '" + id("e2") + "'");
  EXPECT_EQ(value("SELECT updated_by IS NULL FROM companies"), "t");
}

TEST_F(AssetsPack, StampsEachTableThatCarriesTheColumns) {
  up();
  good_rows();
  sql("INSERT INTO contracts (contract_id, company_id, contract_name) VALUES ('C-1', '" + id("c1") +
      "', 'x')");
  for (const std::string table :
       {"users", "companies", "software", "software_assets", "contracts"}) {
    sql("SET LOCAL arango2pg.loading = on; UPDATE " + table + " SET updated_at = '2025-01-01'");
    EXPECT_EQ(value("SELECT updated_at::date FROM " + table), "2025-01-01") << table;
    sql("SET LOCAL app.current_user_id = '" + id("e1") + "'; UPDATE " + table +
        " SET created_at = created_at");
    EXPECT_EQ(value("SELECT updated_at::date = current_date FROM " + table), "t") << table;
    if (table == "users") continue;  // has no updated_by
    EXPECT_EQ(value("SELECT updated_by FROM " + table), id("e1")) << table;
  }
}

TEST_F(AssetsPack, DeletesACompanySoftlyWithWhatBelongsToIt) {
  up();
  good_rows();
  connection().script(
      "INSERT INTO software (company_id, software_name, deleted_at) VALUES "
      "('" +
      id("c1") + "', 'Old', '2025-01-01')");
  EXPECT_EQ(value("SELECT soft_delete_company('" + id("c1") + "')"), "3");
  EXPECT_EQ(value("SELECT soft_delete_company('" + id("c1") + "')"), "0");
  EXPECT_EQ(
      value(
          "SELECT (SELECT count(*) FROM active_companies) + (SELECT count(*) FROM active_software) "
          "+ (SELECT count(*) FROM active_software_assets)"),
      "0");
  EXPECT_EQ(value("SELECT count(*) FROM active_users"), "1");
  EXPECT_EQ(value("SELECT count(*) FROM activity_log"), "1") << "history is preserved";
  EXPECT_EQ(value("SELECT restore_company('" + id("c1") + "')"), "3");
  EXPECT_EQ(list("SELECT software_name FROM active_software"), "Ledger")
      << "not what was gone before";
}

// A deleted row kept its name for ever: its successor was refused.
TEST_F(AssetsPack, DeletedRowsDoNotBlockTheirSuccessors) {
  up();
  good_rows();
  const std::string twin =
      "INSERT INTO users (email, full_name, role) VALUES ('ada@example.com', 'Ada 2', 'viewer')";
  EXPECT_NE(run(twin).find("idx_users_deleted_at"), std::string::npos);
  EXPECT_EQ(run("UPDATE users SET deleted_at = now(); " + twin), "");
  EXPECT_EQ(run("SELECT soft_delete_company('" + id("c1") +
                "'); "
                "INSERT INTO companies (company_name, slug) VALUES ('Example Labs', 'labs')"),
            "");
}

TEST_F(AssetsPack, RefusesToReviveDeletedRowsUnasked) {
  up(7);
  good_rows();
  connection().script("UPDATE users SET deleted_at = now()");
  try {
    down(6);
    FAIL() << "deleted rows came alive";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("1 rows are soft-deleted"), std::string::npos)
        << error.what();
  }
  connection().script("SET arango2pg.revive_deleted = on");
  down(6);
  EXPECT_EQ(value("SELECT count(*) FROM users"), "1");
}

TEST_F(AssetsPack, AnswersTheVerificationQueriesWithExpectedAndFound) {
  up();
  good_rows();
  EXPECT_EQ(list("SELECT part || ' ' || count(*) FROM verify_asset_fixes() WHERE ok GROUP BY part "
                 "ORDER BY 1"),
            "all foreign keys 1,audit columns 8,foreign keys 7,indexes 18,numeric precision 14,"
            "orphans 7,plans 1");
  EXPECT_EQ(value("SELECT count(*) FROM verify_asset_fixes() WHERE NOT ok"), "0");
  connection().script(R"(
    DROP INDEX idx_client_reports_generated_at;
    ALTER TABLE activity_log DROP CONSTRAINT activity_log_user_id_fkey;
    ALTER TABLE activity_log ADD CONSTRAINT activity_log_user_id_fkey
      FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID;
    ALTER TABLE client_reports ALTER COLUMN total_spend TYPE numeric(12,2);
    ALTER TABLE contracts DROP COLUMN updated_by;)");
  EXPECT_EQ(
      list("SELECT part || ': ' || what || ' ' || actual FROM verify_asset_fixes() WHERE NOT ok"),
      "foreign keys: activity_log_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) NOT "
      "VALID,"
      "indexes: idx_client_reports_generated_at missing,"
      "audit columns: contracts.updated_by missing,"
      "numeric precision: client_reports.total_spend numeric(12,2),"
      "all foreign keys: not validated 1");
  const std::string said = verify();
  for (const char* file : {"004_foreign_keys.sql", "005_foreign_key_indexes.sql",
                           "006_numeric_precision.sql", "007_audit_and_soft_delete.sql"})
    EXPECT_NE(said.find(file), std::string::npos) << said;
}

TEST_F(AssetsPack, ExplainsWhatNamesDoNotSay) {
  up();
  EXPECT_EQ(value("SELECT obj_description('activity_log'::regclass) LIKE '%partition%'"), "t");
  EXPECT_EQ(value("SELECT count(*) FROM pg_description d JOIN pg_class c ON c.oid = d.objoid "
                  "WHERE d.classoid = 'pg_class'::regclass AND c.relname IN ('activity_log', "
                  "'ai_agent_analyses', 'alternative_solutions', 'client_reports')"),
            "9");
}

}  // namespace
}  // namespace arango2pg::pg
