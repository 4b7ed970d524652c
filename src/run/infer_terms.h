/// \file
/// How SQL reaches an attribute of a table that `infer` decided on: by its column, or inside `doc`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "run/infer_model.h"
#include "run/infer_survey.h"

namespace arango2pg::run {

/// Something that a btree can order.
struct Term {
  std::string sql;
  std::string there;        ///< not NULL where the attribute is there and not null; "" = sql itself
  std::string digest;       ///< short, equal for equal values
  std::uint64_t bytes = 0;  ///< of the longest value
  [[nodiscard]] const std::string& sql_or(const std::string& other) const {
    return other.empty() ? sql : other;
  }
};

class Terms {
 public:
  Terms(const SurveyedCollection& seen, const InferredTable& table) : seen_(seen), table_(table) {}

  /// The column that holds the whole attribute; null for attributes inside `doc`.
  [[nodiscard]] const InferredColumn* column_of(const std::string& field) const;
  /// What was seen below the field's path; null if nothing was.
  [[nodiscard]] const doc::PathStats* stats(const std::string& field) const;
  /// `tags[*]`, and where `doc` has it.
  [[nodiscard]] bool is_list(const std::string& field) const;

  /// Appends what stands for the field in a btree: usually one term, two for `_from` and `_to`.
  void scalar(const std::string& field, std::vector<Term>& out) const;
  /// The value inside `doc` as jsonb and as text, in parentheses.
  [[nodiscard]] std::string json(const std::string& field) const;
  [[nodiscard]] std::string text(const std::string& field) const;
  /// The array of `tags[*]` as jsonb, or the value itself.
  [[nodiscard]] std::string container(const std::string& field) const;
  /// For people: what a query looks for in that container by `@>`.
  [[nodiscard]] static std::string contained(const std::string& field);
  /// What to_tsvector() takes; "" if the field is a column without words.
  [[nodiscard]] std::string words(const std::string& field) const;

  /// A btree takes little more: a third of a page.
  static constexpr std::uint64_t longest_entry = 2000;

 private:
  [[nodiscard]] std::uint64_t largest(const std::string& field) const;

  const SurveyedCollection& seen_;
  const InferredTable& table_;
};

}  // namespace arango2pg::run
