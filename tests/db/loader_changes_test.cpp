// Rows follow their documents: inserts, updates, deletes, and what the books say about them.
#include "load_fixture.h"
#include "pg/loader.h"
#include "pg/sync.h"

namespace arango2pg::test {
namespace {

class LoaderChangesTest : public LoaderTest {
 protected:
  /// A document that came, or (no rows, `removed`) one that went.
  struct Change {
    std::string key, rev;
    std::vector<std::vector<std::vector<std::string>>> rows;  ///< [table][row][column]
    bool removed = false;
  };

  void SetUp() override {
    LoaderTest::SetUp();
    if (IsSkipped()) return;
    connection().exec("CREATE TABLE t (id text PRIMARY KEY, rev bigint, v text)");
  }

  static pg::LoadTable root(pg::Gone gone = pg::Gone::hard) {
    pg::LoadTable t = table("t", {"id", "rev", "v"});
    t.merge = true;
    t.revision = "rev";
    t.identity = {"id"};
    t.gone = gone;
    return t;
  }
  static pg::LoadTable child_table(const std::string& name, std::vector<std::string> columns,
                                   std::vector<std::string> key, int parent,
                                   std::vector<std::string> parent_key, pg::Gone gone) {
    pg::LoadTable t = table(name, std::move(columns));
    t.merge = true;
    t.key = std::move(key);
    t.parent = parent;
    t.parent_key = std::move(parent_key);
    t.gone = gone;
    return t;
  }

  PartId follow(const std::string& name, std::vector<pg::LoadTable> tables,
                pg::Audit audit = pg::Audit::document) {
    const PartId part = add_collection(name, std::move(tables), audit);
    collections_.back().changes = true;
    return part;
  }

  static Change doc(const std::string& key, const std::string& rev, const std::string& v) {
    return {key, rev, {{{key, rev, v}}}, false};
  }
  static Change gone(const std::string& key, const std::string& rev) {
    return {key, rev, {}, true};
  }
  static Change filtered(const std::string& key, const std::string& rev) {
    return {key, rev, {}, false};
  }

  doc::RowBatch changes(std::uint32_t collection, PartId part, const std::vector<Change>& list) {
    std::vector<Doc> docs;
    std::vector<const Change*> order;
    for (const Change& c : list)
      if (!c.removed) order.push_back(&c);
    for (const Change* c : order) docs.push_back({c->key, c->rows});
    doc::RowBatch b = batch(collection, part, seq_[part]++, docs);
    for (std::size_t i = 0; i < order.size(); ++i)
      b.ids[i].revision =
          order[i]->rev.empty() ? std::nullopt : std::optional(Rev{std::stoull(order[i]->rev)});
    for (const Change& c : list) {
      if (!c.removed) continue;
      b.removed.push_back(
          {c.key, c.rev.empty() ? std::nullopt : std::optional(Rev{std::stoull(c.rev)})});
      order.push_back(&c);
    }
    const auto& tables = collections_[collection].tables;
    b.identities.resize(tables.size());
    for (std::size_t t = 0; t < tables.size(); ++t) {
      if (tables[t].parent >= 0) continue;
      doc::RowWriter writer(tables[t].format, 5);
      writer.attach(b.identities[t]);
      for (std::uint32_t i = 0; i < order.size(); ++i) {
        writer.begin_row();
        writer.text(order[i]->key);
        writer.text(order[i]->key);
        if (order[i]->rev.empty())
          writer.null();
        else
          writer.int8(std::stoll(order[i]->rev));
        writer.boolean(order[i]->removed);
        writer.int8(part);
        writer.end_row(i);
      }
    }
    for (const Change* c : order) b.filtered += !c->removed && c->rows.empty() ? 1U : 0U;
    return b;
  }

