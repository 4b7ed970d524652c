#include "pg/compare_store.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "doc/copy_rows.h"
#include "pg/copy_session_internal.h"
#include "pg/key_join_internal.h"
#include "pg/sqlstate_internal.h"
#include "pg/text_internal.h"

namespace arango2pg::pg {
namespace {

constexpr std::size_t chunk_words = (1U << 20) / sizeof(std::uint64_t);
constexpr std::uint32_t bytea_oid = 17, int8_oid = 20;

/// Some rows of a table of ours by COPY.
class StoreCopy {
 public:
  StoreCopy(CopySession& session, const std::string& what, std::uint16_t columns)
      : copy_(session, "COPY arango2pg." + what + " FROM STDIN (FORMAT binary)", never_),
        writer_(doc::CopyFormat::binary, columns) {
    writer_.attach(rows_);
    copy_.write(doc::RowWriter::header(doc::CopyFormat::binary));
  }
  template <class F>
  void row(F&& write) {
    writer_.begin_row();
    write(writer_);
    writer_.end_row(0);
    copy_.write(rows_.bytes);
    rows_ = {};
  }
  void finish() {
    copy_.write(doc::RowWriter::trailer(doc::CopyFormat::binary));
    copy_.finish();
  }

 private:
  std::atomic<bool> never_ = false;
  CopyIn copy_;
  doc::RowWriter writer_;
  doc::TableRows rows_;
};

void write_maybe(doc::RowWriter& row, const std::optional<std::string>& text) {
  if (text)
    row.text(valid_text(*text));
  else
    row.null();
}

std::string int8_bytes(RunId v) {
  std::string out;
  for (int shift = 56; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(static_cast<std::uint64_t>(v) >> shift));
  return out;
}

}  // namespace

struct CompareStore::Impl {
  explicit Impl(std::string c) : conninfo(std::move(c)) {}

  /// Failures become Errors; the next call has a new session then.
  template <class F>
  auto with_session(const char* what, F&& body) {
    try {
      if (!session) session.emplace(conninfo, "verify store");
      return body(*session);
    } catch (const Refused& e) {
      session.reset();
      throw comparison_error(e.failure, what);
    } catch (...) {
      session.reset();
      throw;
    }
  }

