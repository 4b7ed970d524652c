#include "pg/probe.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <optional>
#include <set>

#include "doc/subset.h"
#include "pg/copy_session_internal.h"
#include "pg/inspect.h"
#include "pg/load_rows_internal.h"
#include "pg/probe_measure_internal.h"
#include "pg/sqlstate_internal.h"
#include "pg/text_internal.h"

namespace arango2pg::pg {
namespace {

using Clock = std::chrono::steady_clock;

/// Of one transaction so much goes into the sample: it should see more than the beginning.
constexpr std::uint64_t sample_piece = 4U << 20;

/// In place of a merge. The two numbers are what RowLoader reads of one: nothing counts as updated.
constexpr const char* no_keys = "SELECT 0, 0";

/// A temporary table's name; `what` keeps the kinds apart.
TableName temporary(const std::string& what, std::size_t number) {
  return {"pg_temp", "arango2pg " + what + " " + std::to_string(number)};
}

/// What stands for one real table during the probe.
struct Stand {
  TableName real;
  TableName base;    ///< the real table, or a temporary one like the one to be created
  TableName keys;    ///< temporary: unique and foreign keys, the columns they need
  TableName sample;  ///< temporary: all columns of some rows
  TableInfo info;
  std::vector<std::string> needed;             ///< columns of `keys` that are filled
  std::map<std::string, TableName> sequences;  ///< by column: what its default draws from
  bool created = false;
  bool sampled = false;  ///< the sample is complete
  std::uint64_t sample_bytes = 0;
};

/// People know the real names, not those of our tables, nor those that PostgreSQL derives from
/// them.
std::string with_real_names(std::string text, const std::vector<Stand>& stands) {
  for (const Stand& s : stands)
    for (const TableName& t : {s.keys, s.base, s.sample}) {
      if (t == s.real) continue;
      for (const char* after : {"'", "_"})
        for (std::size_t at; (at = text.find("'" + t.name + after)) != std::string::npos;)
          text.replace(at + 1, t.name.size(), s.real.name);
    }
  return text;
}

/// Bytes of the rows that were written when the suspect was refused; of all if nobody knows which
/// one it was.
std::uint64_t bytes_before(std::span<const doc::RowBatch> batches,
                           const std::optional<DocAt>& suspect) {
  std::uint64_t bytes = 0;
  for (std::uint32_t b = 0; b < batches.size(); ++b) {
    const auto of = suspect ? batches[suspect->batch].collection : 0;
    if (suspect && batches[b].collection > of) continue;
    for (const doc::TableRows& rows : batches[b].tables)
      for (std::size_t r = 0; r < rows.rows(); ++r)
        if (!suspect || batches[b].collection < of || DocAt{b, rows.row_doc[r]} < *suspect)
          bytes += rows.row_end[r] - rows.row_begin(r);
  }
  return bytes;
}

}  // namespace

struct Probe::Impl {
  explicit Impl(ProbeConfig c)
      : config(std::move(c)),
        session(config.conninfo, "validate"),
        rows_of(config.collections.size()) {}

  void prepare();
  void add_stand(const ProbeTable& table);
  void make_base(Stand& stand, const ProbeTable& table);
  void make_keys(Stand& stand, const ProbeTable& table);
  void find_needed_columns();
  void name_indexes(const Stand& stand, const TableInfo& copies);
  void free_other_columns(const Stand& stand);
  void add_foreign_key(const Stand& stand, const ForeignKeyInfo& key);
  TableName outside(const ForeignKeyInfo& key);
  void own_sequences(Stand& stand, const TableName& rows);
  void make_rows(std::size_t collection, std::size_t table);
  [[nodiscard]] std::string key_statement(const Stand& stand, const ProbeTable& table,
                                          const std::string& rows) const;
  void preload(const Stand& stand);
  Stand* find(const TableName& real);
  RowLoader load(std::span<doc::RowBatch> batches, bool isolating, std::optional<DocAt> suspect);
  void keep_sample();
  void keep_sample_of_good(std::span<const doc::RowBatch> batches,
                           const std::vector<Refusal>& refusals);
  [[noreturn]] void give_up(const Refused& e, const std::string& doing) const;
  Rows exec(const std::string& text) { return session.exec(text); }

