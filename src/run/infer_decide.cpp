#include "run/infer_decide.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/units.h"
#include "pg/connection.h"

namespace arango2pg::run {
namespace {

using doc::Kind;

/// A value in fewer than one of so many documents is no column of its own.
constexpr std::uint64_t rare = 20;
/// More columns than people want to see in one table.
constexpr std::size_t most_columns = 100;
/// So many values of a sample make a guess that is worth a narrow type.
constexpr std::uint64_t evidence = 50;
/// Longer texts are compressed by PostgreSQL anyway: lz4 is the faster way.
constexpr std::uint64_t long_text = 2000;
constexpr std::size_t most_lines = 200;

struct Choice {
  std::string type, back, what;
  bool reversible = true;
};

const char* words_of_number(const AttributeFacts& a) {
  if (!a.whole) return "numbers with digits behind the point, kept exactly";
  return a.int8 ? "whole numbers so far" : "whole numbers, some beyond bigint, kept exactly";
}

/// The column type that holds every value seen; nothing if only jsonb does.
std::optional<Choice> choose(const AttributeFacts& a, const std::string& column, bool sampled) {
  const bool certain = !sampled || a.values() >= evidence;
  switch (a.kind()) {
    case Kind::boolean:
      return Choice{"boolean", column, "booleans"};
    case Kind::number:
      if (a.int8 && certain) return Choice{"bigint", column, "whole numbers"};
      return Choice{"numeric", column, words_of_number(a)};
    case Kind::string:
      break;
    default:
      return std::nullopt;
  }
  if (a.times && a.dates && certain)
    return Choice{"date", fmt::format("to_char({}, 'YYYY-MM-DD')", column), "days"};
  if (a.times && certain) {
    const std::string pattern = a.one_spelling ? a.spelling.pattern() : "";
    if (pattern.empty())
      return Choice{"timestamptz", "", "ISO 8601 times, not all spelled the same way", false};
    return Choice{
        "timestamptz",
        fmt::format("to_char({} AT TIME ZONE 'UTC', {})", column, pg::quote_literal(pattern)),
        "ISO 8601 times, all spelled the same way" +
            std::string(a.spelling.zone == 0 ? " (UTC)" : "")};
  }
  if (a.uuids && certain) return Choice{"uuid", column + "::text", "UUIDs"};
  return Choice{"text", column, "texts"};
}

std::string kinds_of(const AttributeFacts& a) {
  constexpr const char* names[] = {"null", "boolean", "number", "text", "array", "object"};
  std::string out;
  for (std::size_t k = 0; k < a.kinds.size(); ++k)
    if (a.kinds[k] != 0)
      out += fmt::format("{}{} {}", out.empty() ? "" : ", ", names[k], format_count(a.kinds[k]));
  return out;
}

/// Fills one table.
class TableMaker {
 public:
  TableMaker(const SurveyedCollection& seen, const std::vector<SourceIndex>& indexes,
             const DecideOptions& options, InferredSchema& out, InferredTable& table)
      : facts_(seen.facts),
        profile_(seen.profile),
        out_(out),
        table_(table),
        columns_(options.names) {
    for (const SourceIndex& index : indexes) {
      for (const std::string& field : index.fields) {
        indexed_.insert(field);
        if (index.type == "ttl") expiring_.insert(field);
      }
    }
    for (const char* own : {"key", "revision", "doc"}) columns_.take(own);
    if (seen.info.edge)
      for (const char* own : {"from_collection", "from_key", "to_collection", "to_key"})
        columns_.take(own);
  }

  void run(bool edge) {
    table_.documents = facts_.documents;
    table_.bytes = profile_.bytes();
    table_.replace_nul = facts_.with_nul > 0;
    table_.replace_surrogate = facts_.with_surrogate > 0;
    table_.revision = facts_.bad_revisions == 0;
    const bool bad_ends = facts_.from.bad + facts_.to.bad > 0;
    if (edge) table_.ends = bad_ends ? Ends::lenient : Ends::strict;
    for (const char* end : {"_from", "_to"})
      if (!edge || bad_ends) keep_as_it_is(end);
    for (const std::string& name : first_met()) attribute(name);
    if (facts_.too_many)
      stays(fmt::format("all of it: there are more than {} attributes, so their names are data",
                        format_count(CollectionFacts::most_attributes)));
    notes(bad_ends && edge);
  }

