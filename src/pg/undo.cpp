#include "pg/undo.h"

#include <algorithm>

#include "pg/text_internal.h"

namespace arango2pg::pg {
namespace {

std::string oid_of(Connection& connection, const TableName& table) {
  return connection.exec("SELECT pg_catalog.to_regclass($1)::oid", {quote(table)}).text(0, 0);
}

struct RestoredColumn {
  std::string name, type;
};

/// Columns that can be written, in the table's order.
std::vector<RestoredColumn> columns_of(Connection& connection, const std::string& oid) {
  const Rows rows = connection.exec(
      "SELECT attname, format_type(atttypid, atttypmod) FROM pg_catalog.pg_attribute WHERE "
      "attrelid "
      "= $1::oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
      {oid});
  std::vector<RestoredColumn> out;
  for (std::size_t i = 0; i < rows.size(); ++i) out.push_back({rows.text(i, 0), rows.text(i, 1)});
  return out;
}

/// "t.id = (u.key->>0)::uuid AND …"
std::string key_condition(const RunTable& table, const std::vector<RestoredColumn>& columns) {
  std::string out;
  for (std::size_t k = 0; k < table.key.size(); ++k) {
    const auto column = std::find_if(columns.begin(), columns.end(),
                                     [&](const auto& c) { return c.name == table.key[k]; });
    const std::string type = column == columns.end() ? "text" : column->type;
    out += (k == 0 ? "t." : " AND t.") + quote(table.key[k]) + " = (u.key->>" + std::to_string(k) +
           ")::" + type;
  }
  return out;
}

/// The first change of each row in the run, in a table of this transaction.
void gather(Connection& connection, RunId run) {
  connection.exec("DROP TABLE IF EXISTS pg_temp.arango2pg_undo");
  connection.exec(
      "CREATE TEMPORARY TABLE arango2pg_undo ON COMMIT DROP AS SELECT DISTINCT ON (relation, key) "
      "relation, key, operation, before FROM arango2pg.before_image WHERE run_id = " +
      std::to_string(run) + " ORDER BY relation, key, id");
  connection.exec("ANALYZE pg_temp.arango2pg_undo");
}

std::uint64_t remove_inserted(Connection& connection, const RunTable& table,
                              const std::string& oid) {
  return connection
      .exec("DELETE FROM " + quote(table.name) +
            " t USING pg_temp.arango2pg_undo u WHERE u.relation = " + oid +
            " AND u.operation = 'I' AND " + key_condition(table, columns_of(connection, oid)))
      .affected;
}

std::uint64_t restore_changed(Connection& connection, const RunTable& table,
                              const std::string& oid) {
  const auto columns = columns_of(connection, oid);
  std::string sets, names, values;
  for (const auto& c : columns) {
    const std::string comma = names.empty() ? "" : ", ";
    names += comma + quote(c.name);
    values += comma + "(x.r)." + quote(c.name);
    if (std::find(table.key.begin(), table.key.end(), c.name) == table.key.end())
      sets += (sets.empty() ? "" : ", ") + quote(c.name) + " = (x.r)." + quote(c.name);
  }
  // OFFSET 0 keeps the row's text from being read once for each column.
  const std::string from =
      " FROM pg_temp.arango2pg_undo u CROSS JOIN LATERAL (SELECT u.before::" + quote(table.name) +
      " AS r OFFSET 0) x WHERE u.relation = " + oid + " AND u.operation <> 'I' AND ";
  const std::string same = key_condition(table, columns);
  std::uint64_t rows = 0;
  if (!sets.empty())
    rows +=
        connection.exec("UPDATE " + quote(table.name) + " t SET " + sets + from + same).affected;
  rows += connection
              .exec("INSERT INTO " + quote(table.name) + " (" + names +
                    ") OVERRIDING SYSTEM VALUE SELECT " + values + from +
                    "NOT EXISTS (SELECT FROM " + quote(table.name) + " t WHERE " + same + ")")
              .affected;
  return rows;
}

/// Tables that were empty when the run began. TRUNCATE is at once, but needs its privilege and
/// does not go where another table points at them.
void empty(Connection& connection, const std::vector<RunTable>& tables) {
  std::string list;
  for (const RunTable& t : tables)
    if (!t.merge) list += (list.empty() ? "" : ", ") + quote(t.name);
  if (list.empty()) return;
  connection.exec("SAVEPOINT arango2pg_empty");
  try {
    connection.exec("TRUNCATE " + list);
    return;
  } catch (const Error& e) {
    if (e.retryable()) throw;
    connection.exec("ROLLBACK TO SAVEPOINT arango2pg_empty");
  }
  for (auto t = tables.rbegin(); t != tables.rend(); ++t)
    if (!t->merge) connection.exec("DELETE FROM " + quote(t->name));
}

}  // namespace

void record_tables(Connection& connection, RunId run, const std::vector<RunTable>& tables) {
  int position = 0;
  for (const RunTable& table : tables) {
    const Rows name = connection.exec(
        "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON "
        "n.oid = c.relnamespace WHERE c.oid = pg_catalog.to_regclass($1)",
        {quote(table.name)});
    if (name.empty()) continue;
    connection.exec(
        "INSERT INTO arango2pg.run_table (run_id, position, table_schema, table_name, key_columns, "
        "mode, keep_before) VALUES ($1::bigint, $2::integer, $3, $4, $5::text[], $6, $7::boolean) "
        "ON CONFLICT DO NOTHING",
        {std::to_string(run), std::to_string(position++), name.text(0, 0), name.text(0, 1),
         array_literal(table.key), table.merge ? "merge" : "insert",
         table.keep_before ? "t" : "f"});
    if (table.merge && table.keep_before)
      connection.exec(
          "SELECT arango2pg.install_keep_before(pg_catalog.to_regclass($1), $2::text[])",
          {quote(table.name), array_literal(table.key)});
  }
}

std::vector<RunTable> recorded_tables(Connection& connection, RunId run) {
  const Rows rows = connection.exec(
      "SELECT t.table_schema, t.table_name, t.mode = 'merge', t.keep_before, k.name FROM "
      "arango2pg.run_table t CROSS JOIN LATERAL unnest(t.key_columns) WITH ORDINALITY k(name, n) "
      "WHERE t.run_id = $1::bigint ORDER BY t.position, t.table_schema, t.table_name, k.n",
      {std::to_string(run)});
  std::vector<RunTable> out;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const TableName name{rows.text(i, 0), rows.text(i, 1)};
    if (out.empty() || out.back().name != name)
      out.push_back({name, {}, rows.is_true(i, 2), rows.is_true(i, 3)});
    out.back().key.push_back(rows.text(i, 4));
  }
  return out;
}

