// `arango2pg schema …`: versioned schema packs.
#include <spdlog/fmt/fmt.h>

#include <cstdio>
#include <functional>
#include <memory>

#include "base/units.h"
#include "cli/commands.h"
#include "run/schema.h"

namespace arango2pg::cli {
namespace {

struct Options {
  run::SchemaOptions run;
  std::string name;  // of a new migration
  pg::TemplateOptions template_options;
  bool no_transaction = false;
  std::string wait = "60s", lock_timeout = "5s";
};
using Shared = std::shared_ptr<Options>;

void print(const std::string& text) {
  fmt::print("{}", text);
  std::fflush(stdout);  // a long migration follows
}

const run::SchemaOptions& complete(const RawOptions& raw, Options& own) {
  own.run.target = target_options(raw);
  own.run.json = raw.json;
  own.run.patience.migrations = parse_duration(own.wait, "--wait");
  own.run.patience.lock = parse_duration(own.lock_timeout, "--lock-timeout");
  if (own.run.patience.lock.count() < 1 || own.run.patience.tries < 1)
    throw Error(Exit::usage, "--lock-timeout and --lock-tries must be more than 0",
                "Write --lock-timeout 5s --lock-tries 12.");
  return own.run;
}

void add_pack(CLI::App& c, const Shared& own) {
  c.add_option("--pack", own->run.pack, "directory, or name of a pack below schemas/")
      ->capture_default_str();
}

void add_where(CLI::App& c, RawOptions& raw, const Shared& own) {
  add_pack(c, own);
  c.add_option("--schema", own->run.schema, "schema of the tables (default: the pack's)");
  add_target(c, raw);
}

void add_waiting(CLI::App& c, const Shared& own) {
  c.add_option("--wait", own->wait, "how long to wait while another process migrates")
      ->capture_default_str()
      ->group("Waiting");
  c.add_option("--lock-timeout", own->lock_timeout,
               "longest wait for one lock; then others go first")
      ->capture_default_str()
      ->group("Waiting");
  c.add_option("--lock-tries", own->run.patience.tries, "how often to try for a lock")
      ->capture_default_str()
      ->group("Waiting");
}

void add_up_and_down(CLI::App& group, RawOptions& raw, Chosen& chosen, const Shared& own) {
  CLI::App* up = command(group, chosen, "up", "apply the migrations that are pending", [&raw, own] {
    const auto& options = complete(raw, *own);
    const run::SignalWatch signals;
    run::schema_up(options, signals, print);
    return Exit::done;
  });
  CLI::App* down =
      command(group, chosen, "down",
              "revert applied migrations, newest first; one unless told otherwise", [&raw, own] {
                const auto& options = complete(raw, *own);
                const run::SignalWatch signals;
                run::schema_down(options, signals, print);
                return Exit::done;
              });
  for (CLI::App* c : {up, down}) {
    add_where(*c, raw, own);
    add_waiting(*c, own);
    c->add_flag("--dry-run", own->run.dry_run, "print the SQL, run nothing");
  }
  up->add_option("steps", own->run.steps, "that many migrations (default: all)");
  up->add_option("--to", own->run.to, "stop after this number");
  down->add_option("steps", own->run.steps, "that many migrations (default: 1)");
  down->add_option("--to", own->run.to, "keep this number and those before it; 0 = revert all");
  down->add_flag("--yes", own->run.yes, "do it: what they hold is lost");
}

void add_stamp(CLI::App& group, RawOptions& raw, Chosen& chosen, const Shared& own) {
  CLI::App* stamp = command(group, chosen, "stamp",
                            "record that 1…N are applied, without running anything", [&raw, own] {
                              const auto& options = complete(raw, *own);
                              const run::SignalWatch signals;
                              run::schema_stamp(options, signals, print);
                              return Exit::done;
                            });
  add_where(*stamp, raw, own);
  add_waiting(*stamp, own);
  stamp->add_option("--to", own->run.to, "the last one that the database has; 0 = none");
  stamp->add_flag("--yes", own->run.yes, "forget that later ones are applied");
}

void add_looking(CLI::App& group, RawOptions& raw, Chosen& chosen, const Shared& own) {
  CLI::App* verify = command(
      group, chosen, "verify", "run the verify sections, compare files and history", [&raw, own] {
        return run::schema_verify(complete(raw, *own), print) ? Exit::done : Exit::differences;
      });
  CLI::App* status = command(group, chosen, "status", "which migrations are applied", [&raw, own] {
    run::schema_status(complete(raw, *own), print);
    return Exit::done;
  });
  for (CLI::App* c : {verify, status}) {
    add_where(*c, raw, own);
    c->add_flag("--json", raw.json, "as JSON");
  }
}

void add_new(CLI::App& group, Chosen& chosen, const Shared& own) {
  CLI::App* c = command(group, chosen, "new", "write the next migration as a template", [own] {
    own->template_options.transaction = !own->no_transaction;
    run::schema_new(own->run.pack, own->name, own->template_options, print);
    return Exit::done;
  });
  add_pack(*c, own);
  c->add_option("name", own->name, "what it does, as in add_user_prefs")->required();
  c->add_flag("--no-transaction", own->no_transaction, "statement by statement (CONCURRENTLY)");
  c->add_flag("--batches", own->template_options.batches, "a data migration in batches");
}

}  // namespace

void add_schema(CLI::App& app, RawOptions& raw, Chosen& chosen) {
  const auto own = std::make_shared<Options>();
  CLI::App* group =
      app.add_subcommand("schema", "versioned schema packs: up, down, status, verify, stamp, new");
  group->require_subcommand(1);
  group->fallthrough();
  add_up_and_down(*group, raw, chosen, own);
  add_stamp(*group, raw, chosen, own);
  add_looking(*group, raw, chosen, own);
  add_new(*group, chosen, own);
}

}  // namespace arango2pg::cli
