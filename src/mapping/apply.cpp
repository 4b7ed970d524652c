// Plan::apply: documents in, encoded rows out.
#include <algorithm>
#include <array>

#include "mapping/conditions.h"
#include "mapping/convert.h"
#include "mapping/evaluate.h"
#include "mapping/plan_internal.h"

namespace arango2pg::mapping {
namespace {

/// Letters, digits and _-:.@()+,=;$!*'% (protocol 2.4).
constexpr auto key_characters = [] {
  std::array<bool, 256> legal{};
  for (int c = 0; c < 128; ++c) {
    const bool alphanumeric =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    legal[static_cast<std::size_t>(c)] = alphanumeric;
  }
  for (const char c : std::string_view("_-:.@()+,=;$!*'%"))
    legal[static_cast<std::size_t>(c)] = true;
  return legal;
}();

bool is_key(std::string_view text) {
  return !text.empty() && text.size() <= 254 && std::all_of(text.begin(), text.end(), [](char c) {
    return key_characters[static_cast<unsigned char>(c)];
  });
}

/// Maps the documents of one batch.
class Mapper {
 public:
  Mapper(const Plan& plan, Workspace& workspace, const doc::DocBatch& batch, doc::RowBatch& out,
         DocumentWatcher* watcher)
      : plan_(plan),
        w_(workspace),
        batch_(batch),
        out_(out),
        watcher_(watcher),
        used_(plan.counters.size(), 0) {
    const std::size_t count = batch.docs.size();
    out.tables.resize(plan.targets.size());
    w_.writers.clear();
    for (std::size_t t = 0; t < plan.targets.size(); ++t) {
      const TargetTable& target = plan.targets[t];
      w_.writers.emplace_back(target.format, static_cast<std::uint16_t>(target.columns.size()));
      w_.writers.back().attach(out.tables[t]);
    }
    for (const PlanSpec& spec : plan.specs) {
      doc::TableRows& rows = out.tables[spec.root.target];
      rows.bytes.reserve(batch.bytes.size() + count * 48);
      rows.row_end.reserve(count);
      rows.row_doc.reserve(count);
    }
    w_.warnings.clear();
    w_.jsonb_order = plan.jsonb_order;
    if (plan.audit_level == AuditLevel::document || plan.follow) out.ids.resize(count);
    if (plan.follow) attach_identities();
  }

  void run() {
    for (std::size_t i = 0; i < batch_.docs.size(); ++i) {
      doc_ = static_cast<std::uint32_t>(i);
      w_.next_document();
      mark();
      if (!document())
        reject();
      else if (plan_.follow)
        identities(w_.frame(0), doc_, w_.identity.revision, false);
    }
    if (plan_.follow) removals();
    for (std::size_t c = 0; c < used_.size(); ++c)
      if (used_[c] != 0) out_.notes.defaults_used[plan_.counters[c]] += used_[c];
    for (const auto& [what, count] : w_.warnings) out_.notes.warnings[what] += count;
    if (!unmapped_.empty()) plan_.note_unmapped(unmapped_, out_.notes);
  }

 private:
  /// False: the workspace's fault says why.
  bool document() {
    const auto error = w_.document.parse(batch_.document(doc_));
    if (watcher_ != nullptr) watcher_->saw(doc_, w_.document);
    if (error) {
      w_.fault = {error->rule, "",
                  error->message + " (byte " + std::to_string(error->offset) + ")"};
      return false;
    }
    if (w_.document.root().kind() != doc::Kind::object) {
      w_.fault = {"not_an_object", "", "the document is no object"};
      return false;
    }
    Frame& frame = w_.frame(0);
    frame.parent = nullptr;
    plan_.slots.scan(w_, 0, frame);
    if (!identify(frame)) return false;
    Evaluator e(w_, frame, plan_.name);
    choose(e);
    if (w_.takers.empty()) {
      ++out_.filtered;
      return true;
    }
    for (const std::size_t s : w_.takers)
      if (!check(plan_.specs[s].root.checks, e)) return false;
    if (!refuse_unmapped(e)) return false;
    for (const std::size_t s : w_.takers)
      if (!rows(plan_.specs[s], frame)) return false;
    count_unmapped(frame);
    for (const std::size_t c : w_.used) ++used_[c];
    return true;
  }

