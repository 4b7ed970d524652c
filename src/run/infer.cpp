#include "run/infer.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <ctime>
#include <filesystem>

#include "arango/url.h"
#include "base/log.h"
#include "base/units.h"
#include "mapping/plan.h"
#include "mapping/spec.h"
#include "pg/migrations.h"
#include "run/infer_decide.h"
#include "run/infer_output.h"
#include "run/infer_survey.h"
#include "run/infer_write.h"
#include "run/text_table.h"

namespace arango2pg::run {
namespace {

std::string today() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d", &utc)};
}

/// "My App" → "my_app".
std::string pack_word(const std::string& name) {
  std::string out;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (upper || kept)
      out += upper ? static_cast<char>(c - 'A' + 'a') : c;
    else if (!out.empty() && out.back() != '_')
      out += '_';
  }
  while (!out.empty() && out.back() == '_') out.pop_back();
  return out.empty() ? "inferred" : out;
}

/// The database's name, or the directory's.
std::string pack_name(const InferOptions& options) {
  if (!options.pack.empty()) {
    if (pack_word(options.pack) != options.pack)
      throw Error(Exit::usage, fmt::format("'{}' is no name for a schema pack", options.pack),
                  fmt::format("Use lower-case letters, digits and underscores, as in {}.",
                              pack_word(options.pack)));
    if (options.pack == "arango2pg")
      throw Error(Exit::usage, "the schema pack 'arango2pg' is the tool's own state",
                  "Give --name another name.");
    return options.pack;
  }
  const arango::SourceUrl url = arango::parse_url(options.source.url);
  std::string name = options.source.database.empty() ? url.database : options.source.database;
  if (url.kind != arango::SourceUrl::Kind::server)
    name = std::filesystem::weakly_canonical(url.directory).filename().string();
  const std::string word = pack_word(name.empty() ? "_system" : name);
  return word == "arango2pg" ? "arango2pg_data" : word;
}

std::vector<doc::CollectionInfo> choose(doc::Source& source, const InferOptions& options) {
  const auto there = source.collections();
  std::vector<doc::CollectionInfo> chosen;
  std::vector<std::string> names;
  for (const auto& c : there) {
    if (!c.system) names.push_back(c.name);
    const bool named = std::find(options.collections.begin(), options.collections.end(), c.name) !=
                       options.collections.end();
    if (named || (options.collections.empty() && (!c.system || options.source.include_system)))
      chosen.push_back(c);
  }
  for (const std::string& name : options.collections)
    if (std::none_of(there.begin(), there.end(), [&](const auto& c) { return c.name == name; }))
      throw Error(Exit::source,
                  fmt::format("collection '{}' does not exist in {}{}", name,
                              source.info().description, suggestion(name, names)),
                  "Check --collection; names are case-sensitive.");
  if (chosen.empty())
    throw Error(
        Exit::source,
        "there is nothing to infer from: " + source.info().description + " has no collection",
        "Check the database name in --source; system collections are left out unless asked for.");
  return chosen;
}

/// Reads the mappings as `migrate` will: a validation rule that JSON Schema checks can't take is
/// left out of them.
void leave_out_rules(const std::filesystem::path& staged, InferredSchema& schema) {
  for (InferredTable& table : schema.tables) {
    if (table.rule.empty()) continue;
    try {
      mapping::load((staged / "mappings" / (table.file + ".yaml")).string());
    } catch (const Error& e) {
      spdlog::debug("the rule of '{}' can't be checked: {}", table.collection, e.what());
      table.rule_checked = false;
    }
    schema.person.push_back(
        {table.collection,
         fmt::format(
             "ArangoDB enforces a validation rule (level {}), PostgreSQL does not. It is in "
             "`documents/{}`; the mapping {}. Write CHECK constraints for what the "
             "application relies on",
             table.rule_level.empty() ? "unknown" : table.rule_level, table.schema_file,
             table.rule_checked
                 ? "counts what violates it (`check`, severity warn)"
                 : "does not check it, for it uses what `check: schema` does not know")});
  }
}

