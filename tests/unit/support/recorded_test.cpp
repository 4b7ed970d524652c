// Replays what a real 3.12.10 server answered: status, and the body's structure (names, order,
// types, constants). Ids, revisions, times and figures differ between servers and are compared by
// type only.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "source_dir.h"
#include "unit/support/double_fixture.h"

using namespace fake_arango;
using namespace fake_arango::test;

namespace {

const std::filesystem::path recordings =
    std::filesystem::path(ARANGO2PG_SOURCE_DIR) / "../shared/real-data/http/arangodb-3.12.10.jsonl";

// Members whose values are the server's own affair.
const std::set<std::string> own_values = {
    "id",        "_key",     "_id",      "_rev",    "globallyUniqueId",   "objectId",
    "lastValue", "revision", "checksum", "figures", "executionTime",      "peakMemoryUsage",
    "time",      "tick",     "tickMax",  "tickMin", "serverId",           "host",
    "etag",      "location", "version",  "jwt",     "selectivityEstimate"};

class Recorded : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::ifstream in(recordings);
    for (std::string line; std::getline(in, line);) {
      const Value v = parse_json(line);
      examples()[v.find("name")->string()] = v;
    }
  }
  static std::map<std::string, Value>& examples() {
    static std::map<std::string, Value> all;
    return all;
  }

  Recorded() : db(arango.server.database()) {}
  void SetUp() override {
    if (examples().empty()) GTEST_SKIP() << "the recorded exchanges are not here";
  }

  // Sends all requests of an example and compares each printed answer. Ids of the recording in
  // paths are replaced by those of the double: `ids` maps old to new.
  void replay(const std::string& name, std::map<std::string, std::string> ids = {}) {
    const Value example = examples().at(name);
    const Array requests = example.find("requests")->items();
    const Array responses = example.find("responses")->items();
    const std::size_t unprinted = requests.size() - responses.size();
    for (std::size_t i = 0; i < requests.size(); ++i) {
      std::string target = requests[i].find("target")->string();
      for (const auto& [old_id, new_id] : ids)
        if (const std::size_t at = target.find(old_id); at != std::string::npos)
          target.replace(at, old_id.size(), new_id);
      const Value body = requests[i].find("body").value_or(Value());
      const Reply reply = arango.send(requests[i].find("method")->string(), target,
                                      body.is_string() ? body.string() : std::string());
      SCOPED_TRACE(name + " " + target + "\n" + reply.body);
      if (i >= unprinted) compare(responses[i - unprinted], reply);
      // A cursor made here is asked for by its number in the recording.
      if (reply.body.find("\"id\":\"") != std::string::npos && parsed(reply).find("id"))
        for (std::size_t k = i + 1; k < requests.size(); ++k)
          ids[cursor_number(requests[k].find("target")->string())] =
              parsed(reply).find("id")->string();
    }
  }

  static std::string cursor_number(const std::string& target) {
    const std::size_t at = target.find_first_of("123456789");
    return target.substr(at, target.find_first_not_of("0123456789", at) - at);
  }

  void compare(const Value& expected, const Reply& reply) {
    EXPECT_EQ(reply.status, expected.find("status")->as_integer());
    for (const Value& header : expected.find("headers")->items()) {
      const std::string& name = header.items()[0].string();
      const std::string& value = header.items()[1].string();
      EXPECT_NE(reply.header(name), "") << name;
      const bool own = name == "content-length" || own_values.contains(name);
      EXPECT_EQ(own ? value : reply.header(name), value) << name;
    }
    const std::string text = expected.find("body_as_printed")->string();
    if (!text.empty()) same(parse_json(text), parsed(reply), "");
  }

  void same(const Value& expected, const Value& actual, const std::string& path) {
    const std::string name = path.substr(path.rfind('.') + 1);
    ASSERT_EQ(actual.kind(), expected.kind()) << path;
    if (expected.is_object()) {
      std::vector<std::string> expected_names;
      std::vector<std::string> actual_names;
      for (const auto& [n, _] : expected.members()) expected_names.push_back(n);
      for (const auto& [n, _] : actual.members()) actual_names.push_back(n);
      if (name == "details" || name == "identifiers") return;  // build facts; ids as names
      ASSERT_EQ(actual_names, expected_names) << path;
      for (const std::string& n : expected_names)
        same(*expected.find(n), *actual.find(n), path + "." + n);
    } else if (expected.is_array()) {
      ASSERT_EQ(actual.items().size(), expected.items().size()) << path;
      for (std::size_t i = 0; i < expected.items().size(); ++i)
        same(expected.items()[i], actual.items()[i], path);
    } else if (!own_values.contains(name) && path.find(".figures.") == std::string::npos &&
               !(name == "name" && expected.string().starts_with("idx_"))) {
      EXPECT_EQ(to_json(actual), to_json(expected)) << path;
    }
  }

  Collection products(const std::string& properties = "{}") {
    return db.create("products", {.properties = properties});
  }
  void five_products() {
    auto c = products();
    for (int i = 1; i <= 5; ++i) c.insert("{\"hello" + std::to_string(i) + "\":\"world1\"}");
  }
  [[nodiscard]] std::string id_of(const std::string& collection) {
    return parsed(arango.get("/_api/collection/" + collection)).find("id")->string();
  }

  Double arango;
  Database db;
};

}  // namespace

