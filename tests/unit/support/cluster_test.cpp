// A cluster: shards, coordinators, and the merge that loses documents (protocol 4.4).
#include <algorithm>
#include <set>

#include "unit/support/double_fixture.h"

using namespace fake_arango;
using namespace fake_arango::test;

namespace {

Options cluster(unsigned shards = 2, unsigned coordinators = 1) {
  Options o;
  o.shards = shards;
  o.coordinators = coordinators;
  return o;
}

// Reads a collection the naive way: page after page behind the last key.
std::vector<std::string> paged(Double& arango, const std::string& options, int page) {
  std::vector<std::string> seen;
  std::string after;
  for (;;) {
    std::string binds = R"({"a":)";
    append_json_string(binds, after);
    binds += ",\"n\":" + std::to_string(page) + "}";
    const Reply r = arango.cursor(
        Double::request("FOR d IN c FILTER d._key > @a SORT d._key LIMIT @n RETURN d._key", binds,
                        R"("options":)" + options));
    const Value result = *parsed(r).find("result");
    for (const Value& v : result.items()) seen.push_back(v.string());
    if (result.items().size() < static_cast<std::size_t>(page)) return seen;
    after = seen.back();
  }
}

Collection mixed_case(Double& arango) {
  // Shard 0 holds B and a, shard 1 holds C and b.
  auto c = arango.server.database().create(
      "c", {.shard_of = [](std::string_view key) { return key == "B" || key == "a" ? 0U : 1U; }});
  c.insert_all({R"({"_key":"B"})", R"({"_key":"a"})", R"({"_key":"C"})", R"({"_key":"b"})"});
  return c;
}

}  // namespace

// A user would see documents missing in the target, without any error: each shard delivers byte
// order, the coordinator merges by ICU order, and LIMIT cuts the mixture.
TEST(Cluster, NaivePagingLosesDocuments) {
  Double arango(cluster());
  mixed_case(arango);
  EXPECT_EQ(paged(arango, "{}", 2), (std::vector<std::string>{"B", "a", "b"}));  // C is lost
}

TEST(Cluster, PagingByShardLosesNothing) {
  Double arango(cluster());
  auto c = mixed_case(arango);
  std::vector<std::string> all;
  for (const std::string& shard : c.shards()) {
    const auto keys = paged(arango, R"({"shardIds":[")" + shard + "\"]}", 2);
    EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
    all.insert(all.end(), keys.begin(), keys.end());
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, (std::vector<std::string>{"B", "C", "a", "b"}));
}

TEST(Cluster, OneShardKeepsByteOrder) {
  Double arango(cluster(1));
  mixed_case(arango);
  EXPECT_EQ(paged(arango, "{}", 2), (std::vector<std::string>{"B", "C", "a", "b"}));
}

TEST(Cluster, KeysOfOneClassMergeRightly) {
  Double arango(cluster(3));
  auto c = arango.server.database().create("c");
  std::set<std::string> keys;
  for (int i = 0; i < 100; ++i) {
    keys.insert(std::to_string(i * 7));
    c.insert("{\"_key\":\"" + std::to_string(i * 7) + "\"}");
  }
  EXPECT_EQ(paged(arango, "{}", 7), std::vector<std::string>(keys.begin(), keys.end()));
}

TEST(Cluster, AnswersAsACoordinator) {
  Double arango(cluster(3, 2));
  EXPECT_EQ(member(arango.get("/_admin/server/role"), "role"), R"("COORDINATOR")");
  EXPECT_NE(arango.get("/_admin/server/id").body.find("CRDN-"), std::string::npos);
  EXPECT_EQ(status_and_num(arango.get("/_api/wal/lastTick")), "501/1470");
  EXPECT_EQ(parsed(arango.get("/_api/cluster/endpoints")).find("endpoints")->items().size(), 2U);
  auto c = arango.server.database().create("c");
  c.insert_all({R"({"_key":"1"})", R"({"_key":"2"})", R"({"_key":"3"})"});
  const Reply shards = arango.get("/_api/collection/c/shards");
  EXPECT_EQ(parsed(shards).find("shards")->items().size(), 3U);
  const Reply count = arango.get("/_api/collection/c/count?details=true");
  std::int64_t sum = 0;
  for (const auto& [_, n] : parsed(count).find("count")->members()) sum += n.as_integer();
  EXPECT_EQ(sum, 3);
  EXPECT_EQ(
      member_names(arango.get("/_api/collection/c/properties")),
      "error code writeConcern waitForSync usesRevisionsAsDocumentIds syncByRevision "
      "shardingStrategy schema numberOfShards minReplicationFactor id isSmartChild name "
      "statusString isSmart replicationFactor type status cacheEnabled isSystem "
      "computedValues internalValidatorType globallyUniqueId shardKeys isDisjoint keyOptions");
}

TEST(Cluster, SingleServersHaveNoShards) {
  Double arango;
  arango.server.database().collection("c").insert(R"({"_key":"1"})");
  EXPECT_EQ(status_and_num(arango.get("/_api/collection/c/shards")), "500/4");
  EXPECT_EQ(arango.rows("FOR d IN c RETURN d._key", "{}", R"("options":{"shardIds":["s1"]})"),
            R"(["1"])");
  EXPECT_EQ(arango.get("/_api/cluster/endpoints").status, 501);
}

TEST(Cluster, ShardIdsMayBeRefusedOrIgnored) {
  Double arango(cluster());
  auto c = mixed_case(arango);
  const std::string request = Double::request(
      "RETURN LENGTH(c)", "{}", R"("options":{"shardIds":[")" + c.shards()[0] + "\"]}");
  EXPECT_EQ(member(arango.cursor(request), "result"), "[2]");
  arango.server.faults().add(Fault::of(Fault::Kind::refuse_shard_ids));
  EXPECT_EQ(status_and_num(arango.cursor(request)), "400/10");
  arango.server.faults().add(Fault::of(Fault::Kind::ignore_shard_ids));
  EXPECT_EQ(member(arango.cursor(request), "result"), "[4]");
}

TEST(Cluster, OtherCoordinatorsForwardCursorRequests) {
  Double arango(cluster(2, 2));
  const Reply first = arango.cursor(R"({"query":"FOR i IN 1..9 RETURN i","batchSize":2})");
  const std::string path = "/_api/cursor/" + parsed(first).find("id")->string();
  EXPECT_EQ(arango.send("POST", path).header("X-Arango-Request-Forwarded-To"), "");
  const Reply other = arango.send("POST", path, {}, {}, 1);
  EXPECT_EQ(member(other, "result"), "[5,6]");
  EXPECT_NE(other.header("X-Arango-Request-Forwarded-To").find("CRDN-"), std::string::npos);
  arango.server.stop_coordinator(0);
  const Reply gone = arango.send("POST", path, {}, {}, 1);
  EXPECT_EQ(status_and_num(gone), "404/1600");
  EXPECT_EQ(member(gone, "errorMessage"), R"("cannot find target server for cursor id")");
  EXPECT_EQ(arango.send("POST", "/_api/cursor", R"({"query":"RETURN 1"})", {}, 1).status, 201);
}
