#include "cli/options.h"

#include <spdlog/fmt/fmt.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

#include "base/error.h"
#include "base/units.h"

namespace arango2pg::cli {
namespace {

std::string environment_name(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  });
  return "ARANGO2PG_" + name;
}

template <class T>
CLI::Option* option(CLI::App& app, const std::string& name, T& value, const std::string& help) {
  return app.add_option("--" + name, value, help);
}

CLI::Option* flag(CLI::App& app, const std::string& name, bool& value, const std::string& help) {
  return app.add_flag("--" + name, value, help);
}

/// A secret from VARIABLE, or from the file that VARIABLE_FILE names (one trailing line end is left
/// out).
std::string secret(const char* variable) {
  if (const char* value = std::getenv(variable); value != nullptr) return value;
  const std::string file_variable = std::string(variable) + "_FILE";
  const char* path = std::getenv(file_variable.c_str());
  if (path == nullptr) return {};
  std::ifstream in(path, std::ios::binary);
  if (!in)
    throw Error(Exit::usage, fmt::format("cannot read '{}', named by {}", path, file_variable),
                "Let the variable name a file that can be read.");
  std::string text{std::istreambuf_iterator<char>(in), {}};
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

std::string option_name(const CLI::Option& o) {
  return o.get_lnames().empty() ? std::string() : o.get_lnames().front();
}

std::vector<CLI::Option*> settable(CLI::App& app) {
  std::vector<CLI::Option*> all;
  for (CLI::Option* o : app.get_options())
    if (const auto name = option_name(*o); !name.empty() && name != "help" && name != "version")
      all.push_back(o);
  return all;
}

void collect_names(CLI::App& app, std::vector<std::string>& names) {
  for (CLI::Option* o : settable(app)) names.push_back(option_name(*o));
  for (CLI::App* sub : app.get_subcommands({})) collect_names(*sub, names);
}

/// Not CLI11's envname(): that would also fill the same option of commands that were not chosen,
/// over what the user typed.
void set_from_environment(CLI::Option& o) {
  const char* value = std::getenv(environment_name(option_name(o)).c_str());
  if (o.count() > 0 || value == nullptr || *value == '\0') return;
  try {
    o.add_result(value);
    o.run_callback();
  } catch (const CLI::ParseError& e) {
    throw Error(Exit::usage, fmt::format("{}: {}", environment_name(option_name(o)), e.what()),
                "Write the variable's value as on the command line.");
  }
}

void set_from_yaml(CLI::Option& o, const YAML::Node& value, const std::string& where) {
  if (o.count() > 0) return;  // the command line or the environment said it
  try {
    if (value.IsSequence())
      for (const auto& item : value) o.add_result(item.as<std::string>());
    else if (value.IsScalar())
      o.add_result(value.as<std::string>());
    else
      throw Error(Exit::usage,
                  fmt::format("{}: option '{}' needs a value or a list", where, option_name(o)),
                  "");
    o.run_callback();
  } catch (const CLI::ParseError& e) {
    throw Error(Exit::usage, fmt::format("{}: {}", where, e.what()),
                "Write it as on the command line.");
  }
}

}  // namespace

void add_global_options(CLI::App& app, RawOptions& raw) {
  option(app, "config", raw.config,
         "YAML file with option names and values (default: arango2pg.yaml if present)");
  option(app, "log-level", raw.log_level, "trace, debug, info, warn, error or off")
      ->capture_default_str();
  option(app, "log-format", raw.log_format, "text or json")->capture_default_str();
}

void add_source_options(CLI::App& c, RawOptions& raw) {
  const std::string group = "Source";
  option(c, "source", raw.source,
         "http(s)://[user:password@]host:8529[/database] (several hosts by comma), dump:DIR or "
         "jsonl:DIR")
      ->group(group);
  option(c, "database", raw.database, "database, if it is not in the URL")->group(group);
  option(c, "source-ca", raw.source_ca, "file with the certificate authority of an https source")
      ->group(group);
  flag(c, "source-insecure", raw.source_insecure, "do not check the certificate")->group(group);
  flag(c, "include-system", raw.include_system, "system collections too")->group(group);
  option(c, "max-source-requests", raw.max_source_requests, "requests under way at once")
      ->capture_default_str()
      ->group(group);
  option(c, "page-size", raw.page_size, "bytes to aim at in one response")
      ->capture_default_str()
      ->group(group);
  option(c, "source-timeout", raw.source_timeout, "longest time for one request")
      ->capture_default_str()
      ->group(group);
}

void add_target(CLI::App& c, RawOptions& raw) {
  option(c, "target", raw.target, "libpq connection string or URI (default: the PG* variables)")
      ->group("Target");
}

void add_target_options(CLI::App& c, RawOptions& raw) {
  add_target(c, raw);
  option(c, "retry-for", raw.retry_for, "how long lost connections are retried")
      ->capture_default_str()
      ->group("Target");
}

