#include "run/schema.h"

#include <spdlog/fmt/fmt.h>

#include "pg/catalog.h"
#include "pg/ledger.h"
#include "pg/migrations.h"
#include "run/json_text.h"
#include "run/worker.h"

namespace arango2pg::run {
namespace {

const std::string& schema_of(const pg::Pack& pack, const std::string& schema) {
  return schema.empty() ? pack.default_schema : schema;
}

}  // namespace

std::string schema_up(const TargetOptions& target, const std::string& pack_name,
                      const std::string& schema, int to, bool dry_run) {
  const pg::Pack pack = pg::load_pack(pack_name);
  pg::Connection connection(target.conninfo, "schema");
  pg::check_target(connection);
  const pg::Ledger control(target.conninfo,
                           worker_name());  // the history lives in the control schema
  const auto applied = pg::migrate_up(connection, pack, schema_of(pack, schema), to, dry_run);
  std::string out;
  for (const auto& line : applied) out += dry_run ? line + "\n" : fmt::format("applied {}\n", line);
  if (applied.empty()) out = fmt::format("pack '{}': nothing is pending\n", pack.name);
  return out;
}

std::string schema_down(const TargetOptions& target, const std::string& pack_name,
                        const std::string& schema, int to, bool dry_run) {
  const pg::Pack pack = pg::load_pack(pack_name);
  pg::Connection connection(target.conninfo, "schema");
  std::string out;
  for (const auto& line : pg::migrate_down(connection, pack, schema_of(pack, schema), to, dry_run))
    out += dry_run ? line + "\n" : fmt::format("reverted {}\n", line);
  return out;
}

std::string schema_verify(const TargetOptions& target, const std::string& pack_name,
                          const std::string& schema, bool& passed) {
  const pg::Pack pack = pg::load_pack(pack_name);
  pg::Connection connection(target.conninfo, "schema");
  const auto failures = pg::verify_pack(connection, pack, schema_of(pack, schema));
  passed = failures.empty();
  std::string out;
  for (const auto& f : failures) out += fmt::format("{}: {}\n", f.where, f.what);
  return passed ? fmt::format("pack '{}': everything holds\n", pack.name) : out;
}

std::string schema_status(const TargetOptions& target, const std::string& pack_name,
                          const std::string& schema, bool json) {
  const pg::Pack pack = pg::load_pack(pack_name);
  pg::Connection connection(target.conninfo, "schema");
  std::string out;
  for (const auto& s : pg::migration_status(connection, pack, schema_of(pack, schema))) {
    if (json)
      out +=
          fmt::format(R"({}{{"number":{},"name":{},"state":{},"applied_at":{}}})",
                      out.empty() ? "" : ",", s.migration.number, json_text(s.migration.name),
                      json_text(s.state), s.applied_at.empty() ? "null" : json_text(s.applied_at));
    else
      out += fmt::format("{:<40} {:<8} {}\n", s.migration.name, s.state, s.applied_at);
  }
  return json ? "[" + out + "]\n" : out;
}

}  // namespace arango2pg::run
