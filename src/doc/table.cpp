#include "doc/table.h"

namespace arango2pg::doc {

bool ColumnType::has_binary() const { return kind != TypeKind::other; }

const Column* Table::column(std::string_view wanted) const {
  for (const Column& c : columns)
    if (c.name == wanted) return &c;
  return nullptr;
}

}  // namespace arango2pg::doc