  ProbeConfig config;
  CopySession session;
  const Exec run = [this](const std::string& text, const std::vector<Param>& params) {
    return session.exec(text, params);
  };
  std::vector<Stand> stands;
  std::set<std::string> used_names;  ///< of indexes: their schema is the same for all copies
  std::map<std::pair<TableName, std::vector<std::string>>, TableName> outside_keys;
  /// Temporary tables that take the COPY, by collection and table; what RowLoader needs besides.
  std::vector<std::vector<TableName>> rows_of;
  LoaderConfig loader;
  std::vector<std::vector<TableSql>> sql;
  std::atomic<bool> stop = false;
  std::uint64_t copied = 0, wasted = 0;
  double seconds = 0;
  std::vector<std::string> notes;
};

void Probe::Impl::give_up(const Refused& e, const std::string& doing) const {
  std::string hint = hint_for(e.failure.sqlstate);
  if (e.failure.lost)
    hint = "The temporary tables of the probe are gone with the session; run validate again.";
  else if (e.failure.sqlstate == "42501")
    hint =
        "The probe needs the TEMPORARY privilege on the database, and SELECT on tables that "
        "foreign keys point at; or leave --probe out.";
  const bool quotes_data = is_data_error(e.failure.sqlstate) || e.failure.sqlstate.empty();
  throw Error(Exit::target, doing + ": " + (quotes_data ? e.failure.describe() : e.failure.primary),
              hint);
}

Stand* Probe::Impl::find(const TableName& real) {
  for (Stand& s : stands)
    if (s.real == real) return &s;
  return nullptr;
}

/// A table that is to be created gets its own CREATE TABLE, under a temporary name.
void Probe::Impl::make_base(Stand& stand, const ProbeTable& table) {
  const std::string real = quote(table.table.name);
  stand.base = temporary("base", stands.size());
  for (const std::string& create : table.create_sql) {
    std::string text = create;
    const std::size_t at = text.find(real);
    if (at == std::string::npos) continue;
    text.replace(at, real.size(), quote(stand.base));
    exec(text);
  }
}

void Probe::Impl::add_stand(const ProbeTable& table) {
  if (find(table.table.name) != nullptr) return;
  Stand stand;
  stand.real = stand.base = table.table.name;
  stand.keys = temporary("keys", stands.size());
  stand.sample = temporary("sample", stands.size());
  auto info = inspect_table(run, stand.real);
  if (!info && !table.create_sql.empty()) {
    make_base(stand, table);
    stand.created = true;
    info = inspect_table(run, stand.base);
  }
  if (!info)
    throw Error(Exit::target, "table '" + stand.real.text() + "' is gone from the target",
                "Create it again, or run validate again.");
  stand.info = std::move(*info);
  stands.push_back(std::move(stand));
}

void Probe::Impl::find_needed_columns() {
  std::map<TableName, std::set<std::string>> needed;
  for (const Stand& stand : stands) {
    auto& own = needed[stand.real];
    for (const IndexInfo& index : stand.info.indexes)
      if (index.unique || index.exclusion) own.insert(index.columns.begin(), index.columns.end());
    for (const ForeignKeyInfo& key : stand.info.foreign_keys) {
      own.insert(key.columns.begin(), key.columns.end());
      if (find(key.table) != nullptr)
        needed[key.table].insert(key.referenced.begin(), key.referenced.end());
    }
  }
  for (Stand& stand : stands)
    stand.needed.assign(needed[stand.real].begin(), needed[stand.real].end());
}

/// Gives the copies the names of the real indexes, for messages, and drops those that are no keys:
/// they cost time.
void Probe::Impl::name_indexes(const Stand& stand, const TableInfo& copies) {
  for (const IndexInfo& copy : copies.indexes) {
    if (!copy.unique && !copy.exclusion) {
      exec("DROP INDEX pg_temp." + quote(copy.name));
      continue;
    }
    if (stand.created) continue;  // they stand beside the copies already
    for (const IndexInfo& real : stand.info.indexes)
      if (real.body == copy.body && real.primary == copy.primary &&
          used_names.insert(real.name).second) {
        exec("ALTER INDEX pg_temp." + quote(copy.name) + " RENAME TO " + quote(real.name));
        break;
      }
  }
}

/// Only columns of keys are filled: the others must not ask for a value.
void Probe::Impl::free_other_columns(const Stand& stand) {
  std::set<std::string> primary;
  if (const auto copies = inspect_table(run, stand.keys)) {
    for (const IndexInfo& index : copies->indexes)
      if (index.primary) primary.insert(index.columns.begin(), index.columns.end());
    name_indexes(stand, *copies);
  }
  const Rows columns = session.exec(
      "SELECT attname FROM pg_catalog.pg_attribute WHERE attrelid = pg_catalog.to_regclass($1) AND "
      "attnum > 0 AND attnotnull AND NOT attisdropped",
      {quote(stand.keys)});
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (!primary.contains(columns.text(i, 0)))
      exec("ALTER TABLE " + quote(stand.keys) + " ALTER COLUMN " + quote(columns.text(i, 0)) +
           " DROP NOT NULL");
}

/// The keys that a table outside of the plan holds: temporary tables can't point at real ones.
TableName Probe::Impl::outside(const ForeignKeyInfo& key) {
  auto& known = outside_keys[{key.table, key.referenced}];
  if (!known.name.empty()) return known;
  known = temporary("outside", outside_keys.size());
  exec("CREATE TEMPORARY TABLE " + quote(known) + " AS SELECT " + quoted_list(key.referenced) +
       " FROM " + quote(key.table));
  exec("ALTER TABLE " + quote(known) + " ADD UNIQUE (" + quoted_list(key.referenced) + ")");
  return known;
}

void Probe::Impl::add_foreign_key(const Stand& stand, const ForeignKeyInfo& key) {
  const Stand* inside = find(key.table);
  exec("SAVEPOINT foreign_key");
  try {
    const TableName to = inside != nullptr ? inside->keys : outside(key);
    exec("ALTER TABLE " + quote(stand.keys) + " ADD CONSTRAINT " + quote(key.name) +
         " FOREIGN KEY (" + quoted_list(key.columns) + ") REFERENCES " + quote(to) + " (" +
         quoted_list(key.referenced) + ")" + (key.match_full ? " MATCH FULL" : "") +
         (key.deferrable ? " DEFERRABLE" : "") + (key.deferred ? " INITIALLY DEFERRED" : ""));
    exec("RELEASE SAVEPOINT foreign_key");
  } catch (const Refused& e) {
    if (e.failure.lost) throw;
    exec("ROLLBACK TO SAVEPOINT foreign_key");
    outside_keys.erase({key.table, key.referenced});
    notes.push_back("foreign key '" + key.name + "' of table '" + stand.real.text() +
                    "' is not probed: " + e.failure.primary);
  }
}

std::string Probe::Impl::key_statement(const Stand& stand, const ProbeTable& table,
                                       const std::string& rows) const {
  if (stand.needed.empty()) return no_keys;
  const std::string columns = quoted_list(stand.needed);
  std::string insert =
      "INSERT INTO " + quote(stand.keys) + " (" + columns + ") SELECT " + columns + " FROM " + rows;
  if (config.merge) {
    std::string sets;
    for (const std::string& c : stand.needed)
      if (std::find(table.key.begin(), table.key.end(), c) == table.key.end())
        sets += (sets.empty() ? "" : ", ") + quote(c) + " = excluded." + quote(c);
    insert = "INSERT INTO " + quote(stand.keys) + " (" + columns + ") SELECT DISTINCT ON (" +
             quoted_list(table.key) + ") " + columns + " FROM " + rows + " ORDER BY " +
             quoted_list(table.key) + ", ctid DESC ON CONFLICT (" + quoted_list(table.key) +
             ") DO " + (sets.empty() ? "NOTHING" : "UPDATE SET " + sets);
  }
  return "WITH filled AS (" + insert + ") SELECT 0, 0";
}

/// A default that draws from a real sequence would change the target. One sequence for all that
/// fill the table: their numbers must not clash.
void Probe::Impl::own_sequences(Stand& stand, const TableName& rows) {
  const Rows drawing = session.exec(
      "SELECT a.attname FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_attrdef d ON "
      "d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE a.attrelid = pg_catalog.to_regclass($1) "
      "AND a.attnum > 0 AND NOT a.attisdropped AND (a.attidentity <> '' OR (a.attgenerated = '' "
      "AND "
      "pg_catalog.pg_get_expr(d.adbin, d.adrelid) LIKE '%nextval(%'))",
      {quote(stand.base)});
  for (std::size_t i = 0; i < drawing.size(); ++i) {
    TableName& sequence = stand.sequences[drawing.text(i, 0)];
    if (sequence.name.empty()) {
      sequence = temporary("sequence " + std::to_string(&stand - stands.data()), i);
      exec("CREATE TEMPORARY SEQUENCE " + quote(sequence));
    }
    exec("ALTER TABLE " + quote(rows) + " ALTER COLUMN " + quote(drawing.text(i, 0)) +
         " SET DEFAULT nextval(" + quote_literal(quote(sequence)) + ")");
  }
}

void Probe::Impl::make_rows(std::size_t collection, std::size_t index) {
  const ProbeTable& table = config.collections[collection][index];
  Stand& stand = *find(table.table.name);
  const TableName rows = temporary("rows " + std::to_string(collection), index);
  exec("CREATE TEMPORARY TABLE " + quote(rows) + " (LIKE " + quote(stand.base) +
       " INCLUDING ALL EXCLUDING IDENTITY EXCLUDING INDEXES EXCLUDING STATISTICS EXCLUDING "
       "COMMENTS) ON COMMIT DELETE ROWS");
  own_sequences(stand, rows);
  rows_of[collection].push_back(rows);
  LoadTable load;
  load.name = rows;
  load.columns = table.columns;
  load.format = table.format;
  load.key = table.key;
  load.merge = true;  // COPY, then a statement: that fills the keys
  loader.collections[collection].tables.push_back(load);
  TableSql& statements = sql[collection].emplace_back();
  statements.copy = "COPY " + quote(rows) + " (" + quoted_list(table.columns) + ") FROM STDIN" +
                    (table.format == doc::CopyFormat::binary ? " (FORMAT binary)" : "");
  statements.clear = "TRUNCATE " + quote(rows);
  statements.merge = key_statement(stand, table, quote(rows));
}

/// Under merge, rows that are there take part.
void Probe::Impl::preload(const Stand& stand) {
  if (stand.created || stand.needed.empty()) return;
  exec("INSERT INTO " + quote(stand.keys) + " (" + quoted_list(stand.needed) + ") SELECT " +
       quoted_list(stand.needed) + " FROM " + quote(stand.real));
}

void Probe::Impl::prepare() {
  exec("BEGIN");
  for (const auto& tables : config.collections)
    for (const ProbeTable& table : tables) add_stand(table);
  find_needed_columns();
  for (const Stand& stand : stands) {
    exec("CREATE TEMPORARY TABLE " + quote(stand.keys) + " (LIKE " + quote(stand.base) +
         " INCLUDING INDEXES)");
    free_other_columns(stand);
    exec(
        "CREATE TEMPORARY TABLE " + quote(stand.sample) + " (LIKE " + quote(stand.base) +
        " INCLUDING STORAGE" +
        (exec("SHOW server_version_num").number(0, 0) >= 140000 ? " INCLUDING COMPRESSION)" : ")"));
  }
  for (const Stand& stand : stands)
    for (const ForeignKeyInfo& key : stand.info.foreign_keys) add_foreign_key(stand, key);
  loader.collections.resize(config.collections.size());
  sql.resize(config.collections.size());
  for (std::size_t c = 0; c < config.collections.size(); ++c)
    for (std::size_t t = 0; t < config.collections[c].size(); ++t) make_rows(c, t);
  if (config.merge)
    for (const Stand& stand : stands) preload(stand);
  session.commit();
  for (const Stand& stand : stands)
    if (!stand.info.triggers.empty()) {
      std::string names;
      for (const std::string& t : stand.info.triggers)
        names += (names.empty() ? "'" : ", '") + t + "'";
      notes.push_back("triggers of table '" + stand.real.text() +
                      "' run during the load, not during the probe: " + names);
    }
}

RowLoader Probe::Impl::load(std::span<doc::RowBatch> batches, bool isolating,
                            std::optional<DocAt> suspect) {
  exec("BEGIN; SET LOCAL arango2pg.loading = 'on'");
  RowLoader rows(session, loader, sql, batches, stop);
  if (isolating)
    rows.load_isolating(suspect);
  else
    rows.load_all();
  return rows;
}

/// Rows that are still in the tables COPY went into.
void Probe::Impl::keep_sample() {
  for (std::size_t c = 0; c < rows_of.size(); ++c)
    for (std::size_t t = 0; t < rows_of[c].size(); ++t) {
      Stand& stand = *find(config.collections[c][t].table.name);
      if (stand.sampled) continue;
      const std::string rows = quote(rows_of[c][t]);
      const Rows size = exec("SELECT pg_table_size(" + quote_literal(rows) +
                             "), (SELECT count(*) FROM " + rows + ")");
      const auto bytes = static_cast<std::uint64_t>(size.number(0, 0));
      const auto count = static_cast<std::uint64_t>(size.number(0, 1));
      if (count == 0) continue;
      const std::uint64_t wanted =
          bytes <= sample_piece ? count : std::max<std::uint64_t>(count * sample_piece / bytes, 1);
      // The same columns in the same order, without a rule of its own.
      exec("INSERT INTO " + quote(stand.sample) + " SELECT * FROM " + rows + " LIMIT " +
           std::to_string(wanted));
      stand.sample_bytes += std::min<std::uint64_t>(bytes, sample_piece);
      stand.sampled = stand.sample_bytes >= config.sample_bytes;
    }
}

/// Isolating leaves the tables empty: the good rows go in once more.
void Probe::Impl::keep_sample_of_good(std::span<const doc::RowBatch> batches,
                                      const std::vector<Refusal>& refusals) {
  if (std::all_of(stands.begin(), stands.end(), [](const Stand& s) { return s.sampled; })) return;
  std::set<DocAt> bad;
  for (const Refusal& r : refusals) bad.insert(r.at);
  std::vector<doc::RowBatch> good;
  for (std::uint32_t b = 0; b < batches.size(); ++b) {
    std::vector<std::uint32_t> documents;
    for (std::uint32_t d = 0; d < batches[b].docs.size(); ++d)
      if (!bad.contains({b, d})) documents.push_back(d);
    good.push_back(doc::subset(batches[b], documents));
  }
  auto only_rows = sql;
  for (auto& tables : only_rows)
    for (TableSql& table : tables) table.merge = no_keys;
  RowLoader(session, loader, only_rows, good, stop).load_all();
  keep_sample();
}

Probe::Probe(ProbeConfig config) : impl_(std::make_unique<Impl>(std::move(config))) {
  try {
    impl_->prepare();
  } catch (const Refused& e) {
    impl_->give_up(e, "cannot prepare the probe");
  }
}

Probe::~Probe() = default;

std::vector<ProbeRefusal> Probe::check(std::span<doc::RowBatch> batches) {
  Impl& probe = *impl_;
  std::vector<ProbeRefusal> out;
  if (batches.empty()) return out;
  try {
    // Refusals cost the real run as much time as they cost here.
    const auto begun = Clock::now();
    const auto measure = [&](const RowLoader& rows) {
      probe.seconds += std::chrono::duration<double>(Clock::now() - begun).count();
      probe.copied += rows.bytes();
    };
    try {
      measure(probe.load(batches, false, std::nullopt));
      probe.keep_sample();
    } catch (const RowsRefused& refused) {
      probe.exec("ROLLBACK");
      probe.wasted += bytes_before(batches, refused.suspect);
      const RowLoader rows = probe.load(batches, true, refused.suspect);
      measure(rows);
      probe.wasted += rows.wasted();
      for (const Refusal& r : rows.refusals())
        out.push_back({r.at.batch, r.at.doc, "pg_" + condition_name(r.sqlstate),
                       with_real_names(r.message, probe.stands)});
      probe.keep_sample_of_good(batches, rows.refusals());
    }
    probe.session.commit();
  } catch (const Refused& e) {
    probe.give_up(e, "the probe failed");
  }
  std::sort(out.begin(), out.end(), [](const ProbeRefusal& a, const ProbeRefusal& b) {
    return a.batch != b.batch ? a.batch < b.batch : a.doc < b.doc;
  });
  return out;
}

ProbedTarget Probe::measure() {
  Impl& probe = *impl_;
  std::vector<ProbeSample> samples;
  for (const Stand& stand : probe.stands)
    samples.push_back({stand.real, stand.sample, stand.info.indexes, stand.created});
  try {
    return measure_samples(probe.session, samples, probe.notes);
  } catch (const Refused& e) {
    probe.give_up(e, "the probe failed");
  }
}

std::uint64_t Probe::bytes() const { return impl_->copied; }
std::uint64_t Probe::wasted() const { return impl_->wasted; }
double Probe::seconds() const { return impl_->seconds; }
const std::vector<std::string>& Probe::notes() const { return impl_->notes; }

}  // namespace arango2pg::pg
