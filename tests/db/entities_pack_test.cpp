// The entities pack on a real server: hierarchy, refresh, paths from parents, the backfill. Skipped
// where the server lacks ltree or PostGIS.
#include <gtest/gtest.h>

#include <string>

#include "db/pack_fixture.h"

namespace arango2pg::pg {
namespace {

class EntitiesPack : public PackTest {
 protected:
  EntitiesPack() : PackTest("entities") {}

  /// A copy of a database that has the extensions: creating PostGIS takes a second each time.
  std::string database_options() override {
    static const test::TempDb pattern;
    static const bool ready = [] {
      pattern.connect().script("CREATE EXTENSION ltree; CREATE EXTENSION postgis");
      return true;
    }();
    EXPECT_TRUE(ready);
    return "TEMPLATE " + quote(pattern.name());
  }
  void entity(const std::string& path, const std::string& more_columns = "",
              const std::string& more_values = "") {
    query("INSERT INTO entities (name, entity_type, path" + more_columns + ") VALUES ('" +
          path.substr(path.rfind('.') + 1) + "', 'country', '" + path + "'" + more_values + ")");
  }
  /// The original's tree: "root.continent" is a label, not an entity.
  void tree() {
    for (const char* path :
         {"root", "root.continent.europe", "root.continent.asia",
          "root.continent.europe.country.france", "root.continent.europe.country.spain",
          "root.continent.europe.country.france.city.paris", "root.continent.asia.country.japan"})
      entity(path);
  }
  /// While arango2pg loads: entities without path. "name id parent" each, ids and parents as
  /// digits.
  void load(const std::string& names, const std::string& type = "country") {
    query("SET arango2pg.loading = on");
    query(
        "INSERT INTO entities (id, name, entity_type, path_derived, declared_parent_id) "
        "SELECT lpad(w[2], 32, '0')::uuid, w[1], '" +
        type +
        "', true, CASE WHEN w[3] <> '' THEN lpad(w[3], 32, '0')::uuid END "
        "FROM regexp_split_to_table('" +
        names + "', ',') AS e, regexp_split_to_array(e, ' ') AS w");
    query("RESET arango2pg.loading");
  }
  std::string paths() { return list("SELECT path FROM entities WHERE path_derived ORDER BY id"); }
  std::string problems() {
    return list(
        "SELECT ltrim(entity_id::text, '0-') || ' ' || problem || ': ' || detail "
        "FROM entity_path_problems ORDER BY entity_id");
  }
};

TEST_F(EntitiesPack, ReversesEveryStepExactly) { expect_every_step_reversible(); }

TEST_F(EntitiesPack, LivesInASchemaOfItsOwn) {
  up(0, "forecastin");
  EXPECT_EQ(verify("forecastin"), "");
  query("SET search_path = pg_catalog");
  query(
      "INSERT INTO forecastin.entities (name, entity_type, path) "
      "VALUES ('World', 'global', 'root'::public.ltree)");
  EXPECT_EQ(value("SELECT name FROM forecastin.hierarchy_mv"), "World");
  query("CALL forecastin.backfill_confidence_scores()");
  EXPECT_EQ(value("SELECT confidence_source FROM forecastin.entities"), "computed_over_zero");
  EXPECT_EQ(value("SELECT forecastin.rebuild_hierarchy()"), "0");
  down(0, "forecastin");
  EXPECT_EQ(value("SELECT to_regnamespace('forecastin') IS NULL"), "t");
}

// ── entities ─────────────────────────────────────────────────────────────────────────────────────

TEST_F(EntitiesPack, GeneratesDepthAndHash) {
  up();
  entity("root.continent.europe");
  EXPECT_EQ(value("SELECT path_depth || ' ' || path_hash FROM entities"),
            "3 " + value("SELECT encode(sha256('root.continent.europe'), 'hex')"));
  query("UPDATE entities SET path = 'root.eu'");
  EXPECT_EQ(value("SELECT path_depth FROM entities"), "2");
  EXPECT_NE(run("UPDATE entities SET path_depth = 7"), "");
}

TEST_F(EntitiesPack, StampsChangesButNotWhileLoading) {
  up();
  entity("root", ", updated_at", ", '2025-11-09'");
  query("SET arango2pg.loading = on");
  query("UPDATE entities SET description = 'a'");
  query("RESET arango2pg.loading");
  EXPECT_EQ(value("SELECT updated_at::date FROM entities"), "2025-11-09");
  query("UPDATE entities SET description = 'b'");
  EXPECT_EQ(value("SELECT updated_at::date = current_date FROM entities"), "t");
}

TEST_F(EntitiesPack, RefusesWhatIsNoPlace) {
  up();
  const auto refused = [&](const std::string& columns, const std::string& values) {
    return run("INSERT INTO entities (name, entity_type, " + columns + ") VALUES ('n', 't', " +
               values + ")");
  };
  EXPECT_NE(refused("description", "'no path'").find("null value in column \"path\""),
            std::string::npos)
      << "only a load may leave it out";
  EXPECT_NE(refused("path", "'root.' || repeat('x.', 999) || repeat('y', 200)"), "");
  const auto at = [&](const std::string& point) {
    return refused("path, location", "'root', '" + point + "'");
  };
  EXPECT_NE(at("POINT(180.1 0)").find("entities_location_check"), std::string::npos);
  EXPECT_NE(at("POINT(0 -90.1)").find("entities_location_check"), std::string::npos);
  EXPECT_NE(at("POINT EMPTY").find("entities_location_check"), std::string::npos);
  EXPECT_NE(at("LINESTRING(0 0,1 1)"), "");
  EXPECT_NE(at("SRID=3857;POINT(0 0)"), "");
  EXPECT_EQ(at("POINT(-180 90)"), "");
  EXPECT_EQ(value("SELECT ST_AsEWKT(location) FROM entities"), "SRID=4326;POINT(-180 90)");
  EXPECT_NE(refused("path, confidence_score", "'a', 1.01").find("confidence_score_check"),
            std::string::npos);
}

TEST_F(EntitiesPack, TakesAPathOnceAmongActiveEntities) {
  up();
  entity("root.a");
  EXPECT_NE(run("INSERT INTO entities (name, entity_type, path) VALUES ('n', 't', 'root.a')")
                .find("entities_active_path_key"),
            std::string::npos);
  entity("root.a", ", is_active", ", false");
  entity("root.a", ", deleted_at", ", now()");
  EXPECT_EQ(value("SELECT count(*) FROM entities"), "3");
}

TEST_F(EntitiesPack, RelatesEntitiesOncePerType) {
  up();
  entity("a");
  entity("b");
  const std::string relate =
      "INSERT INTO entity_relationships (source_entity_id, target_entity_id, relationship_type, "
      "strength) SELECT a.id, b.id, 'ally', 0.5 FROM entities a, entities b "
      "WHERE a.path = 'a' AND b.path = 'b'";
  EXPECT_EQ(run(relate), "");
  EXPECT_NE(run(relate).find("entity_relationships_once_key"), std::string::npos);
  EXPECT_NE(run("UPDATE entity_relationships SET strength = 2").find("strength_check"),
            std::string::npos);
  query("DELETE FROM entities WHERE path = 'b'");
  EXPECT_EQ(value("SELECT count(*) FROM entity_relationships"), "0");
}

TEST_F(EntitiesPack, HasTheFeatureFlagsOfTheApplication) {
  up();
  EXPECT_EQ(rows("SELECT flag_name, is_enabled, rollout_percentage FROM feature_flags ORDER BY 1"),
            "ff.geo.map|t|100, ff.hierarchy.optimized|t|100, ff.ml.ab_routing|f|0, "
            "ff.ws.realtime|t|100");
  // New ones are off until somebody says otherwise.
  sql("INSERT INTO feature_flags (flag_name) VALUES ('ff.new')");
  EXPECT_EQ(rows("SELECT is_enabled, rollout_percentage FROM feature_flags "
                 "WHERE flag_name = 'ff.new'"),
            "f|0");
}

TEST_F(EntitiesPack, FindsByPathAndPositionThroughItsIndexes) {
  up();
  connection().script(R"(
    UPDATE materialized_view_refresh_schedule SET refresh_mode = 'manual';
    INSERT INTO entities (name, entity_type, path, location)
    SELECT 'e' || i, 'city', ('root.r' || i % 50 || '.e' || i)::ltree,
           ST_SetSRID(ST_MakePoint(i % 360 - 180, i % 180 - 90), 4326)
    FROM generate_series(1, 5000) i;
    ANALYZE entities; SET enable_seqscan = off;)");
  EXPECT_NE(
      list("EXPLAIN SELECT * FROM entities WHERE path <@ 'root.r7'").find("entities_path_gist_idx"),
      std::string::npos);
  EXPECT_NE(list("EXPLAIN SELECT * FROM entities "
                 "WHERE location && ST_MakeEnvelope(0, 0, 2, 2, 4326)")
                .find("entities_location_gist_idx"),
            std::string::npos);
  EXPECT_EQ(value("SELECT count(*) FROM entities WHERE path <@ 'root.r7'"), "100");
}

// ── hierarchy ────────────────────────────────────────────────────────────────────────────────────

// The original had ancestors and descendants swapped: the root had all for ancestors and one below.
TEST_F(EntitiesPack, KnowsWhoIsAboveAndBelow) {
  up();
  tree();
  EXPECT_EQ(list("SELECT concat_ws(' ', name, computed_depth, descendant_count, child_count, "
                 "'<' || array_to_string(ancestor_names, '/') || '>', "
                 "(SELECT p.name FROM hierarchy_mv p WHERE p.id = m.parent_id)) "
                 "FROM hierarchy_mv m ORDER BY path"),
            "root 1 6 2 <>,"
            "asia 3 1 1 <root> root,"
            "japan 5 0 0 <root/asia> asia,"
            "europe 3 3 2 <root> root,"
            "france 5 1 1 <root/europe> europe,"
            "paris 7 0 0 <root/europe/france> france,"
            "spain 5 0 0 <root/europe> europe");
  EXPECT_EQ(value("SELECT ancestors FROM mv_entity_ancestors WHERE entity_name = 'paris'"),
            "{root,europe,france}");
  EXPECT_EQ(value("SELECT descendant_count FROM mv_descendant_counts WHERE entity_name = 'europe'"),
            "3");
  EXPECT_EQ(value("SELECT concat_ws(' ', e.name, e.path_depth, e.ancestors, e.descendant_count) "
                  "FROM entities x, get_entity_with_hierarchy(x.id) e WHERE x.name = 'france'"),
            "france 5 {root,europe} 1");
}

TEST_F(EntitiesPack, LeavesInactiveAndDeletedEntitiesOut) {
  up();
  tree();
  query("UPDATE entities SET is_active = false WHERE name = 'france'");
  query("UPDATE entities SET deleted_at = now() WHERE name = 'japan'");
  EXPECT_EQ(value("SELECT ancestors FROM mv_entity_ancestors WHERE entity_name = 'paris'"),
            "{root,europe}");
  EXPECT_EQ(list("SELECT name || child_count || descendant_count FROM hierarchy_mv ORDER BY path"),
            "root24,asia00,europe22,paris00,spain00");
  EXPECT_EQ(value("SELECT count(*) FROM entities e, get_entity_with_hierarchy(e.id) "
                  "WHERE e.name = 'france'"),
            "0");
}

// ── refresh ──────────────────────────────────────────────────────────────────────────────────────

TEST_F(EntitiesPack, RefreshesAfterEachStatementInTriggerMode) {
  up();
  EXPECT_EQ(value("SELECT refresh_mode FROM materialized_view_refresh_schedule"), "trigger");
  entity("root");
  EXPECT_EQ(list("SELECT name FROM hierarchy_mv"), "root");
  query("UPDATE entities SET name = 'World'");
  EXPECT_EQ(list("SELECT name FROM hierarchy_mv"), "World");
  const std::string count = value("SELECT refresh_count FROM materialized_view_refresh_schedule");
  query("UPDATE entities SET description = 'not in the view'");
  query("DELETE FROM entities WHERE name = 'nobody'");
  EXPECT_EQ(value("SELECT refresh_count FROM materialized_view_refresh_schedule"), count);
  query("DELETE FROM entities");
  EXPECT_EQ(value("SELECT count(*) FROM hierarchy_mv"), "0");
  entity("root");
  query("TRUNCATE entities CASCADE");
  EXPECT_EQ(value("SELECT count(*) FROM hierarchy_mv"), "0");
  EXPECT_EQ(value("SELECT concat_ws(' ', health, failure_count, pending_changes) "
                  "FROM v_materialized_view_performance"),
            "HEALTHY 0 0");
}

// Without a unique index, as in the original, every one of these failed.
TEST_F(EntitiesPack, CanBeReadWhileItIsRefreshed) {
  up();
  tree();
  auto reader = db().connect("reader");
  const Transaction reading(reader);
  reader.exec("SELECT * FROM hierarchy_mv");
  EXPECT_EQ(run("SET lock_timeout = '2s'; REFRESH MATERIALIZED VIEW CONCURRENTLY hierarchy_mv"),
            "");
  entity("root.fiji");
  EXPECT_EQ(reader.exec("SELECT count(*) FROM hierarchy_mv").text(0, 0), "8");
}

TEST_F(EntitiesPack, ARefreshThatFailsDoesNotTakeTheChangeWithIt) {
  up();
  {
    Transaction transaction(connection());
    query("DECLARE c CURSOR FOR SELECT * FROM hierarchy_mv");
    query("FETCH c");
    entity("root");
    transaction.commit();
  }
  EXPECT_EQ(value("SELECT count(*) FROM entities"), "1");
  EXPECT_EQ(value("SELECT count(*) FROM hierarchy_mv"), "0");
  EXPECT_EQ(value("SELECT last_success::text || failure_count FROM "
                  "materialized_view_refresh_schedule"),
            "false1");
  EXPECT_EQ(value("SELECT pending_changes FROM v_materialized_view_performance"), "1")
      << "still to be done";
  query("SELECT refresh_hierarchy_views()");
  EXPECT_EQ(value("SELECT count(*) FROM hierarchy_mv"), "1");
}

TEST_F(EntitiesPack, RefreshesOnScheduleAfterEnoughChangesOrTime) {
  up();
  query(
      "UPDATE materialized_view_refresh_schedule "
      "SET refresh_mode = 'scheduled', threshold_changes = 5");
  query("SELECT refresh_hierarchy_views()");
  EXPECT_EQ(value("SELECT automated_refresh_materialized_view('hierarchy_mv') ->> 'reason'"),
            "no_changes");
  entity("a");
  {  // one row in the log per transaction, with all its changes
    Transaction transaction(connection());
    entity("b");
    query("UPDATE entities SET name = 'B' WHERE path = 'b'");
    transaction.commit();
  }
  EXPECT_EQ(list("SELECT change_type || change_count FROM entity_change_log ORDER BY id"),
            "insert1,mixed2");
  EXPECT_EQ(value("SELECT automated_refresh_materialized_view('hierarchy_mv') - 'view'"),
            R"({"reason": "insufficient_changes", "status": "skipped", "changes": 3})");
  EXPECT_EQ(value("SELECT refresh_due_views()"), "0");
  EXPECT_EQ(value("SELECT count(*) FROM hierarchy_mv"), "0");
  entity("c");
  entity("d");
  EXPECT_EQ(value("SELECT refresh_due_views()"), "1") << "five changes";
  EXPECT_EQ(value("SELECT count(*) FROM hierarchy_mv"), "4");
  EXPECT_EQ(value("SELECT count(*) FROM entity_change_log"), "0") << "was never emptied";
  EXPECT_EQ(value("SELECT changes_processed FROM refresh_metrics ORDER BY id DESC LIMIT 1"), "5");

  entity("e");
  query(
      "UPDATE materialized_view_refresh_schedule "
      "SET last_refresh_at = now() - interval '16 minutes'");
  EXPECT_EQ(value("SELECT refresh_due_views()"), "1") << "a quarter of an hour";
  query("UPDATE materialized_view_refresh_schedule SET auto_refresh_enabled = false");
  entity("f");
  EXPECT_EQ(value("SELECT automated_refresh_all_materialized_views() -> 0 ->> 'reason'"),
            "disabled");
  EXPECT_EQ(value("SELECT automated_refresh_materialized_view('hierarchy_mv', true) ->> 'status'"),
            "success");
  EXPECT_EQ(value("SELECT automated_refresh_materialized_view('pg_class') ->> 'reason'"),
            "not_scheduled");
}

TEST_F(EntitiesPack, OnlyOneRefreshRunsAtATime) {
  up();
  query("UPDATE materialized_view_refresh_schedule SET refresh_mode = 'scheduled'");
  entity("a");
  auto other = db().connect("other");
  const Transaction transaction(other);
  other.exec("SELECT automated_refresh_materialized_view('hierarchy_mv', true)");
  EXPECT_EQ(value("SELECT automated_refresh_materialized_view('hierarchy_mv') ->> 'reason'"),
            "busy");
}

TEST_F(EntitiesPack, FillsAViewThatWasNeverFilled) {
  up();
  entity("root");
  query("REFRESH MATERIALIZED VIEW hierarchy_mv WITH NO DATA");
  EXPECT_NE(verify().find("never refreshed"), std::string::npos);
  query("SELECT refresh_hierarchy_views()");
  EXPECT_EQ(value("SELECT count(*) FROM hierarchy_mv"), "1");
}

TEST_F(EntitiesPack, AWriterWhoDoesNotOwnTheViewStillRefreshesIt) {
  up();
  const std::string role = db().name() + "_writer";
  query("CREATE ROLE " + role);
  query("GRANT SELECT, INSERT ON entities TO " + role);
  query("SET ROLE " + role);
  entity("root");
  query("RESET ROLE");
  EXPECT_EQ(value("SELECT count(*) FROM hierarchy_mv"), "1");
  query("DROP OWNED BY " + role);
  query("DROP ROLE " + role);
}

TEST_F(EntitiesPack, ALoadOnlyMarksTheViewAsStale) {
  up();
  load("World 1 ,Europe 2 1");
  EXPECT_EQ(value("SELECT count(*) FROM hierarchy_mv"), "0");
  EXPECT_EQ(list("SELECT change_type || change_count FROM entity_change_log"), "load2");
  query("SELECT arango2pg_finalise_entities(1)");
  EXPECT_EQ(list("SELECT path FROM hierarchy_mv ORDER BY path"), "world,world.europe");
  EXPECT_EQ(value("SELECT count(*) FROM entity_change_log"), "0");
}

// ── paths from parents ───────────────────────────────────────────────────────────────────────────

TEST_F(EntitiesPack, BuildsPathsFromParents) {
  up();
  entity("root.continent.europe", ", id", ", '00000000000000000000000000000099'");
  load("World 1 ,Asia 2 1,Japan 3 2,Côte 4 99");
  query(
      "INSERT INTO entity_parents (parent_id, child_id) VALUES "
      "('00000000000000000000000000000003', lpad('5', 32, '0')::uuid), "
      "('00000000000000000000000000000003', lpad('5', 32, '0')::uuid)");  // one parent, named twice
  load("Tokyo 5 ");
  EXPECT_NE(verify().find("5 entities still wait for their path"), std::string::npos);
  EXPECT_EQ(value("SELECT build_entity_paths()"), "5");
  EXPECT_EQ(paths(),
            "world,world.asia,world.asia.japan,root.continent.europe.cote,world.asia.japan.tokyo");
  EXPECT_EQ(problems(), "");
  EXPECT_EQ(value("SELECT build_entity_paths()"), "0") << "nothing to change";
}

TEST_F(EntitiesPack, GivesSiblingsOfOneNameDifferentLabels) {
  up();
  load(
      "World 1 ,Georgia a0000000000000000000000000000000 1,Georgia "
      "b1234567890120000000000000000000 1,GEORGIA 5 1,日本 c0ffee00000000000000000000000000 1");
  query("SELECT build_entity_paths()");
  EXPECT_EQ(paths(),
            "world,world.georgia,world.georgia_a00000000000,world.georgia_b12345678901,"
            "world.entity_c0ffee000000");
}

TEST_F(EntitiesPack, KeepsAwayFromPathsThatWereGiven) {
  up();
  entity("world.asia");
  load("World 1 ,Asia 2 1");
  query("SELECT build_entity_paths()");
  EXPECT_EQ(paths(), "world,world.asia_000000000000");
}

TEST_F(EntitiesPack, PutsAsideWhatHasNoSinglePlaceAndSaysWhy) {
  up();
  load("World 1 ,Asia 2 1,Lonely 3 ,Orphan 4 77,Self 5 5,Two 6 1,Below 7 6");
  query(
      "INSERT INTO entity_parents (parent_id, child_id) "
      "VALUES (lpad('2', 32, '0')::uuid, lpad('6', 32, '0')::uuid)");
  query("SELECT build_entity_paths()");
  EXPECT_EQ(paths(),
            "world,world.asia,root.unplaced.lonely,root.unplaced.orphan,root.unplaced.self,"
            "root.unplaced.two,root.unplaced.two.below");
  EXPECT_EQ(problems(),
            "3 no_parent: neither a parent nor children,"
            "4 missing_parent: 00000000-0000-0000-0000-000000000077,"
            "5 cycle: Self → Self,6 several_parents: Asia, World");
  // Repaired: the problems go.
  query("DELETE FROM entity_parents");
  query(
      "UPDATE entities SET declared_parent_id = lpad('1', 32, '0')::uuid "
      "WHERE name IN ('Lonely', 'Orphan', 'Self')");
  query("SELECT build_entity_paths()");
  EXPECT_EQ(problems(), "");
  EXPECT_EQ(value("SELECT path FROM entities WHERE name = 'Below'"), "world.two.below");
}

TEST_F(EntitiesPack, CutsCirclesAtTheSmallestIdAndShowsThem) {
  up();
  load("Hen 3 2,Egg 1 3,Chick 2 1,Feather 4 2,Snake 9 8,Tail 8 9");
  query("SELECT build_entity_paths()");
  EXPECT_EQ(paths(),
            "root.unplaced.egg,root.unplaced.egg.chick,root.unplaced.egg.chick.hen,"
            "root.unplaced.egg.chick.feather,root.unplaced.tail,root.unplaced.tail.snake");
  EXPECT_EQ(problems(),
            "1 cycle: Egg → Hen → Chick → Egg,2 cycle: Egg → Hen → Chick → Egg,"
            "3 cycle: Egg → Hen → Chick → Egg,8 cycle: Tail → Snake → Tail,"
            "9 cycle: Tail → Snake → Tail");
}

TEST_F(EntitiesPack, LetsEntitiesChangePlaces) {
  up();
  load("World 1 ,A 2 1,B 3 1");
  query("SELECT rebuild_hierarchy()");
  query(
      "UPDATE entities SET updated_at = '2025-11-09', "
      "name = CASE name WHEN 'A' THEN 'B' WHEN 'B' THEN 'A' ELSE name END WHERE name <> 'x'");
  query("SET arango2pg.loading = on");
  query("UPDATE entities SET updated_at = '2025-11-09'");
  query("RESET arango2pg.loading");
  EXPECT_EQ(value("SELECT rebuild_hierarchy()"), "2");
  EXPECT_EQ(paths(), "world,world.b,world.a");
  EXPECT_EQ(list("SELECT DISTINCT updated_at::date FROM entities"), "2025-11-09");
  EXPECT_EQ(list("SELECT name FROM hierarchy_mv ORDER BY path"), "World,A,B");
}

TEST_F(EntitiesPack, DoesNotFallOverChainsThatAreTooDeep) {
  up();
  query("SET arango2pg.loading = on");
  query(
      "INSERT INTO entities (id, name, entity_type, path_derived, declared_parent_id) "
      "SELECT lpad(i::text, 32, '0')::uuid, repeat('x', 200), 'global', true, "
      "CASE WHEN i > 1 THEN lpad((i - 1)::text, 32, '0')::uuid END FROM generate_series(1, 12) i");
  query("RESET arango2pg.loading");
  EXPECT_EQ(value("SELECT build_entity_paths()"), "12");
  EXPECT_EQ(value("SELECT string_agg(problem, ',') FROM entity_path_problems"), "too_deep");
  EXPECT_EQ(value("SELECT count(*) FROM entities WHERE path <@ 'root.unplaced'"), "3");
}

// ── confidence ───────────────────────────────────────────────────────────────────────────────────

TEST_F(EntitiesPack, ScoresWhatIsKnown) {
  up();
  entity("a");
  const auto score = [&] { return value("SELECT calculate_confidence(id) FROM entities LIMIT 1"); };
  const auto set = [&](const std::string& what) { query("UPDATE entities SET " + what); };
  EXPECT_EQ(score(), "0.00");
  set("description = E' \\n'");
  EXPECT_EQ(score(), "0.00") << "blank";
  set("description = 'x'");
  EXPECT_EQ(score(), "0.40");
  set("location = 'POINT(0 0)'");
  EXPECT_EQ(score(), "0.60");
  set("canonical_key = 'k'");
  EXPECT_EQ(score(), "0.80");
  set("metadata = '{\"a\":1}'");
  EXPECT_EQ(score(), "0.90");
  query(
      "INSERT INTO entity_relationships (source_entity_id, target_entity_id, relationship_type) "
      "SELECT id, id, 'self' FROM entities");
  EXPECT_EQ(score(), "1.00");
}

// The original redid a true 0 for ever, and its score function existed nowhere.
TEST_F(EntitiesPack, BackfillsScoresOnceAndTakesThemBackExactly) {
  up(5);
  entity("none", ", confidence_score", ", NULL");
  entity("zero", ", confidence_score, description", ", 0, 'x'");
  entity("given", ", confidence_score, description", ", 0.07, 'x'");
  query("SET arango2pg.loading = on");
  query("UPDATE entities SET updated_at = '2025-11-09'");
  query("RESET arango2pg.loading");
  const char* scores =
      "SELECT path::text || ' ' || coalesce(confidence_score::text, '-') || coalesce(' ' || "
      "confidence_source, '') FROM entities ORDER BY path";
  up();
  EXPECT_EQ(list(scores), "given 0.07,none 0.00 computed,zero 0.40 computed_over_zero");
  EXPECT_EQ(list("SELECT DISTINCT updated_at::date FROM entities"), "2025-11-09");
  EXPECT_EQ(verify(), "");
  query("UPDATE entities SET description = 'now there is more' WHERE path = 'none'");
  query("CALL backfill_confidence_scores()");
  EXPECT_EQ(list(scores), "given 0.07,none 0.00 computed,zero 0.40 computed_over_zero")
      << "a computed 0 is final";
  down(5);
  EXPECT_EQ(list(scores), "given 0.07,none -,zero 0.00");
}

TEST_F(EntitiesPack, BackfillsInBatchesThatReachEveryEntity) {
  up();
  query("UPDATE materialized_view_refresh_schedule SET refresh_mode = 'manual'");
  query(
      "INSERT INTO entities (name, entity_type, path, description) "
      "SELECT 'e', 't', ('e' || i)::ltree, 'x' FROM generate_series(1, 57) i");
  query("CALL backfill_confidence_scores(10)");
  EXPECT_EQ(value("SELECT count(*) FROM entities WHERE confidence_score = 0.40"), "57");
  EXPECT_EQ(value("SELECT count(DISTINCT xmin::text) FROM entities"), "6")
      << "a transaction per batch";
}

TEST_F(EntitiesPack, VerifyComparesDefinitions) {
  up();
  const auto expect = [&](const std::string& change, const std::string& said) {
    const std::string found = verify_after(change);
    EXPECT_NE(found.find(said), std::string::npos) << found;
  };
  EXPECT_EQ(verify_after("SELECT 1"), "");
  expect("ALTER TABLE entities ALTER location TYPE geometry(Point, 3857) USING NULL",
         "column entities.location is geometry(Point,3857)");
  expect(
      "ALTER TABLE entities DROP CONSTRAINT entities_location_check, ADD CONSTRAINT "
      "entities_location_check CHECK (ST_X(location) < 180)",
      "constraint entities_location_check");
  expect(
      "DROP INDEX entities_active_path_key; CREATE INDEX entities_active_path_key "
      "ON entities (path) WHERE is_active AND deleted_at IS NULL",
      "index entities_active_path_key on entities is btree (path)");
  expect("DELETE FROM feature_flags WHERE flag_name = 'ff.geo.map'", "feature_flags lacks");
  expect("DROP INDEX hierarchy_mv_id_idx", "index hierarchy_mv_id_idx is missing");
  expect("ALTER TABLE entities DISABLE TRIGGER entity_hierarchy_refresh",
         "trigger entity_hierarchy_refresh is disabled");
  expect("DELETE FROM materialized_view_refresh_schedule",
         "hierarchy_mv is not in materialized_view_refresh_schedule");
  expect("DROP TABLE entity_path_problems", "entity_path_problems: missing");
}

}  // namespace
}  // namespace arango2pg::pg