TEST_F(Recorded, VersionEngineAndDatabases) {
  replay("RestVersion");
  replay("RestVersionDetails");
  replay("RestEngine");
  replay("RestDatabaseGetInfo");
  replay("RestDatabaseGetUser");
  replay("RestDatabaseGet");
}

TEST_F(Recorded, CollectionProperties) {
  products(R"({"waitForSync":true})");
  replay("RestCollectionGetCollectionName");
  replay("RestCollectionGetCollectionIdentifier", {{"69801", id_of("products")}});
  replay("RestCollectionCreateKeyopt");
}

TEST_F(Recorded, CollectionPropertiesAreChanged) {
  products();
  replay("RestCollectionIdentifierPropertiesSync");
}

TEST_F(Recorded, CollectionRevision) {
  products();
  replay("RestCollectionGetCollectionRevision");
}

TEST_F(Recorded, CollectionCount) {
  auto c = products(R"({"waitForSync":true})");
  for (int i = 0; i < 100; ++i) c.insert("{}");
  replay("RestCollectionGetCollectionCount");
}

TEST_F(Recorded, CollectionFiguresAndChecksum) {
  products().insert(R"({"test":"hello"})");
  replay("RestCollectionGetCollectionFigures");
  replay("RestCollectionGetCollectionFiguresDetails");
  replay("RestCollectionGetCollectionChecksum");
  replay("RestCollectionGetCollectionChecksumNoRev");
}

TEST_F(Recorded, CollectionList) {
  db.create("demo");
  db.create("mycollection");
  db.create("animals");
  db.create("ignore");
  // The order is a hash table's: compared as sets of names and shapes.
  const Value expected = parse_json(examples()
                                        .at("RestCollectionGetAllCollections")
                                        .find("responses")
                                        ->items()[0]
                                        .find("body_as_printed")
                                        ->string());
  const Reply reply = arango.get("/_api/collection");
  const auto by_name = [](const Value& v) {
    std::map<std::string, Value> all;
    for (const Value& c : v.find("result")->items()) all[c.find("name")->string()] = c;
    return all;
  };
  const auto actual = by_name(parsed(reply));
  for (const auto& [name, c] : by_name(expected)) {
    ASSERT_TRUE(actual.contains(name)) << name;
    same(c, actual.at(name), name);
  }
  EXPECT_EQ(actual.size(), by_name(expected).size());
}

TEST_F(Recorded, CursorsInOneGoAndInParts) {
  five_products();
  replay("RestCursorCreateCursorForLimitReturnSingle");
  replay("RestCursorCreateCursorForLimitReturn");
  replay("RestCursorPostForLimitReturnCont");
  replay("RestCursorDelete");
}

TEST_F(Recorded, CursorOptionsAndRetries) {
  replay("RestCursorCreateCursorOption");
  replay("RestCursorPostBatch");
}

TEST_F(Recorded, CursorErrors) {
  replay("RestCursorCreateCursorMissingBody");
  replay("RestCursorCreateCursorUnknownCollection");
  replay("RestCursorInvalidCursorIdentifier");
  replay("RestCursorPostInvalidCursorIdentifier");
}

