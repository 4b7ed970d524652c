/// \file
/// What a dry run found, as data: the one model from which the text, JSON and HTML reports are
/// written. docs/validate.md documents the JSON.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace arango2pg::run {

/// "what" and how often.
struct NamedCount {
  std::string name;
  std::uint64_t count = 0;
};

/// Documents that would go to quarantine by one rule.
struct ReportRule {
  std::string rule;
  std::uint64_t documents = 0;
  std::vector<NamedCount> paths;  ///< most frequent first; those beyond a limit are left out
  std::string message;            ///< of the first one
  std::string advice;             ///< the usual way out
  std::vector<std::string> keys;  ///< in the order in which they were met, at most `most_keys`
  std::uint64_t without_key = 0;  ///< documents whose key can't be read
  static constexpr std::size_t most_keys = 1000;
};

/// One attribute, or all elements of an array, or members that were taken together.
struct ReportPath {
  std::string path;                      ///< as in mappings, elements as [], taken together as *
  std::uint64_t names = 0;               ///< `*`: about so many names
  std::uint64_t documents = 0;           ///< that have it
  std::array<std::uint64_t, 6> types{};  ///< values by doc::Kind
  std::uint64_t bytes = 0;
  std::uint64_t distinct = 0;   ///< about; 0 for arrays and objects
  bool many_values = false;     ///< too many different ones for any to stand out
  std::vector<NamedCount> top;  ///< frequent values as JSON, or their shape where values are hidden
  std::uint64_t top_of = 0;     ///< scalars
  std::optional<std::pair<std::uint64_t, std::uint64_t>> length;  ///< of texts, bytes
  std::vector<NamedCount> forms;                                  ///< what texts look like
  std::vector<std::uint64_t> lengths;                             ///< texts by power of two
  std::optional<std::pair<double, double>> range;                 ///< of numbers
  std::uint32_t integer_digits = 0, fraction_digits = 0;
  std::optional<std::pair<std::uint64_t, std::uint64_t>>
      elements;  ///< of arrays, members of objects
  struct Column {
    std::string table, column, type;
  };
  std::vector<Column> columns;  ///< that it fills
  bool mapped = false;
  std::vector<std::string> remarks;  ///< conflicts and dangers
};

struct ReportTable {
  std::string name;
  bool created = false;  ///< would be created
  bool audit = false;
  std::uint64_t rows = 0;
  std::uint64_t table_bytes = 0, index_bytes = 0;
  std::size_t columns = 0, indexes = 0, checks = 0, foreign_keys = 0;
};

struct ReportCollection {
  std::string name;
  bool edge = false;
  bool mapped = true;
  std::vector<ReportTable> tables;
  std::optional<std::uint64_t> total;  ///< documents the source claims to hold
  std::uint64_t read = 0, would_load = 0, filtered = 0, quarantined = 0, removed = 0;
  std::uint64_t bytes = 0, largest = 0, median = 0, ninety_nine = 0;
  std::vector<std::uint64_t> sizes;  ///< documents by power of two
  bool sampled = false;
  std::vector<ReportRule> rules;  ///< most documents first
  std::vector<NamedCount> warnings, defaults_used;
  struct Unmapped {
    std::string path;
    std::uint64_t count = 0, bytes = 0;
  };
  std::vector<Unmapped> unmapped;  ///< most bytes first
  struct Dangling {
    std::string place;  ///< "_from", or a path
    std::uint64_t checked = 0, dangling = 0;
    std::vector<std::string> keys;  ///< documents that hold such a reference; some
  };
  std::vector<Dangling> references;
  std::vector<ReportPath> paths;
  std::uint64_t paths_left_out = 0;
  bool collapsed = false, too_deep = false;
};

/// Something the source has beside documents, and what becomes of it.
struct ReportThing {
  std::string kind;        ///< index, ttl, validation rule, computed value, graph, view, …
  std::string collection;  ///< "" = of the database
  std::string name;
  std::string what;
  std::string becomes;
  bool attention = false;  ///< a person must decide
};

/// Why the migration would not start, or not run as expected.
struct ReportBlocker {
  std::string message, hint;
  Exit exit = Exit::usage;
};

struct ReportEstimate {
  std::string what;  ///< "time", "size", "quarantined"
  double value = 0, low = 0, high = 0;
  std::string unit;  ///< seconds | bytes | documents
  std::string basis;
};

/// Since the report given by --compare.
struct ReportChange {
  enum class Kind : std::uint8_t { better, worse, neutral };
  Kind kind = Kind::neutral;
  std::string where;  ///< collection, "" = the whole
  std::string text;
};

struct ValidationReport {
  enum class Verdict : std::uint8_t { loads, quarantines, blocked, incomplete };

  std::string version, created_at;      ///< ISO 8601, UTC
  std::string source, target, mapping;  ///< target "" = none
  std::uint64_t sample = 0, seed = 0;   ///< sample 0 = all documents
  bool probed = false;
  bool values_shown = false;
  bool stopped = false;
  double seconds = 0;
  std::uint64_t max_quarantined = 0;

  std::vector<ReportBlocker> blockers;
  std::vector<ReportCollection> collections;
  std::vector<std::string> not_mapped;  ///< collections nobody maps
  std::vector<ReportThing> things;
  std::vector<std::string> warnings;   ///< about source and target
  std::vector<std::string> names;      ///< identifiers that need a thought
  std::vector<std::string> unchecked;  ///< what this run could not tell
  std::vector<ReportEstimate> estimates;
  std::string compared_with;  ///< creation time of the older report
  std::vector<ReportChange> changes;

  struct Totals {
    std::uint64_t read = 0, would_load = 0, filtered = 0, quarantined = 0, bytes = 0;
  };
  [[nodiscard]] Totals totals() const;
  [[nodiscard]] Verdict verdict() const;
  [[nodiscard]] Exit exit() const;
  /// "All 5,912 documents would load.", one sentence for people.
  [[nodiscard]] std::string sentence() const;
};

std::string report_json(const ValidationReport& report);
/// One self-contained file: no network, no script but the sorting of tables.
std::string report_html(const ValidationReport& report);
/// For the terminal: the verdict, and what needs a person.
std::string report_text(const ValidationReport& report);

/// Fills `changes` with what differs from an older report. Throws Error(usage) if `json` is none.
void compare_reports(ValidationReport& report, const std::string& json, const std::string& path);

/// Finds out now whether the file can be written later. Throws Error(usage) for an unknown suffix
/// or a place that can't be written to.
void check_report_path(const std::string& path);
/// Writes HTML or JSON by the path's suffix; a reader never sees half of it.
void write_report(const ValidationReport& report, const std::string& path);

/// The usual way out of a rejection rule, from docs/rules.md; "" for an unknown one.
std::string_view rule_advice(std::string_view rule);

/// "3.2s", for the texts of a report.
std::string duration_text(double seconds);

}  // namespace arango2pg::run
