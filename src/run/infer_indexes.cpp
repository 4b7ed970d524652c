// ArangoDB's indexes and search views as PostgreSQL's. No index may refuse a row that was seen: no
// cast that can fail, no entry larger than a page takes.
#include "run/infer_indexes.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <optional>

#include "doc/parsed_json.h"
#include "pg/connection.h"
#include "run/infer_decide.h"
#include "run/infer_terms.h"

namespace arango2pg::run {
namespace {

using doc::Kind;
using doc::text_of;

std::string joined(const std::vector<std::string>& names, const char* between = ", ") {
  std::string out;
  for (const std::string& n : names) out += (out.empty() ? "" : between) + n;
  return out;
}

/// The text search configuration of an analyzer; nothing if it compares whole values.
std::optional<std::string> language_of(const std::string& analyzer) {
  constexpr auto languages =
      std::to_array<std::pair<std::string_view, std::string_view>>({{"text_de", "german"},
                                                                    {"text_en", "english"},
                                                                    {"text_es", "spanish"},
                                                                    {"text_fi", "finnish"},
                                                                    {"text_fr", "french"},
                                                                    {"text_it", "italian"},
                                                                    {"text_nl", "dutch"},
                                                                    {"text_no", "norwegian"},
                                                                    {"text_pt", "portuguese"},
                                                                    {"text_ru", "russian"},
                                                                    {"text_sv", "swedish"}});
  if (analyzer.empty() || analyzer == "identity") return std::nullopt;
  for (const auto& [name, language] : languages)
    if (name == analyzer) return std::string(language);
  return "simple";
}

/// PostgreSQL would speak another language, or none.
bool is_approximate(const std::string& analyzer) {
  return language_of(analyzer) == "simple" && analyzer != "text_zh";
}

/// What index, in words.
std::string words_of(const SourceIndex& index) {
  return fmt::format(
      "{}{}{} index {} on {}", index.unique ? "unique " : "",
      index.sparse && index.type != "ttl" ? "sparse " : "", index.type, one_line(index.name),
      index.all_fields && index.fields.empty() ? "all attributes" : one_line(joined(index.fields)));
}

class IndexMaker {
 public:
  IndexMaker(const SurveyedCollection& seen, std::size_t table, const DecideOptions& options,
             NameBook& relations, InferredSchema& out)
      : seen_(seen),
        table_(table),
        options_(options),
        relations_(relations),
        out_(out),
        terms_(seen, out.tables[table]) {}

  void both_ways() {
    if (out_.tables[table_].ends == Ends::none) return;
    add({"from_key", "from_collection"}, "from", "edges by where they begin (outbound)");
    add({"to_key", "to_collection"}, "to", "edges by where they end (inbound)");
  }

  void translate(const SourceIndex& index) {
    words_ = words_of(index);
    const std::string& type = index.type;
    if (type == "persistent" || type == "hash" || type == "skiplist" || type == "rocksdb")
      return plain(index);
    if (type == "ttl") return expiry(index);
    if (type == "geo" || type == "geo1" || type == "geo2") return geo(index);
    if (type == "fulltext") return fulltext(index);
    if (type == "inverted" || type == "arangosearch") return search(index);
    if (type == "zkd" || type.starts_with("mdi")) return each_field(index);
    person(type == "vector" ? words_ + ": not translated; the extension pgvector has such indexes"
                            : words_ + ": a type that this program does not know");
  }

 private:
  void person(std::string text) { out_.person.push_back({seen_.info.name, std::move(text)}); }

  InferredIndex& add(std::vector<std::string> terms, const std::string& name, std::string because,
                     std::string method = "", std::string where = "", bool unique = false) {
    for (InferredIndex& known : out_.indexes)
      if (known.table == table_ && known.terms == terms && known.method == method &&
          known.where == where && known.unique == unique) {
        known.because += "; " + because;
        return known;
      }
    InferredIndex index;
    index.name = relations_.take(
        fmt::format("{}_{}_{}", out_.tables[table_].name, name, unique ? "key" : "idx"));
    index.table = table_;
    index.unique = unique;
    index.method = std::move(method);
    index.terms = std::move(terms);
    index.where = std::move(where);
    index.because = std::move(because);
    return out_.indexes.emplace_back(std::move(index));
  }

  static std::string name_of(const std::vector<std::string>& fields) {
    std::string name = joined(fields, "_");
    std::erase_if(name, [](char c) { return c == '[' || c == ']' || c == '*'; });
    std::replace(name.begin(), name.end(), '.', '_');
    return name;
  }