std::vector<LaterRun> later_runs(Connection& connection, RunId run) {
  const Rows rows = connection.exec(statement("undo/later_runs.sql"), {std::to_string(run)});
  std::vector<LaterRun> out;
  for (std::size_t i = 0; i < rows.size(); ++i)
    out.push_back({rows.number(i, 0), rows.text(i, 1), {rows.text(i, 2), rows.text(i, 3)}});
  return out;
}

std::uint64_t rows_written(Connection& connection, RunId run, const TableName& table) {
  return static_cast<std::uint64_t>(
      connection.exec(statement("undo/rows_written.sql"), {std::to_string(run), table.text()})
          .number(0, 0));
}

std::uint64_t rows_present(Connection& connection, const TableName& table) {
  return static_cast<std::uint64_t>(
      connection.exec("SELECT count(*) FROM " + quote(table)).number(0, 0));
}

KeptRows kept_rows(Connection& connection, RunId run, const TableName& table) {
  const Rows rows = connection.exec(statement("undo/kept_rows.sql"),
                                    {std::to_string(run), oid_of(connection, table)});
  return {static_cast<std::uint64_t>(rows.number(0, 0)),
          static_cast<std::uint64_t>(rows.number(0, 1)), rows.is_true(0, 2)};
}

std::vector<Undone> undo(Connection& connection, RunId run, const std::vector<RunTable>& tables) {
  const std::string id = std::to_string(run);
  std::vector<Undone> out;
  std::vector<std::string> oids;
  for (const RunTable& table : tables) {
    out.push_back({table.name, 0, 0});
    oids.push_back(oid_of(connection, table.name));
  }
  connection.exec("SET LOCAL arango2pg.loading = 'on'");
  connection.exec("SET CONSTRAINTS ALL DEFERRED");
  gather(connection, run);
  // What came goes first, children before parents; then what was there returns, parents first.
  for (std::size_t i = tables.size(); i-- > 0;)
    if (tables[i].merge) out[i].removed = remove_inserted(connection, tables[i], oids[i]);
  empty(connection, tables);
  for (std::size_t i = 0; i < tables.size(); ++i)
    if (tables[i].merge) out[i].restored = restore_changed(connection, tables[i], oids[i]);
  connection.exec("SET CONSTRAINTS ALL IMMEDIATE");
  for (const char* sql :
       {"DELETE FROM arango2pg.before_image WHERE run_id = $1::bigint",
        // A resync may have remembered something before it wrote its name to it. Which collection
        // is which stays true.
        "UPDATE arango2pg.sync_state s SET run_id = NULL, strategy = NULL, tick = NULL, "
        "source_tick = NULL, watermark_value = NULL, caught_up_at = NULL FROM arango2pg.run r "
        "WHERE r.id = $1::bigint AND (s.run_id = r.id OR (r.command = 'resync' AND "
        "s.source_identity = r.source_identity AND s.collection IN (SELECT collection FROM "
        "arango2pg.part WHERE run_id = r.id)))",
        "UPDATE arango2pg.audit_log SET rolled_back = true WHERE run_id = $1::bigint",
        "UPDATE arango2pg.quarantine SET status = 'discarded', rolled_back = true, changed_at = "
        "clock_timestamp() WHERE run_id = $1::bigint AND status = 'open'",
        // What earlier runs refused and this one settled is unsettled again.
        "UPDATE arango2pg.quarantine SET status = 'open', changed_at = clock_timestamp() WHERE "
        "settled_by = $1::bigint AND run_id <> $1::bigint AND NOT rolled_back",
        "UPDATE arango2pg.run SET status = 'rolled_back', ended_at = coalesce(ended_at, "
        "clock_timestamp()) WHERE id = $1::bigint"})
    connection.exec(sql, {id});
  return out;
}

}  // namespace arango2pg::pg
