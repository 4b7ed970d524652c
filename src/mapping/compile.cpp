// CollectionPlan::compile: mapping files meet the target's catalog.
#include <algorithm>
#include <functional>
#include <set>

#include "base/error.h"
#include "mapping/compile_internal.h"
#include "mapping/plan_internal.h"
#include "mapping/types.h"

namespace arango2pg::mapping {
namespace {

class Compiler {
 public:
  Compiler(const doc::CollectionInfo& collection, const TableLookup& lookup,
           const CompileOptions& options)
      : collection_(collection),
        lookup_(lookup),
        options_(options),
        plan_(std::make_shared<Plan>()) {
    plan_->name = collection.name;
    plan_->jsonb_order = options.jsonb_order;
    plan_->follow = options.follow;
    for (const char* name : {"_key", "_id", "_rev", "_from", "_to"}) plan_->slots.add(name);
  }

  std::shared_ptr<const Plan> run(const std::vector<Spec>& specs) {
    if (specs.size() > 64)
      throw Error(Exit::usage,
                  "more than 64 mappings read the collection '" + collection_.name + "'");
    plan_->audit_level = AuditLevel::off;
    plan_->specs.reserve(specs.size());
    for (const Spec& spec : specs) add(spec);
    plan_->slots.seal();
    for (PlanSpec& spec : plan_->specs) {
      shape_documents(spec.root, plan_->slots);
      if (spec.audit) shape_documents(*spec.audit, plan_->slots);
    }
    sort_tables(*plan_);
    describe(specs);
    return plan_;
  }

 private:
  void add(const Spec& spec) {
    const Rules& rules = *spec.rules;
    PlanSpec out;
    out.unmapped = rules.automatic ? Unmapped::ignore : rules.unmapped;
    out.taken.add(rules.root);
    TableRules root = rules.root;
    add_revision_column(spec, root);
    out.root = table(spec, root, nullptr, plan_->slots);
    for (const PlanColumn& c : out.root.columns)
      if (uses_revision(c.source)) plan_->needs_revision = true;
    AuditLevel level = spec.audit;
    if (!spec.audit_table.empty()) {
      if (spec.audit == AuditLevel::document) out.audit = audit(spec, out);
      level = AuditLevel::batch;  // the tool's own log still has its entries per batch
    }
    plan_->audit_level = std::min(plan_->audit_level, level);
    plan_->specs.push_back(std::move(out));
  }

  /// `revision: column` fills the column unless the mapping does so itself.
  static void add_revision_column(const Spec& spec, TableRules& root) {
    if (spec.revision.empty()) return;
    for (const ColumnRule& c : root.columns)
      if (c.name == spec.revision) return;
    ColumnRule c;
    c.name = spec.revision;
    c.line = spec.rules->revision_line;
    c.type = "bigint";
    c.source.word = Word::meta;
    c.source.meta = Meta::revision;
    c.source.line = c.line;
    root.columns.push_back(std::move(c));
  }

  PlanTable table(const Spec& spec, const TableRules& rules, const PlanTable* parent,
                  SlotTable& slots) {
    const Place& place = spec.rules->place;
    PlanTable out;
    out.target = plan_->targets.size();
    const doc::Table* parent_table =
        parent == nullptr ? nullptr : &plan_->targets[parent->target].table;
    plan_->targets.push_back(target(spec, rules, parent_table));
    TargetTable& target = plan_->targets.back();
    target.parent = parent == nullptr ? -1 : static_cast<int>(parent->target);
    if (parent == nullptr) {
      target.revision = spec.revision;
      target.on_delete = resolve_on_delete(spec, target, options_.follow);
    } else {
      target.on_delete = on_delete_of_child(plan_->targets[parent->target], target);
    }
    out.where = rules.where;
    out.checks = rules.checks;
    for (Condition& c : out.where) assign_slot(c.at, slots);
    for (CheckRule& c : out.checks)
      if (!c.whole) assign_slot(c.at, slots);
    for (const ColumnRule& rule : rules.columns)
      out.columns.push_back(column(spec, rule, target, parent, slots));
    check_columns(place, rules, target, out);
    note_columns(target, out);
    if (parent != nullptr) {
      target.parent_key = parent_key(out, *parent);
      if (options_.follow && target.parent_key.empty())
        place.fail(rules.key_line,
                   "table '" + target.table.name.text() +
                       "' does not hold the whole key of its parent '" +
                       plan_->targets[parent->target].table.name.text() +
                       "': a resync could not find the rows of a document",
                   "Add a column with `{ parent: … }` for each column of the parent's key.");
    }
    order_columns(place, out);
    if (parent == nullptr) {
      find_identity(target, out);
      if (options_.follow) check_identity(place, rules, target);
    }
    for (const TableRules& child : rules.children) {  // `target` may move from here on
      PlanTable below = table_of_child(spec, child, out);
      assign_slot(below.each, slots);
      out.children.push_back(std::move(below));
    }
    return out;
  }