 private:
  [[nodiscard]] std::vector<std::string> first_met() const {
    std::vector<std::string> out;
    for (const std::uint32_t id : profile_.in_order()) {
      const auto& path = profile_.path(id);
      if (path.step == doc::Profile::Step::member && path.parent == 0) out.push_back(path.name);
    }
    // A profile takes the names together where there are many of them.
    for (const auto& [name, facts] : facts_.attributes)
      if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
    return out;
  }

  void note(std::vector<InferredNote>& to, std::string text) const {
    to.push_back({table_.collection, std::move(text)});
  }

  void stays(std::string line) {
    if (table_.stays.size() < most_lines)
      table_.stays.push_back(std::move(line));
    else if (table_.stays.size() == most_lines)
      table_.stays.emplace_back("and more");
  }

  [[nodiscard]] std::string share(std::uint64_t documents) const {
    if (documents == facts_.documents) return "all " + format_count(documents) + " documents";
    return fmt::format("{} of {} documents", format_count(documents),
                       format_count(facts_.documents));
  }

  /// `_from` or `_to` that is content like any other: `document` leaves system attributes out.
  void keep_as_it_is(const std::string& name) {
    const auto at = facts_.attributes.find(name);
    if (at == facts_.attributes.end()) return;
    const bool text = at->second.kind() == Kind::string;
    InferredColumn column;
    column.name = columns_.take(name);
    column.attribute = name;
    column.type = text ? "text" : "jsonb";
    column.back = pg::quote(column.name);
    column.because = fmt::format("as it is, in {}: `doc` leaves system attributes out",
                                 share(at->second.documents));
    table_.columns.push_back(std::move(column));
  }

  void attribute(const std::string& name) {
    const auto at = facts_.attributes.find(name);
    if (at == facts_.attributes.end() || name == "_from" || name == "_to") return;
    const AttributeFacts& a = at->second;
    const std::string shown = name.empty() ? "(the empty name)" : one_line(name);
    const Kind kind = a.kind();
    if (facts_.too_many) return;
    if (!is_nameable(name)) return stays(shown + ": no column can have this name");
    if (a.values() == 0) return stays(shown + ": always null");
    if (kind == Kind::null) return stays(shown + ": several types (" + kinds_of(a) + ")");
    if (kind == Kind::array || kind == Kind::object)
      return stays(fmt::format("{}: {} in {}", shown, kind == Kind::array ? "arrays" : "objects",
                               share(a.documents)));
    if (a.documents * rare < facts_.documents && !indexed_.contains(name))
      return stays(fmt::format("{}: only in {}", shown, share(a.documents)));
    if (table_.columns.size() >= most_columns)
      return stays(fmt::format("{}: the table has {} columns already", shown, most_columns));
    column(name, a);
  }

  void column(const std::string& name, const AttributeFacts& a) {
    InferredColumn c;
    c.name = columns_.take(name);
    c.attribute = name;
    const std::string quoted = pg::quote(c.name);
    auto choice = choose(a, quoted, table_.sampled);
    if (expiring_.contains(name) && a.kind() == Kind::number && a.epoch) {
      choice = Choice{"timestamptz", fmt::format("trim_scale(extract(epoch FROM {}))", quoted),
                      "seconds since 1970, by which documents expire"};
      c.epoch = true;
    }
    if (!choice) return;
    const std::uint64_t nulls = a.of(Kind::null);
    const std::uint64_t absent = facts_.documents - a.documents;
    c.type = choice->type;
    c.compress = c.type == "text" && a.largest > long_text;
    c.lenient = table_.sampled;
    c.moved = !table_.sampled && choice->reversible && (nulls == 0 || absent == 0);
    c.is_null = c.moved && nulls > 0;
    if (c.moved) c.back = choice->back;
    c.because = fmt::format("{}, in {}", choice->what, share(a.documents));
    if (nulls > 0) c.because += fmt::format(", {} of them null", format_count(nulls));
    if (!c.moved) c.because += "; " + why_copied(*choice, nulls);
    if (c.is_null) c.because += "; NULL is its null";
    changes(c);
    table_.columns.push_back(std::move(c));
  }

