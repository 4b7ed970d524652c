#include "doc/batch.h"

#include "doc/json.h"

namespace arango2pg::doc {

void MappingNotes::merge(const MappingNotes& other) {
  for (const auto& [k, n] : other.defaults_used) defaults_used[k] += n;
  for (const auto& [k, n] : other.warnings) warnings[k] += n;
  for (const auto& [k, u] : other.unmapped) {
    auto& mine = unmapped[k];
    mine.count += u.count;
    mine.bytes += u.bytes;
  }
}

DocId identity_of(const RowBatch& batch, std::uint32_t doc) {
  if (doc < batch.ids.size()) return batch.ids[doc];
  DocId id;
  Document document;
  if (document.parse(batch.document(doc))) return id;
  std::string scratch;
  if (const auto key = document.root().find("_key"); key && key->kind() == Kind::string)
    id.key = key->string(scratch);
  if (const auto rev = document.root().find("_rev"); rev && rev->kind() == Kind::string)
    id.revision = Rev::parse(rev->string(scratch));
  return id;
}

}  // namespace arango2pg::doc
