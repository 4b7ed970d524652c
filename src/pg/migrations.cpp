#include "pg/migrations.h"

#include <algorithm>

#include "base/log.h"
#include "pg/migrations_history_internal.h"
#include "pg/migrations_needs_internal.h"
#include "pg/migrations_run_internal.h"
#include "pg/migrations_wait_internal.h"
#include "pg/sql_lexer_internal.h"
#include "pg_embedded.h"

namespace arango2pg::pg {
namespace {

bool counts(const Recorded* r) { return r != nullptr && !r->left_nothing(); }

/// Number of the last migration that is applied, or half.
int height(const std::vector<Recorded>& recorded) {
  int top = 0;
  for (const Recorded& r : recorded)
    if (counts(&r)) top = std::max(top, r.number);
  return top;
}

/// The last number that is to be applied.
int last_of_up(const Pack& pack, const std::vector<Recorded>& recorded, const Goal& goal) {
  const int size = static_cast<int>(pack.migrations.size());
  if (goal.steps) {
    // One that is half applied is finished first, as one of the steps.
    int settled = 0;
    for (const Recorded& r : recorded)
      if (r.stands()) settled = std::max(settled, r.number);
    return std::min(size, settled + *goal.steps);
  }
  if (goal.number < 0 || goal.number > size)
    throw Error(Exit::usage,
                "schema pack '" + pack.name + "' has no migration " + std::to_string(goal.number) +
                    ", the last one is " + std::to_string(size),
                "Give --to a number from 1 to " + std::to_string(size) + ".");
  return goal.number == 0 ? size : goal.number;
}

/// The last number that is to be kept.
int last_kept(const Pack& pack, const std::vector<Recorded>& recorded, const Goal& goal) {
  const int top = height(recorded);
  if (goal.steps) return std::max(0, top - *goal.steps);
  if (goal.number < 0 || goal.number > top)
    throw Error(Exit::usage,
                "cannot go down to " + std::to_string(goal.number) + ": pack '" + pack.name +
                    "' is at " + std::to_string(top),
                "Give --to a number from 0 to " + std::to_string(top) + ", the last one to keep.");
  return goal.number;
}

std::vector<const Migration*> pending(const Pack& pack, const std::vector<Recorded>& recorded,
                                      const Goal& goal) {
  const int last = last_of_up(pack, recorded, goal);
  std::vector<const Migration*> out;
  for (const Migration& m : pack.migrations) {
    const Recorded* r = find(recorded, m.number);
    if (m.number <= last && (r == nullptr || !r->stands())) out.push_back(&m);
  }
  return out;
}

/// Recorded ones above what is kept, newest first.
std::vector<Recorded> going(const std::vector<Recorded>& recorded, int keep) {
  std::vector<Recorded> out;
  for (auto r = recorded.rbegin(); r != recorded.rend() && r->number > keep; ++r) out.push_back(*r);
  return out;
}

/// The control schema changes with the program only.
void refuse_control_pack(const Pack& pack, const char* what) {
  if (pack.name == control_name)
    throw Error(
        Exit::usage,
        std::string("pack '") + control_name + "' is the tool's own state: it can't be " + what,
        "The tool creates and upgrades it by itself. To remove it with all runs and their "
        "history: DROP SCHEMA arango2pg CASCADE.");
}

const Migration& file_of(const Pack& pack, int number) {
  return pack.migrations.at(static_cast<std::size_t>(number - 1));
}

/// A section as psql could run it. `r`: what is recorded of it, null for nothing.
std::string printed(const Migration& m, const std::string& section, const std::string& path,
                    const Recorded* r) {
  std::string body = section.substr(std::min(section.find_first_not_of('\n'), section.size()));
  while (!body.empty() && (body.back() == '\n' || body.back() == ' ')) body.pop_back();
  std::string out = "-- " + m.name + " (" + m.file + ")\n";
  if (m.transaction)
    return out + "BEGIN;\nSET LOCAL search_path = " + path + ";\n" + body + "\nCOMMIT;\n";
  if (r != nullptr && r->step.value_or(0) > 0 && !r->stands())
    out += "-- half done: goes on behind statement " + std::to_string(*r->step) + "\n";
  return out +
         "-- each statement in a transaction of its own; behind migrate:batches, one for each "
         "batch\nSET search_path = " +
         path + ";\n" + body + "\n";
}

std::string first_line(const Pack& pack, const std::string& schema, const char* what) {
  return "-- pack " + pack.name + " in schema " + schema + ": what `" + what +
         "` would run; the history is not written here\n";
}

/// Tables named by the DROP TABLE statements of a section.
std::vector<std::string> dropped_tables(const std::string& section) {
  std::vector<std::string> out;
  for (const Step& step : steps_of(section)) {
    const auto all = tokens(step.sql);
    if (all.size() < 3 || !is_word(all[0], "DROP") || !is_word(all[1], "TABLE")) continue;
    std::size_t i = is_word(all[2], "IF") ? 4 : 2;
    std::string name;
    for (; i < all.size() && !is_word(all[i], "CASCADE") && !is_word(all[i], "RESTRICT"); ++i) {
      if (all[i].text == ",") {
        out.push_back(name);
        name.clear();
      } else {
        name += all[i].text;
      }
    }
    if (!name.empty()) out.push_back(name);
  }
  return out;
}

/// Counts what is quickly counted, else asks the statistics.
std::optional<Loss::Dropped> rows_of(Connection& connection, const std::string& written) {
  constexpr std::int64_t quick = 100'000;
  const Rows found = connection.exec(
      "SELECT c.oid::regclass::text, greatest(c.reltuples, 0)::bigint, "
      "pg_catalog.has_table_privilege(c.oid, 'SELECT') "
      "FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass($1)",
      {written});
  if (found.empty()) return std::nullopt;
  Loss::Dropped dropped{found.text(0, 0), found.number(0, 1), true};
  if (!found.is_true(0, 2)) return dropped;
  const Rows counted = connection.exec("SELECT count(*) FROM (SELECT FROM " + dropped.table +
                                       " LIMIT " + std::to_string(quick + 1) + ") counted");
  if (counted.number(0, 0) <= quick) {
    dropped.rows = counted.number(0, 0);
    dropped.estimated = false;
  } else {
    dropped.rows = std::max(dropped.rows, counted.number(0, 0));
  }
  return dropped;
}

}  // namespace

std::vector<std::string> migrate_up(Connection& connection, const Pack& pack,
                                    const std::string& schema, Goal goal,
                                    const MigrationControl& control) {
  if (goal.steps && *goal.steps < 1) throw Error(Exit::usage, "'up' goes by at least one step");
  const MigrationLock lock(connection, control);
  if (pack.name == control_name)
    connection.script(std::string(sql::embedded("migration_history.sql")));
  else
    ensure_control_schema(connection);
  const auto recorded = History(connection, pack, schema).read();
  check_before_up(pack, recorded);
  const auto todo = pending(pack, recorded, goal);
  Surroundings surroundings;
  if (!todo.empty()) surroundings = check_needs(connection, pack, schema);
  MigrationRun run(connection, pack, schema, control);
  std::vector<std::string> done;
  for (const Migration* m : todo) {
    run.apply(*m, find(recorded, m->number), surroundings);
    surroundings = {};
    done.push_back(m->name);
  }
  return done;
}

std::vector<std::string> migrate_down(Connection& connection, const Pack& pack,
                                      const std::string& schema, Goal goal,
                                      const MigrationControl& control) {
  refuse_control_pack(pack, "taken down");
  if (goal.steps && *goal.steps < 1) throw Error(Exit::usage, "'down' goes by at least one step");
  const MigrationLock lock(connection, control);
  const auto before = History(connection, pack, schema).read();
  const int keep = last_kept(pack, before, goal);
  check_before_down(pack, before, keep);
  if (!before.empty()) ensure_control_schema(connection);
  MigrationRun run(connection, pack, schema, control);
  std::vector<std::string> done;
  for (const Recorded& r : going(before, keep)) {
    if (r.number > static_cast<int>(pack.migrations.size())) {
      History(connection, pack, schema).forget(r.number);  // failed, and its file is gone
      continue;
    }
    run.revert(file_of(pack, r.number), r);
    if (counts(&r)) done.push_back(r.name);
  }
  return done;
}

std::string up_sql(Connection& connection, const Pack& pack, const std::string& schema, Goal goal) {
  const auto recorded = History(connection, pack, schema).read();
  check_before_up(pack, recorded);
  const std::string path = search_path(connection, pack, schema);
  std::string out = first_line(pack, schema, "schema up");
  const auto todo = pending(pack, recorded, goal);
  if (todo.empty()) return out + "-- nothing is pending\n";
  const Rows there =
      connection.exec("SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1", {schema});
  if (there.empty()) out += "CREATE SCHEMA " + quote(schema) + ";\n";
  for (const std::string& extension : pack.extensions)
    out += "CREATE EXTENSION IF NOT EXISTS " + quote(extension) + ";\n";
  for (const Migration* m : todo) out += "\n" + printed(*m, m->up, path, find(recorded, m->number));
  return out;
}

std::string down_sql(Connection& connection, const Pack& pack, const std::string& schema,
                     Goal goal) {
  refuse_control_pack(pack, "taken down");
  const auto recorded = History(connection, pack, schema).read();
  const int keep = last_kept(pack, recorded, goal);
  check_before_down(pack, recorded, keep);
  const std::string path = search_path(connection, pack, schema);
  std::string out = first_line(pack, schema, "schema down");
  for (const Recorded& r : going(recorded, keep)) {
    if (!counts(&r)) continue;
    out += "\n" + printed(file_of(pack, r.number), file_of(pack, r.number).down, path,
                          r.state == "reverting" ? &r : nullptr);
    for (const std::string& extension : r.extensions)
      out += "DROP EXTENSION IF EXISTS " + quote(extension) + ";\n";
    if (r.schema_created) out += "DROP SCHEMA " + quote(schema) + ";\n";
  }
  return out;
}

std::vector<Loss> what_down_loses(Connection& connection, const Pack& pack,
                                  const std::string& schema, Goal goal) {
  refuse_control_pack(pack, "taken down");
  const auto recorded = History(connection, pack, schema).read();
  const int keep = last_kept(pack, recorded, goal);
  check_before_down(pack, recorded, keep);
  const Transaction never_committed(connection);
  connection.exec("SET LOCAL search_path = " + search_path(connection, pack, schema));
  std::vector<Loss> out;
  for (const Recorded& r : going(recorded, keep)) {
    if (!counts(&r)) continue;
    Loss loss{r.name, {}};
    for (const std::string& table : dropped_tables(file_of(pack, r.number).down))
      if (auto dropped = rows_of(connection, table)) loss.tables.push_back(std::move(*dropped));
    out.push_back(std::move(loss));
  }
  return out;
}

std::vector<std::string> stamp(Connection& connection, const Pack& pack, const std::string& schema,
                               int to, bool forget, const MigrationControl& control) {
  refuse_control_pack(pack, "stamped");
  const int size = static_cast<int>(pack.migrations.size());
  if (to < 0 || to > size)
    throw Error(Exit::usage,
                "schema pack '" + pack.name + "' has no migration " + std::to_string(to) +
                    ", the last one is " + std::to_string(size),
                "Give --to a number from 0 to " + std::to_string(size) + ".");
  const MigrationLock lock(connection, control);
  ensure_control_schema(connection);
  History history(connection, pack, schema);
  const auto recorded = history.read();
  const auto lost = going(recorded, to);
  std::string names;
  for (const Recorded& r : lost)
    if (r.stands()) names += (names.empty() ? "" : ", ") + r.name;
  if (!names.empty() && !forget)
    throw Error(Exit::usage, "stamp would forget that these are applied: " + names,
                "To revert them, use `arango2pg schema down`. If they were undone by hand, say "
                "--yes.");
  std::vector<std::string> out;
  Transaction transaction(connection);
  connection.exec("SET LOCAL arango2pg.forgotten_by = 'stamp'");
  for (const Migration& m : pack.migrations) {
    if (m.number > to) break;
    const Recorded* r = find(recorded, m.number);
    if (r != nullptr && r->stands() && r->checksum == m.checksum && r->name == m.name) continue;
    history.stamped(m);
    out.push_back("stamped " + m.name);
  }
  for (const Recorded& r : lost) {
    history.forget(r.number);
    out.push_back("forgot " + r.name);
  }
  transaction.commit();
  return out;
}

std::vector<MigrationStatus> migration_status(Connection& connection, const Pack& pack,
                                              const std::string& schema) {
  const auto recorded = History(connection, pack, schema).read();
  std::vector<MigrationStatus> out;
  const auto add = [&](const Migration* m, const Recorded* r) {
    MigrationStatus s;
    if (m != nullptr) s.migration = *m;
    s.state = state_of(m, r);
    if (r != nullptr) {
      if (m == nullptr) {
        s.migration.number = r->number;
        s.migration.name = r->name;
      }
      s.applied_at = r->applied_at;
      s.applied_by = r->applied_by;
      s.seconds = r->seconds;
      s.message = r->message;
      if (s.state.rfind("half-", 0) == 0 && r->step)
        s.message =
            std::to_string(*r->step) + " of " +
            std::to_string(
                steps_of(s.state == "half-applied" ? s.migration.up : s.migration.down).size()) +
            " statements done" + (r->message.empty() ? "" : ": " + r->message);
      if (m != nullptr && r->stands() && r->name != m->name)
        s.message = "applied as '" + r->name + "'";
    }
    out.push_back(std::move(s));
  };
  for (const Migration& m : pack.migrations) add(&m, find(recorded, m.number));
  for (const Recorded& r : recorded)
    if (r.number > static_cast<int>(pack.migrations.size())) add(nullptr, &r);
  return out;
}

Pack control_pack() {
  Pack pack;
  pack.name = control_name;
  pack.description = "the tool's own state";
  pack.default_schema = control_name;
  for (const std::string_view file : sql::embedded_names())
    if (file[0] >= '0' && file[0] <= '9')
      pack.migrations.push_back(parse_migration(file, sql::embedded(file)));
  order_migrations(pack);
  return pack;
}

void ensure_control_schema(Connection& connection) {
  const Pack pack = control_pack();
  const auto recorded = History(connection, pack, pack.default_schema).read();
  if (recorded.size() > pack.migrations.size())
    throw Error(
        Exit::target,
        "the control schema in " + connection.description() + " was made by a newer arango2pg",
        "Use that version of the program, or a newer one.");
  const bool complete =
      recorded.size() == pack.migrations.size() &&
      std::all_of(pack.migrations.begin(), pack.migrations.end(), [&](const Migration& m) {
        return state_of(&m, find(recorded, m.number)) == "applied";
      });
  if (!complete) migrate_up(connection, pack, pack.default_schema);
}

}  // namespace arango2pg::pg
