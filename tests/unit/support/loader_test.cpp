// Dump and JSONL directories.
#include <zlib.h>

#include <filesystem>
#include <fstream>

#include "source_dir.h"
#include "unit/support/double_fixture.h"

using namespace fake_arango;
using namespace fake_arango::test;
namespace fs = std::filesystem;

namespace {

struct Directory {
  fs::path path =
      fs::path(testing::TempDir()) /
      ("double_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
  Directory() {
    fs::remove_all(path);
    fs::create_directories(path);
  }
  ~Directory() { fs::remove_all(path); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path / name, std::ios::binary) << text;
  }
  void write_gzip(const std::string& name, const std::string& text) const {
    gzFile f = gzopen((path / name).c_str(), "wb");
    gzwrite(f, text.data(), static_cast<unsigned>(text.size()));
    gzclose(f);
  }
};

const fs::path real_dumps = fs::path(ARANGO2PG_SOURCE_DIR) / "../shared/real-data/dumps";

}  // namespace

TEST(LoadDump, ReadsAllFileForms) {
  Directory d;
  d.write("dump.json", R"({"database":"x","useEnvelope":false})");
  d.write("ENCRYPTION", "none");
  d.write("users_9bc65c2abec141778ffaa729489f3e87.structure.json",
          R"({"indexes":[{"type":"persistent","fields":["n"],"name":"by_n"}],)"
          R"("parameters":{"name":"users","type":2,"keyOptions":{"type":"padded"}}})");
  // Split, compressed, bare and enveloped lines in either order of members.
  d.write_gzip(
      "users_9bc65c2abec141778ffaa729489f3e87.0.data.json.gz",
      "{\"_key\":\"1\",\"_rev\":\"_jt3aKbe--_\",\"n\":1}\n"
      "{\"type\":2300,\"data\":{\"_key\":\"2\",\"text\":\"}{\",\"_rev\":\"_jt3aKbe--A\"}}\n");
  d.write("users_9bc65c2abec141778ffaa729489f3e87.1.data.json",
          "{\"data\":{\"_key\":\"3\",\"_rev\":\"_jt3aKbe--B\"},\"type\":2300}\n\n");
  d.write("knows.structure.json", R"({"parameters":{"name":"knows","type":3}})");
  d.write("knows.data.json", "{\"_from\":\"users/1\",\"_to\":\"users/2\",\"_key\":\"9\"}");
  d.write("v.view.json", R"({"name":"v","type":"search-alias","indexes":[]})");
  FakeArango arango;
  auto db = arango.database("x");
  db.load_dump(d.path);
  EXPECT_EQ(db.collection("users").keys(), (std::vector<std::string>{"1", "2", "3"}));
  EXPECT_EQ(db.collection("users").document("2"),
            R"({"_key":"2","_id":"users/2","_rev":"_jt3aKbe--A","text":"}{"})");
  EXPECT_EQ(db.collection("knows").count(), 1U);
}

TEST(LoadDump, RefusesDataWithoutStructure) {
  Directory d;
  d.write("users.data.json", "{\"_key\":\"1\"}\n");
  FakeArango arango;
  EXPECT_THROW(arango.database("x").load_dump(d.path), std::invalid_argument);
  EXPECT_THROW(arango.database("x").load_dump(d.path / "nowhere"), std::invalid_argument);
}

TEST(LoadJsonl, RecognisesEdges) {
  Directory d;
  d.write("users.jsonl", "{\"_key\":\"1\"}\n{\"_key\":\"2\"}");
  d.write_gzip("knows.jsonl.gz", "{\"_key\":\"9\",\"_from\":\"users/1\",\"_to\":\"users/2\"}\n");
  Double arango;
  arango.server.database("x").load_jsonl(d.path);
  EXPECT_EQ(member(arango.get("/_db/x/_api/collection/users/count"), "count"), "2");
  EXPECT_EQ(member(arango.get("/_db/x/_api/collection/knows"), "type"), "3");
}

TEST(LoadDump, ServesRealDumps) {
  if (!fs::exists(real_dumps)) GTEST_SKIP() << "the real dumps are not here";
  Double arango;
  arango.server.database("hcm").load_dump(real_dumps / "bus_management_hcm");
  arango.server.database("docman").load_dump(real_dumps / "docman");
  arango.server.database("dex").load_dump(real_dumps / "dex");
  EXPECT_EQ(member(arango.get("/_db/hcm/_api/collection/stations/count"), "count"), "15");
  EXPECT_EQ(member(arango.get("/_db/hcm/_api/collection/serves"), "type"), "3");
  const Value graphs = *parsed(arango.get("/_db/docman/_api/gharial")).find("graphs");
  EXPECT_EQ(graphs.items().size(), 1U);
  std::uint64_t documents = 0;
  const Value list =
      *parsed(arango.get("/_db/dex/_api/collection?excludeSystem=true")).find("result");
  for (const Value& c : list.items()) {
    const auto name = c.find("name")->string();
    documents += arango.server.database("dex").collection(name).count();
  }
  EXPECT_EQ(documents, 8688U);
}
