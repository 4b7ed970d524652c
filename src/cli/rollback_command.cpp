// `arango2pg rollback RUN`.
#include <spdlog/fmt/fmt.h>

#include <memory>

#include "cli/commands.h"
#include "run/rollback.h"
#include "run/signals.h"
#include "run/summary.h"

namespace arango2pg::cli {

void add_rollback(CLI::App& app, RawOptions& raw, Chosen& chosen) {
  struct Options {
    RunId run = 0;
    bool dry_run = false;
  };
  const auto own = std::make_shared<Options>();
  CLI::App* c =
      command(app, chosen, "rollback",
              "undoes what a run wrote, or says why that can't be done safely", [&raw, own] {
                const auto report = run::rollback(target_options(raw), own->run, own->dry_run);
                fmt::print("{}", raw.json ? run::to_json(report) + "\n" : run::to_text(report));
                if (!raw.summary.empty()) run::write_json(run::to_json(report), raw.summary);
                return Exit::done;
              });
  c->add_option("run", own->run, "number of the run, as `arango2pg status` tells")->required();
  c->add_flag("--dry-run", own->dry_run, "only say what would be done");
  c->add_flag("--json", raw.json, "as JSON");
  c->add_option("--summary", raw.summary, "file for the summary as JSON");
  add_target_options(*c, raw);
}

}  // namespace arango2pg::cli
