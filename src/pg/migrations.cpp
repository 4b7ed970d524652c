#include "pg/migrations.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "pg/migrations_internal.h"
#include "pg/sql_split_internal.h"
#include "pg_embedded.h"

namespace arango2pg::pg {
namespace {

using Clock = std::chrono::steady_clock;

/// How long one migration waits for a lock of the application before it lets others through and
/// tries again, and how often.
constexpr const char* lock_wait = "5s";
constexpr int lock_tries = 12;

/// Only one process migrates at a time; held for the whole of migrate_up().
class MigrationLock {
 public:
  explicit MigrationLock(Connection& connection) : connection_(connection) {
    connection_.exec("SELECT pg_catalog.pg_advisory_lock(" + key() + ")");
  }
  ~MigrationLock() {
    try {
      connection_.exec("SELECT pg_catalog.pg_advisory_unlock(" + key() + ")");
    } catch (const Error&) {
      return;  // the connection is gone, and the lock with it
    }
  }
  MigrationLock(const MigrationLock&) = delete;
  MigrationLock& operator=(const MigrationLock&) = delete;

 private:
  static std::string key() { return "pg_catalog.hashtextextended('arango2pg migrations', 0)"; }
  Connection& connection_;
};

struct Recorded {
  int number = 0;
  std::string name, checksum, state, applied_at;
};

std::vector<Recorded> history(Connection& connection, const Pack& pack, const std::string& schema) {
  const Rows there =
      connection.exec("SELECT pg_catalog.to_regclass('arango2pg.migration_history') IS NOT NULL");
  if (!there.is_true(0, 0)) return {};
  const Rows rows = connection.exec(
      "SELECT number, name, checksum, state, date_trunc('second', applied_at)::text "
      "FROM arango2pg.migration_history WHERE pack = $1 AND schema_name = $2 ORDER BY number",
      {pack.name, schema});
  std::vector<Recorded> out;
  for (std::size_t i = 0; i < rows.size(); ++i)
    out.push_back({static_cast<int>(rows.number(i, 0)), rows.text(i, 1), rows.text(i, 2),
                   rows.text(i, 3), rows.text(i, 4)});
  return out;
}

const Recorded* find(const std::vector<Recorded>& recorded, int number) {
  for (const Recorded& r : recorded)
    if (r.number == number) return &r;
  return nullptr;
}

std::string state_of(const Migration& m, const Recorded* r) {
  if (r == nullptr) return "pending";
  if (r->state == "failed" || r->state == "applying") return "failed";
  return r->checksum == m.checksum ? "applied" : "edited";
}

/// Everything about the past that must be settled before anything new is applied.
void check_history(const Pack& pack, const std::vector<Recorded>& recorded) {
  for (const Recorded& r : recorded)
    if (r.number > static_cast<int>(pack.migrations.size()))
      throw Error(
          Exit::usage,
          "migration '" + r.name + "' was applied here, but pack '" + pack.name + "' ends at " +
              std::to_string(pack.migrations.size()),
          "Use the version of the pack (or of this program) that the database was built with, "
          "or a newer one.");
  bool pending = false;
  for (const Migration& m : pack.migrations) {
    const Recorded* r = find(recorded, m.number);
    const std::string state = state_of(m, r);
    if (state == "edited")
      throw Error(
          Exit::usage,
          "migration '" + m.name + "' was changed after it was applied (" + r->applied_at + ")",
          "Put the file back as it was and write the change as a new migration; if the "
          "database has the change already, record it with `arango2pg schema stamp`.");
    if (state == "failed")
      throw Error(Exit::target,
                  "migration '" + m.name +
                      "' is half applied: it runs without a "
                      "transaction and stopped in the middle",
                  "Look at what it left behind, finish or undo that by hand, then record the state "
                  "with `arango2pg schema stamp`.");
    if (state == "pending") pending = true;
    if (state == "applied" && pending)
      throw Error(
          Exit::usage, "migration '" + m.name + "' is applied, but an earlier one is not",
          "Record the earlier ones with `arango2pg schema stamp` if the database has them.");
  }
}

void check_requirements(Connection& connection, const Pack& pack) {
  if (connection.server_version() < pack.postgres_minimum)
    throw Error(Exit::target,
                "schema pack '" + pack.name + "' needs PostgreSQL " +
                    std::to_string(pack.postgres_minimum / 10000) + ", " +
                    connection.description() + " is version " +
                    std::to_string(connection.server_version() / 10000),
                "Upgrade the server or use another pack.");
  for (const std::string& extension : pack.extensions) {
    const Rows there =
        connection.exec("SELECT FROM pg_catalog.pg_extension WHERE extname = $1", {extension});
    if (!there.empty()) continue;
    try {
      connection.exec("CREATE EXTENSION IF NOT EXISTS " + quote(extension) + " WITH SCHEMA public");
    } catch (const Error& e) {
      throw Error(
          Exit::target,
          "schema pack '" + pack.name + "' needs extension '" + extension + "': " + e.what(),
          "Install it on the server, or let a superuser run CREATE EXTENSION in the database.",
          e.retryable());
    }
  }
}

std::string search_path(const std::string& schema) {
  return schema == "public" ? quote(schema) : quote(schema) + ", public";
}

/// Runs a section statement by statement, so that a failure can name its line.
void run_section(Connection& connection, const Migration& m, const std::string& section) {
  for (const Statement& s : split_statements(section)) {
    try {
      connection.exec(s.text);
    } catch (const Error& e) {
      const int line = s.line + std::max(connection.last_error_line() - 1, 0);
      throw Error(Exit::target,
                  "migration '" + m.name + "' failed at " + m.file + ":" + std::to_string(line) +
                      ": " + e.what(),
                  e.hint(), e.retryable());
    }
  }
}

void refuse_transaction_control(const Migration& m) {
  for (const Statement& s : split_statements(m.up)) {
    const std::string word = first_word(s.text);
    for (const char* control :
         {"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE"})
      if (word == control)
        throw Error(Exit::usage,
                    m.file + ":" + std::to_string(s.line) + ": '" + word +
                        "' in a migration that runs in a transaction",
                    "Leave it out: the engine begins and commits. Or mark the file with "
                    "`-- migrate:no-transaction`.");
  }
}

const char* record_sql =
    "INSERT INTO arango2pg.migration_history "
    "(pack, schema_name, number, name, checksum, state, seconds) "
    "VALUES ($1, $2, $3::integer, $4, $5, $6, $7::numeric)";

std::string seconds_since(Clock::time_point start) {
  return std::to_string(std::chrono::duration<double>(Clock::now() - start).count());
}

void apply_in_transaction(Connection& connection, const Pack& pack, const std::string& schema,
                          const Migration& m) {
  refuse_transaction_control(m);
  for (int attempt = 1;; ++attempt) {
    const auto start = Clock::now();
    try {
      Transaction transaction(connection);
      connection.exec("SET LOCAL search_path = " + search_path(schema));
      connection.exec("SET LOCAL lock_timeout = " + quote_literal(lock_wait));
      run_section(connection, m, m.up);
      connection.exec(record_sql, {pack.name, schema, std::to_string(m.number), m.name, m.checksum,
                                   "applied", seconds_since(start)});
      transaction.commit();
      return;
    } catch (const Error&) {
      // Waiting for a lock holds up everybody who queues behind us: step back, then try again.
      if (connection.last_sqlstate() != "55P03" || attempt == lock_tries) throw;
    }
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

void apply_piece_by_piece(Connection& connection, const Pack& pack, const std::string& schema,
                          const Migration& m) {
  const auto start = Clock::now();
  connection.exec(record_sql, {pack.name, schema, std::to_string(m.number), m.name, m.checksum,
                               "applying", std::nullopt});
  const char* update =
      "UPDATE arango2pg.migration_history SET state = $4, message = $5, seconds = $6::numeric "
      "WHERE pack = $1 AND schema_name = $2 AND number = $3::integer";
  const Rows before = connection.exec("SHOW search_path");
  connection.exec("SET search_path = " + search_path(schema));
  try {
    run_section(connection, m, m.up);
  } catch (const Error& e) {
    const std::string reason = e.what();
    if (!e.retryable() || connection.last_sqlstate().substr(0, 2) != "08") {
      connection.exec("ROLLBACK");  // in case a statement of the file opened a transaction
      connection.exec("SET search_path = " + before.text(0, 0));
      connection.exec(update, {pack.name, schema, std::to_string(m.number), "failed", reason,
                               seconds_since(start)});
    }
    throw;
  }
  connection.exec("SET search_path = " + before.text(0, 0));
  connection.exec(update, {pack.name, schema, std::to_string(m.number), "applied", std::nullopt,
                           seconds_since(start)});
}

void create_schema(Connection& connection, const std::string& schema) {
  const Rows there =
      connection.exec("SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1", {schema});
  if (there.empty()) connection.exec("CREATE SCHEMA IF NOT EXISTS " + quote(schema));
}

}  // namespace

std::vector<std::string> migrate_up(Connection& connection, const Pack& pack,
                                    const std::string& schema, int to, bool dry_run) {
  const int last = to == 0 ? static_cast<int>(pack.migrations.size()) : to;
  if (last < 0 || last > static_cast<int>(pack.migrations.size()))
    throw Error(Exit::usage, "schema pack '" + pack.name + "' has no migration " +
                                 std::to_string(to) + ", the last one is " +
                                 std::to_string(pack.migrations.size()));
  std::vector<std::string> done;
  std::optional<MigrationLock> lock;
  if (!dry_run) {
    lock.emplace(connection);
    connection.script(std::string(sql::embedded("migration_history.sql")));
  }
  const auto recorded = history(connection, pack, schema);
  check_history(pack, recorded);
  bool ready = dry_run;
  for (const Migration& m : pack.migrations) {
    if (m.number > last || find(recorded, m.number) != nullptr) continue;
    if (!ready) {
      check_requirements(connection, pack);
      create_schema(connection, schema);
      ready = true;
    }
    if (dry_run) {
      done.push_back(m.up.substr(m.up.find_first_not_of('\n')));
      continue;
    }
    if (m.transaction)
      apply_in_transaction(connection, pack, schema, m);
    else
      apply_piece_by_piece(connection, pack, schema, m);
    done.push_back(m.name);
  }
  return done;
}

std::vector<std::string> migrate_down(Connection& connection, const Pack& pack,
                                      const std::string& schema, int to, bool dry_run) {
  std::optional<MigrationLock> lock;
  if (!dry_run) lock.emplace(connection);
  const auto recorded = history(connection, pack, schema);
  check_history(pack, recorded);
  std::vector<const Migration*> going;
  for (auto m = pack.migrations.rbegin(); m != pack.migrations.rend(); ++m)
    if (m->number > to && find(recorded, m->number) != nullptr) going.push_back(&*m);
  for (const Migration* m : going)
    if (m->down.empty())
      throw Error(Exit::usage, "migration '" + m->name + "' can't be reversed: " + m->file +
                                   " has no section '-- migrate:down'");
  std::vector<std::string> done;
  for (const Migration* m : going) {
    done.push_back(dry_run ? m->down.substr(m->down.find_first_not_of('\n')) : m->name);
    if (dry_run) continue;
    const std::vector<Param> key = {pack.name, schema, std::to_string(m->number)};
    const char* forget =
        "DELETE FROM arango2pg.migration_history WHERE pack = $1 AND schema_name = $2 AND number = "
        "$3::integer";
    if (m->transaction) {
      Transaction transaction(connection);
      connection.exec("SET LOCAL search_path = " + search_path(schema));
      connection.exec("SET LOCAL lock_timeout = " + quote_literal(lock_wait));
      run_section(connection, *m, m->down);
      connection.exec(forget, key);
      transaction.commit();
    } else {
      connection.exec("SET search_path = " + search_path(schema));
      run_section(connection, *m, m->down);
      connection.exec(forget, key);
    }
  }
  return done;
}

std::vector<VerifyFailure> verify_pack(Connection& connection, const Pack& pack,
                                       const std::string& schema) {
  const auto recorded = history(connection, pack, schema);
  std::vector<VerifyFailure> out;
  for (const Migration& m : pack.migrations) {
    if (find(recorded, m.number) == nullptr) continue;
    const Transaction never_committed(connection);
    connection.exec("SET LOCAL search_path = " + search_path(schema));
    for (const Statement& s : split_statements(m.verify)) {
      const std::string where = m.file + ":" + std::to_string(s.line);
      connection.exec("SAVEPOINT verify");
      try {
        const Rows rows = connection.exec(s.text);
        if (!rows.columns.empty() && rows.empty()) out.push_back({where, "returned no row"});
        for (std::size_t i = 0; i < rows.size(); ++i)
          if (!rows.is_true(i, 0)) {
            out.push_back({where, rows.columns.size() > 1 ? rows.text(i, 1) : "is not true"});
            break;
          }
        connection.exec("RELEASE SAVEPOINT verify");
      } catch (const Error& e) {
        out.push_back({where, e.what()});
        connection.exec("ROLLBACK TO SAVEPOINT verify");
      }
    }
  }
  return out;
}

std::vector<MigrationStatus> migration_status(Connection& connection, const Pack& pack,
                                              const std::string& schema) {
  const auto recorded = history(connection, pack, schema);
  std::vector<MigrationStatus> out;
  for (const Migration& m : pack.migrations) {
    const Recorded* r = find(recorded, m.number);
    out.push_back({m, state_of(m, r), r == nullptr ? std::string() : r->applied_at});
  }
  return out;
}

Pack control_pack() {
  Pack pack;
  pack.name = "arango2pg";
  pack.description = "the tool's own state";
  pack.default_schema = "arango2pg";
  for (const std::string_view file : sql::embedded_names())
    if (file[0] >= '0' && file[0] <= '9')
      pack.migrations.push_back(parse_migration(file, sql::embedded(file)));
  order_migrations(pack);
  return pack;
}

void ensure_control_schema(Connection& connection) {
  const Pack pack = control_pack();
  const auto recorded = history(connection, pack, pack.default_schema);
  if (recorded.size() > pack.migrations.size())
    throw Error(
        Exit::target,
        "the control schema in " + connection.description() + " was made by a newer arango2pg",
        "Use that version of the program, or a newer one.");
  const bool complete =
      recorded.size() == pack.migrations.size() &&
      std::all_of(pack.migrations.begin(), pack.migrations.end(), [&](const Migration& m) {
        return state_of(m, find(recorded, m.number)) == "applied";
      });
  if (!complete) migrate_up(connection, pack, pack.default_schema);
}

}  // namespace arango2pg::pg
