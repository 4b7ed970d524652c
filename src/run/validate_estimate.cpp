#include "run/validate_estimate.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "base/units.h"

namespace arango2pg::run {
namespace {

/// `migrate` from files with two connections, by the size of a document (tests/bench/RESULTS.md),
/// without fixed_seconds.
struct Rate {
  double document_bytes, bytes_per_second;
};
constexpr std::array<Rate, 4> rates = {{{300, 67e6}, {1000, 88e6}, {2400, 87e6}, {8000, 85e6}}};
/// One connection does this share of what two do; each further one adds less (the same machine).
constexpr double one_lane = 0.57, further_lane = 0.8;
/// Of pure computing, as indexes and statistics are, two connections do 1.5 times what one does.
constexpr double one_computing = 0.66;
/// Start, plan, control schema, ANALYZE: what even an empty run takes.
constexpr double fixed_seconds = 0.3;
/// ANALYZE looks at so many rows of a table (PostgreSQL's default: 300 * 100).
constexpr double analyzed_rows = 30'000;
/// Building indexes after the load, measured on the same machine: seconds per row and per byte.
constexpr double btree_row = 1.1e-6, gin_byte = 1.6e-8, index_fixed = 0.003;
/// Index pages that rows filled in random order are two thirds full, built ones nine tenths.
constexpr double filled = 0.69, built = 0.9;
/// Sizes of GIN indexes against what they index, measured on the ats sample.
constexpr double gin_share = 0.35;

double rate_for(double document_bytes) {
  if (document_bytes <= rates.front().document_bytes) return rates.front().bytes_per_second;
  for (std::size_t i = 1; i < rates.size(); ++i)
    if (document_bytes <= rates[i].document_bytes) {
      const Rate &a = rates[i - 1], &b = rates[i];
      const double share = std::log(document_bytes / a.document_bytes) /
                           std::log(b.document_bytes / a.document_bytes);
      return a.bytes_per_second + share * (b.bytes_per_second - a.bytes_per_second);
    }
  return rates.back().bytes_per_second;
}

double lanes_factor(unsigned lanes) {
  double factor = one_lane;
  for (unsigned i = 2; i <= std::min(lanes, 8U); ++i)
    factor += i == 2 ? 1 - one_lane : (1 - one_lane) * std::pow(further_lane, i - 2);
  return factor;
}

/// All documents from those that were read.
double scale_of(const ReportCollection& c) {
  if (!c.sampled || c.read == 0 || !c.total || *c.total <= c.read) return 1;
  return static_cast<double>(*c.total) / static_cast<double>(c.read);
}

class Estimator {
 public:
  Estimator(const EstimateInput& in, ValidationReport& report) : in_(in), report_(report) {}

  void run() {
    for (std::size_t c = 0; c < report_.collections.size(); ++c) sizes(c);
    time();
    size();
    quarantined();
  }

 private:
  [[nodiscard]] const pg::ProbedTable* probed(const TableName& name) const {
    for (const auto& t : in_.probed.tables)
      if (t.name == name) return &t;
    return nullptr;
  }

  /// Of each table once, though several collections may fill it.
  void sizes(std::size_t c) {
    ReportCollection& collection = report_.collections[c];
    const auto& targets = in_.plan.plans[c]->tables();
    const double scale = scale_of(collection);
    for (std::size_t t = 0; t < targets.size(); ++t) {
      ReportTable& table = collection.tables[t];
      const TableName& name = targets[t].table.name;
      table.rows = static_cast<std::uint64_t>(static_cast<double>(in_.rows[c][t]) * scale);
      const TableSizes& sampled = in_.sizes.tables(c)[t];
      const pg::ProbedTable* measured = probed(name);
      const double ratio =
          measured != nullptr && measured->rows > 0
              ? static_cast<double>(table.rows) / static_cast<double>(measured->rows)
              : 0;
      table.table_bytes =
          measured != nullptr
              ? static_cast<std::uint64_t>(static_cast<double>(measured->bytes) * ratio)
              : sampled.table_bytes(table.rows);
      if (measured != nullptr) {
        for (const auto& index : measured->indexes) {
          // The sample's keys were built at once; the run fills those of keys row by row.
          const double spread = index.secondary ? 1 : built / filled;
          table.index_bytes +=
              static_cast<std::uint64_t>(static_cast<double>(index.bytes) * ratio * spread);
          index_seconds_ += index.secondary ? index_fixed + index.seconds * ratio : 0;
        }
        if (measured->rows > 0) {
          ready_rows_ += static_cast<double>(table.rows);
          if (probed_.insert(name).second) analyze(*measured, static_cast<double>(table.rows));
        }
        continue;
      }
      index_sizes(targets[t], sampled, table);
    }
  }

