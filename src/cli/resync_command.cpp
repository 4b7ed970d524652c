// `arango2pg resync`.
#include <spdlog/fmt/fmt.h>

#include <memory>

#include "base/log.h"
#include "base/units.h"
#include "cli/commands.h"
#include "run/resync.h"

namespace arango2pg::cli {
namespace {

struct Words {
  std::string strategy = "auto", drift = "report", poll = "1s", interval = "60s", watermark;
  bool follow = false;
};

run::ResyncOptions resync_options(const RawOptions& raw, const Words& words) {
  run::ResyncOptions options;
  options.migrate = migrate_options(raw);
  options.strategy = run::parse_strategy(words.strategy);
  options.drift = run::parse_drift(words.drift);
  options.follow = words.follow;
  options.poll = parse_duration(words.poll, "--poll");
  options.interval = parse_duration(words.interval, "--interval");
  options.watermark = words.watermark;
  return options;
}

void explain(const run::Summary& summary, const RawOptions& raw) {
  if (summary.exit == Exit::interrupted)
    spdlog::warn("interrupted, state saved: run the same command to go on");
  if (summary.exit == Exit::quarantined)
    spdlog::warn(
        "more documents than --max-quarantined {} are in quarantine; `arango2pg quarantine "
        "list` shows them",
        raw.max_quarantined);
  if (summary.exit == Exit::source)
    spdlog::warn(
        "collections came, went or were renamed: their rows were left alone; `--drift "
        "follow` takes them along, `--drift ignore` accepts it");
}

}  // namespace

void add_resync(CLI::App& app, RawOptions& raw, Chosen& chosen) {
  const auto words = std::make_shared<Words>();
  CLI::App* c =
      command(app, chosen, "resync",
              "bring an earlier migrate up to date: inserts, updates, deletes", [&raw, words] {
                const auto options = resync_options(raw, *words);
                const run::SignalWatch signals;
                const run::Summary summary = run::resync(options, signals);
                show(summary, raw);
                explain(summary, raw);
                return summary.exit;
              });
  add_source_options(*c, raw);
  add_target_options(*c, raw);
  add_run_options(*c, raw);
  c->add_option("--strategy", words->strategy,
                "auto, wal (the log of a single server), revisions (compares all keys), watermark")
      ->capture_default_str()
      ->group("Changes");
  c->add_flag("--follow", words->follow, "keep going until stopped by a signal")->group("Changes");
  c->add_option(
       "--drift", words->drift,
       "when collections came, went or were renamed: report (exit 3), follow, ignore, refuse")
      ->capture_default_str()
      ->group("Changes");
  c->add_option("--watermark", words->watermark,
                "indexed timestamp attribute for `--strategy watermark`")
      ->group("Changes");
  c->add_option("--poll", words->poll, "how often an idle log is asked for more (--follow)")
      ->capture_default_str()
      ->group("Changes");
  c->add_option("--interval", words->interval,
                "pause between two passes of other strategies (--follow)")
      ->capture_default_str()
      ->group("Changes");
}

}  // namespace arango2pg::cli