  [[nodiscard]] std::string why_copied(const Choice& choice, std::uint64_t nulls) const {
    if (table_.sampled) return "a copy, for only a sample was seen: `doc` keeps it as it is";
    if (!choice.reversible) return "a copy: `doc` keeps the spelling";
    return fmt::format("a copy: `doc` keeps the difference between null ({}) and absent",
                       format_count(nulls));
  }

  void changes(const InferredColumn& c) {
    const std::string name = one_line(c.attribute);
    if (c.name != c.attribute)
      note(out_.changes, fmt::format("attribute `{}` is column `{}`", name, c.name));
    if (c.type == "timestamptz" || c.type == "date")
      note(out_.changes,
           fmt::format("`{}` is a {}, {}", name, c.type,
                       c.epoch ? "no longer a number of seconds"
                               : "no longer a text: compare it with times, not with patterns"));
  }

  void notes(bool bad_ends) {
    if (table_.name != table_.collection)
      note(out_.changes,
           fmt::format("collection `{}` is table `{}`", one_line(table_.collection), table_.name));
    const auto person = [&](std::uint64_t n, const char* text) {
      if (n > 0)
        note(out_.person,
             fmt::format("{} document{}: {}", format_count(n), n == 1 ? "" : "s", text));
    };
    person(facts_.no_document, "no JSON object; such entries go to quarantine");
    person(facts_.without_key, "no `_key`; such documents go to quarantine");
    person(facts_.with_nul,
           "\\u0000 inside, which PostgreSQL can't store: the mapping replaces it by U+FFFD "
           "(`strings`); say strip or reject if that suits better");
    person(facts_.with_surrogate,
           "half a surrogate pair inside, which PostgreSQL can't store: the mapping "
           "replaces it by U+FFFD (`strings`); say strip or reject if that suits better");
    person(facts_.bad_revisions,
           "a `_rev` that is no revision; the table has no column for it, and a "
           "resync will write every document anew");
    if (bad_ends)
      person(std::max(facts_.from.bad, facts_.to.bad),
             "no usable `_from` or `_to`; such ends are NULL, and the attributes stand in columns "
             "of their own");
    if (facts_.documents == 0)
      note(out_.facts, "holds no documents: nothing but key, revision and `doc` could be decided");
  }

  const CollectionFacts& facts_;
  const doc::Profile& profile_;
  InferredSchema& out_;
  InferredTable& table_;
  NameBook columns_;
  std::set<std::string> indexed_, expiring_;
};

const doc::SourceDetails::Collection* details_of(const doc::SourceDetails& details,
                                                 const std::string& name) {
  for (const auto& c : details.collections)
    if (c.name == name) return &c;
  return nullptr;
}

}  // namespace

void decide_tables(const Surveyed& seen, const doc::SourceDetails& details,
                   const DecideOptions& options, NameBook& relations, InferredSchema& out) {
  NameBook files(NameStyle::keep);
  // All tables before anything else that wants a name.
  for (const SurveyedCollection& c : seen.collections) {
    InferredTable& table = out.tables.emplace_back();
    table.collection = c.info.name;
    table.name = relations.take(c.info.name);
    table.file = files.take(file_word(c.info.name));
    table.sampled = c.sampled;
  }
  for (std::size_t t = 0; t < out.tables.size(); ++t) {
    const SurveyedCollection& c = seen.collections[t];
    const auto* known = details_of(details, c.info.name);
    const auto indexes = read_indexes(known != nullptr ? known->indexes : "");
    TableMaker(c, indexes, options, out, out.tables[t]).run(c.info.edge);
    out.tables[t].document_view = relations.take(out.tables[t].name + "_document");
  }
}

InferredSchema decide(const Surveyed& seen, const doc::SourceDetails& details,
                      const DecideOptions& options) {
  InferredSchema out;
  out.schema = options.schema;
  out.postgis = options.postgis;
  out.unknown = details.unknown;
  NameBook relations(options.names);
  decide_tables(seen, details, options, relations, out);
  decide_rules(seen, details, relations, out);
  decide_indexes(seen, details, options, relations, out);
  decide_graphs(seen, details, relations, out);
  return out;
}

}  // namespace arango2pg::run
