#include "pg/sync.h"

#include <cstdlib>

#include "pg/text_internal.h"

namespace arango2pg::pg {

std::map<std::string, SyncStart> sync_starts(Connection& connection,
                                             const std::string& source_identity) {
  const Rows rows = connection.exec(statement("sync/starts.sql"), {source_identity});
  std::map<std::string, SyncStart> out;
  for (std::size_t i = 0; i < rows.size(); ++i)
    out[rows.text(i, 0)] = {rows.text(i, 1), rows.text(i, 2),
                            rows.text(i, 3), rows[i][4] ? rows.number(i, 4) : 0,
                            rows.text(i, 5), rows.text(i, 6)};
  return out;
}

std::uint64_t newest_position(Connection& connection, const std::string& database,
                              const std::string& collection) {
  const Rows rows = connection.exec(
      "SELECT max(tick::numeric) FROM arango2pg.sync_state WHERE collection = $2 AND "
      "source_identity ~ '^arangodb:' AND right(source_identity, length($1) + 1) = ':' || $1",
      {database, collection});
  return std::strtoull(rows.text(0, 0).c_str(), nullptr, 10);
}

void write_sync(Connection& connection, RunId run, const SyncState& state) {
  if (state.points.empty()) return;
  connection.exec(statement("loader/sync_state.sql"), sync_parameters(run, state));
}

void remember_guids(Connection& connection, const std::string& source_identity,
                    const std::vector<std::pair<std::string, std::string>>& guids) {
  std::vector<std::string> collections, ids;
  for (const auto& [collection, guid] : guids) {
    collections.push_back(collection);
    ids.push_back(guid);
  }
  connection.exec(
      "INSERT INTO arango2pg.sync_state AS s (source_identity, collection, guid) "
      "SELECT $1, g.collection, g.guid FROM unnest($2::text[], $3::text[]) AS g (collection, guid) "
      "ON CONFLICT (source_identity, collection) DO UPDATE SET guid = excluded.guid "
      "WHERE s.guid IS DISTINCT FROM excluded.guid",
      {source_identity, array_literal(collections), array_literal(ids)});
}

void remember_watermark(Connection& connection, const std::string& source_identity,
                        const std::string& collection, const std::string& json) {
  connection.exec(
      "INSERT INTO arango2pg.sync_state (source_identity, collection, watermark_value, strategy) "
      "VALUES ($1, $2, $3, 'watermark') ON CONFLICT (source_identity, collection) DO UPDATE "
      "SET watermark_value = excluded.watermark_value, strategy = excluded.strategy, "
      "updated_at = clock_timestamp()",
      {source_identity, valid_text(collection), valid_text(json)});
}

void forget_sync(Connection& connection, const std::string& source_identity,
                 const std::vector<std::string>& collections) {
  connection.exec(
      "INSERT INTO arango2pg.sync_state (source_identity, collection, strategy) "
      "SELECT $1, c, 'gone' FROM unnest($2::text[]) AS c ON CONFLICT (source_identity, collection) "
      "DO UPDATE SET strategy = 'gone', tick = NULL, guid = NULL, caught_up_at = NULL, "
      "updated_at = clock_timestamp()",
      {source_identity, array_literal(collections)});
}

void reopen_parts(Connection& connection, RunId run, const std::vector<std::string>& kinds) {
  connection.exec(
      "UPDATE arango2pg.part SET state = 'pending', position = '', seq = NULL, ended_at = NULL, "
      "updated_at = clock_timestamp() WHERE run_id = $1::bigint AND kind = ANY ($2::text[]) AND "
      "state = 'done'",
      {std::to_string(run), array_literal(kinds)});
}

void close_parts(Connection& connection, RunId run, const std::string& kind) {
  connection.exec(
      "UPDATE arango2pg.part SET state = 'done', lease_owner = NULL, lease_until = NULL, "
      "ended_at = clock_timestamp(), updated_at = clock_timestamp() "
      "WHERE run_id = $1::bigint AND kind = $2 AND state <> 'done'",
      {std::to_string(run), kind});
}

std::map<std::string, PartId> claim_kind(Connection& connection, RunId run,
                                         const std::string& worker, const std::string& kind,
                                         std::chrono::seconds lease) {
  const Rows rows = connection.exec(statement("sync/claim.sql"), {std::to_string(run), worker, kind,
                                                                  std::to_string(lease.count())});
  std::map<std::string, PartId> out;
  for (std::size_t i = 0; i < rows.size(); ++i) out[rows.text(i, 1)] = rows.number(i, 0);
  return out;
}

void set_start_tick(Connection& connection, RunId run, const std::string& tick) {
  connection.exec("UPDATE arango2pg.run SET start_tick = $2 WHERE id = $1::bigint",
                  {std::to_string(run), tick});
}

std::vector<OpenEntry> refused_by_order(Connection& connection) {
  const Rows rows = connection.exec(statement("sync/refused.sql"));
  std::vector<OpenEntry> out;
  for (std::size_t i = 0; i < rows.size(); ++i) out.push_back({rows.text(i, 0), rows.text(i, 1)});
  return out;
}

std::uint64_t open_quarantine(Connection& connection, const std::vector<std::string>& collections) {
  const Rows rows = connection.exec(
      "SELECT count(DISTINCT (collection, coalesce(key, id::text))) FROM arango2pg.quarantine "
      "WHERE status = 'open' AND collection = ANY ($1::text[])",
      {array_literal(collections)});
  return static_cast<std::uint64_t>(rows.number(0, 0));
}

std::optional<SyncLag> sync_lag(Connection& connection, RunId run) {
  if (connection.exec("SELECT to_regclass('arango2pg.sync_lag')").text(0, 0).empty())
    return std::nullopt;  // an older control schema
  const Rows rows = connection.exec(
      "SELECT strategy, CASE WHEN strategy = 'wal' THEN max(lag_ticks) END, "
      "CASE WHEN bool_and(lag_seconds IS NOT NULL) THEN max(lag_seconds) END "
      "FROM arango2pg.sync_lag WHERE run_id = $1::bigint AND strategy IS NOT NULL "
      "GROUP BY strategy ORDER BY count(*) DESC LIMIT 1",
      {std::to_string(run)});
  if (rows.empty()) return std::nullopt;
  SyncLag lag;
  lag.strategy = rows.text(0, 0);
  if (rows[0][1]) lag.ticks = std::strtoull(rows[0][1]->c_str(), nullptr, 10);
  if (rows[0][2]) lag.seconds = std::strtod(rows[0][2]->c_str(), nullptr);
  return lag;
}

}  // namespace arango2pg::pg