  bool identify(const Frame& frame) {
    Identity& id = w_.identity;
    const auto text_at = [&](int slot) -> std::optional<std::string_view> {
      const std::uint32_t node = frame.slots[static_cast<std::size_t>(slot)];
      if (node == 0) return std::nullopt;
      const doc::Value v(w_.document, node);
      if (v.is_null()) return std::nullopt;
      if (v.kind() != doc::Kind::string || (v.flags() & doc::Node::escaped) == 0) return v.raw();
      TextBuffer plain(w_);
      return w_.arena.keep(v.string(*plain));
    };
    const std::uint32_t key = frame.slots[slot_key];
    if (key != 0 && w_.document.nodes()[key].kind == doc::Kind::string) id.key = *text_at(slot_key);
    if (!is_key(id.key)) {
      id.key = {};
      w_.fault = {"missing_key", "_key", "the document has no legal '_key'"};
      return false;
    }
    if (const auto revision = text_at(slot_rev); revision && !revision->empty()) {
      id.revision_text = *revision;
      if (plan_.needs_revision || !out_.ids.empty()) read_revision();
    }
    if (doc_ < out_.ids.size()) out_.ids[doc_] = {std::string(id.key), id.revision};
    id.from = end_of(frame, slot_from, text_at(slot_from));
    id.to = end_of(frame, slot_to, text_at(slot_to));
    return true;
  }

  /// A value that is no text can't be an id: "/" is one that every reader refuses.
  std::string_view end_of(const Frame& frame, int slot,
                          std::optional<std::string_view> text) const {
    if (!text) return {};
    const std::uint32_t node = frame.slots[static_cast<std::size_t>(slot)];
    return w_.document.nodes()[node].kind == doc::Kind::string && !text->empty() ? *text : "/";
  }

  void read_revision() {
    w_.identity.revision = Rev::parse(w_.identity.revision_text);
    w_.identity.bad_revision = !w_.identity.revision;
  }

  void choose(const Evaluator& e) {
    w_.takers.clear();
    for (std::size_t s = 0; s < plan_.specs.size(); ++s)
      if (holds(plan_.specs[s].root.where, e)) w_.takers.push_back(s);
  }

  bool rows(const PlanSpec& spec, const Frame& frame) {
    if (!row(spec.root, frame, nullptr, 0)) return false;
    return !spec.audit || row(*spec.audit, frame, &w_.row(0), 1);
  }

  bool row(const PlanTable& table, const Frame& frame, const std::vector<Cell>* parent,
           std::size_t depth) {
    std::vector<Cell>& cells = w_.row(depth);
    cells.resize(table.columns.size());
    Evaluator e(w_, frame, plan_.name);
    e.parent_row = parent;
    for (const std::size_t c : table.order) {
      if (fill(table.columns[c], cells, c, e)) continue;
      w_.fault.message = table.columns[c].label + ": " + w_.fault.message;
      return false;
    }
    doc::RowWriter& writer = w_.writers[table.target];
    writer.begin_row();
    for (std::size_t c = 0; c < cells.size(); ++c) {
      e.policy = table.columns[c].policy;
      if (write(writer, cells[c], table.columns[c].type, e)) continue;
      writer.rollback_row();
      w_.fault.message = table.columns[c].label + ": " + w_.fault.message;
      return false;
    }
    writer.end_row(doc_);
    return std::all_of(table.children.begin(), table.children.end(), [&](const PlanTable& child) {
      return elements(child, frame, cells, e, depth + 1);
    });
  }

  /// One row per element of the child's array.
  bool elements(const PlanTable& child, const Frame& frame, const std::vector<Cell>& parent,
                Evaluator& e, std::size_t depth) {
    const auto array = e.find(child.each);
    if (!array || array->is_null()) return true;
    if (array->kind() != doc::Kind::array)
      return e.fail_at("wrong_type", child.each.text,
                       plan_.targets[child.target].table.name.text() + ": needs an array");
    Frame& element = w_.frame(depth);
    element.parent = &frame;
    element.each = child.each.text;
    element.index = 0;
    for (const doc::Value v : doc::Elements(*array)) {
      child.slots.scan(w_, v.index(), element);
      Evaluator inside(w_, element, plan_.name);
      if (holds(child.where, inside)) {
        if (!check(child.checks, inside)) return false;
        if (!row(child, element, &parent, depth)) return false;
      }
      ++element.index;
    }
    return true;
  }