  /// Applies changes of the first collection; rows as "id rev v".
  std::string apply(const std::vector<Change>& list) {
    auto work = batches(changes(0, part_, list));
    commit(loader(), work);
    return rows();
  }
  std::string rows() { return list("SELECT concat_ws(' ', id, rev, v) FROM t ORDER BY id"); }
  pg::Loader& loader() {
    if (!loader_) loader_ = std::make_unique<pg::Loader>(config());
    return *loader_;
  }
  std::string audit() {
    return list(
        "SELECT concat_ws(' ', action, key, coalesce(old_revision::text, '-'), "
        "coalesce(new_revision::text, '-'), nullif(documents, 1), detail) FROM arango2pg.audit_log "
        "ORDER BY id");
  }
  void forget_audit() { connection().exec("DELETE FROM arango2pg.audit_log"); }
  std::string counters() {
    return value(
        "SELECT concat_ws(' ', sum(read), sum(written), sum(updated), sum(deleted), sum(filtered), "
        "sum(quarantined)) FROM arango2pg.part");
  }

  std::unique_ptr<pg::Loader> loader_;
  PartId part_ = 0;
  std::map<PartId, std::uint64_t> seq_;
};

TEST_F(LoaderChangesTest, InsertsUpdatesAndDeletesAreDoneAndLogged) {
  part_ = follow("things", {root()});
  EXPECT_EQ(apply({doc("a", "1", "x"), doc("b", "2", "y"), doc("c", "3", "z")}),
            "a 1 x,b 2 y,c 3 z");
  EXPECT_EQ(audit(), "insert a - 1,insert b - 2,insert c - 3");
  forget_audit();
  EXPECT_EQ(apply({doc("a", "4", "new"), gone("b", "2"), doc("d", "5", "w")}),
            "a 4 new,c 3 z,d 5 w");
  EXPECT_EQ(audit(), "update a 1 4,delete b 2 -,insert d - 5");
  EXPECT_EQ(counters(), "5 5 1 1 0 0");
}

TEST_F(LoaderChangesTest, WhatIsThereAlreadyIsLeftAloneAndNotLogged) {
  part_ = follow("things", {root()});
  apply({doc("a", "5", "five")});
  forget_audit();
  EXPECT_EQ(apply({doc("a", "5", "five again"), doc("a", "4", "old")}), "a 5 five");
  EXPECT_EQ(apply({gone("a", "4")}), "a 5 five");  // that of an older revision
  EXPECT_EQ(audit(), "");
  EXPECT_EQ(apply({gone("a", "")}), "");  // nobody knows which: any row goes
}

TEST_F(LoaderChangesTest, AReplayEndsWhereTheFirstOneDid) {
  part_ = follow("things", {root()});
  const std::vector<std::vector<Change>> log = {{doc("a", "1", "x"), doc("b", "2", "y")},
                                                {gone("a", "1"), doc("b", "3", "y2")},
                                                {doc("a", "4", "back")},
                                                {gone("b", "3")},
                                                {doc("c", "5", "z")},
                                                {doc("c", "6", "z2"), gone("a", "4")}};
  for (const auto& step : log) apply(step);
  const std::string end = rows();
  EXPECT_EQ(end, "c 6 z2");
  for (std::size_t from = 0; from < log.size(); ++from) {
    for (std::size_t i = from; i < log.size(); ++i) apply(log[i]);
    EXPECT_EQ(rows(), end) << "from step " << from;
  }
}

TEST_F(LoaderChangesTest, ARestoredOlderRevisionCountsAfterItsRemoval) {
  part_ = follow("things", {root()});
  apply({doc("a", "9", "new")});
  forget_audit();
  EXPECT_EQ(apply({gone("a", "9"), doc("a", "3", "restored")}), "a 3 restored");
  EXPECT_EQ(audit(), "update a 9 3");
  EXPECT_EQ(apply({doc("a", "2", "older still")}), "a 3 restored");
}

TEST_F(LoaderChangesTest, SoftDeletedRowsKeepTheirContentsAndComeBack) {
  connection().exec("ALTER TABLE t ADD COLUMN deleted_at timestamptz");
  part_ = follow("things", {root(pg::Gone::soft)});
  apply({doc("a", "1", "x"), doc("b", "1", "y")});
  forget_audit();
  const auto dead = [&] { return list("SELECT id FROM t WHERE deleted_at IS NOT NULL"); };
  EXPECT_EQ(apply({gone("a", "1")}), "a 1 x,b 1 y");
  EXPECT_EQ(dead(), "a");
  const std::string when = value("SELECT deleted_at FROM t WHERE id = 'a'");
  apply({gone("a", "1")});  // again: the first time counts
  EXPECT_EQ(value("SELECT deleted_at FROM t WHERE id = 'a'"), when);
  EXPECT_EQ(audit(), "delete a 1 -");
  EXPECT_EQ(apply({doc("a", "2", "again")}), "a 2 again,b 1 y");
  EXPECT_EQ(dead(), "");
  EXPECT_EQ(audit(), "delete a 1 -,insert a - 2");
  // Also with the revision it had: documents can be restored.
  apply({gone("a", "2")});
  EXPECT_EQ(apply({doc("a", "2", "again")}), "a 2 again,b 1 y");
  EXPECT_EQ(dead(), "");
}

TEST_F(LoaderChangesTest, KeptRowsStay) {
  part_ = follow("things", {root(pg::Gone::keep)});
  apply({doc("a", "1", "x")});
  EXPECT_EQ(apply({gone("a", "1"), filtered("a", "2")}), "a 1 x");
  EXPECT_EQ(audit(), "insert a - 1");
}

TEST_F(LoaderChangesTest, ADocumentThatItsMappingNoLongerTakesLosesItsRow) {
  part_ = follow("things", {root()});
  apply({doc("a", "1", "x"), doc("b", "1", "y")});
  forget_audit();
  EXPECT_EQ(apply({filtered("a", "2"), filtered("c", "1")}), "b 1 y");
  EXPECT_EQ(audit(), "delete a 1 - {\"filtered\": true}");
  EXPECT_EQ(counters(), "4 2 0 1 2 0");
}

TEST_F(LoaderChangesTest, AnEmptiedCollectionKeepsOnlyWhatCameAfterwards) {
  part_ = follow("things", {root()});
  apply({doc("a", "1", "x"), doc("b", "1", "y"), doc("c", "1", "z")});
  forget_audit();
  auto b = changes(0, part_, {doc("b", "7", "after"), doc("d", "8", "w")});
  b.emptied = true;
  auto work = batches(std::move(b));
  EXPECT_EQ(commit(loader(), work).changed, 4U);
  EXPECT_EQ(rows(), "b 7 after,d 8 w");
  EXPECT_EQ(audit(), "update b 1 7,insert d - 8,delete - - 2 {\"truncated\": true}");
  EXPECT_EQ(counters(), "5 5 1 2 0 0");
}

TEST_F(LoaderChangesTest, RowsThatAPassHasNotSeenGo) {
  connection().exec("CREATE TABLE arango2pg.seen_1_0_0 AS SELECT id FROM t");
  pg::LoadTable t = root();
  t.seen = {{{"arango2pg", "seen_1_0_0"}, {"id"}}};
  t.key_column = "id";
  part_ = follow("things", {t});
  apply({doc("a", "1", "x"), doc("b", "1", "y"), doc("c", "1", "z")});
  connection().exec("INSERT INTO t VALUES ('own', NULL, 'not ours')");
  connection().exec("INSERT INTO arango2pg.seen_1_0_0 VALUES ('a'), ('elsewhere')");
  forget_audit();
  auto b = changes(0, part_, {});
  b.unseen = true;
  auto work = batches(std::move(b));
  commit(loader(), work);
  EXPECT_EQ(rows(), "a 1 x,own not ours");
  EXPECT_EQ(audit(), "delete b 1 -,delete c 1 -");
  EXPECT_EQ(counters(), "3 3 0 2 0 0");
}

TEST_F(LoaderChangesTest, ARowMovesWithTheKeyColumnsOfItsDocument) {
  connection().exec(
      "CREATE TABLE m (place text, n text, doc_key text, rev bigint, PRIMARY KEY "
      "(place, n))");
  pg::LoadTable t = table("m", {"place", "n", "doc_key", "rev"});
  t.merge = true;
  t.key = {"place", "n"};
  t.revision = "rev";
  t.identity = {"doc_key"};
  t.gone = pg::Gone::hard;
  part_ = follow("moving", {t});
  const auto load = [&](const std::vector<Change>& list) {
    auto work = batches(changes(0, part_, list));
    commit(loader(), work);
    return this->list("SELECT concat_ws(' ', place, n, doc_key) FROM m ORDER BY 1");
  };
  const auto at = [](const std::string& key, const std::string& rev, const std::string& place) {
    return Change{key, rev, {{{place, "1", key, rev}}}, false};
  };
  EXPECT_EQ(load({at("a", "1", "here"), at("b", "1", "there")}), "here 1 a,there 1 b");
  // Each takes the other's place, in one transaction.
  EXPECT_EQ(load({at("a", "2", "there"), at("b", "2", "here")}), "here 1 b,there 1 a");
  EXPECT_EQ(load({at("a", "3", "elsewhere")}), "elsewhere 1 a,here 1 b");
  EXPECT_EQ(load({gone("b", "2")}), "elsewhere 1 a");
}

class LoaderChangesOfFamilies : public LoaderChangesTest {
 protected:
  void SetUp() override {
    LoaderChangesTest::SetUp();
    if (IsSkipped()) return;
    connection().exec(
        "CREATE TABLE child (t_id text REFERENCES t, n text, v text, PRIMARY KEY (t_id, n));"
        "CREATE TABLE grandchild (t_id text, n text, m text, PRIMARY KEY (t_id, n, m), FOREIGN KEY "
        "(t_id, n) REFERENCES child)");
  }
  std::vector<pg::LoadTable> family(pg::Gone gone, pg::Gone below) {
    return {
        root(gone), child_table("child", {"t_id", "n", "v"}, {"t_id", "n"}, 0, {"t_id"}, below),
        child_table("grandchild", {"t_id", "n", "m"}, {"t_id", "n", "m"}, 1, {"t_id", "n"}, below)};
  }
  /// A document with children, each a letter for its number of grandchildren: "a1 b2".
  static Change parent(const std::string& key, const std::string& rev,
                       const std::vector<std::pair<std::string, int>>& children) {
    Change c = doc(key, rev, "v");
    c.rows.resize(3);
    for (const auto& [n, count] : children) {
      c.rows[1].push_back({key, n, rev});
      for (int i = 0; i < count; ++i) c.rows[2].push_back({key, n, std::to_string(i)});
    }
    return c;
  }
  std::string picture() {
    return rows() + " | " + list("SELECT concat_ws(' ', t_id, n, v) FROM child ORDER BY 1") +
           " | " + list("SELECT concat_ws(' ', t_id, n, m) FROM grandchild ORDER BY 1");
  }
};

TEST_F(LoaderChangesOfFamilies, ChildrenComeChangeAndGoWithTheirDocument) {
  part_ = follow("family", family(pg::Gone::hard, pg::Gone::hard));
  apply({parent("a", "1", {{"x", 2}, {"y", 1}}), parent("b", "1", {{"z", 1}})});
  EXPECT_EQ(picture(), "a 1 v,b 1 v | a x 1,a y 1,b z 1 | a x 0,a x 1,a y 0,b z 0");
  // A child less, with its own child; and one grandchild less.
  apply({parent("a", "2", {{"x", 1}})});
  EXPECT_EQ(picture(), "a 2 v,b 1 v | a x 2,b z 1 | a x 0,b z 0");
  // Old news changes nothing, neither the children nor theirs.
  apply({parent("a", "1", {{"x", 2}, {"y", 1}, {"w", 1}})});
  EXPECT_EQ(picture(), "a 2 v,b 1 v | a x 2,b z 1 | a x 0,b z 0");
  apply({gone("a", "2")});
  EXPECT_EQ(picture(), "b 1 v | b z 1 | b z 0");
  auto b = changes(0, part_, {parent("c", "5", {{"q", 1}})});
  b.emptied = true;
  auto work = batches(std::move(b));
  commit(loader(), work);
  EXPECT_EQ(picture(), "c 5 v | c q 5 | c q 0");
}

TEST_F(LoaderChangesOfFamilies, ChildrenOfSoftlyDeletedDocumentsStayUnlessTheyHaveTheColumnToo) {
  connection().exec(
      "ALTER TABLE t ADD deleted_at timestamptz;"
      "ALTER TABLE child ADD deleted_at timestamptz");
  auto tables = family(pg::Gone::soft, pg::Gone::keep);
  tables[1].gone = pg::Gone::soft;
  part_ = follow("family", tables);
  apply({parent("a", "1", {{"x", 1}, {"y", 1}})});
  const auto dead = [&] {
    return list("SELECT t_id || ' ' || n FROM child WHERE deleted_at IS NOT NULL ORDER BY 1");
  };
  apply({gone("a", "1")});
  EXPECT_EQ(dead(), "a x,a y");
  EXPECT_EQ(list("SELECT n FROM grandchild ORDER BY 1"), "x,y");
  apply({parent("a", "2", {{"x", 1}})});
  EXPECT_EQ(dead(), "a y");
}

TEST_F(LoaderChangesTest, RowsAndPositionAreWrittenTogether) {
  part_ = follow("things", {root()});
  pg::SyncState sync{"arangodb:1:2:app", "wal", {{"things", "17", "20"}}};
  auto work = batches(changes(0, part_, {doc("a", "1", "x")}));
  loader().commit(work, {}, &sync);
  const auto state = [&] {
    return list(
        "SELECT concat_ws(' ', collection, tick, source_tick, lag_ticks, lag_seconds IS NULL)"
        " FROM arango2pg.sync_lag");
  };
  EXPECT_EQ(state(), "things 17 20 3 t");
  sync.points[0] = {"things", "20", "20"};
  connection().exec(
      "ALTER TABLE arango2pg.part ADD CHECK (read < 2)");  // the transaction will fail
  auto next = batches(changes(0, part_, {doc("b", "1", "y")}));
  EXPECT_THROW(loader().commit(next, {}, &sync), Error);
  EXPECT_EQ(state(), "things 17 20 3 t");
  EXPECT_EQ(rows(), "a 1 x");
  connection().exec("ALTER TABLE arango2pg.part DROP CONSTRAINT part_read_check");
  loader().commit(next, {}, &sync);
  EXPECT_EQ(state(), "things 20 20 0 f");
  EXPECT_EQ(pg::sync_lag(connection(), run_)->ticks, 0U);
}

TEST_F(LoaderChangesTest, QuarantineIsSettledWhenADocumentComesAgainOrGoes) {
  connection().exec("ALTER TABLE t ADD CHECK (v <> 'bad')");
  part_ = follow("things", {root()});
  const auto quarantine = [&] {
    return list(
        "SELECT concat_ws(' ', key, revision, status) FROM arango2pg.quarantine ORDER BY id");
  };
  apply({doc("a", "1", "bad"), doc("b", "2", "bad"), doc("c", "3", "bad"), doc("d", "4", "ok")});
  EXPECT_EQ(quarantine(), "a 1 open,b 2 open,c 3 open");
  EXPECT_EQ(audit(),
            "insert d - 4,reject a - 1 {\"rule\": \"pg_check_violation\"},reject b - 2 "
            "{\"rule\": \"pg_check_violation\"},reject c - 3 {\"rule\": "
            "\"pg_check_violation\"}");
  // Mended, refused again with a new revision, removed.
  EXPECT_EQ(apply({doc("a", "5", "fine"), doc("b", "6", "bad"), gone("c", "3")}),
            "a 5 fine,d 4 ok");
  EXPECT_EQ(quarantine(), "a 1 retried,b 2 retried,c 3 discarded,b 6 open");
  // A row stays as it was while its document is in quarantine.
  EXPECT_EQ(apply({doc("d", "7", "bad")}), "a 5 fine,d 4 ok");
  auto b = changes(0, part_, {});
  b.emptied = true;
  auto work = batches(std::move(b));
  commit(loader(), work);
  EXPECT_EQ(value("SELECT count(*) FROM arango2pg.quarantine WHERE status = 'open'"), "0");
}

class LoaderChangesOfTwo : public LoaderChangesTest {
 protected:
  void SetUp() override {
    LoaderChangesTest::SetUp();
    if (IsSkipped()) return;
    connection().exec("CREATE TABLE r (id text PRIMARY KEY, rev bigint, t_id text REFERENCES t)");
    part_ = follow("things", {root()});
    pg::LoadTable r = table("r", {"id", "rev", "t_id"});
    r.merge = true;
    r.revision = "rev";
    r.identity = {"id"};
    r.gone = pg::Gone::hard;
    referring_ = follow("referring", {r});
  }
  std::string apply_both(const std::vector<Change>& things, const std::vector<Change>& referring) {
    auto work = batches(changes(0, part_, things), changes(1, referring_, referring));
    commit(loader(), work);
    return rows() + " | " + list("SELECT concat_ws(' ', id, t_id) FROM r ORDER BY id");
  }
  PartId referring_ = 0;
};

TEST_F(LoaderChangesOfTwo, RowsThatPointAtEachOtherComeAndGoInOneTransaction) {
  EXPECT_EQ(apply_both({doc("a", "1", "x"), doc("b", "1", "y")}, {doc("r", "1", "a")}),
            "a 1 x,b 1 y | r a");
  EXPECT_EQ(apply_both({gone("a", "1")}, {gone("r", "1")}), "b 1 y | ");
  // The one that pointed at it points elsewhere: only possible after it has moved.
  EXPECT_EQ(apply_both({doc("c", "1", "z")}, {doc("s", "1", "b")}), "b 1 y,c 1 z | s b");
  EXPECT_EQ(apply_both({gone("b", "1")}, {doc("s", "2", "c")}), "c 1 z | s c");
  EXPECT_EQ(value("SELECT count(*) FROM arango2pg.quarantine"), "0");
}

TEST_F(LoaderChangesOfTwo, ARowThatCannotGoIsNotForgotten) {
  apply_both({doc("a", "1", "x"), doc("b", "1", "y")}, {doc("r", "1", "a")});
  EXPECT_EQ(apply_both({gone("a", "1"), gone("b", "1")}, {}), "a 1 x | r a");
  EXPECT_EQ(list("SELECT concat_ws(' ', key, revision, rule, document IS NULL, message) FROM "
                 "arango2pg.quarantine"),
            "a 1 pg_foreign_key_violation t the document is gone, but its row can't be removed: "
            "foreign key violation of constraint 'r_t_id_fkey' in table 'r'");
  EXPECT_EQ(pg::refused_by_order(connection()).size(), 1U);
  EXPECT_EQ(apply_both({gone("a", "1")}, {gone("r", "1")}), " | ");
  EXPECT_EQ(value("SELECT string_agg(status::text, ',') FROM arango2pg.quarantine"), "discarded");
}

TEST_F(LoaderChangesTest, AUniqueValueCanPassFromOneDocumentToAnother) {
  connection().exec("ALTER TABLE t ADD UNIQUE (v)");
  part_ = follow("things", {root()});
  apply({doc("a", "1", "mine"), doc("b", "1", "other")});
  EXPECT_EQ(apply({gone("b", "1"), doc("c", "2", "other")}), "a 1 mine,c 2 other");
  // Given up by an update that stands behind the one that takes it.
  EXPECT_EQ(apply({doc("c", "3", "mine"), doc("d", "3", "other"), doc("a", "3", "free")}),
            "a 3 free,c 3 mine,d 3 other");
  EXPECT_EQ(value("SELECT count(*) FROM arango2pg.quarantine"), "0");
}

TEST_F(LoaderChangesTest, TwoMappingsOfACollectionMayShareATable) {
  part_ = follow("things", {root(), root()});
  const auto into = [](const std::string& key, const std::string& rev, int table) {
    Change c{key, rev, {{}, {}}, false};
    c.rows[static_cast<std::size_t>(table)].push_back({key, rev, "by " + std::to_string(table)});
    return c;
  };
  EXPECT_EQ(apply({into("a", "1", 0), into("b", "1", 1)}), "a 1 by 0,b 1 by 1");
  EXPECT_EQ(apply({into("a", "2", 1), into("b", "2", 0)}), "a 2 by 1,b 2 by 0");
  EXPECT_EQ(apply({gone("a", "2"), gone("b", "2")}), "");
}

}  // namespace
}  // namespace arango2pg::test
