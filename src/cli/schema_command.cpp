// `arango2pg schema …`: versioned schema packs.
#include <spdlog/fmt/fmt.h>

#include <memory>

#include "cli/commands.h"
#include "run/schema.h"

namespace arango2pg::cli {

void add_schema(CLI::App& app, RawOptions& raw, Chosen& chosen) {
  struct Options {
    std::string pack = "ats", schema;
    int to = 0;
    bool dry_run = false, yes = false;
  };
  const auto own = std::make_shared<Options>();
  CLI::App* group =
      app.add_subcommand("schema", "versioned schema packs: up, down, status, verify");
  group->require_subcommand(1);
  group->fallthrough();
  CLI::App* up =
      command(*group, chosen, "up", "apply the migrations that are pending", [&raw, own] {
        fmt::print("{}", run::schema_up(target_options(raw), own->pack, own->schema, own->to,
                                        own->dry_run));
        return Exit::done;
      });
  CLI::App* down = command(*group, chosen, "down", "revert applied migrations", [&raw, own] {
    if (!own->yes && !own->dry_run)
      throw Error(Exit::usage, "down removes tables with their rows",
                  "Look at --dry-run, then say --yes.");
    fmt::print(
        "{}", run::schema_down(target_options(raw), own->pack, own->schema, own->to, own->dry_run));
    return Exit::done;
  });
  CLI::App* verify =
      command(*group, chosen, "verify", "run the verify sections of what is applied", [&raw, own] {
        bool passed = false;
        fmt::print("{}", run::schema_verify(target_options(raw), own->pack, own->schema, passed));
        return passed ? Exit::done : Exit::differences;
      });
  CLI::App* status = command(*group, chosen, "status", "which migrations are applied", [&raw, own] {
    fmt::print("{}", run::schema_status(target_options(raw), own->pack, own->schema, raw.json));
    return Exit::done;
  });
  for (CLI::App* c : {up, down, verify, status}) {
    add_target_options(*c, raw);
    c->add_option("--pack", own->pack, "directory, or name of a pack below schemas/")
        ->capture_default_str();
    c->add_option("--schema", own->schema, "schema of the tables (default: the pack's)");
  }
  up->add_option("--to", own->to, "stop after this number");
  down->add_option("--to", own->to, "keep this number and those before it (0 = revert all)")
      ->required();
  down->add_flag("--yes", own->yes, "really");
  for (CLI::App* c : {up, down})
    c->add_flag("--dry-run", own->dry_run, "print the SQL, run nothing");
  status->add_flag("--json", raw.json, "as JSON");
}

}  // namespace arango2pg::cli
