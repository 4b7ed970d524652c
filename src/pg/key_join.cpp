#include <algorithm>

#include "pg/key_join_internal.h"
#include "pg/sqlstate_internal.h"

namespace arango2pg::pg {
namespace {}  // namespace

std::string array_bytes(std::uint32_t element, const std::vector<doc::Field>& values) {
  std::string out;
  const auto put = [&out](std::uint32_t v) {
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(v >> shift));
  };
  const bool has_null = std::any_of(values.begin(), values.end(), [](const auto& v) { return !v; });
  put(values.empty() ? 0 : 1);
  put(has_null ? 1 : 0);
  put(element);
  if (values.empty()) return out;
  put(static_cast<std::uint32_t>(values.size()));
  put(1);
  for (const doc::Field& v : values) {
    put(v ? static_cast<std::uint32_t>(v->size()) : ~std::uint32_t{0});
    if (v) out.append(*v);
  }
  return out;
}

std::uint32_t KeyJoiner::array_type(CopySession& session, std::uint32_t element) {
  for (const auto& [known, array] : known_)
    if (known == element) return array;
  const Rows found = session.exec("SELECT typarray FROM pg_catalog.pg_type WHERE oid = $1::oid",
                                  {std::to_string(element)});
  const auto array = found.empty() ? 0U : static_cast<std::uint32_t>(found.number(0, 0));
  known_.emplace_back(element, array);
  return array;
}

KeyJoin KeyJoiner::join(CopySession& session, const ReadTable& table,
                        const std::vector<std::string>& columns,
                        const std::vector<std::vector<doc::Field>>& keys) {
  KeyJoin out;
  std::string arrays, names;
  for (std::size_t k = 0; k < columns.size(); ++k) {
    const auto at = std::find(table.columns.begin(), table.columns.end(), columns[k]);
    const doc::ColumnType& type = table.types[static_cast<std::size_t>(at - table.columns.begin())];
    const bool as_text = type.kind == doc::TypeKind::other || type.array;
    std::vector<doc::Field> values;
    for (const auto& key : keys) values.push_back(key[k]);
    const bool has_null =
        std::any_of(values.begin(), values.end(), [](const auto& v) { return !v; });
    const std::uint32_t element = as_text ? text_oid : type.element_oid;
    out.params.push_back(
        {as_text ? text_array_oid : array_type(session, element), array_bytes(element, values)});
    const std::string name = "k" + std::to_string(k);
    arrays += (k == 0 ? "$" : ", $") + std::to_string(k + 1);
    names += (k == 0 ? "" : ", ") + name;
    // An index serves the first form only; keys are hardly ever NULL.
    out.on += (k == 0 ? "t." : " AND t.") + quote(columns[k]) +
              (has_null ? " IS NOT DISTINCT FROM k." : " = k.") + name +
              (as_text ? "::" + type.name : "");
  }
  out.from = "unnest(" + arrays + ") AS k(" + names + ")";
  return out;
}

Error comparison_error(const Failure& failure, const std::string& what) {
  const std::string text = failure.sqlstate.empty() || is_data_error(failure.sqlstate)
                               ? failure.describe()
                               : failure.primary;
  return {Exit::target, "cannot " + what + ": " + text,
          failure.hint.empty() ? hint_for(failure.sqlstate) : failure.hint,
          failure.lost || is_transient(failure.sqlstate)};
}

}  // namespace arango2pg::pg
