#include "pg/target_keys.h"

#include "doc/big_endian.h"
#include "pg/copy_session_internal.h"
#include "pg/key_join_internal.h"
#include "pg/row_stream_internal.h"

namespace arango2pg::pg {
namespace {

constexpr std::size_t key_row_columns = 3;

std::string key_query(const std::vector<KeyedTable>& tables, const std::string& after,
                      const std::optional<std::string>& to) {
  std::string sql;
  for (const KeyedTable& t : tables) {
    // Keys are compared by their bytes; an index on the column serves if it has that collation.
    const std::string key = quote(t.key_column) + " COLLATE \"C\"";
    if (!sql.empty()) sql += " UNION ALL ";
    sql += "SELECT " + key + " AS key, " +
           (t.revision.empty() ? "NULL::bigint" : quote(t.revision) + "::bigint") + ", " +
           (t.soft ? "deleted_at IS NULL" : "true") + " FROM " + quote(t.name) + " WHERE " + key +
           " > " + quote_literal(after);
    if (to) sql += " AND " + key + " <= " + quote_literal(*to);
  }
  return sql + " ORDER BY 1";
}

/// Rows lie nearly in the order of their keys, for migrate read them so; the planner sees one
/// shuffled table where several lanes wrote it, and would sort all of it, once for each range.
/// Where rows are many and really shuffled a sort is still what it finds.
constexpr const char* key_read_settings =
    "SELECT set_config('random_page_cost', least(current_setting('random_page_cost')::float8, "
    "1.1)::text, false)";

}  // namespace

struct TargetKeys::Impl {
  Impl(const std::string& conninfo, const std::string& purpose) : session(conninfo, purpose) {}
  ~Impl() {
    if (!ended && rows) session.cancel_handle().cancel();
  }

  bool read(TargetKey& row) {
    if (!rows->next(fields)) return false;
    row.key = fields[0].value_or("");
    row.revision.reset();
    if (fields[1]) row.revision = doc::load_big_endian<std::uint64_t>(fields[1]->data());
    row.live = fields[2] && fields[2]->front() != '\0';
    return true;
  }

  CopySession session;
  std::optional<RowStream> rows;
  std::vector<doc::Field> fields;
  bool ended = false;
};

TargetKeys::TargetKeys(const std::string& conninfo, const std::string& purpose,
                       const std::vector<KeyedTable>& tables, const std::string& after,
                       const std::optional<std::string>& to)
    : impl_(std::make_unique<Impl>(conninfo, purpose)) {
  try {
    impl_->session.exec(key_read_settings);
    impl_->rows.emplace(impl_->session, key_query(tables, after, to), key_row_columns);
  } catch (const Refused& e) {
    throw comparison_error(e.failure, "read the keys of the target");
  }
}

TargetKeys::~TargetKeys() = default;

const TargetKey* TargetKeys::peek() {
  if (has_row_) return &row_;
  if (impl_->ended) return nullptr;
  try {
    has_row_ = impl_->read(row_);
    impl_->ended = !has_row_;
    return has_row_ ? &row_ : nullptr;
  } catch (const Refused& e) {
    impl_->ended = true;
    throw comparison_error(e.failure, "read the keys of the target");
  }
}

}  // namespace arango2pg::pg
