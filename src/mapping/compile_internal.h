/// \file
/// Private to mapping/: the parts of compile.cpp that stand for themselves. All throw Error(usage)
/// with file and line.
#pragma once

#include <string>
#include <vector>

#include "mapping/plan_internal.h"

namespace arango2pg::mapping {

// -- slots (compile_slots.cpp)
/// Gives the path, and all paths below the source, the slot of their first name.
void assign_slot(SlotPath& path, SlotTable& slots);
void assign_slots(Source& source, SlotTable& slots);
/// Turns the shapes of `document` words into tables by slot. `system_apart`: system attributes are
/// left out unless named.
void shape_documents(PlanTable& table, const SlotTable& slots, bool system_apart = true);
/// Finds the parent's columns that `parent` words name.
void resolve_parents(const Place& place, Source& source, const PlanTable& parent);
bool uses_revision(const Source& source);
bool uses_run(const Source& source);
/// A text column takes the revision as the server writes it.
void write_revisions_as_text(Source& source);
bool is_text_like_column(const doc::ColumnType& type);

// -- tables (compile_tables.cpp)
/// The table as the mapping describes it. `strict`: it will be created so; otherwise the target is
/// unknown, and a column whose type nothing tells takes anything.
doc::Table derive_table(const Spec& spec, const TableRules& rules, const doc::Table* parent,
                        bool strict);
/// What arango2pg.audit_log has, as far as the table has it; all of it without a table.
std::vector<ColumnRule> usual_audit_columns(const doc::Table* table, int line);
/// Parents before children, referenced tables before referencing ones, audit tables last.
void sort_tables(Plan& plan);

// -- identity (compile_identity.cpp)
/// Finds the columns that tell a document's rows by its key, for TargetTable::identity and
/// key_column.
void find_identity(TargetTable& target, PlanTable& table);
/// What becomes of rows of deleted documents: as the spec says, else as the table allows. `follow`:
/// refuses what can't be done.
OnDelete resolve_on_delete(const Spec& spec, const TargetTable& target, bool follow);
/// Refuses a root table whose rows nothing tells.
void check_identity(const Place& place, const TableRules& rules, const TargetTable& target);

// -- columns (compile_columns.cpp)
/// Refuses what can never be loaded: a shape that no value of the type has, a literal that does not
/// convert.
void check_fit(const Place& place, const ColumnRule& rule, const PlanColumn& column,
               const PlanTable* parent);
/// Key columns exist and are filled, NOT NULL columns too, no column twice.
void check_columns(const Place& place, const TableRules& rules, const TargetTable& target,
                   const PlanTable& table);
/// What others may want to know of the columns: see TargetTable.
void note_columns(TargetTable& target, const PlanTable& table);
/// Columns that `not_before` names are evaluated first.
void order_columns(const Place& place, PlanTable& table);

}  // namespace arango2pg::mapping
