#include <chrono>
#include <set>

#include "pg/probe_measure_internal.h"
#include "pg/sqlstate_internal.h"
#include "pg/text_internal.h"

namespace arango2pg::pg {
namespace {

using Clock = std::chrono::steady_clock;

class Measurement {
 public:
  Measurement(CopySession& session, std::span<const ProbeSample> samples,
              std::vector<std::string>& notes)
      : session_(session), samples_(samples), notes_(notes) {}

  ProbedTarget run() {
    ProbedTarget out;
    for (const ProbeSample& sample : samples_)
      if (ProbedTable table = measure(sample); table.rows > 0)
        out.tables.push_back(std::move(table));
    if (!out.tables.empty()) out.views = views();
    return out;
  }

 private:
  struct View {
    TableName name;
    std::string query;
  };

  template <class Work>
  static double timed(Work work) {
    const auto begun = Clock::now();
    work();
    return std::chrono::duration<double>(Clock::now() - begun).count();
  }
  /// False, and a note, if PostgreSQL refuses.
  template <class Work>
  bool attempt(const std::string& what, Work work) {
    try {
      work();
      return true;
    } catch (const Refused& e) {
      if (e.failure.lost) throw;
      notes_.push_back(
          what + ": " +
          (is_data_error(e.failure.sqlstate) ? e.failure.describe() : e.failure.primary));
      return false;
    }
  }
  Rows exec(const std::string& sql) { return session_.exec(sql); }

  ProbedTable measure(const ProbeSample& sample) {
    ProbedTable table;
    table.name = sample.real;
    const Rows size = exec("SELECT (SELECT count(*) FROM " + quote(sample.table) +
                           "), pg_table_size(" + quote_literal(quote(sample.table)) + ")");
    table.rows = static_cast<std::uint64_t>(size.number(0, 0));
    table.bytes = static_cast<std::uint64_t>(size.number(0, 1));
    if (table.rows == 0) return table;
    build_indexes(sample, table);
    table.analyze_seconds = timed([&] { exec("ANALYZE " + quote(sample.table)); });
    return table;
  }

  void build_indexes(const ProbeSample& sample, ProbedTable& table) {
    std::string sizes;
    for (const IndexInfo& index : sample.indexes) {
      const std::string name = quote("arango2pg index " + std::to_string(indexes_++));
      ProbedIndex built{index.name, index.method, index.secondary};
      if (!attempt("index '" + index.name + "' of table '" + sample.real.text() +
                       "' can't be built over a sample of the rows",
                   [&] {
                     built.seconds = timed([&] {
                       exec("CREATE INDEX " + name + " ON " + quote(sample.table) + index.body);
                     });
                   }))
        continue;
      table.indexes.push_back(std::move(built));
      sizes += (sizes.empty() ? "" : ", ") +
               ("pg_relation_size(" + quote_literal("pg_temp." + name)) + ")";
    }
    if (sizes.empty()) return;
    const Rows bytes = exec("SELECT " + sizes);
    for (std::size_t i = 0; i < table.indexes.size(); ++i)
      table.indexes[i].bytes = static_cast<std::uint64_t>(bytes.number(0, i));
  }

  /// Their queries with names that are found along `path`: temporary tables come before it.
  std::vector<View> view_queries(std::string& path) {
    std::vector<std::string> tables;
    std::set<std::string> schemas;
    for (const ProbeSample& s : samples_)
      if (!s.created) {
        tables.push_back(quote(s.real));
        schemas.insert(s.real.schema);
      }
    const Rows found =
        session_.exec(statement("catalog/dependent_views.sql"), {array_literal(tables)});
    std::vector<View> out;
    for (std::size_t i = 0; i < found.size(); ++i) {
      out.push_back({{found.text(i, 0), found.text(i, 1)}, {}});
      schemas.insert(found.text(i, 0));
    }
    path = quoted_list({schemas.begin(), schemas.end()});
    if (out.empty()) return out;
    exec("BEGIN; SET LOCAL search_path = " + path);
    for (View& view : out)
      view.query = exec("SELECT rtrim(pg_catalog.pg_get_viewdef(" +
                        quote_literal(quote(view.name)) + "::pg_catalog.regclass), ';')")
                       .text(0, 0);
    exec("COMMIT");
    return out;
  }

  std::vector<ProbedView> views() {
    std::string path;
    const std::vector<View> queries = view_queries(path);
    if (queries.empty()) return {};
    std::set<std::string> names;
    for (const ProbeSample& s : samples_)
      if (!s.created && names.insert(s.real.name).second)
        exec("ALTER TABLE " + quote(s.table) + " RENAME TO " + quote(s.real.name));
    std::vector<ProbedView> out;
    for (const View& view : queries) {
      ProbedView asked{view.name};
      if (attempt("materialized view '" + view.name.text() + "' can't be tried out",
                  [&] { asked.seconds = seconds_of(view, path); }))
        out.push_back(std::move(asked));
    }
    return out;
  }

  /// As REFRESH asks it, into a table of its own; whatever its functions do, nothing lasts. What it
  /// reads beside the samples may be large: then nobody waits for it.
  double seconds_of(const View& view, const std::string& path) {
    const std::string table = quote(TableName{"pg_temp", "arango2pg view"});
    exec("BEGIN; SET LOCAL statement_timeout = '30s'; SET LOCAL search_path = " + path);
    try {
      exec("CREATE TEMPORARY TABLE \"arango2pg view\" AS " + view.query + " WITH NO DATA");
      exec("SET TRANSACTION READ ONLY");
      const double seconds = timed([&] { exec("INSERT INTO " + table + " " + view.query); });
      exec("ROLLBACK");
      return seconds;
    } catch (const Refused& e) {
      if (!e.failure.lost) exec("ROLLBACK");
      throw;
    }
  }

  CopySession& session_;
  const std::span<const ProbeSample> samples_;
  std::vector<std::string>& notes_;
  std::size_t indexes_ = 0;
};

}  // namespace

ProbedTarget measure_samples(CopySession& session, std::span<const ProbeSample> samples,
                             std::vector<std::string>& notes) {
  return Measurement(session, samples, notes).run();
}

}  // namespace arango2pg::pg