  bool fill(const PlanColumn& column, std::vector<Cell>& cells, std::size_t at, Evaluator& e) {
    Cell& cell = cells[at];
    e.policy = column.policy;
    w_.constant_used = false;
    if (!e.evaluate(column.source, cell)) return false;
    if (cell.absent() && column.required)
      return e.fail_at("required", cell.origin, "a required value is missing");
    const std::string_view origin = cell.origin;
    if (!convert(cell, column.type, e)) {
      if (!column.source.default_on_error || w_.constant_used) return locate(e, origin);
      if (!e.evaluate_default(column.source, cell) || !convert(cell, column.type, e))
        return locate(e, origin);
    }
    if (cell.absent() && column.not_null)
      return e.fail_at("not_null", origin, "the column is NOT NULL, and the document has no value");
    if (!cell.absent())
      for (const std::size_t other : column.not_before)
        if (!cells[other].absent() && order(cell, cells[other]) < 0) cell = cells[other];
    if (w_.constant_used) w_.used.push_back(column.counter);
    return true;
  }

  bool locate(const Evaluator& e, std::string_view origin) {
    if (w_.fault.path.empty()) w_.fault.path = e.full_path(origin);
    return false;
  }

  // -- unmapped attributes

  Unmapped strictest() const {
    Unmapped all = Unmapped::ignore;
    for (const std::size_t s : w_.takers) all = std::max(all, plan_.specs[s].unmapped);
    return all;
  }

  const Taken& taken() {
    if (w_.takers.size() == 1) return plan_.specs[w_.takers[0]].taken;
    std::uint64_t mask = 0;
    for (const std::size_t s : w_.takers) mask |= std::uint64_t{1} << s;
    return plan_.taken_by(mask);
  }

  bool refuse_unmapped(const Evaluator& e) {
    if (strictest() != Unmapped::reject) return true;
    std::string first;
    find_unmapped(w_, e.frame(), taken(), unmapped_, &first);
    if (first.empty()) return true;
    w_.fault = {"unmapped_attribute", first, "no mapping takes this attribute"};
    return false;
  }

  void count_unmapped(const Frame& frame) {
    if (strictest() == Unmapped::warn) find_unmapped(w_, frame, taken(), unmapped_, nullptr);
  }

  // -- what tells the rows of a document (resync)

  /// Behind the identity columns: key, revision, removed, part.
  static constexpr std::size_t facts = 4;

  void attach_identities() {
    out_.identities.resize(plan_.targets.size());
    w_.identity_writers.clear();
    for (const PlanSpec& spec : plan_.specs) {
      const std::size_t t = spec.root.target;
      w_.identity_writers.emplace_back(
          plan_.targets[t].format, static_cast<std::uint16_t>(spec.root.identity.size() + facts));
      w_.identity_writers.back().attach(out_.identities[t]);
    }
  }

  void identities(const Frame& frame, std::uint32_t doc, const std::optional<Rev>& revision,
                  bool removed) {
    for (std::size_t s = 0; s < plan_.specs.size(); ++s)
      identity_row(plan_.specs[s].root, w_.identity_writers[s], frame, doc, revision, removed);
  }

  /// A key that the columns can't hold has no row there: nothing is written then.
  void identity_row(const PlanTable& table, doc::RowWriter& writer, const Frame& frame,
                    std::uint32_t doc, const std::optional<Rev>& revision, bool removed) {
    std::vector<Cell>& cells = w_.row(0);
    cells.resize(table.identity.size());
    Evaluator e(w_, frame, plan_.name);
    w_.used.clear();  // what a default fills here has been counted with its row
    for (std::size_t c = 0; c < cells.size(); ++c)
      if (!fill(table.identity[c], cells, c, e)) return;
    writer.begin_row();
    for (std::size_t c = 0; c < cells.size(); ++c) {
      e.policy = table.identity[c].policy;
      if (write(writer, cells[c], table.identity[c].type, e)) continue;
      writer.rollback_row();
      return;
    }
    writer.text(w_.identity.key);
    if (revision && revision->value <= INT64_MAX)
      writer.int8(static_cast<std::int64_t>(revision->value));
    else
      writer.null();
    writer.boolean(removed);
    writer.int8(batch_.part);
    writer.end_row(doc);
  }

