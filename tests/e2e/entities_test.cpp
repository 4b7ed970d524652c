// The entities pack as a user runs it: ltree and PostGIS columns from documents, paths built from
// edges after the load, the view refreshed, the backfill as a migration that is held back.
#include <gtest/gtest.h>

#include "e2e/pack_harness.h"

namespace arango2pg::e2e {
namespace {

class EntitiesPack : public PackEndToEnd {
 protected:
  EntitiesPack() : PackEndToEnd("entities") {}
  void SetUp() override {
    PackEndToEnd::SetUp();
    if (IsSkipped()) return;
    const std::string missing = target_->value(
        "SELECT coalesce(string_agg(e, ', '), '') FROM unnest('{ltree,postgis}'::text[]) AS e "
        "WHERE NOT EXISTS (SELECT FROM pg_available_extensions WHERE name = e)");
    if (!missing.empty())
      GTEST_SKIP() << "the server has no extension " << missing
                   << " (Debian: postgresql-contrib, postgresql-postgis): scripts/install-deps";
    const auto up = schema({"up", "--to", "5"});
    ASSERT_EQ(up.exit, 0) << up.all();
  }
  long count(const std::string& what) {
    return std::stol(target_->value("SELECT count(*) FROM " + what));
  }
  std::string path(const std::string& key) {
    return target_->value("SELECT path FROM entities WHERE source_key = '" + key + "'");
  }
};

TEST_F(EntitiesPack, LoadsTheSampleWithItsPositions) {
  const Foretold foretold = sample("");
  const auto outcome = migrate_sample();
  ASSERT_EQ(outcome.exit, 0) << outcome.all();
  EXPECT_EQ(count("entities"), foretold.documents("entities"));
  EXPECT_EQ(count("entity_parents"), foretold.documents("parent_of"));
  EXPECT_EQ(count("entity_relationships"), foretold.documents("relates_to"));
  EXPECT_EQ(count("entities WHERE location IS NOT NULL"), foretold.figure("located"));
  EXPECT_TRUE(adds_up());
  const auto at = [&](const std::string& key) {
    return target_->value("SELECT ST_AsEWKT(location) FROM entities WHERE source_key = '" + key +
                          "'");
  };
  EXPECT_EQ(at("europe"), "SRID=4326;POINT(15.2551 54.526)") << "GeoJSON: longitude first";
  EXPECT_EQ(at("fr"), "SRID=4326;POINT(2.2137 46.2276)") << "a pair: latitude first";
  EXPECT_EQ(at("jp"), "SRID=4326;POINT(138.2529 36.2048)");
  EXPECT_EQ(at("us"), "SRID=4326;POINT(-180 90)");
  EXPECT_EQ(at("fj"), "SRID=4326;POINT(178.065 -17.7134)");
  EXPECT_EQ(at("de"), "∅");
}

TEST_F(EntitiesPack, BuildsTheHierarchyAfterTheLoad) {
  sample("");
  ASSERT_EQ(migrate_sample().exit, 0);
  EXPECT_EQ(path("fr"), "root.continent.europe.country.france");
  EXPECT_EQ(path("bretagne"), "root.continent.europe.country.france.bretagne");
  EXPECT_EQ(path("thueringen"), "root.continent.europe.country.germany.thuringen");
  EXPECT_EQ(path("quoted"), "root.continent.europe.country.france.cote_d_azur");
  EXPECT_EQ(path("lodz"), "root.continent.europe.country.germany.lodz_ghetto_1940_44");
  EXPECT_EQ(count("entities WHERE path ~ 'root.continent.north_america.country.usa.georgia*{1}'"),
            2);
  EXPECT_EQ(count("entities WHERE path <@ 'pending'"), 0);
  EXPECT_EQ(path("egg").substr(0, 13), "root.unplaced");
  EXPECT_EQ(target_->value("SELECT string_agg(source_key || ' ' || problem, ', ' ORDER BY "
                           "source_key) FROM entity_path_problems JOIN entities ON id = entity_id"),
            "atlantis missing_parent, chick cycle, egg cycle, hen cycle, island no_parent, "
            "kashmir several_parents, orphan missing_parent");
  // The view is fresh, and above and below are right.
  EXPECT_EQ(count("hierarchy_mv"), count("entities WHERE is_active"));
  EXPECT_EQ(target_->value("SELECT ancestor_names FROM hierarchy_mv WHERE name = 'Bretagne'"),
            "{World,Europe,France}");
  EXPECT_EQ(target_->value(
                "SELECT count(*) FROM hierarchy_mv m WHERE descendant_count <> (SELECT count(*) "
                "FROM entities d WHERE d.path <@ m.path AND d.id <> m.id AND d.is_active)"),
            "0");
  EXPECT_EQ(count("entity_change_log"), 0);
  EXPECT_EQ(schema({"verify"}).exit, 0);
}

TEST_F(EntitiesPack, QuarantinesExactlyWhatTheSampleForetold) {
  const Foretold foretold = sample("--odd");
  ASSERT_GT(foretold.quarantined.size(), 20U);
  const auto outcome = migrate_sample();
  EXPECT_EQ(outcome.exit, 5) << outcome.all();
  EXPECT_EQ(quarantined(), foretold.quarantined);
  EXPECT_TRUE(adds_up());
}

TEST_F(EntitiesPack, LoadsAgainByMergeAndKeepsDerivedPaths) {
  const Foretold foretold = sample("");
  ASSERT_EQ(migrate_sample().exit, 0);
  const std::string before =
      target_->value("SELECT md5(string_agg(path::text, ',' ORDER BY id)) FROM entities");
  target_->query("UPDATE entities SET name = 'changed', location = NULL, source_rev = NULL");
  const auto again = migrate_sample({"--fresh", "--merge"});
  ASSERT_EQ(again.exit, 0) << again.all();
  EXPECT_EQ(count("entities"), foretold.documents("entities"));
  EXPECT_EQ(count("entities WHERE location IS NOT NULL"), foretold.figure("located"));
  EXPECT_EQ(target_->value("SELECT md5(string_agg(path::text, ',' ORDER BY id)) FROM entities"),
            before);
}

TEST_F(EntitiesPack, BackfillsScoresWhenTheDataIsThere) {
  const Foretold foretold = sample("");
  ASSERT_EQ(migrate_sample().exit, 0);
  const auto up = schema({"up"});
  ASSERT_EQ(up.exit, 0) << up.all();
  EXPECT_EQ(count("entities WHERE confidence_source IS NOT NULL"), foretold.figure("unscored"));
  EXPECT_EQ(count("entities WHERE confidence_source IS NOT NULL "
                  "AND confidence_score <> calculate_confidence(id)"),
            0);
  EXPECT_EQ(target_->value("SELECT DISTINCT confidence_score FROM entities "
                           "WHERE source_key IN ('fr', 'europe')"),
            "0.88")
      << "given ones stay";
  EXPECT_EQ(schema({"verify"}).exit, 0);
}

// Extensions, too: made by the pack, used by nobody else.
TEST_F(EntitiesPack, TheWholeCycleLeavesTheDatabaseAsItWas) {
  expect_whole_cycle([&] {
    sample("");
    return migrate_sample();
  });
}

// Definitions print another way after a restore; functions and views must not depend on a
// search_path.
TEST_F(EntitiesPack, SurvivesADumpAndRestore) {
  sample("");
  ASSERT_EQ(migrate_sample().exit, 0);
  Target restored;
  ASSERT_TRUE(restore_into(restored));
  const auto verified = run_tool(
      {"schema", "verify", "--pack", root_ + "/schemas/" + pack_, "--target", restored.conninfo()});
  EXPECT_EQ(verified.exit, 0) << verified.all();
  restored.query("INSERT INTO entities (name, entity_type, path) VALUES ('n', 't', 'root.n')");
  EXPECT_EQ(restored.value("SELECT count(*) FROM hierarchy_mv"),
            restored.value("SELECT count(*) FROM entities WHERE is_active"));
}

}  // namespace
}  // namespace arango2pg::e2e
