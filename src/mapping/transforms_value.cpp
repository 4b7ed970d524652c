// Steps that make numbers, booleans and times, and the value table.
#include <algorithm>
#include <array>

#include "base/error.h"
#include "mapping/decimal.h"
#include "mapping/evaluate.h"
#include "mapping/transforms.h"

namespace arango2pg::mapping {
namespace {

bool is_boolean(const Cell& cell) {
  return cell.kind == Cell::Kind::boolean ||
         (cell.kind == Cell::Kind::value && cell.value().kind() == doc::Kind::boolean);
}

bool is_number(const Cell& cell) {
  return cell.kind == Cell::Kind::number || cell.kind == Cell::Kind::integer ||
         (cell.kind == Cell::Kind::value && cell.value().kind() == doc::Kind::number);
}

bool read_decimal(Cell& cell, Evaluator& e, std::optional<Decimal>& out) {
  std::string_view text;
  if (is_boolean(cell)) return e.fail("bad_number", "a boolean is no number");
  if (!e.text_of(cell, text)) return false;
  out = Decimal::parse(text);
  return out || e.fail("bad_number", "is no number");
}

void keep_number(Cell& cell, Evaluator& e, const Decimal& number) {
  cell.become_text(Cell::Kind::number, e.keep(number.text()));
}

bool integer(Cell& cell, const Step&, Evaluator& e) {
  std::optional<Decimal> number;
  if (!read_decimal(cell, e, number)) {
    if (e.workspace().fault.rule == "bad_number") e.workspace().fault.rule = "bad_integer";
    return false;
  }
  if (!number->is_integer()) return e.fail("bad_integer", "has digits behind the point");
  if (number->integer_digits() > 1000) return e.fail("out_of_range", "is beyond any integer type");
  keep_number(cell, e, *number);
  return true;
}

bool number(Cell& cell, const Step&, Evaluator& e) {
  if (is_number(cell)) return true;
  std::optional<Decimal> number;
  if (!read_decimal(cell, e, number)) return false;
  std::string_view text;
  static_cast<void>(e.text_of(cell, text));
  // "+1" and ".5" are not JSON: those are written anew, the rest keeps its digits.
  const bool plain = text[0] != '+' && text[0] != '.' && text.find(".e") == text.npos &&
                     text.find(".E") == text.npos && text.back() != '.' &&
                     text.substr(0, 2) != "-." && !(text[0] == '0' && text.size() > 1) &&
                     text.substr(0, 2) != "-0";
  if (plain) {
    cell.become_text(Cell::Kind::number, text);
  } else {
    keep_number(cell, e, *number);
  }
  return true;
}

void read_round(const RuleReader& r, const Yaml* node, const std::string& what, bool, Step& out) {
  out.number =
      node == nullptr || node->is_null() ? 0 : r.place().want_integer(*node, what, -1000, 1000);
}

bool round(Cell& cell, const Step& step, Evaluator& e) {
  std::optional<Decimal> number;
  if (!read_decimal(cell, e, number)) return false;
  number->round(step.number);
  keep_number(cell, e, *number);
  return true;
}

void read_scale(const RuleReader& r, const Yaml* node, const std::string& what, bool, Step& out) {
  const Yaml& n = argument(r, node, what, out, "scale: 0.01");
  out.literal = Literal(to_json(n));
  if (out.literal.kind() != doc::Kind::number)
    r.place().fail(n.line, what + " needs a number to multiply with");
}

bool scale(Cell& cell, const Step& step, Evaluator& e) {
  std::optional<Decimal> number;
  if (!read_decimal(cell, e, number)) return false;
  number->multiply(*Decimal::parse(step.literal.value().raw()));
  keep_number(cell, e, *number);
  return true;
}

bool boolean(Cell& cell, const Step&, Evaluator& e) {
  constexpr std::array<std::string_view, 6> yes = {"true", "t", "yes", "y", "on", "1"};
  constexpr std::array<std::string_view, 6> no = {"false", "f", "no", "n", "off", "0"};
  if (is_boolean(cell)) return true;
  std::string_view text;
  if (!e.text_of(cell, text)) return false;
  if (text.size() > 5) return e.fail("bad_boolean", "is neither true nor false");
  std::string low(text);
  for (char& c : low) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  const bool is_yes = std::find(yes.begin(), yes.end(), low) != yes.end();
  if (!is_yes && std::find(no.begin(), no.end(), low) == no.end())
    return e.fail("bad_boolean", "is neither true nor false");
  cell.become_integer(Cell::Kind::boolean, is_yes ? 1 : 0);
  return true;
}

void read_formats(const RuleReader& r, const Yaml& node, const std::string& what, Step& out) {
  for (const std::string& text : r.place().want_texts(node, what)) {
    std::string why;
    const auto format = TimeFormat::parse(text, why);
    if (!format)
      r.place().fail(node.line,
                     "time format '" + text + "' " + why + suggestion(text, TimeFormat::names()),
                     "Known: iso8601, rfc3339, date, epoch_s, epoch_ms, epoch_us, and patterns "
                     "such as \"%d.%m.%Y %H:%M\".");
    out.formats.push_back(*format);
  }
  if (out.formats.empty()) r.place().fail(node.line, what + " needs at least one format");
}

void read_timestamp(const RuleReader& r, const Yaml* node, const std::string& what, bool,
                    Step& out) {
  std::string why;
  const std::vector<TimeFormat> usual = {*TimeFormat::parse("iso8601", why)};
  if (node == nullptr || node->is_null()) {
    out.formats = usual;
    return;
  }
  if (!node->is_map()) return read_formats(r, *node, what, out);
  r.place().only(*node, what, {"formats", "truncate"});
  if (const Yaml* formats = node->find("formats")) {
    read_formats(r, *formats, "'formats'", out);
  } else {
    out.formats = usual;
  }
  if (const Yaml* cut = node->find("truncate"))
    out.cut = static_cast<Cut>(r.place().want_word(*cut, "unit", {"us", "ms", "s", "day"}) + 1);
}

bool timestamp(Cell& cell, const Step& step, Evaluator& e) {
  if (cell.kind == Cell::Kind::timestamp) {
    if (step.cut != Cut::refuse) cell.integer = cut_to(step.cut, cell.integer);
    return true;
  }
  const bool from_number = is_number(cell);
  if (is_boolean(cell)) return e.fail("bad_timestamp", "a boolean is no point in time");
  std::string_view text;
  if (!e.text_of(cell, text)) return false;
  TimeFault worst = TimeFault::no_match;
  for (const TimeFormat& format : step.formats) {
    Instant at;
    const TimeFault fault = format.read(text, from_number, step.cut, at);
    if (fault == TimeFault::none) {
      cell.become_integer(Cell::Kind::timestamp, at.micros);
      cell.zoned = at.zoned;
      return true;
    }
    if (fault != TimeFault::no_match) worst = fault;
  }
  return e.fail("bad_timestamp", std::string(describe(worst)));
}

void read_timezone(const RuleReader& r, const Yaml* node, const std::string& what, bool,
                   Step& out) {
  const Yaml& n = argument(r, node, what, out, "timezone: Europe/Prague");
  const std::string& name = r.place().want_text(n, what);
  out.zone = Zone::find(name);
  if (!out.zone)
    r.place().fail(n.line, "unknown time zone '" + name + "'",
                   "Use an IANA name such as Europe/Prague.");
  std::string why;
  out.formats = {*TimeFormat::parse("iso8601", why)};
}

bool timezone(Cell& cell, const Step& step, Evaluator& e) {
  if (cell.kind != Cell::Kind::timestamp && !timestamp(cell, step, e)) return false;
  if (cell.zoned) return true;
  const auto utc = step.zone->to_utc(cell.integer);
  if (!utc) return e.fail("bad_timestamp", "names a time that the zone's clocks skipped");
  cell.integer = *utc;
  cell.zoned = true;
  return true;
}

void read_map(const RuleReader& r, const Yaml* node, const std::string& what, bool child,
              Step& out) {
  const char* example = "map: { values: { a: b }, otherwise: c }";
  const Yaml& map = r.place().want_map(argument(r, node, what, out, example), what);
  if (map.find("values") == nullptr)
    r.place().fail(map.line, what + " needs 'values'", std::string("Write ") + example + ".");
  r.place().only(map, what, {"values", "otherwise"});
  for (const auto& m : r.place().want_map(*map.find("values"), "'values'").members)
    out.values.push_back({m.name, Literal(to_json(m.value))});
  if (const Yaml* otherwise = map.find("otherwise"))
    out.otherwise = std::make_shared<Source>(r.value(*otherwise, "'otherwise'", child));
}

bool map_value(Cell& cell, const Step& step, Evaluator& e) {
  std::string_view text;
  if (!e.text_of(cell, text)) return false;
  const std::string_view origin = cell.origin;
  const auto found = std::find_if(step.values.begin(), step.values.end(),
                                  [&](const MapEntry& m) { return m.from == text; });
  if (found != step.values.end()) {
    cell = found->to.is_null() ? Cell{} : Cell::of(found->to.value(), origin);
  } else if (step.otherwise) {
    const bool used = e.workspace().constant_used;
    if (!e.evaluate(*step.otherwise, cell)) return false;
    e.workspace().constant_used = used || step.otherwise->word == Word::constant;
  } else {
    return e.fail("unmapped_value", "is not in the value table, which has no 'otherwise'");
  }
  cell.origin = origin;
  return true;
}

void read_not_before(const RuleReader& r, const Yaml* node, const std::string& what, bool,
                     Step& out) {
  out.text = r.place().want_text(argument(r, node, what, out, "not_before: created_at"), what);
}

}  // namespace

const std::vector<Transform> value_transforms = {
    {"integer", no_argument, integer, Shape::integer},
    {"number", no_argument, number, Shape::number},
    {"round", read_round, round, Shape::number},
    {"scale", read_scale, scale, Shape::number},
    {"boolean", no_argument, boolean, Shape::boolean},
    {"timestamp", read_timestamp, timestamp, Shape::timestamp},
    {"timezone", read_timezone, timezone, Shape::timestamp},
    {"map", read_map, map_value, Shape::any},
    {"not_before", read_not_before, nullptr, Shape::any, true},
};

}  // namespace arango2pg::mapping
