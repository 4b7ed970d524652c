// The assets pack as a user runs it: onto the repaired schema, where foreign keys refuse what
// points at nothing; and the other way round, the data first and the fixes over it.
#include <gtest/gtest.h>

#include "e2e/pack_harness.h"

namespace arango2pg::e2e {
namespace {

class AssetsPack : public PackEndToEnd {
 protected:
  AssetsPack() : PackEndToEnd("assets") {}
};

TEST_F(AssetsPack, LoadsTheSampleWithMoneyScoresAndWordsBroughtToOneForm) {
  ASSERT_EQ(schema({"up"}).exit, 0);
  const Foretold foretold = sample("");
  const auto outcome = migrate_sample();
  ASSERT_EQ(outcome.exit, 0) << outcome.all();
  EXPECT_TRUE(adds_up());
  // "€ 1,200.50", "$1,200.50" and 1200.50.
  EXPECT_EQ(target_->value("SELECT (sum(contract_value) * 100)::bigint FROM companies"),
            std::to_string(foretold.figure("contract_value_cents")));
  EXPECT_EQ(target_->value("SELECT string_agg(DISTINCT net_profit::text, ' ') FROM companies"),
            "-1250.50 3000000.00");
  EXPECT_EQ(target_->value(
                "SELECT string_agg(DISTINCT savings_identified::text, ' ') FROM client_reports"),
            "1250.01");
  EXPECT_EQ(target_->value("SELECT string_agg(DISTINCT recommendation_status, ' ' "
                           "ORDER BY recommendation_status) FROM alternative_solutions"),
            "conditional explore not-recommended recommend strongly-recommend");
  EXPECT_EQ(target_->value("SELECT count(*) FROM alternative_solutions "
                           "WHERE cost_savings_percentage <> 33.333333333333336"),
            "0")
      << "columns without precision keep every digit";
  EXPECT_EQ(target_->value("SELECT count(*) > 0 FROM contracts WHERE contract_id LIKE 'C-2025-%'"),
            "t");
  EXPECT_EQ(target_->value(R"(SELECT count(*) FROM ai_agent_analyses
                              WHERE key_insights[2] = '"Renewal" {soon}, NULL')"),
            "80");
  EXPECT_EQ(target_->value("SELECT count(*) FROM verify_asset_fixes() WHERE NOT ok"), "0");
}

TEST_F(AssetsPack, QuarantinesExactlyWhatTheSampleForetold) {
  ASSERT_EQ(schema({"up"}).exit, 0);
  const Foretold foretold = sample("--odd");
  ASSERT_GT(foretold.quarantined.size(), 30U);
  const auto outcome = migrate_sample();
  EXPECT_EQ(outcome.exit, 5) << outcome.all();
  EXPECT_EQ(quarantined(), foretold.quarantined);
  EXPECT_TRUE(adds_up());
}

// The seed's own case: the data is there, the seven keys are not.
TEST_F(AssetsPack, CleansOrphansThatWereLoadedBeforeTheKeysAndCountsThem) {
  ASSERT_EQ(schema({"up", "--to", "3"}).exit, 0);
  const Foretold foretold = sample("--odd");
  migrate_sample();
  const long orphans = foretold.figure("orphans_removed") + foretold.figure("orphans_set_null");
  EXPECT_EQ(static_cast<long>(quarantined().size()),
            static_cast<long>(foretold.quarantined.size()) - orphans)
      << "without keys, orphans are loaded";
  const std::string before =
      target_->value("SELECT string_agg(a::text, '' ORDER BY id) FROM activity_log a");

  const auto up = schema({"up"});
  ASSERT_EQ(up.exit, 0) << up.all();
  EXPECT_EQ(target_->value("SELECT sum(cleaned) FROM orphan_counts WHERE action = 'removed'"),
            std::to_string(foretold.figure("orphans_removed")));
  EXPECT_EQ(target_->value("SELECT sum(cleaned) FROM orphan_counts WHERE action = 'set_null'"),
            std::to_string(foretold.figure("orphans_set_null")));
  const auto verified = schema({"verify"});
  EXPECT_EQ(verified.exit, 0) << verified.all();

  ASSERT_EQ(schema({"down", "--to", "3", "--yes"}).exit, 0);
  EXPECT_EQ(target_->value("SELECT string_agg(a::text, '' ORDER BY id) FROM activity_log a"),
            before);
}

TEST_F(AssetsPack, TheWholeCycleLeavesTheDatabaseAsItWas) {
  expect_whole_cycle([&] {
    sample("");
    return migrate_sample();
  });
}

}  // namespace
}  // namespace arango2pg::e2e