  void analyze(const pg::ProbedTable& measured, double rows) {
    const auto sampled = static_cast<double>(measured.rows);
    const double seconds =
        measured.analyze_seconds * std::min(rows, analyzed_rows) / std::min(sampled, analyzed_rows);
    probed_rows_ += sampled;
    analyze_seconds_ += seconds;
    longest_analyze_ = std::max(longest_analyze_, seconds);
  }
  /// Their queries read all rows.
  [[nodiscard]] double view_seconds() const {
    double seconds = 0;
    for (const pg::ProbedView& view : in_.probed.views) seconds += view.seconds;
    return probed_rows_ > 0 ? seconds * ready_rows_ / probed_rows_ : 0;
  }

  void index_sizes(const mapping::TargetTable& target, const TableSizes& sampled,
                   ReportTable& table) {
    const auto width_of = [&](const std::string& column) {
      const auto at = std::find(target.columns.begin(), target.columns.end(), column);
      if (at == target.columns.end() || sampled.rows == 0) return 8.0;
      return static_cast<double>(
                 sampled.columns[static_cast<std::size_t>(at - target.columns.begin())]) /
             static_cast<double>(sampled.rows);
    };
    const auto rows = static_cast<double>(table.rows);
    const auto btree = [&](const std::vector<std::string>& columns, double fill) {
      double width = 0;
      for (const std::string& c : columns) width += width_of(c) + 1;
      // A page that describes the index, and at least one with entries.
      return 8192 + std::max(8192.0, rows * (8 + std::ceil(width / 8) * 8 + 4) / fill);
    };
    double bytes = 0;
    const auto info = in_.tables.find(target.table.name);
    if (info == in_.tables.end()) {
      bytes += btree(target.key, filled);
      if (target.create_sql.size() > 1)
        for (const char* end : {"from", "to"}) {
          bytes += btree({std::string(end) + "_collection", std::string(end) + "_key"}, built);
          index_seconds_ += index_fixed + rows * btree_row;
        }
    } else {
      for (const pg::IndexInfo& index : info->second.indexes) {
        if (index.method == "gin" || index.method == "gist") {
          double text = 0;
          for (const std::string& c : index.columns) text += width_of(c) * rows;
          bytes += gin_share * text;
          index_seconds_ += index_fixed + text * gin_byte;
        } else {
          bytes += btree(index.columns, index.secondary ? built : filled);
          if (index.secondary) index_seconds_ += index_fixed + rows * btree_row;
        }
      }
    }
    table.index_bytes = static_cast<std::uint64_t>(bytes);
  }

  void time() {
    double bytes = 0, documents = 0, scale = 0;
    for (const ReportCollection& c : report_.collections) {
      bytes += static_cast<double>(c.bytes) * scale_of(c);
      documents += static_cast<double>(c.read) * scale_of(c);
    }
    if (documents == 0) return;
    const double read_bytes =
        static_cast<double>(std::max<std::uint64_t>(report_.totals().bytes, 1));
    scale = bytes / read_bytes;
    double target = bytes / rate_for(bytes / documents) / lanes_factor(in_.lanes);
    std::string basis = fmt::format(
        "by rates measured on two cores with PostgreSQL 15 beside it (tests/bench/RESULTS.md), {} "
        "lanes; --probe measures your target",
        in_.lanes);
    double uncertain = 0.5;
    if (in_.probed_seconds > 0 && in_.probed_bytes > 0) {
      const double copied = static_cast<double>(in_.copy_bytes) * scale;
      target = copied / (static_cast<double>(in_.probed_bytes) / in_.probed_seconds) * one_lane /
               lanes_factor(in_.lanes);
      basis = fmt::format("PostgreSQL took {} in {:.1f} s through one connection; {} lanes",
                          format_size(in_.probed_bytes), in_.probed_seconds, in_.lanes);
      uncertain = 0.25;
    }
    // The three work side by side: the slowest sets the pace.
    const double fetch = in_.scan.fetch_seconds * scale / in_.readers;
    const double load = std::max(target, fetch);
    if (fetch > target && fetch > fixed_seconds)
      basis = "bound by reading the source, as measured in this dry run";
    // They were measured one after the other, and are built by as many connections as the load has.
    const double share =
        in_.lanes < 2 ? 1 : one_computing * lanes_factor(2) / lanes_factor(in_.lanes);
    const double building = index_seconds_ * share;
    const double analyzing = std::max(analyze_seconds_ * share, longest_analyze_);
    const double refreshing = view_seconds();
    const double seconds = fixed_seconds + load + building + analyzing + refreshing;
    for (const auto& [part, what] :
         {std::pair(building, "to build indexes"), std::pair(analyzing, "for ANALYZE"),
          std::pair(refreshing, "to refresh materialized views")})
      if (part > 0.05 * seconds)
        basis += fmt::format(
            "; {} of it {}",
            format_duration(std::chrono::milliseconds(static_cast<std::int64_t>(part * 1000))),
            what);
    report_.estimates.push_back({"time", seconds, seconds * (1 - uncertain / 2),
                                 seconds * (1 + uncertain), "seconds", basis});
  }

