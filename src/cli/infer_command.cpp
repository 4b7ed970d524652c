// `arango2pg infer`.
#include <spdlog/fmt/fmt.h>

#include <memory>

#include "base/log.h"
#include "cli/commands.h"
#include "run/infer.h"
#include "run/signals.h"

namespace arango2pg::cli {
namespace {

constexpr const char* infer_footer = R"(Examples:
  arango2pg infer --source http://root@db1:8529/app --out ./app
  arango2pg infer --source dump:./dump --out ./app --names plain --collection users --collection orders
  arango2pg infer --source jsonl:./export --out ./app --sample 10000

Then, as it is:
  arango2pg schema up --pack ./app/schemas --target "dbname=app"
  arango2pg migrate   --source http://root@db1:8529/app --mapping ./app/mappings --target "dbname=app"
  arango2pg verify    --source http://root@db1:8529/app --mapping ./app/mappings --target "dbname=app")";

struct InferWords {
  std::string out, name, names = "keep";
  bool force = false, postgis = false;
  std::uint64_t sample = 0, seed = 1;
};

Exit run_infer(const InferWords& own, const RawOptions& raw) {
  if (own.out.empty())
    throw Error(Exit::usage, "infer needs a directory to write to",
                "Name it with --out DIR; it is created if it is not there.");
  const run::MigrateOptions common = migrate_options(raw);
  run::InferOptions options;
  options.source = common.source;
  options.out = own.out;
  options.replace = own.force;
  options.pack = own.name;
  options.schema = common.target.schema;
  options.collections = common.collections;
  options.sample = own.sample;
  options.seed = own.seed;
  if (own.names != "keep" && own.names != "plain")
    throw Error(Exit::usage, fmt::format("unknown word '{}' for --names", own.names),
                "Use keep (names as they are) or plain (lower case with underscores).");
  options.names = own.names == "plain" ? run::NameStyle::plain : run::NameStyle::keep;
  options.postgis = own.postgis;
  options.jobs = common.jobs;
  options.memory = common.memory;
  options.progress = common.progress;
  const run::SignalWatch signals;
  fmt::print("{}", run::to_text(run::infer(options, signals)));
  return Exit::done;
}

}  // namespace

void add_infer(CLI::App& app, RawOptions& raw, Chosen& chosen) {
  const auto own = std::make_shared<InferWords>();
  CLI::App* c = command(app, chosen, "infer",
                        "looks at the source and writes mappings, a schema pack and JSON Schemas "
                        "that run as they are",
                        [&raw, own] { return run_infer(*own, raw); });
  c->footer(infer_footer);
  add_source_options(*c, raw);
  const std::string group = "Infer";
  c->add_option("--out", own->out, "directory to write to")->group(group);
  c->add_flag("--force", own->force, "replace what an earlier infer wrote there")->group(group);
  c->add_option("--collection", raw.collections, "only this collection (repeatable)")->group(group);
  c->add_option("--name", own->name,
                "name of the schema pack (default: the database's or directory's)")
      ->group(group);
  c->add_option("--target-schema", raw.target_schema, "schema that the tables go to")
      ->capture_default_str()
      ->group(group);
  c->add_option("--names", own->names,
                "of tables and columns: keep (as they are) or plain (lower case, underscores: SQL "
                "needs no quotes)")
      ->capture_default_str()
      ->group(group);
  c->add_flag("--postgis", own->postgis, "geo indexes by PostGIS instead of the type point")
      ->group(group);
  c->add_option("--sample", own->sample,
                "look at about this many documents per collection, spread over their keys "
                "(default: at all); every column is then a copy")
      ->group(group);
  c->add_option("--seed", own->seed, "of the sample: equal seeds choose equal documents")
      ->capture_default_str()
      ->group(group);
  c->add_option("--jobs", raw.jobs, "readers at work (default: as many as there are cores)")
      ->group(group);
  c->add_option("--memory", raw.memory, "for everything in flight")
      ->capture_default_str()
      ->group(group);
  c->add_option("--progress", raw.progress, "auto, bar, plain, json or none")
      ->capture_default_str()
      ->group(group);
}

}  // namespace arango2pg::cli