void add_run_options(CLI::App& c, RawOptions& raw) {
  option(c, "mapping", raw.mapping, "mapping file or directory (default: automatic mapping)")
      ->group("Mapping");
  option(c, "target-schema", raw.target_schema,
         "schema of the tables that automatic mapping creates")
      ->capture_default_str()
      ->group("Mapping");
  option(c, "collection", raw.collections, "only this collection (repeatable)")->group("Mapping");
  option(c, "jobs", raw.jobs, "lanes: connections that COPY at once (default: from the cores)")
      ->group("Load");
  option(c, "memory", raw.memory, "bytes in flight, for everything")
      ->capture_default_str()
      ->group("Load");
  option(c, "batch-size", raw.batch_size, "bytes per transaction")
      ->capture_default_str()
      ->group("Load");
  option(c, "copy-format", raw.copy_format, "auto, text or binary")
      ->capture_default_str()
      ->group("Load");
  option(c, "max-quarantined", raw.max_quarantined,
         "exit 5 if more documents than this are quarantined")
      ->capture_default_str()
      ->group("Load");
  option(c, "progress", raw.progress, "auto, bar, plain, json or none")
      ->capture_default_str()
      ->group("Output");
  option(c, "summary", raw.summary, "file for the summary as JSON")->group("Output");
}

void apply_environment(CLI::App& app, CLI::App& command) {
  for (CLI::App* where_defined : {&app, &command})
    for (CLI::Option* o : settable(*where_defined)) set_from_environment(*o);
}

void apply_config_file(CLI::App& app, CLI::App& command, const RawOptions& raw) {
  std::string path = raw.config;
  if (path.empty()) {
    if (!std::ifstream("arango2pg.yaml")) return;
    path = "arango2pg.yaml";
  }
  YAML::Node root;
  try {
    root = YAML::LoadFile(path);
  } catch (const YAML::BadFile&) {
    throw Error(Exit::usage, fmt::format("cannot read configuration file '{}'", path),
                "Check --config.");
  } catch (const YAML::Exception& e) {
    throw Error(Exit::usage, fmt::format("{}:{}: {}", path, e.mark.line + 1, e.msg),
                "The file must be YAML.");
  }
  if (root.IsNull()) return;
  if (!root.IsMap())
    throw Error(Exit::usage, fmt::format("{}: expected option names with values", path),
                "Write `name: value` lines.");
  std::vector<std::string> known;
  collect_names(app, known);
  for (const auto& entry : root) {
    const auto name = entry.first.as<std::string>();
    const std::string where = fmt::format("{}:{}", path, entry.first.Mark().line + 1);
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw Error(Exit::usage,
                  fmt::format("{}: unknown option '{}'{}", where, name, suggestion(name, known)),
                  "The names are those of the command line without the dashes; see --help.");
    for (CLI::App* where_defined : {&app, &command})
      for (CLI::Option* o : settable(*where_defined))
        if (option_name(*o) == name) set_from_yaml(*o, entry.second, where);
  }
}

arango::SourceOptions source_options(const RawOptions& raw) {
  if (raw.source.empty())
    throw Error(Exit::usage, "no source given",
                "Say --source http://user:password@host:8529/database, --source dump:DIR or "
                "--source jsonl:DIR.");
  arango::SourceOptions s;
  s.url = raw.source;
  s.username = secret("ARANGO_USERNAME");
  s.password = secret("ARANGO_PASSWORD");
  s.jwt = secret("ARANGO_JWT");
  s.database = raw.database;
  s.ca_file = raw.source_ca;
  s.insecure = raw.source_insecure;
  s.max_requests = raw.max_source_requests;
  s.page_bytes = parse_size(raw.page_size, "--page-size");
  s.request_timeout = std::chrono::duration_cast<std::chrono::seconds>(
      parse_duration(raw.source_timeout, "--source-timeout"));
  s.give_up_after = std::chrono::duration_cast<std::chrono::seconds>(
      parse_duration(raw.retry_for, "--retry-for"));
  s.include_system = raw.include_system;
  if (s.max_requests == 0) throw Error(Exit::usage, "--max-source-requests is 0", "Use 1 or more.");
  return s;
}

run::MigrateOptions migrate_options(const RawOptions& raw) {
  run::MigrateOptions m;
  m.source = source_options(raw);
  m.target.conninfo = raw.target;
  m.target.schema = raw.target_schema;
  m.mapping = raw.mapping;
  m.collections = raw.collections;
  m.jobs = raw.jobs != 0 ? raw.jobs : std::clamp(std::thread::hardware_concurrency(), 2U, 8U);
  m.memory = parse_size(raw.memory, "--memory");
  m.batch_size = parse_size(raw.batch_size, "--batch-size");
  m.retry_for = std::chrono::duration_cast<std::chrono::seconds>(
      parse_duration(raw.retry_for, "--retry-for"));
  m.max_quarantined = raw.max_quarantined;
  m.fresh = raw.fresh;
  m.truncate = raw.truncate;
  m.merge = raw.merge;
  m.join = raw.join;
  m.measure_ceiling = raw.measure_ceiling;
  m.accept_plan_change = raw.accept_plan_change;
  static constexpr std::array<std::string_view, 3> formats = {"auto", "text", "binary"};
  if (std::find(formats.begin(), formats.end(), raw.copy_format) == formats.end())
    throw Error(Exit::usage,
                fmt::format("unknown COPY format '{}'{}", raw.copy_format,
                            suggestion(raw.copy_format, formats)),
                "Use auto, text or binary.");
  m.copy_format = raw.copy_format;
  m.progress = run::parse_progress(raw.progress);
  return m;
}

}  // namespace arango2pg::cli
