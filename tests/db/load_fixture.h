/// \file
/// Batches for loader tests, written as "key value" lines.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "doc/batch.h"
#include "doc/copy_rows.h"
#include "pg/ledger.h"
#include "pg/loader.h"
#include "support/temp_db.h"

namespace arango2pg::test {

/// One document of a test: its key and the rows it becomes, one list of values per table.
struct Doc {
  std::string key;
  std::vector<std::vector<std::vector<std::string>>> rows;  ///< [table][row][column]
};

/// A migrate run over collections with one part each, and batches for them.
class LoaderTest : public WithDb {
 protected:
  static constexpr const char* worker = "host1 pid 1";

  void SetUp() override {
    WithDb::SetUp();
    if (IsSkipped()) return;
    ledger_ = std::make_unique<pg::Ledger>(db().conninfo(), worker);
    pg::NewRun run;
    run.command = "migrate";
    run.source = "dump:test";
    run.source_identity = "dump:test";
    run_ = ledger_->start(run);
  }
  void TearDown() override {
    ledger_.reset();
    WithDb::TearDown();
  }

  /// Adds a collection that is loaded into `tables` and claims its only part.
  PartId add_collection(const std::string& name, std::vector<pg::LoadTable> tables,
                        pg::Audit audit = pg::Audit::batch) {
    const auto index = static_cast<std::uint32_t>(collections_.size());
    collections_.push_back({name, std::move(tables), audit});
    doc::PartSpec spec;
    spec.collection = name;
    spec.kind = "range";
    spec.spec = "{}";
    spec.documents = 100;
    ledger_->add_parts(run_, {spec});
    const auto claim = ledger_->claim(run_, {{name, index}}, std::chrono::seconds(60));
    return claim->parts.at(0).id;
  }

  static pg::LoadTable table(const std::string& name, std::vector<std::string> columns,
                             doc::CopyFormat format = doc::CopyFormat::text) {
    pg::LoadTable t;
    t.name.name = name;
    t.columns = std::move(columns);
    t.format = format;
    t.key = {t.columns.front()};
    return t;
  }

  pg::LoaderConfig config() const {
    pg::LoaderConfig c;
    c.conninfo = db_conninfo();
    c.purpose = "test lane";
    c.run = run_;
    c.worker = worker;
    c.collections = collections_;
    c.give_up_after = std::chrono::seconds(30);
    return c;
  }

  /// Rows with text values; "\\N" is NULL. Text columns only when `format` is binary.
  doc::RowBatch batch(std::uint32_t collection, PartId part, std::uint64_t seq,
                      const std::vector<Doc>& docs, bool last = false) const {
    doc::RowBatch b;
    b.collection = collection;
    b.part = part;
    b.seq = seq;
    b.position_after = "after " + (docs.empty() ? "nothing" : docs.back().key);
    b.last = last;
    const auto& tables = collections_[collection].tables;
    b.tables.resize(tables.size());
    std::vector<doc::RowWriter> writers;
    for (std::size_t t = 0; t < tables.size(); ++t) {
      writers.emplace_back(tables[t].format, static_cast<std::uint16_t>(tables[t].columns.size()));
      writers[t].attach(b.tables[t]);
    }
    for (std::uint32_t d = 0; d < docs.size(); ++d) {
      const std::string source = R"({"_key":")" + docs[d].key + R"("})";
      b.docs.push_back(
          {static_cast<std::uint32_t>(b.source.size()), static_cast<std::uint32_t>(source.size())});
      b.source.append(source);
      b.source.append("\n");
      b.ids.push_back({docs[d].key, Rev{d + 1}});
      for (std::size_t t = 0; t < docs[d].rows.size(); ++t)
        for (const auto& row : docs[d].rows[t]) {
          writers[t].begin_row();
          for (const std::string& v : row) v == "\\N" ? writers[t].null() : writers[t].text(v);
          writers[t].end_row(d);
        }
    }
    return b;
  }

  /// A document with one row (key, value) in the only table.
  static Doc doc(const std::string& key, const std::string& value) {
    return {key, {{{key, value}}}};
  }

  pg::CommitResult commit(pg::Loader& loader, std::vector<doc::RowBatch>& batches) {
    return loader.commit(batches, std::stop_token());
  }
  template <class... B>
  static std::vector<doc::RowBatch> batches(B... b) {
    std::vector<doc::RowBatch> out;
    (out.push_back(std::move(b)), ...);
    return out;
  }

  std::string db_conninfo() const { return conninfo_.empty() ? const_db().conninfo() : conninfo_; }
  const TempDb& const_db() const { return const_cast<LoaderTest*>(this)->db(); }

  std::unique_ptr<pg::Ledger> ledger_;
  RunId run_ = 0;
  std::vector<pg::LoadCollection> collections_;
  std::string conninfo_;  ///< for the loader, if not the database directly
};

}  // namespace arango2pg::test
