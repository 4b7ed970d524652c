// `arango2pg validate`, and `migrate --dry-run`.
#include <spdlog/fmt/fmt.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "base/log.h"
#include "cli/commands.h"
#include "run/summary.h"
#include "run/validate.h"

namespace arango2pg::cli {
namespace {

/// Without --target, libpq's own variables say where the target is, if they say anything.
bool environment_names_a_target() {
  for (const char* name : {"PGHOST", "PGHOSTADDR", "PGDATABASE", "PGSERVICE"})
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return true;
  return false;
}

/// What a run would have said, for --summary.
run::Summary summary_of(const run::ValidationReport& report) {
  run::Summary s;
  s.command = "validate";
  s.status = report.stopped ? "interrupted" : "done";
  s.exit = report.exit();
  s.seconds = report.seconds;
  s.peak_memory = run::peak_memory();
  for (const auto& c : report.collections) {
    run::CollectionSummary& out = s.collections.emplace_back();
    out.collection = c.name;
    for (const auto& t : c.tables) (t.audit ? out.audit_tables : out.tables).push_back(t.name);
    if (!out.tables.empty()) out.table = out.tables.front();
    out.counters.read = c.read;
    out.counters.written = c.would_load;
    out.counters.filtered = c.filtered;
    out.counters.quarantined = c.quarantined;
    out.counters.bytes = c.bytes;
  }
  return s;
}

Exit run_validate(run::ValidateOptions options, const RawOptions& raw) {
  options.migrate = migrate_options(raw);
  if (raw.target == "none") {
    options.with_target = false;
    options.migrate.target.conninfo.clear();
  } else if (raw.target.empty()) {
    options.with_target = environment_names_a_target();
  }
  if (options.probe && !options.with_target)
    throw Error(Exit::usage, "--probe needs a target",
                "Say --target, or leave --probe out: then nothing but the mapping is checked.");
  const run::SignalWatch signals;
  const run::ValidationReport report = run::validate(options, signals);
  fmt::print("{}", run::report_text(report));
  if (!raw.summary.empty()) run::write_summary(summary_of(report), raw.summary);
  if (report.exit() == Exit::interrupted)
    spdlog::warn("interrupted: the report covers what was read until then");
  return report.exit();
}

}  // namespace

void add_validate(CLI::App& app, RawOptions& raw, Chosen& chosen) {
  const auto own = std::make_shared<run::ValidateOptions>();
  const auto no_record = std::make_shared<bool>(false);
  CLI::App* c = command(app, chosen, "validate",
                        "the dry run: reads, maps and checks everything, loads nothing",
                        [&raw, own, no_record] {
                          own->record = !*no_record;
                          return run_validate(*own, raw);
                        });
  add_source_options(*c, raw);
  add_target_options(*c, raw);
  add_run_options(*c, raw);
  const std::string group = "Dry run";
  c->get_option("--target")
      ->description(
          "libpq connection string or URI (default: the PG* variables); none = without a target");
  c->add_option("--report", own->reports, "file to write, .html or .json (repeatable)")
      ->group(group);
  c->add_option("--sample", own->sample,
                "look at about this many documents per collection, spread over their keys "
                "(default: at all)")
      ->group(group);
  c->add_option("--seed", own->seed, "of the sample: equal seeds choose equal documents")
      ->capture_default_str()
      ->group(group);
  c->add_flag("--probe", own->probe,
              "let PostgreSQL check the rows, too, in temporary tables that are dropped again")
      ->group(group);
  c->add_option("--compare", own->compare, "an older report (.json): say what has changed since")
      ->group(group);
  c->add_flag("--no-record", *no_record, "leave no run record in the target")->group(group);
  c->add_flag("--log-data", own->log_data, "show values of documents in the reports")->group(group);
  c->add_flag("--truncate", raw.truncate, "as the migration would: empty the tables first")
      ->group(group);
  c->add_flag("--merge", raw.merge, "as the migration would: upsert into tables that hold rows")
      ->group(group);
}

Exit dry_run(const RawOptions& raw) { return run_validate({}, raw); }

}  // namespace arango2pg::cli
