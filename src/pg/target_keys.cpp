#include "pg/target_keys.h"

#include <charconv>

namespace arango2pg::pg {
namespace {

constexpr int page_rows = 20'000;

std::string query(const std::vector<KeyedTable>& tables, const std::string& after,
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

}  // namespace

TargetKeys::TargetKeys(const std::string& conninfo, const std::string& purpose,
                       const std::vector<KeyedTable>& tables, const std::string& after,
                       const std::optional<std::string>& to)
    : connection_(conninfo, purpose) {
  connection_.begin();
  connection_.exec("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
  // All rows will be fetched: the plan must not aim at the first ones.
  connection_.exec("SET LOCAL cursor_tuple_fraction = 1");
  connection_.exec("DECLARE arango2pg_keys NO SCROLL CURSOR FOR " + query(tables, after, to));
}

const TargetKey* TargetKeys::peek() {
  if (at_ < page_.size()) return &page_[at_];
  if (ended_) return nullptr;
  const Rows rows = connection_.exec("FETCH " + std::to_string(page_rows) + " FROM arango2pg_keys");
  page_.clear();
  at_ = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    TargetKey& k = page_.emplace_back();
    k.key = rows.text(i, 0);
    k.live = rows.is_true(i, 2);
    if (!rows[i][1]) continue;
    std::uint64_t revision = 0;
    const std::string& text = *rows[i][1];
    std::from_chars(text.data(), text.data() + text.size(), revision);
    k.revision = revision;
  }
  ended_ = rows.size() < static_cast<std::size_t>(page_rows);
  return page_.empty() ? nullptr : page_.data();
}

}  // namespace arango2pg::pg