  const std::string conninfo;
  std::optional<CopySession> session;
  KeyJoiner joiner;
};

CompareStore::CompareStore(std::string conninfo)
    : impl_(std::make_unique<Impl>(std::move(conninfo))) {}
CompareStore::~CompareStore() = default;

namespace {

void write_parts(CopySession& session, const std::vector<PartRecord>& parts) {
  for (const PartRecord& p : parts)
    session.exec(statement("verify/save_part.sql"),
                 {std::to_string(p.id), p.state, p.position, std::to_string(p.counters.read),
                  std::to_string(p.counters.filtered), std::to_string(p.counters.quarantined),
                  std::to_string(p.counters.bytes)});
}

}  // namespace

void CompareStore::save(RunId run, const std::string& state_json,
                        std::span<const std::uint64_t> sums, const std::vector<PartRecord>& parts) {
  impl_->with_session("save the state of the comparison", [&](CopySession& session) {
    const std::string id = std::to_string(run);
    session.exec("BEGIN");
    session.exec("DELETE FROM arango2pg.verify_sums WHERE run_id = $1::bigint", {id});
    StoreCopy copy(session, "verify_sums (run_id, chunk, words)", 3);
    for (std::size_t at = 0, chunk = 0; at < sums.size(); at += chunk_words, ++chunk) {
      const auto words = sums.subspan(at, std::min(chunk_words, sums.size() - at));
      copy.row([&](doc::RowWriter& row) {
        row.int8(run);
        row.int4(static_cast<std::int32_t>(chunk));
        std::string bytes(words.size_bytes(), '\0');
        std::memcpy(bytes.data(), words.data(), bytes.size());
        row.bytea(bytes);
      });
    }
    copy.finish();
    session.exec(
        "INSERT INTO arango2pg.verify_state (run_id, state) VALUES ($1::bigint, $2::jsonb) "
        "ON CONFLICT (run_id) DO UPDATE SET state = excluded.state, saved_at = clock_timestamp()",
        {id, state_json});
    write_parts(session, parts);
    session.commit();
  });
}

void CompareStore::save_parts(const std::vector<PartRecord>& parts) {
  impl_->with_session("save the progress of the comparison", [&](CopySession& session) {
    session.exec("BEGIN");
    write_parts(session, parts);
    session.commit();
  });
}

std::optional<std::string> CompareStore::load(RunId run, std::vector<std::uint64_t>& sums) {
  return impl_->with_session(
      "read the state of the comparison", [&](CopySession& session) -> std::optional<std::string> {
        const Rows state =
            session.exec("SELECT state FROM arango2pg.verify_state WHERE run_id = $1::bigint",
                         {std::to_string(run)});
        if (state.empty()) return std::nullopt;
        sums.clear();
        binary_query(session,
                     "SELECT words FROM arango2pg.verify_sums WHERE run_id = $1 ORDER BY chunk",
                     {{int8_oid, int8_bytes(run)}}, [&](const std::vector<doc::Field>& row) {
                       const std::size_t before = sums.size();
                       sums.resize(before + row[0]->size() / sizeof(std::uint64_t));
                       std::memcpy(sums.data() + before, row[0]->data(),
                                   (sums.size() - before) * sizeof(std::uint64_t));
                     });
        return state.text(0, 0);
      });
}

void CompareStore::forget(RunId run) {
  impl_->with_session("tidy up after the comparison", [&](CopySession& session) {
    const std::string id = std::to_string(run);
    session.exec("DELETE FROM arango2pg.verify_sums WHERE run_id = $1::bigint", {id});
    session.exec("DELETE FROM arango2pg.verify_state WHERE run_id = $1::bigint", {id});
  });
}

// -- what was found

void CompareStore::add(RunId run, const std::vector<Difference>& differences) {
  if (differences.empty()) return;
  impl_->with_session("write down differences", [&](CopySession& session) {
    StoreCopy copy(session,
                   "difference (run_id, collection, key, table_name, row_key, kind, path, what, "
                   "source_value, target_value, document)",
                   11);
    for (const Difference& d : differences)
      copy.row([&](doc::RowWriter& row) {
        row.int8(run);
        row.text(valid_text(d.collection));
        write_maybe(row, d.key.empty() ? std::nullopt : std::optional(d.key));
        row.text(valid_text(d.table));
        row.text(valid_text(d.row));
        row.text(valid_text(d.kind));
        row.text(valid_text(d.path));
        row.text(valid_text(d.what));
        write_maybe(row, d.source);
        write_maybe(row, d.target);
        d.document.empty() ? row.null() : row.bytea(d.document);
      });
    copy.finish();
  });
}

void CompareStore::remove_differences(RunId run) {
  impl_->with_session("tidy up before the comparison", [&](CopySession& session) {
    session.exec("DELETE FROM arango2pg.difference WHERE run_id = $1::bigint",
                 {std::to_string(run)});
  });
}

std::vector<Difference> CompareStore::differences(RunId run, std::uint64_t limit) {
  return impl_->with_session("read differences", [&](CopySession& session) {
    const Rows rows = session.exec(
        "SELECT collection, key, table_name, row_key, kind, path, what, source_value, "
        "target_value, repaired FROM arango2pg.difference WHERE run_id = $1::bigint ORDER BY id "
        "LIMIT $2::bigint",
        {std::to_string(run), std::to_string(limit)});
    std::vector<Difference> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      Difference& d = out.emplace_back();
      d.collection = rows.text(i, 0);
      d.key = rows.text(i, 1);
      d.table = rows.text(i, 2);
      d.row = rows.text(i, 3);
      d.kind = rows.text(i, 4);
      d.path = rows.text(i, 5);
      d.what = rows.text(i, 6);
      d.source = rows[i][7];
      d.target = rows[i][8];
      d.repaired = rows.is_true(i, 9);
    }
    return out;
  });
}

void CompareStore::mark_repaired(RunId run, const std::string& collection,
                                 const std::vector<std::string>& keys) {
  impl_->with_session("write down repairs", [&](CopySession& session) {
    session.exec(
        "UPDATE arango2pg.difference SET repaired = true WHERE run_id = $1::bigint AND "
        "collection = $2 AND key = ANY ($3::text[]) AND kind <> 'extra'",
        {std::to_string(run), collection, array_literal(keys)});
  });
}

void CompareStore::mark_rows_repaired(RunId run, const std::string& table,
                                      const std::vector<std::string>& rows) {
  impl_->with_session("write down repairs", [&](CopySession& session) {
    session.exec(
        "UPDATE arango2pg.difference SET repaired = true WHERE run_id = $1::bigint AND "
        "table_name = $2 AND row_key = ANY ($3::text[]) AND kind = 'extra'",
        {std::to_string(run), table, array_literal(rows)});
  });
}

