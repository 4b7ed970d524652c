#include "run/schema.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/units.h"
#include "pg/catalog.h"
#include "run/json_text.h"

namespace arango2pg::run {
namespace {

/// What every command of the group begins with.
struct Opened {
  explicit Opened(const SchemaOptions& options)
      : pack(pg::load_pack(options.pack)),
        schema(options.schema.empty() ? pack.default_schema : options.schema),
        connection(options.target.conninfo, "schema " + pack.name) {}

  [[nodiscard]] std::string where() const {
    return fmt::format("pack '{}' in schema '{}'", pack.name, schema);
  }

  pg::Pack pack;
  std::string schema;
  pg::Connection connection;
};

pg::Goal goal_of(const SchemaOptions& options) {
  if (options.to && options.steps)
    throw Error(Exit::usage, "both --to and a number of steps",
                "Say how far by one of them: `--to 3` is the migration 003, `3` are three steps.");
  if (options.steps && *options.steps < 1)
    throw Error(Exit::usage, fmt::format("cannot go {} steps", *options.steps),
                "Give a number from 1 on, or --to.");
  return options.steps ? pg::Goal::by(*options.steps) : pg::Goal(options.to.value_or(0));
}

pg::MigrationControl control_of(const SchemaOptions& options, const SignalWatch& signals,
                                const Say& say, const char* verb) {
  return {options.target.conninfo, options.patience, signals.token(),
          [&say, verb](const pg::Migration& m, std::chrono::milliseconds took) {
            say(fmt::format("{} {} in {}\n", verb, m.name, format_duration(took)));
          }};
}

bool stands(const pg::MigrationStatus& s) {
  return s.state == "applied" || s.state == "stamped" || s.state == "edited";
}

std::string counted(const std::vector<pg::MigrationStatus>& all) {
  const auto applied = std::count_if(all.begin(), all.end(), stands);
  return fmt::format("{} of {} applied", applied, all.size());
}

std::string took(const std::string& seconds) {
  return format_duration(
      std::chrono::milliseconds(static_cast<std::int64_t>(std::stod(seconds) * 1000)));
}

std::string lost_tables(const pg::Loss& loss) {
  std::string out;
  for (const auto& t : loss.tables)
    out += fmt::format("{}{} ({})", out.empty() ? ": drops " : ", ", t.table,
                       t.rows == 0 && !t.estimated
                           ? "empty"
                           : fmt::format("{}{} rows", t.estimated ? "about " : "",
                                         format_count(static_cast<std::uint64_t>(t.rows))));
  return out;
}

}  // namespace

void schema_up(const SchemaOptions& options, const SignalWatch& signals, const Say& say) {
  const pg::Goal goal = goal_of(options);
  Opened o(options);
  if (options.dry_run) return say(pg::up_sql(o.connection, o.pack, o.schema, goal));
  pg::check_target(o.connection);
  const auto applied = pg::migrate_up(o.connection, o.pack, o.schema, goal,
                                      control_of(options, signals, say, "applied"));
  const auto all = pg::migration_status(o.connection, o.pack, o.schema);
  say(fmt::format("{}: {}{}\n", o.where(), applied.empty() ? "nothing to do, " : "", counted(all)));
}

void schema_down(const SchemaOptions& options, const SignalWatch& signals, const Say& say) {
  const pg::Goal goal = options.to || options.steps ? goal_of(options) : pg::Goal::by(1);
  Opened o(options);
  if (options.dry_run) return say(pg::down_sql(o.connection, o.pack, o.schema, goal));
  if (!options.yes) {
    const auto losses = pg::what_down_loses(o.connection, o.pack, o.schema, goal);
    for (const pg::Loss& loss : losses)
      say(fmt::format("would revert {}{}\n", loss.migration, lost_tables(loss)));
    if (!losses.empty())
      throw Error(Exit::usage,
                  fmt::format("{}: {} would be reverted; what {} would be lost", o.where(),
                              losses.size() == 1 ? "1 migration"
                                                 : fmt::format("{} migrations", losses.size()),
                              losses.size() == 1 ? "it holds" : "they hold"),
                  "Say --yes to do it; --dry-run prints the SQL.");
  }
  const auto reverted = pg::migrate_down(o.connection, o.pack, o.schema, goal,
                                         control_of(options, signals, say, "reverted"));
  const auto all = pg::migration_status(o.connection, o.pack, o.schema);
  say(fmt::format("{}: {}{}\n", o.where(), reverted.empty() ? "nothing to do, " : "",
                  counted(all)));
}

void schema_stamp(const SchemaOptions& options, const SignalWatch& signals, const Say& say) {
  if (!options.to)
    throw Error(Exit::usage, "stamp needs --to",
                "Name the last migration that the database has already, as in --to 3.");
  Opened o(options);
  pg::check_target(o.connection);
  const auto changes = pg::stamp(o.connection, o.pack, o.schema, *options.to, options.yes,
                                 control_of(options, signals, say, "stamped"));
  for (const std::string& change : changes) say(change + "\n");
  say(fmt::format("{}: {}{}; see with `schema verify` whether the database agrees\n", o.where(),
                  changes.empty() ? "nothing to do, " : "",
                  counted(pg::migration_status(o.connection, o.pack, o.schema))));
}

bool schema_verify(const SchemaOptions& options, const Say& say) {
  Opened o(options);
  const auto failures = pg::verify_pack(o.connection, o.pack, o.schema);
  const auto all = pg::migration_status(o.connection, o.pack, o.schema);
  if (options.json) {
    std::string list;
    for (const auto& f : failures)
      list += fmt::format(R"({}{{"where":{},"what":{}}})", list.empty() ? "" : ",",
                          json_text(f.where), json_text(f.what));
    say(fmt::format(R"({{"pack":{},"schema":{},"passed":{},"failures":[{}]}})"
                    "\n",
                    json_text(o.pack.name), json_text(o.schema), failures.empty(), list));
    return failures.empty();
  }
  for (const auto& f : failures) say(fmt::format("FAIL {}: {}\n", f.where, f.what));
  for (const auto& s : all)
    if (stands(s) && s.migration.verify.empty())
      say(fmt::format("note {} has no section '-- migrate:verify'\n", s.migration.file));
  say(fmt::format("{}: {}, {}\n", o.where(), counted(all),
                  failures.empty() ? "everything holds"
                                   : fmt::format("{} {} found", failures.size(),
                                                 failures.size() == 1 ? "problem" : "problems")));
  return failures.empty();
}

namespace {

std::string json_or_null(const std::string& text) {
  return text.empty() ? "null" : json_text(text);
}

std::string status_json(const Opened& o, const std::vector<pg::MigrationStatus>& all) {
  std::string list;
  for (const auto& s : all)
    list += fmt::format(
        R"({}{{"number":{},"name":{},"state":{},"applied_at":{},"applied_by":{},"seconds":{},"message":{},"file":{}}})",
        list.empty() ? "" : ",", s.migration.number, json_text(s.migration.name),
        json_text(s.state), json_or_null(s.applied_at), json_or_null(s.applied_by),
        s.seconds.empty() ? "null" : s.seconds, json_or_null(s.message),
        json_or_null(s.migration.file));
  return fmt::format(
      R"({{"pack":{},"schema":{},"applied":{},"pending":{},"migrations":[{}]}})"
      "\n",
      json_text(o.pack.name), json_text(o.schema), std::count_if(all.begin(), all.end(), stands),
      std::count_if(all.begin(), all.end(), [](const auto& s) { return s.state == "pending"; }),
      list);
}

}  // namespace

void schema_status(const SchemaOptions& options, const Say& say) {
  Opened o(options);
  const auto all = pg::migration_status(o.connection, o.pack, o.schema);
  if (options.json) return say(status_json(o, all));
  std::size_t widest = 0;
  for (const auto& s : all) widest = std::max(widest, s.migration.name.size());
  say(fmt::format("{}: {}\n", o.where(), counted(all)));
  for (const auto& s : all) {
    std::string line = fmt::format("  {:<{}}  {}", s.migration.name, widest, s.state);
    if (!s.applied_at.empty())
      line =
          fmt::format("  {:<{}}  {:<13}  {}  {}{}", s.migration.name, widest, s.state, s.applied_at,
                      s.applied_by, s.seconds.empty() ? std::string() : "  " + took(s.seconds));
    if (!s.message.empty()) line += "\n      " + s.message;
    say(line + "\n");
  }
}

void schema_new(const std::string& pack, const std::string& name,
                const pg::TemplateOptions& options, const Say& say) {
  for (const std::string& file : pg::new_migration(pack, name, options))
    say(fmt::format("wrote {}\n", file));
}

}  // namespace arango2pg::run
