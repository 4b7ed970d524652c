#include "cli/cli.h"

#include <spdlog/fmt/fmt.h>

#include <cstdio>
#include <optional>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/options.h"

namespace arango2pg::cli {
namespace {

constexpr const char* footer = R"(Examples:
  arango2pg ping     --source http://root@db1:8529/app --target "dbname=app"
  arango2pg migrate  --source http://root@db1:8529/app --target "dbname=app"
  arango2pg migrate  --source dump:./dump --target postgresql://app@db2/app --mapping mappings/ats --jobs 8
  arango2pg status   --target "dbname=app" --watch
  arango2pg quarantine list --target "dbname=app"
  arango2pg schema up --pack schemas/ats --target "dbname=app"

Every option has an environment variable ARANGO2PG_<NAME>; --config names a YAML file with the same names.
The password of the source may stand in ARANGO_PASSWORD or in the file that ARANGO_PASSWORD_FILE names.

Exit codes: 0 done; 1 a bug; 2 wrong usage, configuration or mapping; 3 source; 4 target; 5 more documents quarantined
than allowed; 6 differences found; 7 interrupted, state saved: run the same command to go on.)";

/// CLI11's messages, in our words and with our exit code; --help and --version print and end with
/// 0.
Exit report(const CLI::App& app, const CLI::ParseError& e, int argc, char** argv) {
  if (e.get_exit_code() == 0) {
    app.exit(e);
    return Exit::done;
  }
  std::string message = e.what();
  const int kind = e.get_exit_code();
  if (kind == static_cast<int>(CLI::ExitCodes::ExtrasError) ||
      kind == static_cast<int>(CLI::ExitCodes::RequiredError))
    message = unknown_word_message(app, argc, argv).value_or(message);
  throw Error(Exit::usage, message, "See arango2pg --help, or arango2pg COMMAND --help.");
}

}  // namespace

Exit run(int argc, char** argv) {
  CLI::App app(
      "Moves an ArangoDB database into PostgreSQL tables with JSONB, and proves that nothing was "
      "lost.",
      "arango2pg");
  RawOptions raw;
  add_global_options(app, raw);
  app.set_version_flag("--version", "arango2pg " ARANGO2PG_VERSION);
  app.footer(footer);
  app.require_subcommand(1);
  app.fallthrough();
  std::optional<Command> chosen;
  add_commands(app, raw, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return report(app, e, argc, argv);
  }
  apply_environment(app, *chosen->app);
  apply_config_file(app, *chosen->app, raw);
  if (raw.log_format != "text" && raw.log_format != "json")
    throw Error(Exit::usage, fmt::format("unknown log format '{}'", raw.log_format),
                "Use text or json.");
  log::set_up(raw.log_level, raw.log_format == "json" ? log::Format::json : log::Format::text);
  return chosen->run();
}

}  // namespace arango2pg::cli