  /// Of a removed document only the key is left: it is mapped like a document that holds no more.
  void removals() {
    for (std::size_t i = 0; i < batch_.removed.size(); ++i) {
      const doc::Removal& removed = batch_.removed[i];
      w_.next_document();
      std::string id = plan_.name + "/" + removed.key;
      TextBuffer json(w_);
      json->append("{\"_key\":");
      doc::append_json_string(*json, removed.key);
      json->append(",\"_id\":");
      doc::append_json_string(*json, id);
      json->append("}");
      if (w_.document.parse(w_.arena.keep(*json))) continue;
      Frame& frame = w_.frame(0);
      frame.parent = nullptr;
      plan_.slots.scan(w_, 0, frame);
      doc_ = static_cast<std::uint32_t>(batch_.docs.size() + i);
      if (!identify(frame)) continue;
      identities(frame, doc_, removed.revision, true);
    }
  }

  // -- all or nothing

  void mark() {
    w_.row_marks.clear();
    for (const doc::TableRows& rows : out_.tables) w_.row_marks.push_back(rows.rows());
  }

  void reject() {
    for (std::size_t t = 0; t < out_.tables.size(); ++t) {
      doc::TableRows& rows = out_.tables[t];
      const std::size_t keep = w_.row_marks[t];
      if (rows.rows() == keep) continue;
      rows.bytes.resize(keep == 0 ? 0 : rows.row_end[keep - 1]);
      rows.row_end.resize(keep);
      rows.row_doc.resize(keep);
    }
    if (!w_.identity.revision && !w_.identity.revision_text.empty()) read_revision();
    out_.rejections.push_back({doc_, std::string(w_.identity.key), w_.identity.revision,
                               w_.fault.path, std::string(w_.fault.rule), w_.fault.message});
  }

  const Plan& plan_;
  Workspace& w_;
  const doc::DocBatch& batch_;
  doc::RowBatch& out_;
  DocumentWatcher* watcher_;
  std::uint32_t doc_ = 0;
  std::vector<std::uint64_t> used_;
  UnmappedNames unmapped_;
};

}  // namespace

doc::RowBatch Plan::apply(doc::DocBatch batch, Scratch& scratch, DocumentWatcher* watcher) const {
  doc::RowBatch out;
  out.collection = batch.collection;
  out.part = batch.part;
  out.seq = batch.seq;
  out.position_after = std::move(batch.position_after);
  out.last = batch.last;
  out.skipped = batch.skipped;
  out.quarantined = std::move(batch.quarantined);
  Mapper(*this, scratch.impl(), batch, out, watcher).run();
  out.lease = std::move(batch.lease);
  out.source = std::move(batch.bytes);
  out.docs = std::move(batch.docs);
  out.removed = std::move(batch.removed);
  out.emptied = batch.emptied;
  out.unseen = batch.unseen;
  std::uint64_t held = out.source.capacity() + out.docs.capacity() * sizeof(doc::DocRef);
  for (const auto* tables : {&out.tables, &out.identities})
    for (const doc::TableRows& rows : *tables)
      held += rows.bytes.capacity() +
              (rows.row_end.capacity() + rows.row_doc.capacity()) * sizeof(std::uint32_t);
  out.lease.resize(held);
  return out;
}

const Taken& Plan::taken_by(std::uint64_t mask) const {
  const std::lock_guard lock(mutex_);
  const auto [at, is_new] = unions_.try_emplace(mask);
  if (is_new)
    for (std::size_t s = 0; s < specs.size(); ++s)
      if ((mask >> s & 1) != 0) at->second.add(specs[s].taken);
  return at->second;  // elements of a map stay where they are
}

void Plan::note_unmapped(const UnmappedNames& names, doc::MappingNotes& notes) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [attribute, what] : names) {
    bool known = known_.find(attribute) != known_.end();
    if (!known && known_.size() < max_unmapped) known = known_.insert(attribute).second;
    auto& sum = notes.unmapped[known ? attribute : "(other attributes)"];
    sum.count += what.count;
    sum.bytes += what.bytes;
  }
}

}  // namespace arango2pg::mapping
