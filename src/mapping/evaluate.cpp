#include "mapping/evaluate.h"

#include <charconv>

#include "doc/identity.h"
#include "mapping/transforms.h"

namespace arango2pg::mapping {
namespace {

constexpr unsigned dirty = doc::Node::has_nul | doc::Node::has_surrogate;

bool is_scalar(doc::Kind kind) { return kind != doc::Kind::array && kind != doc::Kind::object; }

}  // namespace

bool is_system_attribute(std::string_view name) {
  return name == "_key" || name == "_id" || name == "_rev" || name == "_from" || name == "_to";
}

bool Evaluator::fail(std::string_view rule, std::string message) {
  w_.fault.rule = rule;
  w_.fault.path.clear();
  w_.fault.message = std::move(message);
  return false;
}

bool Evaluator::fail_at(std::string_view rule, std::string_view path, std::string message) {
  fail(rule, std::move(message));
  w_.fault.path = full_path(path);
  return false;
}

std::string Evaluator::full_path(std::string_view below) const {
  std::string path;
  for (const Frame* f = &frame_; f->parent != nullptr; f = f->parent) {
    const std::string element = std::string(f->each) + '[' + std::to_string(f->index) + ']';
    path = path.empty() ? element : join_paths(element, path);
  }
  return join_paths(path, below);
}

std::optional<doc::Value> Evaluator::find(const SlotPath& at) const {
  if (at.slot >= 0) {
    const std::uint32_t node = frame_.slots[static_cast<std::size_t>(at.slot)];
    if (node == 0) return std::nullopt;
    return at.path.find({w_.document, node}, 1);
  }
  return at.path.find({w_.document, frame_.root});
}

bool Evaluator::clean(doc::Value value, std::string_view origin) {
  const unsigned flags = value.flags();
  if ((flags & doc::Node::has_nul) != 0 && policy.nul == doc::CharPolicy::reject)
    return fail_at("nul_character", origin, "holds \\u0000, which PostgreSQL can't store");
  if ((flags & doc::Node::has_surrogate) != 0 && policy.surrogate == doc::CharPolicy::reject)
    return fail_at("lone_surrogate", origin,
                   "holds half a surrogate pair, which PostgreSQL can't store");
  return true;
}

bool Evaluator::text_of(const Cell& cell, std::string_view& out) {
  switch (cell.kind) {
    case Cell::Kind::text:
    case Cell::Kind::number:
      out = cell.text;
      return true;
    case Cell::Kind::boolean:
      out = cell.integer != 0 ? "true" : "false";
      return true;
    case Cell::Kind::integer:
      out = keep(std::to_string(cell.integer));
      return true;
    case Cell::Kind::uuid:
      out = keep(cell.uuid.text());
      return true;
    case Cell::Kind::timestamp:
    case Cell::Kind::date: {
      TextBuffer buffer(w_);
      if (cell.kind == Cell::Kind::date) {
        append_date(*buffer, cell.integer);
      } else {
        append_timestamp(*buffer, cell.integer);
      }
      out = keep(*buffer);
      return true;
    }
    case Cell::Kind::value: {
      const doc::Value v = cell.value();
      if (!is_scalar(v.kind())) break;
      if (v.kind() != doc::Kind::string) {
        out = v.raw();
        return true;
      }
      if ((v.flags() & doc::Node::escaped) == 0) {
        out = v.raw();
        return true;
      }
      if (!clean(v, cell.origin)) return false;
      TextBuffer buffer(w_);
      doc::append_text(*buffer, v, policy);
      out = keep(*buffer);
      return true;
    }
    default:
      break;
  }
  return fail("wrong_type", "needs a text or number, not an object or array");
}

bool Evaluator::open(Cell& cell) {
  if (cell.kind == Cell::Kind::value) return true;
  TextBuffer buffer(w_);
  if (!append_json_of(cell, *buffer)) return false;
  std::string_view rule;
  const auto v = w_.parse(*buffer, rule);
  if (!v) return fail(rule, "is too large or nested too deep once it is built");
  cell.kind = Cell::Kind::value;
  cell.document = &v->document();
  cell.index = v->index();
  return true;
}

bool Evaluator::append_json_of(const Cell& cell, std::string& out) {
  switch (cell.kind) {
    case Cell::Kind::absent:
      out += "null";
      return true;
    case Cell::Kind::number:
    case Cell::Kind::json:
      out += cell.text;
      return true;
    case Cell::Kind::boolean:
    case Cell::Kind::integer: {
      std::string_view text;
      if (!text_of(cell, text)) return false;
      out += text;
      return true;
    }
    case Cell::Kind::value:
      if ((cell.value().flags() & dirty) != 0 && !clean(cell.value(), cell.origin)) return false;
      doc::append_json(out, cell.value(), policy);
      return true;
    case Cell::Kind::shaped:
      return append_shaped(*cell.source, out);
    case Cell::Kind::elements: {
      out += '[';
      for (std::uint32_t i = 0; i < cell.count; ++i) {
        if (i > 0) out += ',';
        const auto at = static_cast<std::size_t>(cell.integer) + i;
        if (!append_json_of(Cell(w_.elements[at]), out)) return false;
      }
      out += ']';
      return true;
    }
    case Cell::Kind::real: {
      char digits[32];
      const auto end = std::to_chars(digits, digits + sizeof digits, cell.real).ptr;
      out.append(digits, end);
      return true;
    }
    default:
      break;
  }
  std::string_view text;
  if (!text_of(cell, text)) return false;
  doc::append_json_string(out, text);
  return true;
}

bool Evaluator::append_shaped(const Source& source, std::string& out) {
  const doc::Value root(w_.document, frame_.root);
  if (!frame_.is_object) {
    doc::append_json(out, root, policy);
    return true;
  }
  const ShapePlan& plan = *source.shape_plan;
  const std::string_view text = w_.document.text();
  const bool copy = (root.flags() & dirty) == 0;
  const std::size_t start = out.size();
  std::uint32_t begin = 0, end = 0;  // members that follow each other are copied at once
  const auto flush = [&] {
    if (end == begin) return;
    out += out.size() == start ? '{' : ',';
    out += text.substr(begin, end - begin);
    begin = end = 0;
  };
  for (const MemberSpan& m : frame_.members) {
    const auto use = m.slot < 0 ? (plan.others ? ShapePlan::Use::take : ShapePlan::Use::omit)
                                : plan.by_slot[static_cast<std::size_t>(m.slot)];
    if (use == ShapePlan::Use::take && copy) {
      if (end == begin) begin = m.begin;
      end = m.end;
      continue;
    }
    flush();
    if (use == ShapePlan::Use::omit) continue;
    out += out.size() == start ? '{' : ',';
    if (use == ShapePlan::Use::rename) {
      out += plan.names[static_cast<std::size_t>(m.slot)];
    } else {
      doc::append_json(out, {w_.document, m.value - 1}, policy);
      out += ':';
    }
    doc::append_json(out, {w_.document, m.value}, policy);
  }
  flush();
  if (out.size() == start) out += '{';
  out += '}';
  return true;
}

bool Evaluator::append_shaped_for_jsonb(const Source& source, std::string& out) {
  const ShapePlan& plan = *source.shape_plan;
  const bool clean_text =
      frame_.is_object && (doc::Value(w_.document, frame_.root).flags() & dirty) == 0;
  const bool renames = !source.shape.rename.empty();
  if (!w_.jsonb_order || !clean_text || renames) return append_shaped(source, out);
  w_.member_names.clear();
  for (const MemberSpan& m : frame_.members) {
    const bool taken = m.slot < 0
                           ? plan.others
                           : plan.by_slot[static_cast<std::size_t>(m.slot)] == ShapePlan::Use::take;
    if (taken) w_.member_names.push_back(m.value - 1);
  }
  w_.order.append_members(out, w_.document, w_.member_names);
  return true;
}

void Evaluator::constant(const Literal& literal, Cell& out) {
  const doc::Value v = literal.value();
  out = {};
  if (v.is_null()) return;
  out = Cell::of(v, {});
}

bool Evaluator::evaluate(const Source& source, Cell& out) {
  const bool has_default = source.fallback && source.default_if_absent;
  bool used = false;
  bool ok = word(source, out);
  if (ok && out.absent() && has_default && !fall_back(source, out, used)) return false;
  for (std::size_t i = 0; ok && !out.absent() && i < source.then.size(); ++i) {
    const Step& step = source.then[i];
    if (step.transform->run == nullptr || (used && !step.transform->finishes)) continue;
    ok = step.transform->run(out, step, *this);
    if (ok && out.absent() && has_default && !used && !fall_back(source, out, used)) return false;
  }
  if (!ok && source.default_on_error && !used) return evaluate_default(source, out);
  if (!ok && w_.fault.path.empty()) w_.fault.path = full_path(out.origin);
  return ok;
}

bool Evaluator::evaluate_default(const Source& source, Cell& out) {
  bool used = false;
  if (!fall_back(source, out, used)) return false;
  for (const Step& step : source.then)
    if (!out.absent() && step.transform->run != nullptr && step.transform->finishes &&
        !step.transform->run(out, step, *this))
      return false;
  return true;
}

bool Evaluator::fall_back(const Source& source, Cell& out, bool& used) {
  used = true;
  const std::string_view origin = out.origin;
  if (!evaluate(*source.fallback, out)) return false;
  if (out.origin.empty()) out.origin = origin;
  if (!out.absent()) w_.constant_used = true;
  return true;
}

bool Evaluator::word(const Source& source, Cell& out) {
  out = {};
  switch (source.word) {
    case Word::path: {
      out.origin = source.at.text;
      const auto found = find(source.at);
      if (found) {
        out = Cell::of(*found, source.at.text);
        out.origin = source.at.text;
      }
      return true;
    }
    case Word::first:
      return first(source, out);
    case Word::join:
      return join(source, out);
    case Word::object:
      return object(source, out);
    case Word::array:
      return array(source, out);
    case Word::constant:
      constant(source.literal, out);
      if (!out.absent()) w_.constant_used = true;
      return true;
    case Word::document:
      return document(source, out);
    case Word::uuid:
      return uuid(source, out);
    case Word::reference:
      return reference(source, out);
    case Word::meta:
      return meta(source, out);
    case Word::parent:
      return parent(source, out);
  }
  return true;
}

bool Evaluator::parent(const Source& source, Cell& out) {
  out = (*parent_row)[static_cast<std::size_t>(source.parent_column)];
  out.origin = {};  // a path of the parent's frame
  if (out.kind != Cell::Kind::shaped) return true;
  // The members are those of the object that the parent row came from. An audit row has the same.
  Evaluator above(w_, frame_.parent == nullptr ? frame_ : *frame_.parent, collection_);
  above.policy = policy;
  TextBuffer json(w_);
  if (!above.append_shaped(*out.source, *json)) return false;
  out.become_text(Cell::Kind::json, keep(*json));
  return true;
}

bool Evaluator::first(const Source& source, Cell& out) {
  std::string_view origin;
  for (const Source& part : source.parts) {
    if (!evaluate(part, out)) return false;
    if (!out.absent()) return true;
    if (origin.empty()) origin = out.origin;
  }
  out.origin = origin;  // where a rejection for a missing value points
  return true;
}

bool Evaluator::join(const Source& source, Cell& out) {
  TextBuffer joined(w_);
  std::string_view origin;
  bool any = false;
  const auto add = [&](const Cell& cell) {
    std::string_view text;
    if (!text_of(cell, text)) return false;
    if (any) joined->append(source.text);
    joined->append(text);
    any = true;
    return true;
  };
  for (const Source& part : source.parts) {
    Cell cell;
    if (!evaluate(part, cell)) return false;
    if (origin.empty()) origin = cell.origin;
    if (cell.absent()) continue;
    out.origin = cell.origin;
    if (cell.kind == Cell::Kind::value && cell.value().kind() == doc::Kind::array) {
      for (const doc::Value element : doc::Elements(cell.value()))
        if (!element.is_null() && !add(Cell::of(element, cell.origin))) return false;
    } else if (!add(cell)) {
      return false;
    }
  }
  out.origin = origin;
  if (any) out.become_text(Cell::Kind::text, keep(*joined));
  return true;
}

bool Evaluator::object(const Source& source, Cell& out) {
  TextBuffer json(w_);
  const bool used = w_.constant_used;
  json->push_back('{');
  for (std::size_t i = 0; i < source.parts.size(); ++i) {
    Cell cell;
    if (!evaluate(source.parts[i], cell)) return false;
    if (cell.absent() && source.parts[i].word != Word::constant) continue;
    if (json->size() > 1) json->push_back(',');
    doc::append_json_string(*json, source.names[i]);
    json->push_back(':');
    if (!append_json_of(cell, *json)) return false;
  }
  json->push_back('}');
  w_.constant_used = used;  // constants are part of the object's form, not a stand-in for a value
  out.become_text(Cell::Kind::json, keep(*json));
  return true;
}

bool Evaluator::array(const Source& source, Cell& out) {
  TextBuffer json(w_);
  const bool used = w_.constant_used;
  json->push_back('[');
  for (const Source& part : source.parts) {
    Cell cell;
    if (!evaluate(part, cell)) return false;
    if (json->size() > 1) json->push_back(',');
    if (!append_json_of(cell, *json)) return false;
  }
  json->push_back(']');
  w_.constant_used = used;
  out.become_text(Cell::Kind::json, keep(*json));
  return true;
}

bool Evaluator::document(const Source& source, Cell& out) {
  if (!frame_.is_object) {
    const doc::Value root(w_.document, frame_.root);
    if (!clean(root, {})) return false;
    out = Cell::of(root, {});
    return true;
  }
  const ShapePlan& plan = *source.shape_plan;
  if ((doc::Value(w_.document, frame_.root).flags() & dirty) != 0) {
    for (const MemberSpan& m : frame_.members) {
      const bool taken =
          m.slot < 0 ? plan.others
                     : plan.by_slot[static_cast<std::size_t>(m.slot)] != ShapePlan::Use::omit;
      if (!taken) continue;
      const doc::Value name(w_.document, m.value - 1), value(w_.document, m.value);
      std::string text, scratch;
      append_name(text, name.string(scratch));
      if (!clean(name, {}) || !clean(value, text)) return false;
    }
  }
  for (const auto& [from, to] : plan.clashes) {
    const auto present = [&](int slot) {
      return frame_.slots[static_cast<std::size_t>(slot)] != 0;
    };
    if (present(from) && present(to))
      return fail("name_clash", "renaming would overwrite an attribute of the document");
  }
  out.kind = Cell::Kind::shaped;
  out.source = &source;
  return true;
}

namespace {

/// Keys are texts; references to them are sometimes stored as numbers.
bool is_key_like(const Cell& cell) {
  return cell.kind != Cell::Kind::value || cell.value().kind() == doc::Kind::string ||
         (cell.value().kind() == doc::Kind::number &&
          (cell.value().flags() & doc::Node::fraction) == 0);
}

}  // namespace

bool Evaluator::key_text(const Source& source, Cell& out, std::string_view& text) {
  if (!evaluate(source.parts[0], out)) return false;
  if (out.absent()) return true;
  if (!is_key_like(out)) return fail("wrong_type", "a key must be a text or a whole number");
  if (!text_of(out, text)) return false;
  if (text.empty()) return fail("bad_reference", "an empty text is no key");
  return true;
}

bool Evaluator::uuid(const Source& source, Cell& out) {
  std::string_view key;
  if (!key_text(source, out, key)) return false;
  if (out.absent()) return true;
  out.kind = Cell::Kind::uuid;
  out.uuid = doc::document_uuid(collection_, key);
  return true;
}

bool Evaluator::reference(const Source& source, Cell& out) {
  std::string_view key;
  if (!key_text(source, out, key)) return false;
  if (out.absent()) return true;
  std::string_view collection = source.text;
  if (const std::size_t slash = key.find('/'); slash != std::string_view::npos) {
    collection = key.substr(0, slash);
    key = key.substr(slash + 1);
    if (collection.empty() || key.empty() || key.find('/') != std::string_view::npos)
      return fail("bad_reference", "is no document id (collection/key)");
  } else if (collection.empty()) {
    return fail("bad_reference",
                "is a bare key; the mapping must name the collection it points into");
  }
  out.kind = Cell::Kind::uuid;
  out.uuid = doc::document_uuid(collection, key);
  return true;
}

bool Evaluator::end_of_edge(std::string_view id, bool collection_part, std::string_view attribute,
                            Cell& out) {
  out.origin = attribute;
  if (id.empty()) return true;
  const std::size_t slash = id.find('/');
  if (slash == 0 || slash == std::string_view::npos || slash + 1 == id.size())
    return fail("bad_reference", "is no document id (collection/key)");
  out.become_text(Cell::Kind::text, collection_part ? id.substr(0, slash) : id.substr(slash + 1));
  return true;
}

bool Evaluator::meta(const Source& source, Cell& out) {
  const Identity& id = w_.identity;
  switch (source.meta) {
    case Meta::key:
      out.become_text(Cell::Kind::text, id.key);
      return true;
    case Meta::id: {
      TextBuffer text(w_);
      text->append(collection_).append("/").append(id.key);
      out.become_text(Cell::Kind::text, keep(*text));
      return true;
    }
    case Meta::revision:
    case Meta::revision_time:
      return revision(source, out);
    case Meta::collection:
      out.become_text(Cell::Kind::text, collection_);
      return true;
    case Meta::from_collection:
      return end_of_edge(id.from, true, "_from", out);
    case Meta::from_key:
      return end_of_edge(id.from, false, "_from", out);
    case Meta::to_collection:
      return end_of_edge(id.to, true, "_to", out);
    case Meta::to_key:
      return end_of_edge(id.to, false, "_to", out);
    case Meta::index:
      out.become_integer(Cell::Kind::integer, frame_.index);
      return true;
    case Meta::run_id:
      out.become_integer(Cell::Kind::integer, w_.run);
      return true;
  }
  return true;
}

bool Evaluator::revision(const Source& source, Cell& out) {
  const Identity& id = w_.identity;
  out.origin = "_rev";
  if (id.bad_revision) return fail("bad_revision", "'_rev' is no revision");
  if (!id.revision) return true;
  if (source.meta == Meta::revision_time) {
    // Decimal revisions of old servers are counters, not times.
    if (id.revision_text[0] >= '1' && id.revision_text[0] <= '9') return true;
    out.become_integer(Cell::Kind::timestamp, id.revision->unix_micros());
    out.zoned = true;
  } else if (source.text == "text") {
    out.become_text(Cell::Kind::text, id.revision_text);
  } else {
    if (id.revision->value > INT64_MAX)
      return fail("out_of_range", "the revision is beyond bigint");
    out.become_integer(Cell::Kind::integer, static_cast<std::int64_t>(id.revision->value));
  }
  return true;
}

}  // namespace arango2pg::mapping
