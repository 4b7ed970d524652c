// What a commit writes beside the rows: quarantine, audit, counters, notes.
#include "load_fixture.h"
#include "pg/loader.h"

namespace arango2pg::test {
namespace {

class LoaderBooksTest : public LoaderTest {
 protected:
  void SetUp() override {
    LoaderTest::SetUp();
    if (!IsSkipped()) connection().exec("CREATE TABLE t (id text PRIMARY KEY, v integer)");
  }
  PartId things(pg::Audit audit = pg::Audit::batch) {
    return add_collection("things", {table("t", {"id", "v"})}, audit);
  }
  /// a: written; b: refused by the mapping; c: filtered (no rows); d: refused by PostgreSQL.
  doc::RowBatch mixed(PartId part) {
    auto b = batch(0, part, 0, {doc("a", "1"), {"b", {{}}}, {"c", {{}}}, doc("d", "x")});
    b.rejections.push_back({1, "b", Rev{7}, "email", "format_email", "no e-mail address"});
    b.filtered = 1;
    return b;
  }
  std::string audit() {
    return list(
        "SELECT concat_ws(' ', action, coalesce(key, '-'), documents, detail ->> 'rule')"
        " FROM arango2pg.audit_log ORDER BY id");
  }
};

TEST_F(LoaderBooksTest, AccountsForEveryDocument) {
  const PartId part = things();
  pg::Loader loader(config());
  auto work = batches(mixed(part));
  const auto result = commit(loader, work);
  EXPECT_EQ(result.rows, 1U);
  EXPECT_EQ(result.quarantined.at(0), 2U);
  EXPECT_EQ(list("SELECT concat_ws('|', run_id, part_id, key, revision, rule, path, message)"
                 " FROM arango2pg.quarantine ORDER BY id"),
            std::to_string(run_) + "|" + std::to_string(part) +
                "|b|7|format_email|email|no e-mail address," + std::to_string(run_) + "|" +
                std::to_string(part) +
                "|d|4|pg_invalid_text_representation||invalid text"
                " representation");
  const auto counters = ledger_->counters(run_).at("things");
  EXPECT_EQ(counters.read, 4U);
  EXPECT_EQ(counters.written, 1U);
  EXPECT_EQ(counters.filtered, 1U);
  EXPECT_EQ(counters.quarantined, 2U);
  EXPECT_EQ(counters.bytes, 4 * std::string(R"({"_key":"a"})").size());
}

TEST_F(LoaderBooksTest, AuditsByBatch) {
  const PartId part = things(pg::Audit::batch);
  pg::Loader loader(config());
  auto work = batches(mixed(part));
  commit(loader, work);
  EXPECT_EQ(audit(), "load - 1,reject b 1 format_email,reject d 1 pg_invalid_text_representation");
}

TEST_F(LoaderBooksTest, AuditsByDocument) {
  const PartId part = things(pg::Audit::document);
  pg::Loader loader(config());
  auto work = batches(mixed(part));
  commit(loader, work);
  EXPECT_EQ(audit(), "load a 1,reject b 1 format_email,reject d 1 pg_invalid_text_representation");
  EXPECT_EQ(value("SELECT new_revision FROM arango2pg.audit_log WHERE key = 'a'"), "1");
}

TEST_F(LoaderBooksTest, AuditCanBeOff) {
  const PartId part = things(pg::Audit::off);
  pg::Loader loader(config());
  auto work = batches(mixed(part));
  commit(loader, work);
  EXPECT_EQ(audit(), "");
  EXPECT_EQ(value("SELECT count(*) FROM arango2pg.quarantine"), "2");
}

TEST_F(LoaderBooksTest, QuarantineKeepsTheDocumentByteForByte) {
  const PartId part = things();
  pg::Loader loader(config());
  auto b = batch(0, part, 0, {});
  // Not even JSON, not even UTF-8: everything a source can hold.
  std::string raw;
  for (int i = 0; i < 70000; ++i) raw += static_cast<char>(i * 37 % 256);
  b.source.append("junk before " + raw);
  b.docs.push_back({12, static_cast<std::uint32_t>(raw.size())});
  b.ids.clear();
  b.rejections.push_back(
      {0, std::string("k\0\xFF", 3), std::nullopt, "a\nb", "json_utf8", "no UTF-8"});
  auto work = batches(std::move(b));
  commit(loader, work);
  EXPECT_EQ(value("SELECT encode(document, 'hex') FROM arango2pg.quarantine"), [&] {
    std::string hex;
    for (const char c : raw) {
      const unsigned byte = static_cast<unsigned char>(c);
      hex += "0123456789abcdef"[byte >> 4U];
      hex += "0123456789abcdef"[byte & 15U];
    }
    return hex;
  }());
  EXPECT_EQ(value("SELECT key || '|' || path FROM arango2pg.quarantine"),
            "k\xEF\xBF\xBD\xEF\xBF\xBD|a\nb");
}

TEST_F(LoaderBooksTest, ReadsTheIdentityOfARefusedDocumentFromItsText) {
  // The plan keeps no identities for batch-level audit.
  const PartId part = things();
  pg::Loader loader(config());
  auto b = batch(0, part, 0, {doc("d", "x")});
  b.ids.clear();
  b.source.clear();
  b.source.append(R"({"v":"x","_key":"d\u0041","_rev":"_iVyW8OG---"})");
  b.docs = {{0, static_cast<std::uint32_t>(b.source.size())}};
  auto work = batches(std::move(b));
  commit(loader, work);
  EXPECT_EQ(value("SELECT key || ' ' || revision FROM arango2pg.quarantine"),
            "dA " + std::to_string(Rev::parse("_iVyW8OG---")->value));
}

TEST_F(LoaderBooksTest, AddsUpNotesOverTransactions) {
  const PartId part = things();
  pg::Loader loader(config());
  for (std::uint64_t seq = 0; seq < 3; ++seq) {
    auto b = batch(0, part, seq, {doc(std::to_string(seq), "1")});
    b.notes.defaults_used["t.v"] = 1;
    b.notes.warnings["format_email \"odd\" path\n"] = 2;
    b.notes.unmapped["x.y"] = {1, 10};
    if (seq == 2) b.notes.unmapped["late"] = {5, 50};
    auto work = batches(std::move(b));
    commit(loader, work);
  }
  const auto notes = ledger_->notes(run_).at("things");
  EXPECT_EQ(notes.defaults_used.at("t.v"), 3U);
  EXPECT_EQ(notes.warnings.at("format_email \"odd\" path\n"), 6U);
  EXPECT_EQ(notes.unmapped.at("x.y").count, 3U);
  EXPECT_EQ(notes.unmapped.at("x.y").bytes, 30U);
  EXPECT_EQ(notes.unmapped.at("late").bytes, 50U);
}

TEST_F(LoaderBooksTest, LanesOfOneCollectionDoNotWaitForEachOther) {
  // One transaction is open, with rows and checkpoint written; another part commits meanwhile.
  const PartId first = things();
  doc::PartSpec spec;
  spec.collection = "others";
  spec.stream = 1;
  spec.kind = "range";
  spec.spec = "{}";
  ledger_->add_parts(run_, {spec});
  collections_.push_back({"others", collections_[0].tables, pg::Audit::batch});
  const auto claim = ledger_->claim(run_, {{"others", 1}}, std::chrono::seconds(60));
  auto slow = db().connect();
  slow.begin();
  slow.exec("UPDATE arango2pg.part SET read = read + 1 WHERE id = " + std::to_string(first));
  pg::Loader loader(config());
  auto work = batches(batch(1, claim->parts[0].id, 0, {doc("z", "1")}));
  commit(loader, work);  // would hang here
  EXPECT_EQ(list("SELECT id FROM t"), "z");
  slow.rollback();
}

TEST_F(LoaderBooksTest, KeepsTheRunsProgress) {
  const PartId part = things();  // 100 documents expected
  pg::Loader loader(config());
  std::vector<Doc> docs;
  for (int i = 0; i < 25; ++i) docs.push_back(doc(std::to_string(i), "1"));
  connection().exec("UPDATE arango2pg.run SET progress_at = '-infinity'");  // at most once a second
  auto work = batches(batch(0, part, 0, docs));
  commit(loader, work);
  EXPECT_EQ(value("SELECT arango2pg.calculate_run_progress(id) FROM arango2pg.run"), "25.00");
  EXPECT_EQ(value("SELECT progress FROM arango2pg.run"), "25.00");
  auto last = batches(batch(0, part, 1, {}, true));
  commit(loader, last);
  ledger_->finish(run_, "done");
  EXPECT_EQ(value("SELECT progress FROM arango2pg.run"), "100.00");
}

}  // namespace
}  // namespace arango2pg::test
