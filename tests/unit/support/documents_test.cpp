// Documents in chunks: order, snapshots, system attributes.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "fake_arango/documents.h"
#include "fake_arango/fake_arango.h"
#include "fake_arango/revision.h"

using namespace fake_arango;

namespace {

std::map<std::string, std::string> contents(const ShardData& s) {
  std::map<std::string, std::string> out;
  std::string last;
  for (auto p = s.begin(); !s.at_end(p); s.forward(p)) {
    const std::string key(s.chunks[p.chunk]->key(p.index));
    EXPECT_LT(last, key);
    last = key;
    out[key] = s.chunks[p.chunk]->text(p.index);
  }
  return out;
}

}  // namespace

TEST(ShardData, HoldsWhatAMapHolds) {
  std::mt19937 random(7);
  ShardData shard;
  std::map<std::string, std::string> model;
  for (int i = 0; i < 5000; ++i) {
    const std::string key = std::to_string(random() % 700);
    if (random() % 3 == 0) {
      EXPECT_EQ(shard.remove(key), model.erase(key) == 1);
    } else {
      const std::string text = "t" + std::to_string(i);
      EXPECT_EQ(shard.put({key, text, 1, 1}), !model.contains(key));
      model[key] = text;
    }
  }
  EXPECT_EQ(contents(shard), model);
  EXPECT_EQ(shard.count, model.size());
  std::vector<StoredDocument> more;
  for (int i = 0; i < 2000; ++i) {
    char key[16];
    std::snprintf(key, sizeof key, "n%04d", i);
    more.push_back({key, "m", 1, 1});
    model[key] = "m";
  }
  shard.merge(more);
  EXPECT_EQ(contents(shard), model);
  EXPECT_EQ(shard.count, model.size());
}

TEST(ShardData, SeeksByBytes) {
  ShardData s;
  for (const char* key : {"B", "_x", "a", "b"}) s.put({key, key, 1, 1});
  const auto key_at = [&](ShardData::Position p) {
    return s.at_end(p) ? std::string("end") : std::string(s.chunks[p.chunk]->key(p.index));
  };
  EXPECT_EQ(key_at(s.seek("", false)), "B");
  EXPECT_EQ(key_at(s.seek("B", false)), "_x");
  EXPECT_EQ(key_at(s.seek("B", true)), "B");
  EXPECT_EQ(key_at(s.seek("C", true)), "_x");
  EXPECT_EQ(key_at(s.seek("b", false)), "end");
}

TEST(Revision, CodesAsTheServerDoes) {
  EXPECT_EQ(encode_revision(1832936199539392513U), "_jt3aKbe--_");
  EXPECT_EQ(encode_revision(1872607109328142336U), "_l6zh4RW---");
  EXPECT_EQ(decode_revision("_jt3aKbe--A"), 1832936199539392514U);
  EXPECT_EQ(decode_revision("54"), 54U);
  EXPECT_EQ(decode_revision("_jt3aKbe--_x"), std::nullopt);
}

TEST(Revision, RisesEvenWhenTheClockStands) {
  RevisionClock clock(0);
  const std::uint64_t a = clock.next();
  EXPECT_LT(a, clock.next());
  clock.see(a + (std::uint64_t{5000} << 20));  // from a server whose clock is ahead
  EXPECT_GT(clock.next(), a + (std::uint64_t{5000} << 20));
}

TEST(Collection, PutsSystemAttributesFirst) {
  FakeArango arango;
  auto c = arango.database().collection("users");
  c.insert(R"({"name":"x","_rev":"_jt3aKbe--_","_key":"1","_id":"other/9"})");
  EXPECT_EQ(c.document("1"), R"({"_key":"1","_id":"users/1","_rev":"_jt3aKbe--_","name":"x"})");
  auto e = arango.database().create("knows", {.type = CollectionType::edge});
  e.insert(R"({"a":1,"_to":"users/2","_key":"9","_from":"users/1","_rev":"_jt3aKbe--A"})");
  EXPECT_EQ(
      e.document("9"),
      R"({"_key":"9","_id":"knows/9","_from":"users/1","_to":"users/2","_rev":"_jt3aKbe--A","a":1})");
}

TEST(Collection, GeneratesKeysAndRevisions) {
  FakeArango arango({.first_rev = 1832936199539392513U});
  auto c = arango.database().collection("c");
  const Written a = c.insert("{}");
  const Written b = c.insert("{}");
  EXPECT_NE(a.key, b.key);
  EXPECT_EQ(a.rev, "_jt3aKbe--_");
  EXPECT_EQ(b.rev, "_jt3aKbe--A");
  auto numbered = arango.database().create(
      "n", {.properties = R"({"keyOptions":{"type":"autoincrement","increment":5}})"});
  EXPECT_EQ(numbered.insert("{}").key, "5");
  EXPECT_EQ(numbered.insert("{}").key, "10");
}

TEST(Collection, UpdatesKeepOrderAndAppendNewAttributes) {
  FakeArango arango;
  auto c = arango.database().collection("c");
  c.insert(R"({"_key":"1","a":1,"b":2})");
  const Written w = c.update(R"({"_key":"1","c":3,"a":9})");
  EXPECT_EQ(c.document("1"),
            R"({"_key":"1","_id":"c/1","_rev":")" + w.rev + R"(","a":9,"b":2,"c":3})");
}

TEST(Collection, RefusesWhatTheServerRefuses) {
  FakeArango arango;
  auto c = arango.database().collection("c");
  c.insert(R"({"_key":"1"})");
  EXPECT_THROW(c.insert(R"({"_key":"1"})"), std::invalid_argument);
  EXPECT_THROW(c.insert(R"({"_key":"a b"})"), std::invalid_argument);
  EXPECT_THROW(c.insert(R"({"_key":"a/b"})"), std::invalid_argument);
  EXPECT_THROW(c.insert(R"({"_key":""})"), std::invalid_argument);
  EXPECT_THROW(c.insert(R"({"_key":7})"), std::invalid_argument);
  EXPECT_THROW(c.insert(R"({"a":1,"a":2})"), std::invalid_argument);
  EXPECT_THROW(c.insert("[1]"), std::invalid_argument);
  EXPECT_THROW(c.replace(R"({"_key":"2"})"), std::invalid_argument);
  auto e = arango.database().create("e", {.type = CollectionType::edge});
  EXPECT_THROW(e.insert(R"({"_from":"x/1"})"), std::invalid_argument);
  EXPECT_THROW(e.insert(R"({"_from":"x/1","_to":"nothing"})"), std::invalid_argument);
}

TEST(Collection, InsertsAllOrNothing) {
  FakeArango arango;
  auto c = arango.database().collection("c");
  EXPECT_THROW(c.insert_all({R"({"_key":"1"})", R"({"_key":"1"})"}), std::invalid_argument);
  EXPECT_EQ(c.count(), 0U);
  c.insert_all({R"({"_key":"b"})", R"({"_key":"a"})"});
  EXPECT_EQ(c.keys(), (std::vector<std::string>{"a", "b"}));
}

TEST(Collection, IdsFollowARename) {
  FakeArango arango;
  auto c = arango.database().collection("old");
  c.insert(R"({"_key":"1","x":"old/1"})");
  c.rename("n\xC3\xA9w");
  EXPECT_NE(c.document("1").find(R"("_id":"n\u00E9w/1")"), std::string::npos);
  c.rename("new");
  EXPECT_NE(c.document("1").find(R"("_id":"new/1")"), std::string::npos);
  EXPECT_NE(c.document("1").find(R"("x":"old/1")"), std::string::npos);
}