  // -- persistent, hash, skiplist

  void plain(const SourceIndex& index) {
    std::vector<std::string> scalars, lists;
    for (const std::string& field : index.fields)
      (terms_.is_list(field) ? lists : scalars).push_back(field);
    for (const std::string& field : lists) list(field);
    if (!lists.empty() && index.unique)
      person(words_ + ": PostgreSQL can't keep elements of arrays unique; a GIN index finds them");
    if (scalars.empty()) return;
    std::vector<Term> terms;
    for (const std::string& field : scalars) terms_.scalar(field, terms);
    std::string where, because = words_;
    if (index.sparse)
      for (const Term& t : terms)
        where += (where.empty() ? "" : " AND ") + t.sql_or(t.there) + " IS NOT NULL";
    const bool unique = index.unique && lists.empty();
    const bool always = std::all_of(index.fields.begin(), index.fields.end(), [](const auto& f) {
      return f == "_from" || f == "_to" || f == "_key";
    });
    if (unique && !index.sparse && !always)
      because += "; PostgreSQL lets several rows be without a value, ArangoDB one";
    if (!index.stored.empty()) because += "; stored beside: " + one_line(joined(index.stored));
    std::vector<std::string> sql;
    const bool large = bytes_of(terms) > Terms::longest_entry;
    if (large && terms.size() == 1 && !unique) {
      because += "; hash, for values can be longer than a btree takes: finds equal ones only";
      add({terms[0].sql}, name_of(scalars), because, "hash", where);
      return;
    }
    for (const Term& t : terms)
      sql.push_back(large && t.bytes > Terms::longest_entry / terms.size() ? t.digest : t.sql);
    if (large) because += "; by digest, for values can be longer than a btree takes";
    add(std::move(sql), name_of(scalars), because, "", where, unique);
  }

  static std::uint64_t bytes_of(const std::vector<Term>& terms) {
    std::uint64_t all = 0;
    for (const Term& t : terms) all += t.bytes;
    return all;
  }

  void list(const std::string& field) {
    const std::string container = terms_.container(field);
    add({container + " jsonb_path_ops"}, name_of({field}),
        fmt::format("{}; use {} @> '{}'", words_, one_line(container),
                    one_line(Terms::contained(field))),
        "gin");
  }

  void each_field(const SourceIndex& index) {
    for (const std::string& field : index.fields) {
      SourceIndex one = index;
      one.fields = {field};
      one.unique = false;
      plain(one);
    }
    if (index.unique) person(words_ + ": not kept unique");
  }

  // -- ttl

  void expiry(const SourceIndex& index) {
    if (index.fields.size() != 1) return person(words_ + ": not understood");
    const std::string& field = index.fields[0];
    const std::string after = fmt::format("make_interval(secs => {})", index.expire_after);
    const auto add_function = [&](const std::string& condition) {
      InferredExpiry e;
      e.table = table_;
      e.function = relations_.take(out_.tables[table_].name + "_expire");
      e.condition = condition;
      e.because = fmt::format("{}, {} s after its value", words_, index.expire_after);
      person(
          fmt::format("rows do not expire by themselves: let `SELECT {}()` run every minute "
                      "(cron, pg_cron) once the application writes to PostgreSQL",
                      pg::quote(e.function)));
      out_.expiries.push_back(std::move(e));
    };
    const InferredColumn* column = terms_.column_of(field);
    const std::string name = column != nullptr ? pg::quote(column->name) : "";
    const std::string seconds = fmt::format("extract(epoch FROM $1) - {}", index.expire_after);
    if (column != nullptr && (column->type == "timestamptz" || column->type == "date")) {
      const std::string time =
          column->type == "date" ? fmt::format("(({}::timestamp) AT TIME ZONE 'UTC')", name) : name;
      add({time}, name_of(index.fields), words_);
      return add_function(fmt::format("{} <= $1 - {}", time, after));
    }
    if (column != nullptr && (column->type == "numeric" || column->type == "bigint")) {
      add({name}, name_of(index.fields), words_ + "; seconds since 1970");
      return add_function(fmt::format("{} <= {}", name, seconds));
    }
    if (column != nullptr)
      return person(words_ + ": the attribute holds no times, so nothing ever expired by it");
    // In `doc`, next to other types: only numbers can be told without a cast that may fail.
    const std::string number = fmt::format("({}::numeric)", terms_.text(field));
    const std::string is_number = fmt::format("jsonb_typeof({}) = 'number'", terms_.json(field));
    add({number}, name_of(index.fields), words_ + "; those that are seconds since 1970", "",
        is_number);
    add_function(
        fmt::format("CASE WHEN {} THEN {} <= {} ELSE false END", is_number, number, seconds));
    person(words_ + ": expiry times that are texts are not seen by it");
  }

