// `arango2pg verify`.
#include <spdlog/fmt/fmt.h>

#include <memory>

#include "base/log.h"
#include "base/units.h"
#include "cli/commands.h"
#include "run/signals.h"
#include "run/verify.h"

namespace arango2pg::cli {

void add_verify(CLI::App& app, RawOptions& raw, Chosen& chosen) {
  struct Options {
    std::uint64_t sample = 0;
    bool repair = false, log_data = false;
    std::string settle = "1s", checkpoint = "60s";
  };
  const auto own = std::make_shared<Options>();
  CLI::App* c =
      command(app, chosen, "verify",
              "compares all documents of the source with the rows of the target; exit 0 = equal",
              [&raw, own] {
                run::VerifyOptions options;
                options.migrate = migrate_options(raw);
                options.sample = own->sample;
                options.repair = own->repair;
                options.log_data = own->log_data;
                options.settle = parse_duration(own->settle, "--settle");
                options.checkpoint = parse_duration(own->checkpoint, "--checkpoint");
                const run::SignalWatch signals;
                const run::VerifySummary summary = run::verify(options, signals);
                fmt::print("{}", run::to_text(summary));
                if (!raw.summary.empty()) run::write_json(run::to_json(summary), raw.summary);
                return summary.exit;
              });
  add_source_options(*c, raw);
  add_target_options(*c, raw);
  add_run_options(*c, raw);
  c->add_flag("--repair", own->repair,
              "load the documents that differ again, remove rows without a document, look again")
      ->group("Verify");
  c->add_option("--sample", own->sample,
                "only about so many documents of each collection, and no search for rows without "
                "a document: quick, and no proof")
      ->group("Verify");
  c->add_flag("--log-data", own->log_data, "show the values that differ")->group("Verify");
  c->add_option("--settle", own->settle,
                "on a live server: how long a change may be under way before it is a difference")
      ->capture_default_str()
      ->group("Verify");
  c->add_option("--checkpoint", own->checkpoint,
                "how often the state is saved; a verify that was killed goes on from there")
      ->capture_default_str()
      ->group("Verify");
  c->add_flag("--fresh", raw.fresh, "start a new run instead of going on with an interrupted one")
      ->group("Verify");
}

}  // namespace arango2pg::cli
