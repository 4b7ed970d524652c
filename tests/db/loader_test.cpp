#include "pg/loader.h"

#include "load_fixture.h"

namespace arango2pg::test {
namespace {

TEST_F(LoaderTest, WritesRowsCheckpointAndAuditTogether) {
  connection().exec("CREATE TABLE t (id text PRIMARY KEY, v integer)");
  const PartId part = add_collection("things", {table("t", {"id", "v"})});
  pg::Loader loader(config());
  auto first = batches(batch(0, part, 0, {doc("a", "1"), doc("b", "2")}),
                       batch(0, part, 1, {doc("c", "3")}));
  const auto result = commit(loader, first);
  EXPECT_EQ(result.rows, 3U);
  EXPECT_EQ(result.retries, 0U);
  EXPECT_TRUE(result.quarantined.empty());
  EXPECT_EQ(list("SELECT id || v FROM t ORDER BY id"), "a1,b2,c3");
  EXPECT_EQ(list("SELECT concat_ws(' ', state, position, seq, read, written) FROM arango2pg.part"),
            "running after c 1 3 3");

  auto second = batches(batch(0, part, 2, {}, true));
  commit(loader, second);
  EXPECT_EQ(value("SELECT concat_ws(' ', state, lease_owner) FROM arango2pg.part"), "done");
  EXPECT_EQ(list("SELECT concat_ws(' ', action, collection, documents, detail ->> 'first_key',"
                 " detail ->> 'last_key') FROM arango2pg.audit_log"),
            "load things 3 a c");
}

TEST_F(LoaderTest, QuarantinesWhatPostgresRefusesAndLoadsTheRest) {
  connection().exec("CREATE TABLE t (id text PRIMARY KEY, v integer)");
  const PartId part = add_collection("things", {table("t", {"id", "v"})});
  pg::Loader loader(config());
  auto work = batches(batch(0, part, 0, {doc("a", "1"), doc("b", "two"), doc("c", "3")}));
  const auto result = commit(loader, work);
  EXPECT_EQ(result.rows, 2U);
  EXPECT_EQ(result.quarantined.at(0), 1U);
  EXPECT_EQ(list("SELECT id FROM t ORDER BY id"), "a,c");
  EXPECT_EQ(list("SELECT concat_ws('|', collection, key, revision, rule, message,"
                 " convert_from(document, 'UTF8'), status) FROM arango2pg.quarantine"),
            "things|b|2|pg_invalid_text_representation|invalid text representation|"
            R"({"_key":"b"}|open)");
}

}  // namespace
}  // namespace arango2pg::test