  static OnDelete on_delete_of_child(const TargetTable& parent, const TargetTable& child) {
    if (parent.on_delete != OnDelete::soft) return parent.on_delete;
    return child.table.column("deleted_at") != nullptr ? OnDelete::soft : OnDelete::keep;
  }

  /// The columns that repeat the key of the parent's row as it is.
  std::vector<std::string> parent_key(const PlanTable& child, const PlanTable& parent) const {
    std::vector<std::string> out;
    for (const std::string& key : plan_->targets[parent.target].key) {
      const auto it =
          std::find_if(child.columns.begin(), child.columns.end(), [&](const PlanColumn& c) {
            return c.source.word == Word::parent && c.source.text == key && c.source.then.empty();
          });
      if (it == child.columns.end()) return {};
      out.push_back(it->name);
    }
    return out;
  }

  PlanTable table_of_child(const Spec& spec, const TableRules& rules, const PlanTable& parent) {
    SlotTable slots;
    PlanTable out = table(spec, rules, &parent, slots);
    out.each = rules.each;
    slots.seal();
    shape_documents(out, slots, false);
    out.slots = std::move(slots);
    return out;
  }

  PlanColumn column(const Spec& spec, const ColumnRule& rule, TargetTable& target,
                    const PlanTable* parent, SlotTable& slots) {
    const Place& place = spec.rules->place;
    const doc::Column* known = target.table.column(rule.name);
    if (known == nullptr) {
      std::vector<std::string_view> names;
      for (const doc::Column& c : target.table.columns) names.push_back(c.name);
      place.fail(rule.line, "table '" + target.table.name.text() + "' has no column '" + rule.name +
                                "'" + suggestion(rule.name, names));
    }
    if (known->generated)
      place.fail(rule.line,
                 "column '" + rule.name + "' of table '" + target.table.name.text() +
                     "' is generated by the database",
                 "Leave it out of the mapping.");
    PlanColumn out;
    out.name = rule.name;
    out.label = target.table.name.name + "." + rule.name;
    out.source = rule.source;
    out.type = known->type;
    out.not_null = known->not_null;
    out.required = rule.required;
    out.policy = rule.strings.value_or(spec.rules->strings);
    out.counter = plan_->counters.size();
    plan_->counters.push_back(out.label);
    if (is_text_like_column(out.type)) write_revisions_as_text(out.source);
    assign_slots(out.source, slots);
    if (parent != nullptr) resolve_parents(place, out.source, *parent);
    check_fit(place, rule, out, parent);
    target.columns.push_back(rule.name);
    return out;
  }

  /// From the catalog, or as the mapping wants it created.
  TargetTable target(const Spec& spec, const TableRules& rules, const doc::Table* parent) {
    const Place& place = spec.rules->place;
    TargetTable out;
    out.key = rules.key;
    out.indexes_after = spec.indexes_after;
    out.keep_before = spec.keep_before;
    if (lookup_) {
      auto found = lookup_(rules.into);
      if (!found && rules.into.schema.empty())
        found = lookup_({options_.target_schema, rules.into.name});
      if (found) {
        out.table = std::move(*found);
        return out;
      }
      if (!spec.create)
        place.fail(rules.into_line, "table '" + rules.into.text() + "' does not exist",
                   "Apply the schema pack that makes it (arango2pg schema up), or write "
                   "`create: true`.");
    }
    out.create = spec.create;
    out.table = derive_table(spec, rules, parent, lookup_ || spec.create);
    // A table of our own gets what `soft` needs.
    if (spec.create && parent == nullptr && spec.on_delete == OnDelete::soft &&
        out.table.column("deleted_at") == nullptr) {
      doc::Column deleted;
      deleted.name = "deleted_at";
      deleted.type = *parse_type("timestamptz");
      out.table.columns.push_back(std::move(deleted));
    }
    if (out.table.name.schema.empty() && spec.create)
      out.table.name.schema = options_.target_schema;
    if (spec.create) out.create_sql = creation(spec, rules, out.table);
    return out;
  }