void CompareStore::drop_documents(RunId run) {
  impl_->with_session("tidy up after the repair", [&](CopySession& session) {
    session.exec(
        "UPDATE arango2pg.difference SET document = NULL WHERE run_id = $1::bigint AND document IS "
        "NOT NULL",
        {std::to_string(run)});
  });
}

// -- the quarantine

std::vector<Quarantined> CompareStore::in_quarantine(const std::string& collection,
                                                     const std::vector<std::string>& keys) {
  std::vector<Quarantined> out;
  if (keys.empty()) return out;
  return impl_->with_session("look into the quarantine", [&](CopySession& session) {
    const Rows rows =
        session.exec(statement("verify/in_quarantine.sql"), {collection, array_literal(keys)});
    for (std::size_t i = 0; i < rows.size(); ++i) {
      Quarantined& q = out.emplace_back();
      q.key = rows.text(i, 0);
      if (rows[i][1]) q.revision = static_cast<std::uint64_t>(rows.number(i, 1));
      q.rule = rows.text(i, 2);
    }
    return out;
  });
}

bool CompareStore::bytes_in_quarantine(const std::string& collection, std::string_view document) {
  return impl_->with_session("look into the quarantine", [&](CopySession& session) {
    bool found = false;
    binary_query(session,
                 "SELECT 1 FROM arango2pg.quarantine WHERE collection = $1 AND key IS NULL AND "
                 "document = $2 AND status IN ('open', 'discarded') AND NOT rolled_back LIMIT 1",
                 {{text_oid, collection}, {bytea_oid, std::string(document)}},
                 [&](const std::vector<doc::Field>&) { found = true; });
    return found;
  });
}

// -- repairs

std::string CompareStore::remove_rows(RunId run, const std::string& collection,
                                      const ReadTable& table,
                                      const std::vector<std::string>& key_columns,
                                      const std::vector<std::vector<doc::Field>>& keys, bool soft) {
  std::string reason;
  const auto remove_some = [&](CopySession& session,
                               const std::vector<std::vector<doc::Field>>& some) {
    const KeyJoin keyed = impl_->joiner.join(session, table, key_columns, some);
    std::string name;
    for (const std::string& k : key_columns)
      name += (name.empty() ? "t." : " || ',' || t.") + quote(k) + "::text";
    const std::string change =
        soft ? "UPDATE " + quote(table.name) + " t SET " + quote(table.deleted) +
                   " = clock_timestamp() FROM " + keyed.from + " WHERE " + keyed.on + " AND t." +
                   quote(table.deleted) + " IS NULL"
             : "DELETE FROM " + quote(table.name) + " t USING " + keyed.from + " WHERE " + keyed.on;
    session.exec("BEGIN; SET LOCAL arango2pg.loading = 'on'; SET LOCAL arango2pg.run = '" +
                 std::to_string(run) + "'");
    try {
      binary_query(
          session,
          "WITH gone AS (" + change + " RETURNING " + name +
              " AS name) INSERT INTO arango2pg.audit_log (run_id, collection, key, "
              "action, detail) SELECT " +
              std::to_string(run) + ", " + quote_literal(collection) + ", name, 'delete', " +
              quote_literal("{\"row_without_document\":" + json_string(table.name.text()) + "}") +
              " FROM gone",
          keyed.params, [](const std::vector<doc::Field>&) {});
      session.commit();
      return true;
    } catch (const Refused& e) {
      if (e.failure.lost || !is_data_error(e.failure.sqlstate)) throw;
      session.exec("ROLLBACK");
      reason = e.failure.describe();
      return false;
    }
  };
  if (keys.empty()) return reason;
  impl_->with_session("remove rows", [&](CopySession& session) {
    if (remove_some(session, keys) || keys.size() == 1) return;
    reason.clear();
    for (const auto& key : keys) remove_some(session, {key});
  });
  return reason;
}

void CompareStore::bring_back(const ReadTable& table, const std::vector<std::string>& key_columns,
                              const std::vector<std::vector<doc::Field>>& keys) {
  if (keys.empty() || table.deleted.empty()) return;
  impl_->with_session("bring rows back", [&](CopySession& session) {
    const KeyJoin keyed = impl_->joiner.join(session, table, key_columns, keys);
    session.exec("BEGIN; SET LOCAL arango2pg.loading = 'on'");
    binary_query(session,
                 "UPDATE " + quote(table.name) + " t SET " + quote(table.deleted) +
                     " = NULL FROM " + keyed.from + " WHERE " + keyed.on + " AND t." +
                     quote(table.deleted) + " IS NOT NULL",
                 keyed.params, [](const std::vector<doc::Field>&) {});
    session.commit();
  });
}

}  // namespace arango2pg::pg