  // -- geo

  void geo(const SourceIndex& index) {
    if (index.fields.size() == 2) {
      const Coordinate lat = coordinate(index.fields[0]), lon = coordinate(index.fields[1]);
      if (lat.sql.empty() || lon.sql.empty())
        return person(words_ + ": the attributes are not both numbers");
      return place(index, lon, lat);
    }
    if (index.fields.size() != 1) return person(words_ + ": not understood");
    const std::string& field = index.fields[0];
    const doc::PathStats* seen = terms_.stats(field);
    const bool objects = seen == nullptr ? index.geo_json : seen->of(Kind::object) > 0;
    const bool arrays = seen == nullptr ? !index.geo_json : seen->of(Kind::array) > 0;
    if (arrays) {
      const Coordinate first = coordinate(field + ".0"), second = coordinate(field + ".1");
      index.geo_json ? place(index, first, second) : place(index, second, first);
    }
    if (objects)
      place(index, coordinate(field + ".coordinates.0"), coordinate(field + ".coordinates.1"));
    if (!arrays && !objects) person(words_ + ": the attribute holds no positions");
    if (objects) person(words_ + ": only GeoJSON points are in it, no lines and polygons");
  }

  struct Coordinate {
    std::string sql, where;  ///< sql empty: it is no number
  };

  Coordinate coordinate(const std::string& field) {
    if (const InferredColumn* column = terms_.column_of(field)) {
      const bool number = column->type == "numeric" || column->type == "bigint";
      const auto facts = seen_.facts.attributes.find(field);
      if (!number || facts == seen_.facts.attributes.end() || !facts->second.small_real) return {};
      const std::string name = pg::quote(column->name);
      return {name + "::float8", ""};
    }
    return {terms_.text(field) + "::float8",
            fmt::format("jsonb_typeof({}) = 'number'", terms_.json(field))};
  }

  void place(const SourceIndex& index, const Coordinate& lon, const Coordinate& lat) {
    const std::string sql =
        options_.postgis
            ? fmt::format("(ST_SetSRID(ST_MakePoint({}, {}), 4326)::geography)", lon.sql, lat.sql)
            : fmt::format("point({}, {})", lon.sql, lat.sql);
    std::string because = words_ + "; longitude, latitude; ";
    because += options_.postgis
                   ? "use ST_DWithin() over this expression"
                   : "use <-> over this expression (degrees; infer --postgis gives metres)";
    const std::string where = lon.where.empty() || lat.where.empty()
                                  ? lon.where + lat.where
                                  : lon.where + " AND " + lat.where;
    if (!where.empty()) because += ", with the same WHERE";
    add({sql}, name_of(index.fields), because, "gist", where);
  }

  // -- fulltext, inverted, search views

  void words(const std::string& field, const std::string& language) {
    const std::string source = terms_.words(field);
    if (source.empty()) {  // a column of another type: there are no words in it
      SourceIndex exact;
      exact.fields = {field};
      return plain(exact);
    }
    const std::string sql = fmt::format("to_tsvector('{}', {})", language, source);
    add({sql}, name_of({field}),
        fmt::format("{}; use {} @@ plainto_tsquery('{}', …)", words_, one_line(sql), language),
        "gin");
  }

  void fulltext(const SourceIndex& index) {
    for (const std::string& field : index.fields) words(field, "simple");
  }

  void search(const SourceIndex& index) {
    for (std::size_t i = 0; i < index.fields.size(); ++i) {
      const std::string& field = index.fields[i];
      const auto language = language_of(index.analyzers[i]);
      if (language) {
        words(field, *language);
      } else if (terms_.column_of(field) != nullptr) {
        SourceIndex exact;
        exact.fields = {field};
        plain(exact);
      } else {
        list(field);
      }
      if (language && is_approximate(index.analyzers[i]))
        person(
            fmt::format("{}: analyzer `{}` of `{}` became the text search configuration "
                        "'simple'; look whether its matches are good enough",
                        words_, one_line(index.analyzers[i]), one_line(field)));
    }
    if (!index.all_fields) return;
    add({"doc jsonb_path_ops"}, "doc", words_ + "; use doc @> '{…}'", "gin");
    person(words_ +
           ": the GIN index covers `doc`; attributes with a column of their own need "
           "indexes where they are searched");
  }

