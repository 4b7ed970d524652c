// What `schema verify` asks: do the verify sections hold, and do files and history agree?
#include "base/error.h"
#include "pg/migrations_history_internal.h"
#include "pg/migrations_needs_internal.h"

namespace arango2pg::pg {
namespace {

/// Empty if the result says yes: at least one row, and true in the first column of each.
std::string judged(const Rows& rows) {
  if (rows.columns.empty()) return {};  // a statement without a result did not raise
  if (rows.empty()) return "returned no row (it must return true)";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows.is_true(i, 0)) continue;
    const std::string row = rows.size() > 1 ? "row " + std::to_string(i + 1) + " " : std::string();
    const std::string detail =
        rows.columns.size() > 1 && rows[i][1] ? ": " + *rows[i][1] : std::string();
    const auto& value = rows[i][0];
    if (value && *value != "f") return row + "returned no boolean in its first column" + detail;
    return row + "is " + (value ? "false" : "NULL") + detail;
  }
  return {};
}

void verify_section(Connection& connection, const Pack& pack, const std::string& schema,
                    const Migration& m, std::vector<VerifyFailure>& failures) {
  const Transaction never_committed(connection);
  connection.exec("SET LOCAL search_path = " + search_path(connection, pack, schema));
  for (const Step& step : steps_of(m.verify)) {
    connection.exec("SAVEPOINT one_check");
    std::string what;
    int line = step.line;
    try {
      what = judged(connection.exec(step.sql));
      connection.exec("RELEASE SAVEPOINT one_check");
    } catch (const Error& e) {
      const std::string code = connection.last_sqlstate();
      if (code.substr(0, 2) == "08") throw;
      line += std::max(connection.last_error_line() - 1, 0);
      what = std::string(e.what()) + " (SQLSTATE " + code + ")";
      connection.exec("ROLLBACK TO SAVEPOINT one_check");
    }
    if (!what.empty()) failures.push_back({m.file + ":" + std::to_string(line), what});
  }
}

/// What the history has against a migration; empty if nothing.
std::string drift(const MigrationStatus& s) {
  if (s.state == "edited")
    return "was changed after it was applied (" + s.applied_at + " by " + s.applied_by + ")";
  if (s.state == "vanished") return "was applied (" + s.applied_at + "), but its file is gone";
  if (s.state == "failed") return "failed: " + s.message;
  if (s.state == "half-applied" || s.state == "half-reverted")
    return "is " + s.state.substr(0, 4) + " " + s.state.substr(5) + ": " + s.message;
  return {};
}

}  // namespace

std::vector<VerifyFailure> verify_pack(Connection& connection, const Pack& pack,
                                       const std::string& schema) {
  std::vector<VerifyFailure> failures;
  bool any = false, gap = false;
  for (const MigrationStatus& s : migration_status(connection, pack, schema)) {
    const std::string problem = drift(s);
    if (!problem.empty())
      failures.push_back({s.migration.file.empty() ? s.migration.name : s.migration.file, problem});
    const bool applied = s.state == "applied" || s.state == "stamped" || s.state == "edited";
    if (s.state == "pending") gap = true;
    if (applied && gap)
      failures.push_back({s.migration.file, "is applied, but an earlier one is not recorded"});
    if (!applied) continue;
    any = true;
    verify_section(connection, pack, schema, s.migration, failures);
  }
  if (!any && failures.empty())
    failures.push_back(
        {"pack '" + pack.name + "'",
         "nothing of it is applied in schema '" + schema + "' of " + connection.description()});
  return failures;
}

}  // namespace arango2pg::pg
