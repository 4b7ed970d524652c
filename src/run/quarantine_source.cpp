#include "run/quarantine_source.h"

#include <spdlog/fmt/fmt.h>

#include "base/error.h"
#include "doc/batch.h"
#include "doc/json.h"
#include "pg/connection.h"
#include "run/stored_documents.h"

namespace arango2pg::run {
namespace {

class QuarantineReader : public StoredDocuments {
 public:
  /// `take_out`: the documents are of the run that reads them, and their entries go with the load.
  QuarantineReader(const TargetOptions& target, QuarantineFilter filter, std::int64_t last_id,
                   bool take_out, std::vector<doc::PartTask> parts, ByteBudget& budget)
      : StoredDocuments(target, "quarantine", std::move(parts), budget),
        filter_(std::move(filter)),
        last_id_(last_id),
        take_out_(take_out) {}

 private:
  [[nodiscard]] StoredRows rows_of(const std::string& collection) const override {
    QuarantineFilter of_part = filter_;
    of_part.collection = collection;
    FilterSql sql = filter_sql(of_part);
    sql.params.emplace_back(std::to_string(last_id_));
    return {"arango2pg.quarantine",
            fmt::format("{} AND id <= ${}::bigint", sql.where, sql.params.size()),
            std::move(sql.params)};
  }
  void taken(doc::DocBatch& batch, std::int64_t id) const override {
    if (take_out_) batch.quarantined.push_back(id);
  }

  QuarantineFilter filter_;
  std::int64_t last_id_;
  bool take_out_;
};

}  // namespace

FilterSql filter_sql(const QuarantineFilter& f) {
  FilterSql sql;
  sql.where = f.all ? "true" : "status = 'open'";
  const auto add = [&](const char* column, const char* type, std::string value) {
    sql.params.emplace_back(std::move(value));
    sql.where += fmt::format(" AND {} = ${}::{}", column, sql.params.size(), type);
  };
  if (f.run) add("run_id", "bigint", std::to_string(*f.run));
  if (f.id) add("id", "bigint", std::to_string(*f.id));
  if (!f.collection.empty()) add("collection", "text", f.collection);
  if (!f.rule.empty()) add("rule", "text", f.rule);
  if (!f.key.empty()) add("key", "text", f.key);
  return sql;
}

QuarantineSource::QuarantineSource(TargetOptions target, QuarantineFilter filter)
    : target_(std::move(target)), filter_(std::move(filter)) {
  pg::Connection connection(target_.conninfo, "quarantine");
  if (connection.exec("SELECT to_regclass('arango2pg.quarantine')").text(0, 0).empty())
    throw Error(Exit::target, "the target holds no quarantine: it has not been used by arango2pg",
                "Check --target.");
  last_id_ = connection.exec("SELECT coalesce(max(id), 0) FROM arango2pg.quarantine").number(0, 0);
  info_.kind = "quarantine";
  info_.description = "the quarantine of " + connection.description();
  info_.identity =
      fmt::format("quarantine:run={}:collection={}:rule={}:key={}", filter_.run.value_or(0),
                  filter_.collection, filter_.rule, filter_.key);
}

std::vector<doc::CollectionInfo> QuarantineSource::collections() {
  pg::Connection connection(target_.conninfo, "quarantine");
  const FilterSql sql = filter_sql(filter_);
  const auto rows = connection.exec(
      "SELECT collection, count(*), bool_or(position('\"_from\"'::bytea IN document) > 0) FROM "
      "arango2pg.quarantine WHERE " +
          sql.where + " AND document IS NOT NULL GROUP BY collection ORDER BY collection",
      sql.params);
  std::vector<doc::CollectionInfo> out;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    doc::CollectionInfo c;
    c.name = rows.text(i, 0);
    c.count = static_cast<std::uint64_t>(rows.number(i, 1));
    c.edge = rows.is_true(i, 2);
    out.push_back(std::move(c));
  }
  return out;
}

std::vector<doc::PartSpec> QuarantineSource::split(const doc::CollectionInfo& collection,
                                                   const doc::SplitOptions&) {
  doc::PartSpec part;
  part.collection = collection.name;
  part.kind = "range";
  part.spec = "{}";
  part.documents = collection.count.value_or(0);
  return {part};
}

std::unique_ptr<doc::Reader> QuarantineSource::open(std::vector<doc::PartTask> parts,
                                                    ByteBudget& budget) {
  return std::make_unique<QuarantineReader>(target_, filter_, last_id_, false, std::move(parts),
                                            budget);
}

void QuarantineSource::mark_retried(RunId run) {
  pg::Connection connection(target_.conninfo, "quarantine");
  FilterSql sql = filter_sql(filter_);
  sql.params.emplace_back(std::to_string(last_id_));
  pg::Transaction transaction(connection);
  connection.exec("SET LOCAL arango2pg.run = '" + std::to_string(run) + "'");
  connection.exec(
      fmt::format(
          "UPDATE arango2pg.quarantine SET status = 'retried' WHERE {} AND document IS NOT NULL "
          "AND id <= ${}::bigint",
          sql.where, sql.params.size()),
      sql.params);
  transaction.commit();
}

namespace {

constexpr const char* second_chance = "second_chance";
/// What loading later can cure: the document pointed at came after this one.
constexpr const char* curable = "pg_foreign_key_violation";

std::int64_t number_in(const doc::Document& spec, const char* name) {
  std::string scratch;
  const auto value = spec.root().find(name);
  return value ? std::stoll(std::string(value->json())) : 0;
}

}  // namespace

SecondChance::SecondChance(doc::Source& source, TargetOptions target)
    : source_(source), target_(std::move(target)) {}

std::unique_ptr<doc::Reader> SecondChance::open(std::vector<doc::PartTask> parts,
                                                ByteBudget& budget) {
  if (parts.empty() || parts.front().spec.kind != second_chance)
    return source_.open(std::move(parts), budget);
  doc::Document spec;
  if (const auto error = spec.parse(parts.front().spec.spec))
    throw Error(Exit::unexpected, "the control schema holds a part that cannot be read");
  QuarantineFilter filter;
  filter.run = number_in(spec, "run");
  filter.rule = curable;
  return std::make_unique<QuarantineReader>(target_, filter, number_in(spec, "last_id"), true,
                                            std::move(parts), budget);
}

std::vector<doc::PartSpec> SecondChance::parts_for(RunId run) const {
  pg::Connection connection(target_.conninfo, "quarantine");
  QuarantineFilter filter;
  filter.run = run;
  filter.rule = curable;
  const FilterSql sql = filter_sql(filter);
  const auto rows = connection.exec(
      "SELECT collection, count(*), max(id) FROM arango2pg.quarantine WHERE " + sql.where +
          " AND document IS NOT NULL GROUP BY collection ORDER BY collection",
      sql.params);
  std::vector<doc::PartSpec> out;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    doc::PartSpec& part = out.emplace_back();
    part.collection = rows.text(i, 0);
    part.kind = second_chance;
    part.spec = fmt::format(R"({{"run":{},"last_id":{}}})", run, rows.number(i, 2));
    part.documents = static_cast<std::uint64_t>(rows.number(i, 1));
  }
  return out;
}

}  // namespace arango2pg::run