/// What was written must be what the other commands read.
void try_out(const std::filesystem::path& staged, const InferredSchema& schema,
             const std::vector<doc::CollectionInfo>& collections) {
  try {
    const pg::Pack pack = pg::load_pack((staged / "schemas").string());
    if (pack.name != schema.pack || pack.default_schema != schema.schema)
      throw Error(Exit::unexpected, "the pack has another name or schema");
    const auto specs = mapping::load((staged / "mappings").string());
    for (const doc::CollectionInfo& c : collections) {
      const auto spec = std::find_if(specs.begin(), specs.end(),
                                     [&](const mapping::Spec& s) { return s.from == c.name; });
      if (spec == specs.end()) throw Error(Exit::unexpected, "no mapping reads '" + c.name + "'");
      mapping::CollectionPlan::compile(c, {*spec}, {}, {});
    }
  } catch (const Error& e) {
    throw Error(Exit::unexpected, fmt::format("what infer wrote can't be used: {}", e.what()),
                "This is a bug: please report it with the names of your collections and "
                "attributes.");
  }
}

}  // namespace

InferredSchema infer(const InferOptions& options, const SignalWatch& signals) {
  const std::string pack = pack_name(options);
  OutputDirectory output(options.out, options.replace);
  auto source_options = options.source;
  // A sample asks for few documents at many places.
  if (options.sample != 0)
    source_options.page_bytes = std::min<std::uint64_t>(source_options.page_bytes, 1U << 20U);
  const auto source = arango::open_source(source_options);
  spdlog::info("source: {}", source->info().description);
  for (const auto& w : source->info().warnings) spdlog::warn("{}", w);
  const auto collections = choose(*source, options);
  const doc::SourceDetails details = source->details();
  for (const auto& w : details.warnings) spdlog::warn("{}", w);

  SurveyOptions look;
  look.sample = options.sample;
  look.seed = options.seed;
  look.jobs = options.jobs;
  look.memory = options.memory;
  look.progress = options.progress;
  const Surveyed seen = survey(*source, collections, look, signals);

  InferredSchema schema = decide(seen, details, {options.schema, options.names, options.postgis});
  schema.pack = pack;
  schema.source = source->info().description;
  schema.location = arango::redacted(options.source.url);
  schema.out = options.out;
  schema.version = ARANGO2PG_VERSION;
  schema.created_at = today();
  schema.sample = options.sample;
  schema.seed = options.seed;
  schema.collections = options.collections;
  output.stage(write_files(schema));
  leave_out_rules(output.staged(), schema);
  output.stage(write_files(schema));  // with what that brought to light
  try_out(output.staged(), schema, collections);
  output.commit();
  return schema;
}

std::string to_text(const InferredSchema& schema) {
  std::vector<std::vector<std::string>> rows = {
      {"collection", "table", "documents", "columns", "copies", "indexes"}};
  std::uint64_t documents = 0;
  std::size_t columns = 0, copies = 0;
  for (std::size_t t = 0; t < schema.tables.size(); ++t) {
    const InferredTable& table = schema.tables[t];
    const auto copied = std::count_if(table.columns.begin(), table.columns.end(),
                                      [](const auto& c) { return !c.moved; });
    const auto indexes = std::count_if(schema.indexes.begin(), schema.indexes.end(),
                                       [&](const auto& i) { return i.table == t; });
    rows.push_back({one_line(table.collection), one_line(table.name), format_count(table.documents),
                    std::to_string(table.columns.size()), std::to_string(copied),
                    std::to_string(indexes)});
    documents += table.documents;
    columns += table.columns.size();
    copies += static_cast<std::size_t>(copied);
  }
  rows.push_back({"total", "", format_count(documents), std::to_string(columns),
                  std::to_string(copies), std::to_string(schema.indexes.size())});
  std::string out = text_table(rows);
  if (!schema.person.empty()) out += "\nneeds a person:\n";
  constexpr std::size_t most = 12;
  for (std::size_t i = 0; i < schema.person.size() && i < most; ++i)
    out += fmt::format("  {}: {}\n", one_line(schema.person[i].where), schema.person[i].text);
  if (schema.person.size() > most)
    out += fmt::format("  … and {} more, in README.md\n", schema.person.size() - most);
  out += fmt::format(
      "\nwritten to {0}: README.md says what was decided. Next:\n"
      "  arango2pg schema up --pack {0}/schemas --target …\n"
      "  arango2pg migrate --source '{1}' --mapping {0}/mappings --target …\n",
      schema.out, schema.location);
  return out;
}

}  // namespace arango2pg::run