  void size() {
    std::map<std::string, double> tables, indexes;
    for (const ReportCollection& c : report_.collections)
      for (const ReportTable& t : c.tables) {
        tables[t.name] += static_cast<double>(t.table_bytes);
        indexes[t.name] += static_cast<double>(t.index_bytes);
      }
    double table = 0, index = 0;
    for (const auto& [name, bytes] : tables) table += bytes;
    for (const auto& [name, bytes] : indexes) index += bytes;
    if (table == 0) return;
    const bool measured = !in_.probed.tables.empty();
    const double spread = measured ? 0.1 : 0.25;
    // Rows that were taken back with a refused document stay in the files, dead.
    double dead = 0;
    if (in_.probed_bytes > 0)
      dead = table * static_cast<double>(in_.wasted_bytes) / static_cast<double>(in_.probed_bytes);
    const double all = table + dead + index;
    report_.estimates.push_back(
        {"size", all, all * (1 - spread), all * (1 + spread), "bytes",
         fmt::format("{} tables with TOAST, {} indexes{}; {}",
                     format_size(static_cast<std::uint64_t>(table)),
                     format_size(static_cast<std::uint64_t>(index)),
                     dead < 0.01 * all
                         ? ""
                         : fmt::format(", {} dead rows of transactions with refused documents "
                                       "(VACUUM FULL gives them back)",
                                       format_size(static_cast<std::uint64_t>(dead))),
                     measured ? "measured on a sample of the rows in PostgreSQL"
                              : "computed from a sample of the rows")});
  }

  void quarantined() {
    if (report_.sample == 0) return;
    double value = 0, low = 0, high = 0;
    for (const ReportCollection& c : report_.collections) {
      const auto all = static_cast<double>(c.read) * scale_of(c);
      const auto share = share_interval(c.quarantined, c.read);
      value += static_cast<double>(c.quarantined) * scale_of(c);
      low += c.sampled ? share.first * all : static_cast<double>(c.quarantined);
      high += c.sampled ? share.second * all : static_cast<double>(c.quarantined);
    }
    report_.estimates.push_back({"quarantined", value, std::floor(low), std::ceil(high),
                                 "documents", "from the sample, with 95 % confidence"});
  }

  const EstimateInput& in_;
  ValidationReport& report_;
  double index_seconds_ = 0, analyze_seconds_ = 0, longest_analyze_ = 0;
  double probed_rows_ = 0, ready_rows_ = 0;  ///< of all tables: sampled, and to be loaded
  std::set<TableName> probed_;               ///< seen, for several collections may fill one
};

}  // namespace

std::pair<double, double> share_interval(std::uint64_t hits, std::uint64_t n) {
  if (n == 0) return {0, 1};
  constexpr double z = 1.96;
  const auto all = static_cast<double>(n);
  const double p = static_cast<double>(hits) / all;
  const double middle = p + z * z / (2 * all), norm = 1 + z * z / all;
  const double half = z * std::sqrt(p * (1 - p) / all + z * z / (4 * all * all));
  return {hits == 0 ? 0 : std::max(0.0, (middle - half) / norm),
          std::min(1.0, (middle + half) / norm)};
}

void estimate(const EstimateInput& input, ValidationReport& report) {
  Estimator(input, report).run();
}

}  // namespace arango2pg::run