TEST_F(Recorded, SyntaxErrors) {
  // Recorded for /_api/query, which the double leaves out: the cursor says the same.
  const Value example = examples().at("RestQueryInvalid");
  const Reply reply = arango.cursor(example.find("requests")->items()[0].find("body")->string());
  compare(example.find("responses")->items()[0], reply);
}

TEST_F(Recorded, Documents) {
  auto c = products(R"({"waitForSync":true})");
  c.insert(R"({"_key":"70477","hello":"world"})");
  c.insert(R"({"_key":"doc1","hello":"world"})");
  c.insert(R"({"_key":"doc2","say":"hi to mom"})");
  replay("RestDocumentHandlerReadDocument");
  replay("RestDocumentHandlerReadDocumentUnknownHandle");
  replay("RestDocumentHandlerReadMultiDocument");
  replay("RestDocumentHandlerPostCreate1");
}

TEST_F(Recorded, UnknownCollectionForADocument) {
  replay("RestDocumentHandlerPostUnknownCollection1");
}

TEST_F(Recorded, Indexes) {
  auto c = products();
  c.add_index(R"({"type":"persistent","fields":["name"]})");
  c.add_index(R"({"type":"persistent","fields":["price"],"sparse":true})");
  replay("RestIndexAllIndexes");
  replay("RestIndexPrimaryIndex");
  db.create("sessions");
  replay("RestIndexCreateGeoLocation");
  replay("RestIndexCreateNewFulltext");
  replay("RestIndexCreateNewInverted");
  replay("RestIndexCreateNewPersistent");
  replay("RestIndexCreateNewTtlIndex");
  replay("RestIndexCreateSparsePersistent");
}

TEST_F(Recorded, Graphs) {
  replay("HttpGharialCreate");
  replay("HttpGharialGetGraph");
}

TEST_F(Recorded, GraphCollections) {
  const std::string both = R"(["female","male"])";
  db.add_graph(R"({"name":"social","edgeDefinitions":[{"collection":"relation","from":)" + both +
               R"(,"to":)" + both + "}]}");
  db.create("relation", {.type = CollectionType::edge})
      .insert(R"({"_key":"73270","_from":"male/charly","_to":"female/diana","type":"married",)"
              R"("vertex":"charly"})");
  replay("HttpGharialListEdge");
  replay("HttpGharialListVertex");
  replay("HttpGharialGetEdge");
}

TEST_F(Recorded, GraphList) {
  // The server gave "social" before "routeplanner"; the double lists by key.
  const Value expected = parse_json(examples()
                                        .at("HttpGharialList")
                                        .find("responses")
                                        ->items()[0]
                                        .find("body_as_printed")
                                        ->string());
  for (const Value& g : expected.find("graphs")->items())
    db.add_graph(to_json(
        Object{{"name", *g.find("name")}, {"edgeDefinitions", *g.find("edgeDefinitions")}}));
  const Value actual = *parsed(arango.get("/_api/gharial")).find("graphs");
  ASSERT_EQ(actual.items().size(), 2U);
  same(expected.find("graphs")->items()[0], actual.items()[1], "social");
  same(expected.find("graphs")->items()[1], actual.items()[0], "routeplanner");
}

TEST_F(Recorded, Views) {
  db.add_view(R"({"name":"demoView","type":"arangosearch"})");
  db.add_view(R"({"name":"productsView","type":"search-alias",)"
              R"("indexes":[{"collection":"books","index":"inv-idx"}]})");
  db.add_view(R"({"name":"reviewsView","type":"arangosearch"})");
  replay("RestViewGetAllViews");
  replay("RestViewGetViewPropertiesNameSearchAlias");
}

TEST_F(Recorded, SearchViews) {
  db.add_view(
      R"({"name":"productsView","type":"arangosearch","links":{"books":{"analyzers":["identity"],)"
      R"("fields":{"title":{"analyzers":["text_en"]}},"includeAllFields":false,)"
      R"("storeValues":"none","trackListPositions":false}}})");
  replay("RestViewGetViewPropertiesNameArangoSearch");
}

TEST_F(Recorded, Analyzers) {
  replay("RestAnalyzersGet");
  db.add_analyzer(R"({"name":"testAnalyzer","type":"identity","properties":{},"features":[]})");
  replay("RestAnalyzerGet");
}

TEST_F(Recorded, LogPositions) {
  replay("RestWalAccessFirstTick");
  replay("RestWalAccessTickRange");
}
