#include "run/quarantine.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "base/units.h"
#include "pg/connection.h"
#include "run/json_text.h"
#include "run/quarantine_source.h"

namespace arango2pg::run {
namespace {

std::string unhex(std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string out;
  for (std::size_t i = 2; i + 1 < hex.size(); i += 2)
    out.push_back(static_cast<char>(digit(hex[i]) << 4 | digit(hex[i + 1])));
  return out;
}

bool has_quarantine(pg::Connection& connection) {
  return !connection.exec("SELECT to_regclass('arango2pg.quarantine')").text(0, 0).empty();
}

constexpr std::size_t page_rows = 500;

/// Calls `use(rows)` page by page in id order; columns as in QuarantinedDocument, the document
/// last.
template <class F>
void each_page(pg::Connection& connection, const QuarantineFilter& filter, bool with_documents,
               F&& use) {
  std::string after = "0";
  std::uint64_t left = filter.limit == 0 ? UINT64_MAX : filter.limit;
  while (left > 0) {
    FilterSql sql = filter_sql(filter);
    sql.params.emplace_back(after);
    const auto rows = connection.exec(
        fmt::format("SELECT id, run_id, collection, key, rule, path, message, status::text, "
                    "to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), {} "
                    "FROM arango2pg.quarantine WHERE {} AND id > ${}::bigint ORDER BY id LIMIT {}",
                    with_documents ? "document" : "NULL", sql.where, sql.params.size(),
                    std::min<std::uint64_t>(left, page_rows)),
        sql.params);
    if (rows.empty()) return;
    use(rows);
    after = rows.text(rows.size() - 1, 0);
    left -= rows.size();
  }
}

}  // namespace

std::vector<QuarantinedDocument> list_quarantine(const TargetOptions& target,
                                                 const QuarantineFilter& filter,
                                                 bool with_documents) {
  pg::Connection connection(target.conninfo, "quarantine");
  std::vector<QuarantinedDocument> out;
  if (!has_quarantine(connection)) return out;
  each_page(connection, filter, with_documents, [&](const pg::Rows& rows) {
    for (std::size_t i = 0; i < rows.size(); ++i)
      out.push_back({rows.number(i, 0), rows.number(i, 1), rows.text(i, 2), rows.text(i, 3),
                     rows.text(i, 4), rows.text(i, 5), rows.text(i, 6), rows.text(i, 7),
                     rows.text(i, 8), unhex(rows.text(i, 9))});
  });
  return out;
}

std::string quarantine_text(const std::vector<QuarantinedDocument>& documents) {
  if (documents.empty()) return "no documents are in quarantine\n";
  std::string out;
  for (const auto& d : documents)
    out += fmt::format("{:>6}  run {}  {}/{}  {}  {}{}{}\n", d.id, d.run, d.collection,
                       d.key.empty() ? "?" : d.key, d.rule,
                       d.path.empty() ? "" : "'" + d.path + "': ", d.message,
                       d.status == "open" ? "" : "  (" + d.status + ")");
  return out;
}

std::string quarantine_json(const std::vector<QuarantinedDocument>& documents) {
  std::string list;
  for (const auto& d : documents)
    list += fmt::format(
        R"({}{{"id":{},"run":{},"collection":{},"key":{},"rule":{},"path":{},"message":{},"status":{},"created_at":{}}})",
        list.empty() ? "" : ",", d.id, d.run, json_text(d.collection), json_text(d.key),
        json_text(d.rule), json_text(d.path), json_text(d.message), json_text(d.status),
        json_text(d.created_at));
  return "[" + list + "]";
}

std::uint64_t discard_quarantine(const TargetOptions& target, const QuarantineFilter& filter) {
  pg::Connection connection(target.conninfo, "quarantine");
  if (!has_quarantine(connection)) return 0;
  const FilterSql sql = filter_sql(filter);
  return connection
      .exec("UPDATE arango2pg.quarantine SET status = 'discarded' WHERE " + sql.where, sql.params)
      .affected;
}

std::uint64_t export_quarantine(const TargetOptions& target, const QuarantineFilter& filter,
                                std::FILE* out) {
  pg::Connection connection(target.conninfo, "quarantine");
  std::uint64_t n = 0;
  if (!has_quarantine(connection)) return 0;
  each_page(connection, filter, true, [&](const pg::Rows& rows) {
    for (std::size_t i = 0; i < rows.size(); ++i, ++n) {
      std::string line = unhex(rows.text(i, 9));
      std::replace(line.begin(), line.end(), '\n', ' ');
      line.push_back('\n');
      std::fwrite(line.data(), 1, line.size(), out);
    }
  });
  return n;
}

Summary retry_quarantine(const MigrateOptions& options, const QuarantineFilter& filter,
                         const SignalWatch& signals) {
  QuarantineSource source(options.target, filter);
  MigrateOptions merge = options;
  merge.merge = true;
  Summary summary = migrate_from(source, "quarantine retry", merge, signals);
  if (summary.status == "done") source.mark_retried(summary.run);
  return summary;
}

}  // namespace arango2pg::run