  std::vector<std::string> creation(const Spec& spec, const TableRules& rules,
                                    const doc::Table& table) const {
    std::vector<std::string> collate_c;
    for (const ColumnRule& c : rules.columns)
      if (c.source.word == Word::meta && c.source.then.empty() &&
          (c.source.meta == Meta::key || c.source.meta == Meta::id) && c.type.empty())
        collate_c.push_back(c.name);
    // With the revision in it, `resync --strategy revisions` reads this index and no documents.
    // A wider type could be too large for an index.
    const doc::Column* revision = table.column(spec.revision);
    const bool by_document = rules.key == collate_c && rules.key.size() == 1 &&
                             rules.key.front() != spec.revision && revision != nullptr &&
                             revision->type.kind == doc::TypeKind::int8 && !revision->type.array;
    std::vector<std::string> sql = {
        create_table_sql(table, rules.key, collate_c, by_document ? spec.revision : std::string())};
    if (spec.rules->edge)
      for (const char* end : {"from", "to"})
        sql.push_back("CREATE INDEX ON " + quoted(table.name) + " (" +
                      quoted(std::string(end) + "_collection") + ", " +
                      quoted(std::string(end) + "_key") + ")");
    return sql;
  }

  PlanTable audit(const Spec& spec, const PlanSpec& of) {
    const Place& place = spec.rules->place;
    TableRules rules;
    rules.line = rules.into_line = rules.key_line = spec.rules->audit_line;
    std::string why;
    const auto path = Path::parse(spec.audit_table, why);
    rules.into.name = path->steps.back().name;
    if (path->steps.size() == 2) rules.into.schema = path->steps[0].name;
    Spec existing = spec;
    existing.create = false;
    if (spec.rules->audit_columns) {
      rules.columns = *spec.rules->audit_columns;
    } else {
      const auto found = lookup_ ? lookup_(rules.into) : std::nullopt;
      rules.columns = usual_audit_columns(found ? &*found : nullptr, rules.line);
      if (rules.columns.empty())
        place.fail(rules.line,
                   "audit table '" + spec.audit_table +
                       "' has none of the columns run_id, "
                       "collection, key, action, new_revision, documents",
                   "Say in `columns` what goes into it.");
    }
    PlanTable out = table(existing, rules, &of.root, plan_->slots);
    plan_->targets[out.target].is_audit = true;
    for (const PlanColumn& c : out.columns)
      if (uses_revision(c.source)) plan_->needs_revision = true;
    return out;
  }

  void describe(const std::vector<Spec>& specs) {
    for (const Spec& spec : specs) {
      const std::size_t slash = spec.file.find_last_of('/');
      const std::string file = spec.file.empty()
                                   ? "automatic"
                                   : spec.file.substr(slash == std::string::npos ? 0 : slash + 1);
      plan_->texts.emplace_back(
          "mapping " + file + " (" + spec.from + " into " + spec.into.text() + ")", spec.digest);
    }
    for (const TargetTable& t : plan_->targets) {
      std::string columns;
      for (const std::string& name : t.columns)
        columns += (columns.empty() ? "" : ", ") + name + " " + t.table.column(name)->type.name;
      plan_->texts.emplace_back("table " + t.table.name.text(), columns);
    }
    set_formats();
  }

  void set_formats() {
    for (TargetTable& t : plan_->targets) {
      const bool can = std::all_of(t.columns.begin(), t.columns.end(), [&](const std::string& c) {
        return t.table.column(c)->type.has_binary();
      });
      t.format = can ? doc::CopyFormat::binary : doc::CopyFormat::text;
      if (options_.compare) t.format = doc::CopyFormat::binary;
      if (!options_.format || options_.compare) continue;
      if (*options_.format == doc::CopyFormat::binary && !can)
        throw Error(Exit::usage,
                    "table '" + t.table.name.text() + "' has a column that binary COPY can't load",
                    "Leave the format to the program.");
      t.format = *options_.format;
    }
  }

  const doc::CollectionInfo& collection_;
  const TableLookup& lookup_;
  const CompileOptions& options_;
  std::shared_ptr<Plan> plan_;
};

}  // namespace

std::shared_ptr<const CollectionPlan> CollectionPlan::compile(const doc::CollectionInfo& collection,
                                                              const std::vector<Spec>& specs,
                                                              const TableLookup& lookup,
                                                              const CompileOptions& options) {
  if (specs.empty())
    throw Error(Exit::usage, "no mapping reads the collection '" + collection.name + "'");
  return Compiler(collection, lookup, options).run(specs);
}

}  // namespace arango2pg::mapping
