#include "cli/commands.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include "base/log.h"
#include "base/units.h"
#include "mapping/golden.h"
#include "run/migrate.h"
#include "run/ping.h"
#include "run/quarantine.h"
#include "run/signals.h"
#include "run/status.h"

namespace arango2pg::cli {
namespace {

void add_migrate(CLI::App& app, RawOptions& raw, Chosen& chosen) {
  CLI::App* c =
      command(app, chosen, "migrate",
              "the bulk load; run it again after an interruption and it goes on", [&raw] {
                if (raw.dry_run) return dry_run(raw);
                const auto options = migrate_options(raw);
                const run::SignalWatch signals;
                const run::Summary summary = run::migrate(options, signals);
                show(summary, raw);
                if (summary.exit == Exit::interrupted)
                  spdlog::warn("interrupted, state saved: run the same command to go on");
                if (summary.exit == Exit::quarantined)
                  spdlog::warn("{} documents are in quarantine, more than --max-quarantined {}",
                               summary.totals().quarantined, raw.max_quarantined);
                return summary.exit;
              });
  add_source_options(*c, raw);
  add_target_options(*c, raw);
  add_run_options(*c, raw);
  c->add_flag("--fresh", raw.fresh, "start a new run instead of going on with an interrupted one")
      ->group("Load");
  c->add_flag("--truncate", raw.truncate, "empty the target tables first")->group("Load");
  c->add_flag("--merge", raw.merge,
              "upsert by key into tables that hold rows; the newer revision wins")
      ->group("Load");
  c->add_flag("--join", raw.join,
              "work together with other processes on one run: help the one that leads it, or lead")
      ->group("Load");
  c->add_flag("--measure-ceiling", raw.measure_ceiling,
              "first take three seconds to measure how fast the target takes these rows at best")
      ->group("Load");
  c->add_flag("--dry-run", raw.dry_run, "load nothing: the same as validate")->group("Load");
  c->add_flag("--accept-plan-change", raw.accept_plan_change,
              "go on although the plan differs from the interrupted run's")
      ->group("Load");
}

void add_ping(CLI::App& app, RawOptions& raw, Chosen& chosen) {
  CLI::App* c = command(
      app, chosen, "ping", "preflight: reachability, versions, privileges, encoding", [&raw] {
        fmt::print("{}", run::ping(raw.source.empty() ? std::optional<arango::SourceOptions>()
                                                      : source_options(raw),
                                   target_options(raw)));
        return Exit::done;
      });
  add_source_options(*c, raw);
  add_target_options(*c, raw);
}

void add_status(CLI::App& app, RawOptions& raw, Chosen& chosen) {
  struct Options {
    RunId run = 0;
    unsigned limit = 5;
    bool watch = false;
  };
  const auto own = std::make_shared<Options>();
  CLI::App* c = command(app, chosen, "status", "runs, stages, parts, progress", [&raw, own] {
    const std::optional<RunId> run = own->run == 0 ? std::nullopt : std::optional(own->run);
    const auto print = [&] {
      const auto runs = run::read_status(target_options(raw), run, own->limit);
      if (raw.json)
        fmt::print("{}\n", run::status_json(runs));
      else
        fmt::print("{}", run::status_text(runs));
      std::fflush(stdout);
      return std::any_of(runs.begin(), runs.end(),
                         [](const auto& r) { return r.status == "running"; });
    };
    const run::SignalWatch signals;
    while (print() && own->watch && !signals.requested())
      std::this_thread::sleep_for(std::chrono::seconds(1));
    return Exit::done;
  });
  add_target_options(*c, raw);
  c->add_option("--run", own->run, "only this run");
  c->add_option("--limit", own->limit, "that many runs, newest first")->capture_default_str();
  c->add_flag("--watch", own->watch, "print again every second while a run is going on");
  c->add_flag("--json", raw.json, "as JSON");
}

void add_filter(CLI::App& c, run::QuarantineFilter& filter) {
  c.add_option("--run", filter.run, "only of this run");
  c.add_option("--of", filter.collection, "only of this collection");
  c.add_option("--rule", filter.rule, "only with this rule code");
  c.add_option("--key", filter.key, "only this document key");
}

void add_quarantine(CLI::App& app, RawOptions& raw, Chosen& chosen) {
  CLI::App* group =
      app.add_subcommand("quarantine", "rejected documents: list, show, retry, discard, export");
  group->require_subcommand(1);
  group->fallthrough();
  const auto filter = std::make_shared<run::QuarantineFilter>();
  CLI::App* list =
      command(*group, chosen, "list", "one line each, without their contents", [&raw, filter] {
        const auto found = run::list_quarantine(target_options(raw), *filter, false);
        fmt::print("{}",
                   raw.json ? run::quarantine_json(found) + "\n" : run::quarantine_text(found));
        return Exit::done;
      });
  CLI::App* one =
      command(*group, chosen, "show", "one document with its raw bytes", [&raw, filter] {
        const auto found = run::list_quarantine(target_options(raw), *filter, true);
        if (found.empty())
          throw Error(Exit::usage,
                      fmt::format("no quarantined document with id {}", filter->id.value_or(0)),
                      "List them with arango2pg quarantine list.");
        fmt::print("{}", run::quarantine_text(found));
        std::fwrite(found[0].document.data(), 1, found[0].document.size(), stdout);
        std::fputc('\n', stdout);
        return Exit::done;
      });
  CLI::App* discard = command(*group, chosen, "discard", "mark as not wanted", [&raw, filter] {
    fmt::print("{} documents discarded\n", run::discard_quarantine(target_options(raw), *filter));
    return Exit::done;
  });
  CLI::App* out = command(*group, chosen, "export",
                          "the raw documents as JSON lines on standard output", [&raw, filter] {
                            const auto n =
                                run::export_quarantine(target_options(raw), *filter, stdout);
                            spdlog::info("{} documents exported", n);
                            return Exit::done;
                          });
  CLI::App* retry =
      command(*group, chosen, "retry", "drive them through today's mapping again", [&raw, filter] {
        raw.source = "quarantine:";
        const auto options = migrate_options(raw);
        const run::SignalWatch signals;
        const run::Summary summary = run::retry_quarantine(options, *filter, signals);
        show(summary, raw);
        return summary.exit;
      });
  for (CLI::App* c : {list, discard, out, retry}) add_filter(*c, *filter);
  for (CLI::App* c : {list, one, discard, out, retry}) add_target_options(*c, raw);
  one->add_option("id", filter->id, "id as `list` prints it")->required();
  list->add_option("--limit", filter->limit, "at most this many");
  list->add_flag("--all", filter->all, "discarded and retried ones too");
  list->add_flag("--json", raw.json, "as JSON");
  add_run_options(*retry, raw);
}

void add_mapping(CLI::App& app, Chosen& chosen) {
  struct Options {
    std::string dir;
    bool update = false;
  };
  const auto own = std::make_shared<Options>();
  CLI::App* group = app.add_subcommand("mapping", "mapping files: test");
  group->require_subcommand(1);
  CLI::App* test = command(
      *group, chosen, "test", "map sample documents and compare with what is expected", [own] {
        bool passed = true;
        for (const auto& g : mapping::run_goldens(own->dir, own->update)) {
          fmt::print("{} {}\n{}", g.passed ? "ok  " : "FAIL", g.name, g.passed ? "" : g.text);
          passed = passed && g.passed;
        }
        return passed ? Exit::done : Exit::usage;
      });
  test->add_option("dir", own->dir,
                   "directory with mapping, input.jsonl and expected/, or with such directories")
      ->required();
  test->add_flag("--update", own->update, "write what comes out as what is expected");
}

}  // namespace

CLI::App* command(CLI::App& parent, Chosen& chosen, const std::string& name,
                  const std::string& help, std::function<Exit()> action) {
  CLI::App* sub = parent.add_subcommand(name, help);
  sub->final_callback([sub, &chosen, action = std::move(action)] {
    chosen = Command{sub, action};
  });
  return sub;
}

run::TargetOptions target_options(const RawOptions& raw) { return {raw.target, raw.target_schema}; }

void show(const run::Summary& summary, const RawOptions& raw) {
  fmt::print("{}", run::to_text(summary));
  if (!raw.summary.empty()) run::write_summary(summary, raw.summary);
}

void add_commands(CLI::App& app, RawOptions& raw, std::optional<Command>& chosen) {
  add_ping(app, raw, chosen);
  add_migrate(app, raw, chosen);
  add_validate(app, raw, chosen);
  add_infer(app, raw, chosen);
  add_resync(app, raw, chosen);
  add_verify(app, raw, chosen);
  add_rollback(app, raw, chosen);
  add_status(app, raw, chosen);
  add_quarantine(app, raw, chosen);
  add_schema(app, raw, chosen);
  add_mapping(app, chosen);
}

namespace {

void known_words(const CLI::App& app, std::vector<std::string>& words) {
  for (const CLI::Option* o : app.get_options())
    for (const auto& name : o->get_lnames()) words.push_back("--" + name);
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    words.push_back(sub->get_name());
    known_words(*sub, words);
  }
}

}  // namespace

std::optional<std::string> unknown_word_message(const CLI::App& app, int argc, char** argv) {
  std::vector<std::string> words;
  known_words(app, words);
  for (int i = 1; i < argc; ++i) {
    const std::string full = argv[i];
    const std::string word = full.substr(0, full.find('='));
    if (word.rfind("--", 0) == 0 && std::find(words.begin(), words.end(), word) == words.end())
      return fmt::format("unknown option '{}'{}", word, suggestion(word, words));
  }
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word[0] == '-' || std::find(words.begin(), words.end(), word) != words.end()) continue;
    return fmt::format("unknown word '{}'{}", word, suggestion(word, words));
  }
  return std::nullopt;
}

}  // namespace arango2pg::cli