  const SurveyedCollection& seen_;
  const std::size_t table_;
  const DecideOptions& options_;
  NameBook& relations_;
  InferredSchema& out_;
  Terms terms_;
  std::string words_;
};

void add_field(SourceIndex& index, std::string name, std::string analyzer) {
  index.fields.push_back(std::move(name));
  index.analyzers.push_back(std::move(analyzer));
}

/// A link's fields, nested ones as dotted paths.
void read_link(const doc::Value& link, const std::string& prefix, const std::string& inherited,
               SourceIndex& out) {
  std::string analyzer = inherited;
  if (const auto list = link.find("analyzers"); list && list->kind() == Kind::array)
    for (const doc::Value a : doc::Elements(*list))
      if (analyzer == inherited || analyzer == "identity") analyzer = text_of(a);
  const auto fields = link.find("fields");
  const bool nested = fields && fields->kind() == Kind::object && fields->count() > 0;
  if (is_true(link.find("includeAllFields"))) out.all_fields = true;
  if (nested)
    for (const auto m : doc::Members(*fields))
      read_link(m.value, prefix + (prefix.empty() ? "" : ".") + text_of(m.name), analyzer, out);
  else if (!prefix.empty())
    add_field(out, prefix, analyzer);
}

}  // namespace

std::vector<SourceIndex> read_indexes(std::string_view json) {
  std::vector<SourceIndex> out;
  const doc::ParsedJson all(json);
  if (!all.valid() || all.root().kind() != Kind::array) return out;
  for (const doc::Value v : doc::Elements(all.root())) {
    SourceIndex index;
    index.type = text_of(v.find("type"));
    if (index.type == "primary" || index.type == "edge") continue;
    index.name = text_of(v.find("name"));
    index.unique = is_true(v.find("unique"));
    index.sparse = is_true(v.find("sparse"));
    index.geo_json = is_true(v.find("geoJson"));
    index.all_fields = index.type == "inverted" && is_true(v.find("includeAllFields"));
    index.expire_after = doc::count_of(v.find("expireAfter"));
    const std::string analyzer = text_of(v.find("analyzer"));
    if (const auto fields = v.find("fields"); fields && fields->kind() == Kind::array)
      for (const doc::Value f : doc::Elements(*fields)) {
        const bool object = f.kind() == Kind::object;
        const std::string own = object ? text_of(f.find("analyzer")) : "";
        add_field(index, object ? text_of(f.find("name")) : text_of(f),
                  own.empty() ? analyzer : own);
      }
    if (const auto stored = v.find("storedValues"); stored && stored->kind() == Kind::array)
      for (const doc::Value s : doc::Elements(*stored))
        if (s.kind() == Kind::string) index.stored.push_back(text_of(s));
    out.push_back(std::move(index));
  }
  return out;
}

void decide_indexes(const Surveyed& seen, const doc::SourceDetails& details,
                    const DecideOptions& options, NameBook& relations, InferredSchema& out) {
  const auto maker = [&](std::size_t t) {
    return IndexMaker(seen.collections[t], t, options, relations, out);
  };
  for (std::size_t t = 0; t < out.tables.size(); ++t) {
    IndexMaker make = maker(t);
    make.both_ways();
    for (const auto& known : details.collections)
      if (known.name == out.tables[t].collection)
        for (const SourceIndex& index : read_indexes(known.indexes)) make.translate(index);
  }
  for (const std::string& json : details.views) {
    const doc::ParsedJson view(json);
    const std::string name = text_of(view.find("name"));
    const auto links = view.find("links");
    if (!links || links->kind() != Kind::object) {
      out.facts.push_back({one_line(name),
                           "a search-alias view: the inverted indexes it names are "
                           "translated"});
      continue;
    }
    out.person.push_back({one_line(name),
                          "a search view has no counterpart: its links became indexes; rewrite "
                          "queries that SEARCH it, rankings above all"});
    for (const auto m : doc::Members(*links)) {
      const auto t = out.table_of(text_of(m.name));
      if (!t) continue;
      SourceIndex index;
      index.type = "arangosearch";
      index.name = name;
      read_link(m.value, "", "identity", index);
      maker(*t).translate(index);
    }
  }
}

}  // namespace arango2pg::run
