// Plans for a resync: what tells a document's rows by its key alone, and what becomes of them.
#include "doc/identity.h"
#include "unit/mapping/mapping_test_support.h"

using namespace arango2pg;
using namespace arango2pg::mapping;

namespace {

std::shared_ptr<const CollectionPlan> follow(const std::vector<Spec>& specs,
                                             std::vector<doc::Table> tables) {
  CompileOptions options;
  options.format = doc::CopyFormat::text;
  options.follow = true;
  return CollectionPlan::compile({specs[0].from, false, false, {}, 0}, specs,
                                 lookup_of(std::move(tables)), options);
}

std::string mapping_text(const std::string& key, const std::string& columns,
                         const std::string& more = "") {
  return "version: 1\nfrom: c\ninto: t\nkey: " + key + "\ncolumns:\n" + columns + more;
}

/// Identity columns of a mapping into table t, joined by '+'; or the error.
std::string identity(const std::string& yaml, const std::string& table) {
  try {
    std::string out;
    const auto plan = follow({spec_of(yaml)}, {table_of("t", table)});
    for (const auto& c : plan->tables()[0].identity) out += (out.empty() ? "" : "+") + c;
    return out;
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), Exit::usage);
    return std::string(e.what()) + " | " + e.hint();
  }
}

}  // namespace

TEST(Follow, TheKeyTellsTheRowWhereItIsMadeOfTheDocumentsKey) {
  EXPECT_EQ(identity(mapping_text("id", "  id: { meta: key }\n"), "id text"), "id");
  EXPECT_EQ(identity(mapping_text("id", "  id: { uuid: _key }\n"), "id uuid"), "id");
  EXPECT_EQ(identity(mapping_text("id", "  id: { path: _id }\n"), "id text"), "id");
  EXPECT_EQ(identity(mapping_text("[of, id]", "  of: { meta: collection }\n  id: { meta: key }\n"),
                     "of text, id text"),
            "of+id");
}

TEST(Follow, ElseAColumnThatHoldsTheKeyDoes) {
  const std::string tenant = "  tenant: { path: tenant }\n  n: { path: n }\n";
  EXPECT_EQ(identity(mapping_text("[tenant, n]", tenant + "  doc_key: { meta: key }\n"),
                     "tenant text, n integer, doc_key text"),
            "doc_key");
  // One that is unique over all collections is better.
  EXPECT_EQ(identity(mapping_text("[tenant, n]",
                                  tenant + "  doc_key: { meta: key }\n  u: { uuid: _key }\n"),
                     "tenant text, n integer, doc_key text, u uuid"),
            "u");
  // The key alone needs its collection beside it, if it is there.
  EXPECT_EQ(
      identity(mapping_text("[tenant, n]",
                            tenant + "  doc_key: { meta: key }\n  of: { meta: collection }\n"),
               "tenant text, n integer, doc_key text, of text"),
      "doc_key+of");
}

TEST(Follow, NothingThatTellsIsAMistake) {
  EXPECT_EQ(
      identity(mapping_text("name", "  name: { path: name }\n"), "name text"),
      "users.yaml:4: nothing in a row of table 't' tells which document it came from: a resync "
      "could not find the row of a deleted or changed document | Give the table a column with "
      "`{ meta: key }` (and an index on it), or make its key of `{ uuid: _key }`.");
  // A key with a part of its own, changed, or a default is no key any more.
  EXPECT_NE(
      identity(mapping_text("id", "  id: { path: _key, then: [{ truncate: 3 }] }\n"), "id text"),
      "id");
  EXPECT_NE(identity(mapping_text("id", "  id: { first: [name, _key] }\n"), "id text"), "id");
}

TEST(Follow, RevisionsMustHaveAnOrder) {
  EXPECT_NE(
      identity(mapping_text("id", "  id: { meta: key }\n", "revision: rev\n"), "id text, rev text")
          .find("the revision column 'rev' of table 't' is text"),
      std::string::npos);
}

