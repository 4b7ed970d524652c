#include "run/infer_facts.h"

#include <algorithm>

#include "base/ids.h"
#include "base/text.h"
#include "doc/text_form.h"
#include "mapping/value_fit.h"

namespace arango2pg::run {
namespace {

using doc::Kind;

/// Longer texts are no times and no UUIDs.
constexpr std::size_t longest_form = 48;
constexpr std::size_t most_collections = 16;

/// So many digits are a whole number, and in no range's way: nearly all numbers there are.
bool is_short(std::string_view literal) {
  return literal.size() <= 11 && std::all_of(literal.begin(), literal.end(), is_digit);
}

}  // namespace

TimeSpelling TimeSpelling::of(std::string_view text) {
  TimeSpelling s;
  if (text.size() <= 10) return s;
  s.separator = text[10];
  std::size_t at = 16;  // behind the minutes
  if (at < text.size() && text[at] == ':') {
    s.seconds = true;
    at += 3;
  }
  if (at < text.size() && (text[at] == '.' || text[at] == ',')) {
    s.reversible = text[at] == '.';
    for (++at; at < text.size() && is_digit(text[at]); ++at) ++s.fraction;
  }
  if (at < text.size()) s.zone = text[at] == 'Z' ? 'Z' : '+';
  s.reversible = s.reversible && s.zone != '+' && s.fraction <= 6 &&
                 (s.separator == 'T' || s.separator == ' ') && at + 1 >= text.size();
  return s;
}

std::string TimeSpelling::pattern() const {
  if (!reversible) return {};
  std::string out = "YYYY-MM-DD";
  if (separator == 0) return out;
  out += separator == 'T' ? "\"T\"HH24:MI" : " HH24:MI";
  if (seconds) out += ":SS";
  if (fraction > 0) out += ".FF" + std::to_string(fraction);
  if (zone == 'Z') out += "\"Z\"";
  return out;
}

void AttributeFacts::text(std::string_view text) {
  const bool times_before = times;
  if (text.size() > longest_form) {
    times = dates = uuids = false;
    return;
  }
  if (uuids) {
    const auto id = Uuid::parse(text);
    uuids = id && id->text() == text;
  }
  if (times) times = text.size() >= 10 && is_digit(text[0]) && mapping::fits_timestamp(text);
  dates = dates && times && text.size() == 10;
  if (!times) return;
  const TimeSpelling now = TimeSpelling::of(text);
  if (times_before && of(Kind::string) == 1) spelling = now;
  one_spelling = one_spelling && now == spelling;
}

void AttributeFacts::number(std::string_view literal) {
  if (is_short(literal)) return;
  if (epoch) epoch = mapping::fits_epoch_seconds(literal);
  if (!whole && !small_real) return;
  const mapping::NumberFit fit = mapping::fit_of_number(literal);
  whole = whole && fit.whole;
  int8 = int8 && fit.int8;
  small_real = small_real && fit.integer_digits <= 300;
}

void AttributeFacts::add(doc::Value value) {
  const Kind kind = value.kind();
  ++kinds[static_cast<std::size_t>(kind)];
  largest = std::max<std::uint64_t>(largest, value.json().size());
  if (kind == Kind::number) number(value.raw());
  if (kind != Kind::string) return;
  if ((value.flags() & doc::Node::escaped) == 0) return text(value.raw());
  std::string plain;
  text(value.string(plain));
}

void AttributeFacts::merge(const AttributeFacts& o) {
  if (o.of(Kind::string) != 0) {
    if (of(Kind::string) == 0) spelling = o.spelling;
    one_spelling = one_spelling && o.one_spelling && spelling == o.spelling;
  }
  documents += o.documents;
  for (std::size_t k = 0; k < kinds.size(); ++k) kinds[k] += o.kinds[k];
  largest = std::max(largest, o.largest);
  times = times && o.times;
  dates = dates && o.dates;
  uuids = uuids && o.uuids;
  whole = whole && o.whole;
  int8 = int8 && o.int8;
  epoch = epoch && o.epoch;
  small_real = small_real && o.small_real;
}

std::uint64_t AttributeFacts::values() const {
  std::uint64_t all = 0;
  for (const std::uint64_t n : kinds) all += n;
  return all - of(Kind::null);
}

Kind AttributeFacts::kind() const {
  Kind only = Kind::null;
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    const auto kind = static_cast<Kind>(k);
    if (kind == Kind::null || kinds[k] == 0) continue;
    if (only != Kind::null) return Kind::null;
    only = kind;
  }
  return only;
}

void EndFacts::add(std::string_view id) {
  const std::size_t slash = id.find('/');
  if (slash == 0 || slash == std::string_view::npos || slash + 1 == id.size()) {
    ++bad;
    return;
  }
  ++good;
  const std::string collection(id.substr(0, slash));
  if (collections.contains(collection)) return;
  if (collections.size() < most_collections)
    collections.insert(collection);
  else
    many = true;
}

void EndFacts::merge(const EndFacts& o) {
  good += o.good;
  bad += o.bad;
  many = many || o.many;
  collections.insert(o.collections.begin(), o.collections.end());
  if (collections.size() <= most_collections) return;
  many = true;
}

void CollectionFacts::member(std::string_view name, doc::Value value) {
  auto at = attributes.find(name);
  if (at == attributes.end()) {
    if (attributes.size() >= most_attributes) {
      too_many = true;
      return;
    }
    at = attributes.emplace(std::string(name), AttributeFacts()).first;
  }
  AttributeFacts& facts = at->second;
  if (facts.last_document_ != documents) ++facts.documents;  // a name may stand twice
  facts.last_document_ = documents;
  facts.add(value);
}

void CollectionFacts::add(const doc::Document& document) {
  ++documents;
  const doc::Value root = document.root();
  if (root.kind() != Kind::object) {
    ++no_document;
    return;
  }
  if ((root.flags() & doc::Node::has_nul) != 0) ++with_nul;
  if ((root.flags() & doc::Node::has_surrogate) != 0) ++with_surrogate;
  const auto key = root.find("_key");
  if (!key || key->kind() != Kind::string) ++without_key;
  const auto text_of = [&](const char* name) -> std::string_view {
    const auto v = root.find(name);
    if (!v || v->is_null()) return {};
    return v->kind() == Kind::string ? v->string(scratch_) : v->raw();
  };
  if (const auto revision = text_of("_rev"); !revision.empty() && !Rev::parse(revision))
    ++bad_revisions;
  const auto end = [&](const char* name, EndFacts& facts) {
    const auto v = root.find(name);
    facts.add(v && v->kind() == Kind::string ? v->string(scratch_) : std::string_view());
  };
  end("_from", from);
  end("_to", to);
  std::string name;
  for (const auto m : doc::Members(root)) {
    const std::string_view text = m.name.string(name);
    if (text == "_key" || text == "_id" || text == "_rev") continue;
    member(text, m.value);
  }
}

void CollectionFacts::merge(const CollectionFacts& o) {
  documents += o.documents;
  no_document += o.no_document;
  without_key += o.without_key;
  with_nul += o.with_nul;
  with_surrogate += o.with_surrogate;
  bad_revisions += o.bad_revisions;
  too_many = too_many || o.too_many;
  from.merge(o.from);
  to.merge(o.to);
  for (const auto& [name, facts] : o.attributes) attributes[name].merge(facts);
  while (attributes.size() > most_attributes) {
    too_many = true;
    attributes.erase(std::prev(attributes.end()));
  }
}

}  // namespace arango2pg::run
