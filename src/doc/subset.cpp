#include "doc/subset.h"

#include <algorithm>

namespace arango2pg::doc {

RowBatch subset(const RowBatch& batch, const std::vector<std::uint32_t>& documents) {
  RowBatch out;
  out.collection = batch.collection;
  out.part = batch.part;
  out.tables.resize(batch.tables.size());
  for (const std::uint32_t d : documents) {
    const auto number = static_cast<std::uint32_t>(out.docs.size());
    const std::string_view text = batch.document(d);
    out.docs.push_back(
        {static_cast<std::uint32_t>(out.source.size()), static_cast<std::uint32_t>(text.size())});
    out.source.append(text);
    if (d < batch.ids.size()) out.ids.push_back(batch.ids[d]);
    for (std::size_t t = 0; t < batch.tables.size(); ++t) {
      const TableRows& from = batch.tables[t];
      TableRows& to = out.tables[t];
      const auto range = std::equal_range(from.row_doc.begin(), from.row_doc.end(), d);
      for (auto r = static_cast<std::size_t>(range.first - from.row_doc.begin());
           r < static_cast<std::size_t>(range.second - from.row_doc.begin()); ++r) {
        to.bytes.append(from.bytes, from.row_begin(r), from.row_end[r] - from.row_begin(r));
        to.row_end.push_back(static_cast<std::uint32_t>(to.bytes.size()));
        to.row_doc.push_back(number);
      }
    }
  }
  return out;
}

}  // namespace arango2pg::doc