TEST(Follow, ChildrenMustHoldTheKeyOfTheirParent) {
  const std::string child =
      "children: [{ each: a, into: u, key: [k, n], columns: { k: { meta: key }, n: { meta: index } "
      "} "
      "}]\n";
  try {
    static_cast<void>(follow({spec_of(mapping_text("id", "  id: { meta: key }\n", child))},
                             {table_of("t", "id text"), table_of("u", "k text, n integer")}));
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("table 'u' does not hold the whole key of its parent 't'"),
              std::string::npos)
        << e.what();
  }
}

TEST(Follow, DeletedDocumentsAreSoftWhereTheTableCanAndHardWhereNot) {
  const auto of = [](const std::string& more, const std::string& table) {
    const auto plan = plan_of({spec_of(mapping_text("id", "  id: { meta: key }\n", more))},
                              lookup_of({table_of("t", table)}));
    return plan->tables()[0].on_delete;
  };
  EXPECT_EQ(of("", "id text"), OnDelete::hard);
  EXPECT_EQ(of("", "id text, deleted_at timestamptz"), OnDelete::soft);
  EXPECT_EQ(of("", "id text, deleted_at boolean"), OnDelete::hard);
  EXPECT_EQ(of("on_delete: keep\n", "id text, deleted_at timestamptz"), OnDelete::keep);
  EXPECT_EQ(of("on_delete: soft\n", "id text"), OnDelete::soft);  // a bulk load needs no column
  EXPECT_NE(identity(mapping_text("id", "  id: { meta: key }\n", "on_delete: soft\n"), "id text")
                .find("`on_delete: soft` needs a column deleted_at"),
            std::string::npos);
}

TEST(Follow, ATableOfOurOwnGetsTheColumnThatSoftNeeds) {
  const auto plan = plan_of(
      {spec_of(mapping_text("id", "  id: { meta: key }\n", "create: true\non_delete: soft\n"))},
      lookup_of({table_of("other", "x text")}));
  EXPECT_NE(plan->tables()[0].create_sql[0].find("\"deleted_at\" timestamp"), std::string::npos)
      << plan->tables()[0].create_sql[0];
}

TEST(Follow, BatchesTellWhichRowsAreWhose) {
  const auto plan =
      follow({spec_of(mapping_text("id", "  id: { uuid: _key }\n  v: { path: v, required: true }\n",
                                   "where: [{ path: hidden, missing: true }]\n"))},
             {table_of("t", "id uuid, v text, deleted_at timestamptz")});
  doc::DocBatch batch = batch_of({R"({"_key":"a","_rev":"_jt3aKbe--_","v":"x"})",
                                  R"({"_key":"b","hidden":true})", R"({"_key":"c"})"});
  batch.part = 17;
  batch.removed = {{"d", Rev{5}}, {"no key", Rev{6}}, {"e", std::nullopt}};
  Scratch scratch(7);
  const doc::RowBatch out = plan->apply(std::move(batch), scratch);
  const auto id = [](const char* key) { return doc::document_uuid("c", key).text(); };
  // One that was rejected has no say; one that was filtered has; so have those that went.
  EXPECT_EQ(out.rejections.size(), 1U);
  EXPECT_EQ(out.identities[0].bytes, id("a") + "\ta\t1832936199539392513\tf\t17\n" +  //
                                         id("b") + "\tb\t\\N\tf\t17\n" +              //
                                         id("d") + "\td\t5\tt\t17\n" +                //
                                         id("e") + "\te\t\\N\tt\t17\n");
  EXPECT_EQ(out.identities[0].row_doc, (std::vector<std::uint32_t>{0, 1, 3, 5}));
  EXPECT_EQ(out.ids[0].key, "a");
  EXPECT_EQ(out.removed.size(), 3U);
}

TEST(Follow, APlainPlanTellsNothing) {
  const auto plan = plan_of({spec_of(mapping_text("id", "  id: { meta: key }\n"))},
                            lookup_of({table_of("t", "id text")}));
  EXPECT_TRUE(apply(*plan, {R"({"_key":"a"})"}).batch.identities.empty());
  EXPECT_EQ(plan->tables()[0].key_column, "id");
}
