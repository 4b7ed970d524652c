/// \file
/// Private to mapping/. From a source expression to a cell.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mapping/cell.h"
#include "mapping/rules_internal.h"
#include "mapping/workspace.h"

namespace arango2pg::mapping {

/// Evaluates expressions against one frame. Every function that returns false has set fault(): a
/// rule code and a message without document contents.
class Evaluator {
 public:
  Evaluator(Workspace& workspace, const Frame& frame, const std::string& collection)
      : w_(workspace), frame_(frame), collection_(collection) {}

  doc::StringPolicy policy;
  const std::vector<Cell>* parent_row = nullptr;  ///< converted cells, for `parent`

  /// The source, its steps and its default. Absent is a result, not a fault.
  bool evaluate(const Source& source, Cell& out);

  /// The default, with the steps that give the final form. Precondition: there is one.
  bool evaluate_default(const Source& source, Cell& out);

  /// The value at a path below the frame; nothing if absent. JSON null is a value.
  [[nodiscard]] std::optional<doc::Value> find(const SlotPath& at) const;

  /// A scalar's text; texts of documents are checked against the policy. Containers are a fault.
  bool text_of(const Cell& cell, std::string_view& out);
  /// Turns json and shaped cells into values that can be looked into.
  bool open(Cell& cell);
  /// The cell as JSON, appended; absent is null. Policy applied.
  bool append_json_of(const Cell& cell, std::string& out);
  /// The members of the frame's object that a `document` word takes.
  bool append_shaped(const Source& source, std::string& out);
  /// The same for a jsonb column: in jsonb's order where the plan wants it.
  bool append_shaped_for_jsonb(const Source& source, std::string& out);

  /// False, always: `return e.fail(…)`.
  bool fail(std::string_view rule, std::string message);
  /// The same with a path of its own.
  bool fail_at(std::string_view rule, std::string_view path, std::string message);
  /// A path below this frame as seen from the document: "experience[3].company".
  [[nodiscard]] std::string full_path(std::string_view below) const;

  /// Copies to memory that lives as long as the document.
  std::string_view keep(std::string_view text) { return w_.arena.keep(text); }
  [[nodiscard]] Workspace& workspace() const { return w_; }
  [[nodiscard]] const Frame& frame() const { return frame_; }
  [[nodiscard]] const std::string& collection() const { return collection_; }

  /// Refuses a value that holds NUL or lone surrogates under a `reject` policy.
  bool clean(doc::Value value, std::string_view origin);

 private:
  bool word(const Source& source, Cell& out);
  bool parent(const Source& source, Cell& out);
  bool first(const Source& source, Cell& out);
  bool join(const Source& source, Cell& out);
  bool object(const Source& source, Cell& out);
  bool array(const Source& source, Cell& out);
  bool uuid(const Source& source, Cell& out);
  bool reference(const Source& source, Cell& out);
  bool meta(const Source& source, Cell& out);
  bool revision(const Source& source, Cell& out);
  bool key_text(const Source& source, Cell& out, std::string_view& text);
  bool end_of_edge(std::string_view id, bool collection_part, std::string_view attribute,
                   Cell& out);
  bool document(const Source& source, Cell& out);
  bool fall_back(const Source& source, Cell& out, bool& used);
  static void constant(const Literal& literal, Cell& out);

  Workspace& w_;
  const Frame& frame_;
  const std::string& collection_;
};

/// True for _key, _id, _rev, _from and _to.
bool is_system_attribute(std::string_view name);

}  // namespace arango2pg::mapping
